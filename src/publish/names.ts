// Which files are published: one per object, by names that are the same in every run.

import { createHash } from 'node:crypto';
import { KUSTOMIZATION_FILE, fileName, formatKustomization } from '../emit/files.ts';
import { CommandError, EXIT } from '../errors.ts';
import type { Manifest } from '../render/manifests.ts';

/** File systems take names of 255 bytes, and tools add a few of their own. */
const LONGEST = 240;

/** Contents by the name of their file, in the order of the output. */
export type Files = ReadonlyMap<string, string>;

/**
 * Names the file of an object. A name that is too long is cut, and a hash tells it from others: `~` stands in no other name.
 */
export function publishedName(manifest: Manifest): string {
  const name = fileName(manifest);
  if (name.length <= LONGEST) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return `${name.slice(0, LONGEST - `~${hash}.yaml`.length)}~${hash}.yaml`;
}

/**
 * Names the files of all objects.
 *
 * @param kustomization whether a kustomization.yaml lists them
 * @throws CommandError for two objects of one name
 */
export function nameFiles(manifests: Iterable<Manifest>, kustomization: boolean): Files {
  const files = new Map<string, string>();
  for (const manifest of manifests) {
    const file = publishedName(manifest);
    if (files.has(file)) {
      const { kind, name } = manifest;
      throw new CommandError(`two objects of kind ${kind} are called ${name}; each needs a file of its own, ${file}`, {
        exitCode: EXIT.invalid,
      });
    }
    files.set(file, manifest.yaml);
  }
  if (kustomization) files.set(KUSTOMIZATION_FILE, formatKustomization([...files.keys()]));
  return files;
}
