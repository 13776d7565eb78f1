// Writes one file per object to a folder and remembers which files are ours, so that a later run takes away what is no
// longer made and leaves everything else alone.

import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, EXIT } from '../errors.ts';
import {
  INDEX_FILE,
  KUSTOMIZATION_FILE,
  fileName,
  formatIndex,
  formatKustomization,
  parseIndex,
} from '../emit/files.ts';
import type { Manifest } from '../render/manifests.ts';
import { refuse } from './read-input.ts';

/**
 * Brings a folder to hold exactly these objects. The index is written before the first file and after the last, so a run
 * that was killed is completed by the next one.
 *
 * @throws CommandError for a file of somebody else in the way; nothing is written then
 */
export async function writeFolder(
  folder: string,
  manifests: Iterable<Manifest>,
  kustomization: boolean,
): Promise<void> {
  const files = nameFiles(manifests);
  if (kustomization) files.set(KUSTOMIZATION_FILE, formatKustomization([...files.keys()]));
  await mkdir(folder, { recursive: true }).catch((error: unknown) => refuse(folder, error));
  const earlier = await readIndex(folder);
  for (const [name, content] of files) if (!earlier.includes(name)) await refuseForeign(join(folder, name), content);
  await writeWhole(join(folder, INDEX_FILE), formatIndex([...new Set([...earlier, ...files.keys()])]));
  for (const [name, content] of files) await writeWhole(join(folder, name), content);
  for (const name of earlier) if (!files.has(name)) await rm(join(folder, name), { force: true });
  await writeWhole(join(folder, INDEX_FILE), formatIndex([...files.keys()]));
}

function nameFiles(manifests: Iterable<Manifest>): Map<string, string> {
  const files = new Map<string, string>();
  for (const manifest of manifests) {
    const name = fileName(manifest);
    if (files.has(name)) {
      const { kind, name: given } = manifest;
      const reason = given === '' ? 'have no name' : `are called ${given}`;
      throw new CommandError(`two objects of kind ${kind} ${reason}; each needs a file of its own, ${name}`, {
        exitCode: EXIT.invalid,
      });
    }
    files.set(name, manifest.yaml);
  }
  return files;
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return refuse(path, error);
  });
}

async function readIndex(folder: string): Promise<readonly string[]> {
  const path = join(folder, INDEX_FILE);
  const text = await readText(path);
  if (text === undefined) return [];
  const files = parseIndex(text);
  if (files) return files;
  throw new CommandError(`${path}: this is not the index that kubectl-mysql wrote; put it back or remove it`, {
    exitCode: EXIT.invalid,
  });
}

async function refuseForeign(path: string, content: string): Promise<void> {
  const found = await readText(path);
  if (found === undefined || found === content) return;
  throw new CommandError(`${path}: this file was not written by kubectl-mysql and is in the way; move it`, {
    exitCode: EXIT.invalid,
  });
}

/** The file is there whole or not at all, and is left alone when nothing changes. */
async function writeWhole(path: string, content: string): Promise<void> {
  if ((await readText(path)) === content) return;
  const part = `${path}.part`;
  await writeFile(part, content).catch((error: unknown) => refuse(path, error));
  await rename(part, path).catch((error: unknown) => refuse(path, error));
}
