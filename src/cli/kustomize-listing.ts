// A kustomization.yaml that only lists files: whether it delivers what is read, no less and no more.

import { posix } from 'node:path';
import type { SourceObject } from '../parse/source.ts';
import { isMySQL } from '../validate/identity.ts';
import { EXTENSIONS } from './read-input.ts';

/** What a kustomization.yaml that only lists files consists of. */
const FIELDS = ['apiVersion', 'kind', 'metadata', 'resources', 'sortOptions'];

/**
 * Tells a list that leaves no resource of its folder out and leads to nothing that is not read. A resource that is taken out
 * of the list is not delivered any more, although its file stays.
 *
 * @param objects all that was read
 */
export function isWholeListing({ file, value }: SourceObject, objects: readonly SourceObject[]): boolean {
  if (Object.keys(value).some((key) => !FIELDS.includes(key))) return false;
  const folder = file.slice(0, file.lastIndexOf('/') + 1) || (/^.+:/.exec(file)?.[0] ?? '');
  const listed = listOf(value['resources']);
  const isListed = (name: string): boolean => listed.some((path) => name === path || name.startsWith(`${path}/`));
  const read = objects.flatMap((each) => (each.file.startsWith(folder) ? [each.file.slice(folder.length)] : []));
  const isRead = (path: string): boolean =>
    // A file beside the list was read, even where all that it holds was rendered and left out.
    (EXTENSIONS.test(path) && !path.includes('/')) || read.some((name) => name === path || name.startsWith(`${path}/`));
  const resources = objects.filter((each) => isMySQL(each) && each.file !== file && each.file.startsWith(folder));
  return listed.every(isRead) && resources.every((each) => isListed(each.file.slice(folder.length)));
}

function listOf(resources: unknown): string[] {
  return Array.isArray(resources) ? resources.map((each) => posix.normalize(String(each)).replace(/\/$/, '')) : [];
}
