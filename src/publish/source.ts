// The repository that the source folder lies in: its commit, whether the folder is as it is there, and the configuration
// that counts in it. Nothing is written to it.

import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { CommandError, EXIT } from '../errors.ts';
import { lastValue, parseConfig, type ConfigEntry } from '../git/config.ts';
import { GitFailure, type Git } from '../git/git.ts';
import { findDirty } from './dirty.ts';
import type { SourceCommit } from './message.ts';

/** What was read. */
export interface SourceInput {
  /** What `-f` names; none when all came by standard input. */
  readonly inputs: readonly string[];
  readonly files: readonly string[];
  readonly recursive: boolean;
}

/** The source, as git sees it. */
export interface Source {
  /** The folder that git runs in: the repository's root, or where the user is when there is no repository. */
  readonly folder: string;
  readonly config: readonly ConfigEntry[];
  /** What is known when the source lies in a repository. */
  readonly repository: SourceRepository | undefined;
}

/** The repository of a source. */
export interface SourceRepository {
  /** The inputs as paths from its root, `.` for the root. */
  readonly inputs: readonly string[];
  /** Undefined in a repository without a commit. */
  readonly commit: SourceCommit | undefined;
  /** Undefined where no branch is checked out, as in CI. */
  readonly branch: string | undefined;
  /** `sha1` or `sha256`. */
  readonly hash: string;
  /** Files that are not as they are in the commit. */
  readonly dirty: readonly string[];
}

/**
 * Reads the source repository.
 *
 * @param gitIn makes a git for a folder
 * @param workingFolder that the user is in
 */
export async function readSource(
  input: SourceInput,
  gitIn: (folder: string) => Git,
  workingFolder: string,
): Promise<Source> {
  const paths = input.inputs.map((name) => resolve(workingFolder, name));
  const first = paths[0];
  const start = first === undefined ? workingFolder : folderOf(first);
  const root = first === undefined ? undefined : await findRoot(gitIn(start));
  const folder = root ?? start;
  const git = gitIn(folder);
  const config = parseConfig(await git(['config', '--list', '-z']));
  if (root === undefined) return { folder, config, repository: undefined };
  const hash = (await git(['rev-parse', '--show-object-format'])).trim();
  const commit = await readCommit(git);
  const branch = await git(['symbolic-ref', '--quiet', '--short', 'HEAD']).catch(ignoreFailure);
  const way = (path: string): string => wayWithin(root, path);
  const dirty = await readDirty(
    git,
    { ...input, inputs: paths, files: input.files.map((f) => resolve(workingFolder, f)) },
    way,
  );
  const inputs = paths.map((path) => way(path) || '.');
  return { folder, config, repository: { inputs, commit, branch: branch?.trim(), hash, dirty } };
}

/** The URL by which others know the source: the one of `origin`, or of the only remote. */
export function sourceUrl(config: readonly ConfigEntry[]): string | undefined {
  const name = defaultRemote(config);
  return name === undefined ? undefined : lastValue(config, `remote.${name}.url`);
}

/** The remote that counts when none is named. */
export function defaultRemote(config: readonly ConfigEntry[]): string | undefined {
  const names = new Set(config.flatMap(({ key }) => /^remote\.(.+)\.url$/s.exec(key)?.[1] ?? []));
  if (names.has('origin')) return 'origin';
  return names.size === 1 ? [...names][0] : undefined;
}

function folderOf(path: string): string {
  return statSync(path).isDirectory() ? path : dirname(path);
}

async function findRoot(git: Git): Promise<string | undefined> {
  try {
    return (await git(['rev-parse', '--show-toplevel'])).replace(/\n$/, '');
  } catch (error) {
    if (error instanceof GitFailure && /not a git repository|must be run in a work tree/.test(error.err))
      return undefined;
    throw error;
  }
}

const FORMAT = ['%H', '%an', '%ae', '%aI', '%s', '%b'].join('%x00');

async function readCommit(git: Git): Promise<SourceCommit | undefined> {
  if ((await git(['rev-parse', '--quiet', '--verify', 'HEAD']).catch(ignoreFailure)) === undefined) return undefined;
  const options = ['--no-show-signature', '--no-patch', '--no-notes', '--no-color', '--encoding=UTF-8'];
  const text = await git(['log', '-1', ...options, `--format=${FORMAT}`, 'HEAD']);
  const [sha = '', authorName = '', authorEmail = '', date = '', subject = '', body = ''] = text.split('\0');
  return { sha: sha.trim(), authorName, authorEmail, date, subject, body };
}

function ignoreFailure(error: unknown): undefined {
  if (error instanceof GitFailure && error.reason === 'failed') return undefined;
  throw error;
}

async function readDirty(git: Git, input: SourceInput, way: (path: string) => string): Promise<string[]> {
  // A link is a file of its own, and what it leads to is what was read.
  const files = [...new Set(input.files.flatMap((file) => [way(file), way(realpathSync(file))]))];
  const named = input.inputs.map(way);
  const targets = files.filter(
    (file) => !named.some((path) => path === '' || file === path || file.startsWith(`${path}/`)),
  );
  const options = [
    '--porcelain=v1',
    '--branch',
    '-z',
    '--untracked-files=all',
    '--ignored=traditional',
    '--no-renames',
  ];
  const paths = [...named, ...targets].map((path) => (path === '' ? '.' : path));
  const status = await git(['--literal-pathspecs', 'status', ...options, '--ignore-submodules=none', '--', ...paths]);
  const folders = input.inputs.filter((path) => statSync(path).isDirectory()).map(way);
  return findDirty(status, { files, folders, recursive: input.recursive });
}

/** A path from the repository's root; links above its last step are followed, as git does. */
function wayWithin(root: string, path: string): string {
  const whole = join(realpathSync(dirname(path)), basename(path));
  const real = statSync(path).isDirectory() ? realpathSync(path) : whole;
  const found = relative(realpathSync(root), real);
  if (isAbsolute(found) || found.split(sep)[0] === '..') {
    const message = `${path}: this lies outside of the repository ${root}; what is published comes from one repository`;
    throw new CommandError(message, { exitCode: EXIT.invalid });
  }
  return found.split(sep).join('/');
}
