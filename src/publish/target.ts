// The branch that is published to, seen from the throw-away repository.

import { INDEX_FILE } from '../emit/files.ts';
import { UsageError } from '../errors.ts';
import { GitFailure, type Git } from '../git/git.ts';
import { findStep, type Changes, type Entry, type Folder } from './folder.ts';
import type { Files } from './names.ts';
import { readRefusal, type Pushed } from './failures.ts';
import { REMOTE } from './scratch.ts';

const TIP = 'refs/kubectl-mysql/tip';

/** What the branch is like now. */
export interface Branch {
  /** Its last commit; undefined when there is no such branch. */
  readonly tip: string | undefined;
  readonly folder: Folder;
}

/** Fetches a branch, without its history, and reads one of its folders. */
export async function fetchBranch(git: Git, branch: string, steps: readonly string[]): Promise<Branch> {
  const tip = await fetchTip(git, branch);
  return { tip, folder: await readFolder(git, tip, steps) };
}

async function fetchTip(git: Git, branch: string): Promise<string | undefined> {
  const refspec = `+refs/heads/${branch}:${TIP}`;
  try {
    await git(['fetch', '--depth=1', '--no-tags', '--no-write-fetch-head', REMOTE, refspec]);
  } catch (error) {
    if (error instanceof GitFailure && error.err.includes("couldn't find remote ref")) return undefined;
    throw error;
  }
  return (await git(['rev-parse', '--verify', TIP])).trim();
}

async function readFolder(git: Git, tip: string | undefined, steps: readonly string[]): Promise<Folder> {
  const nothing: Folder = { entries: [], index: undefined };
  if (tip === undefined) return nothing;
  let entries = await listTree(git, tip);
  for (const [index, step] of steps.entries()) {
    const found = findStep(entries, step, steps.slice(0, index + 1).join('/'));
    if (!found) return nothing;
    entries = await listTree(git, found.id);
  }
  const index = entries.find(({ name, mode }) => name === INDEX_FILE && mode.startsWith('100'));
  return { entries, index: index && (await git(['cat-file', 'blob', index.id])) };
}

async function listTree(git: Git, tree: string): Promise<Entry[]> {
  const text = await git(['ls-tree', '-z', '--full-tree', tree]);
  return text.split('\0').flatMap((line) => {
    const { mode, id, name } = /^(?<mode>\d+) \w+ (?<id>[0-9a-f]+)\t(?<name>.*)$/s.exec(line)?.groups ?? {};
    return mode !== undefined && id !== undefined && name !== undefined ? [{ mode, id, name }] : [];
  });
}

/**
 * Stores files as they are, whatever line ends and filters the user has configured.
 *
 * @returns the identity of each
 */
export async function storeFiles(git: Git, files: Files): Promise<Map<string, string>> {
  if (files.size === 0) return new Map();
  const names = [...files.keys()];
  const commands = names.map((name, index) => {
    const content = files.get(name) ?? '';
    return `blob\nmark :${String(index + 1)}\ndata ${String(Buffer.byteLength(content))}\n${content}\n`;
  });
  const questions = names.map((_, index) => `get-mark :${String(index + 1)}\n`);
  const ids = await git(['fast-import', '--quiet'], `${commands.join('')}${questions.join('')}`);
  const lines = ids.split('\n');
  return new Map(names.map((name, index) => [name, lines[index] ?? '']));
}

/** Makes the tree of the next commit: the branch's own, with the changes. */
export async function writeTree(
  git: Git,
  {
    tip,
    steps,
    changes,
    ids,
  }: { tip: string | undefined; steps: readonly string[]; changes: Changes; ids: ReadonlyMap<string, string> },
): Promise<string> {
  const written = [...changes.added, ...changes.changed, INDEX_FILE].map(
    (name) => [name, ids.get(name) ?? ''] as const,
  );
  return replaceFiles(git, { base: tip, steps, ids: new Map(written), removed: changes.removed });
}

/**
 * Makes a tree of another one.
 *
 * @param base undefined for an empty one
 * @param ids of the files that are put into the folder
 */
export async function replaceFiles(
  git: Git,
  {
    base,
    steps,
    ids,
    removed = [],
  }: {
    base: string | undefined;
    steps: readonly string[];
    ids: ReadonlyMap<string, string>;
    removed?: readonly string[];
  },
): Promise<string> {
  const prefix = steps.map((step) => `${step}/`).join('');
  const zero = '0'.repeat(ids.values().next().value?.length ?? 40);
  const lines = [
    ...removed.map((name) => `0 ${zero}\t${prefix}${name}\0`),
    ...[...ids].map(([name, id]) => `100644 ${id}\t${prefix}${name}\0`),
  ];
  await git(['read-tree', base ?? '--empty']);
  if (lines.length > 0) await git(['update-index', '--verbose', '-z', '--index-info'], lines.join(''));
  return (await git(['write-tree'])).trim();
}

/** Reads files, each as text. */
export async function readBlobs(git: Git, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  // Between the files stands what none of them holds: what they are, in another order.
  const mark = `kubectl-mysql ${[...ids].reverse().join('').slice(0, 64)}`;
  const text = await git(['cat-file', `--batch=${mark}`], ids.map((id) => `${id}\n`).join(''));
  return text
    .split(`${mark}\n`)
    .slice(1)
    .map((each) => each.slice(0, -1));
}

/** The changes as a unified diff. */
export async function diffTrees(git: Git, tip: string | undefined, tree: string): Promise<string> {
  const before = tip ?? (await emptyTree(git));
  const options = ['--no-color', '--no-ext-diff', '--no-textconv', '--no-renames', '--full-index'];
  return git(['diff-tree', '-r', '-p', ...options, '--src-prefix=a/', '--dst-prefix=b/', before, tree]);
}

async function emptyTree(git: Git): Promise<string> {
  await git(['read-tree', '--empty']);
  return (await git(['write-tree'])).trim();
}

/** Makes a commit; it is signed when the user's commits are. */
export async function commitTree(
  git: Git,
  { tree, parent, message }: { tree: string; parent: string | undefined; message: string },
): Promise<string> {
  const isSigned = (await git(['config', '--type=bool', '--default=false', 'commit.gpgsign'])).trim() === 'true';
  const words = ['commit-tree', tree, ...(parent === undefined ? [] : ['-p', parent]), ...(isSigned ? ['-S'] : [])];
  return (await git([...words, '-F', '-'], message)).trim();
}

/** Pushes a commit, never by force. */
export async function pushCommit(git: Git, commit: string, branch: string): Promise<Pushed> {
  try {
    await git(['push', '--porcelain', REMOTE, `${commit}:refs/heads/${branch}`]);
    return { kind: 'pushed' };
  } catch (error) {
    const refusal = error instanceof GitFailure ? readRefusal(error) : undefined;
    if (refusal) return refusal;
    throw error;
  }
}

/** Checks, before anything is sent, that git knows who commits and takes the branch's name for one. */
export async function checkBefore(git: Git, branch: string): Promise<void> {
  const ref = `refs/heads/${branch}`;
  const isName = await git(['check-ref-format', '--normalize', ref]).then(
    // git itself makes no branch HEAD, and a remote that has one confuses every clone.
    (normal) => normal.trim() === ref && !/^-|^refs\/|^HEAD$/.test(branch),
    (error: unknown) => {
      if (error instanceof GitFailure && error.reason === 'failed') return false;
      throw error;
    },
  );
  if (!isName) throw new UsageError(`--branch must be the name of a branch, such as rendered, not "${branch}"`);
  await git(['var', 'GIT_AUTHOR_IDENT']);
  await git(['var', 'GIT_COMMITTER_IDENT']);
}
