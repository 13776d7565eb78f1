// The files of an application's folder in a repository, which nothing in it may leave.

import { existsSync, lstatSync, readdirSync, realpathSync, statSync, type Dirent } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { CommandError, EXIT } from '../errors.ts';
import { EXTENSIONS, attempt, isDelivered, isFile, readBounded, type InputFile } from './read-input.ts';

/**
 * Finds the repository that a folder lies in. Nobody tells where it is: it is the folder without the application's path at
 * its end; else the nearest folder above that holds `.git`; else the folder itself.
 *
 * @param path the application's path within the repository, as far as it is known
 * @returns its real path
 */
export function findRepository(folder: string, path: string | undefined): string {
  const real = attempt(folder, () => realpathSync(folder));
  if (path === undefined || path === '') return nearestCheckout(real) ?? real;
  const steps = path.split('/').filter((step) => step !== '' && step !== '.');
  if (steps.length === 0) return real;
  const end = `${sep}${steps.join(sep)}`;
  return real.endsWith(end) ? real.slice(0, -end.length) || sep : (nearestCheckout(real) ?? real);
}

function nearestCheckout(folder: string): string | undefined {
  if (existsSync(join(folder, '.git'))) return folder;
  return dirname(folder) === folder ? undefined : nearestCheckout(dirname(folder));
}

/** What of a folder is read. */
export interface TreeOptions {
  /** The real path of the repository, which nothing may leave. */
  readonly repository: string;
  /** Whether the folders within it are read, too. */
  readonly recursive?: boolean;
  /** How people name the folder; empty where they are in it. */
  readonly shown?: string;
}

/**
 * Reads the .yaml, .yml and .json files of a folder, by default of those within it, too, one after the other, in the order of
 * their names' code units. What is hidden and no object is left out, as by every command.
 *
 * @throws CommandError for a link that leaves the repository, leads nowhere, or to a folder
 */
export function* readTree(folder: string, options: TreeOptions, below = ''): Iterable<InputFile> {
  const entries = attempt(join(options.shown ?? '', below), () => {
    return readdirSync(join(folder, below), { withFileTypes: true });
  });
  // By code units, as the names themselves.
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inner = join(below, entry.name);
    if (!entry.isDirectory()) yield* readEntry(entry, { folder, inner, options });
    else if (options.recursive !== false && entry.name !== '.git') yield* readTree(folder, options, inner);
  }
}

function* readEntry(
  entry: Dirent,
  { folder, inner, options }: { folder: string; inner: string; options: TreeOptions },
): Iterable<InputFile> {
  const { repository, shown = '' } = options;
  const [path, name] = [join(folder, inner), join(shown, inner)];
  if (entry.isSymbolicLink()) checkLink({ name, path, repository });
  if (!EXTENSIONS.test(entry.name) || !isFile(path, entry, name)) return;
  const bytes = readBounded(path, name);
  if (isDelivered(inner, bytes)) yield { name, bytes };
}

/**
 * Reads what lies in a repository: a file, or the files of a folder.
 *
 * @param path an absolute one
 * @param name as people write it
 * @throws CommandError as readTree does
 */
export function readWithin(path: string, name: string, recursive: boolean): InputFile[] {
  const isFolder = attempt(name, () => statSync(path)).isDirectory();
  const repository = findRepository(isFolder ? path : dirname(path), undefined);
  if (isFolder) return [...readTree(path, { repository, recursive, shown: name })];
  if (lstatSync(path).isSymbolicLink()) checkLink({ name, path, repository });
  return [{ name, bytes: readBounded(path, name) }];
}

function checkLink({ name, path, repository }: { name: string; path: string; repository: string }): void {
  const target = attempt(name, () => realpathSync(path));
  const way = relative(repository, target);
  if (isAbsolute(way) || way.split(sep)[0] === '..') refuseLink(name, 'this link leaves the repository');
  if (attempt(name, () => statSync(target)).isDirectory()) {
    refuseLink(name, 'this is a link to a folder, which is not followed; link its files, or move it here');
  }
}

function refuseLink(name: string, reason: string): never {
  throw new CommandError(`${name}: ${reason}`, { exitCode: EXIT.invalid });
}
