// Writes one file per object to a folder and remembers which files are ours, so that a later run takes away what is no
// longer made and leaves everything else alone.

import { mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { CommandError, EXIT, UsageError } from '../errors.ts';
import {
  INDEX_FILE,
  KUSTOMIZATION_FILE,
  PART_FILE,
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
 * @throws CommandError for what somebody else put in the way; nothing is written then
 */
export async function writeFolder(
  folder: string,
  manifests: Iterable<Manifest>,
  kustomization: boolean,
): Promise<void> {
  const files = nameFiles(manifests);
  if (kustomization) files.set(KUSTOMIZATION_FILE, formatKustomization([...files.keys()]));
  await makeFolder(resolve(folder)).catch((error: unknown) => refuse(folder, error));
  const earlier = new Set(await readIndex(folder));
  const all = [...new Set([...earlier, ...files.keys()])];
  for (const name of [...all, PART_FILE]) await refuseOther(join(folder, name));
  for (const [name, content] of files) if (!earlier.has(name)) await refuseForeign(join(folder, name), content);
  // Of a run that was killed.
  await remove(folder, PART_FILE);
  await writeWhole(folder, INDEX_FILE, formatIndex(all));
  for (const [name, content] of files) await writeWhole(folder, name, content);
  for (const name of earlier) if (!files.has(name)) await remove(folder, name);
  await writeWhole(folder, INDEX_FILE, formatIndex([...files.keys()]));
}

/** As mkdir with `recursive`, which tries for ever where the system makes no folder, such as in /proc. */
async function makeFolder(path: string): Promise<void> {
  const make = async (): Promise<void> => {
    await mkdir(path).catch(async (error: unknown) => {
      const isFolder = await stat(path)
        .then((found) => found.isDirectory())
        .catch(() => false);
      if (!isFolder) throw error;
    });
  };
  await make().catch(async (error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await make();
  });
}

/**
 * Refuses a folder that is, or lies within, what is read: the next run would take what this one writes for input.
 *
 * @param inputs what -f names
 * @param recursive whether the folders within are read, too
 */
export async function refuseWithin(folder: string, inputs: readonly string[], recursive: boolean): Promise<void> {
  const output = await resolveLinks(folder);
  for (const name of inputs) {
    const way = relative(await resolveLinks(name), output);
    const isBelow = !isAbsolute(way) && way.split(sep)[0] !== '..';
    if (way !== '' && !(recursive && isBelow)) continue;
    throw new UsageError(
      `--output-dir ${folder} lies within the input ${name}: the next run would read what this one writes`,
    );
  }
}

/** The real path of what need not be there. */
async function resolveLinks(path: string): Promise<string> {
  const whole = resolve(path);
  return realpath(whole).catch(async () =>
    dirname(whole) === whole ? whole : join(await resolveLinks(dirname(whole)), basename(whole)),
  );
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

/** Refuses what is no file: it could not be replaced, and a pipe would be read for ever. */
async function refuseOther(path: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return refuse(path, error);
  });
  if (!found || found.isFile()) return;
  throw new CommandError(`${path}: this is no file and is in the way; move it`, { exitCode: EXIT.invalid });
}

async function readIndex(folder: string): Promise<readonly string[]> {
  const path = join(folder, INDEX_FILE);
  await refuseOther(path);
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
async function writeWhole(folder: string, name: string, content: string): Promise<void> {
  const path = join(folder, name);
  if ((await readText(path)) === content) return;
  const part = join(folder, PART_FILE);
  await writeFile(part, content, { flag: 'wx' }).catch((error: unknown) => refuse(path, error));
  await rename(part, path).catch((error: unknown) => refuse(path, error));
}

async function remove(folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  await rm(path, { force: true }).catch((error: unknown) => refuse(path, error));
}
