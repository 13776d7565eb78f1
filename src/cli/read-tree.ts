// The files of an application's folder in a repository, which nothing in it may leave.

import { existsSync, readdirSync, realpathSync, statSync, type Dirent } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { CommandError, EXIT } from '../errors.ts';
import { EXTENSIONS, attempt, isFile, readBounded, type InputFile } from './read-input.ts';

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

/**
 * Reads the .yaml, .yml and .json files of a folder and of those within it, one after the other, in the order of their
 * names' code units. Names that start with a dot are left out.
 *
 * @throws CommandError for a link that leaves the repository, leads nowhere, or to a folder
 */
export function* readTree(folder: string, repository: string, below = ''): Iterable<InputFile> {
  const here = join(folder, below);
  const entries = attempt(below === '' ? '.' : below, () => readdirSync(here, { withFileTypes: true }));
  // By code units, as the names themselves.
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const name = below === '' ? entry.name : join(below, entry.name);
    const path = join(here, entry.name);
    checkLink(entry, { name, path, repository });
    if (entry.isDirectory()) yield* readTree(folder, repository, name);
    else if (EXTENSIONS.test(entry.name) && isFile(path, entry, name)) yield { name, bytes: readBounded(path, name) };
  }
}

function checkLink(
  entry: Dirent,
  { name, path, repository }: { name: string; path: string; repository: string },
): void {
  if (!entry.isSymbolicLink()) return;
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
