// The files of another commit, read out of git's own store: the working tree, the index and every ref stay as they are.

import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { CommandError, EXIT, UsageError } from '../errors.ts';
import { readGit, runGit, type GitOptions } from './run-git.ts';

/** A file of a commit. */
export interface RevisionFile {
  /** As the user would write it behind the commit: `apps/shop.yaml`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What a commit has of a path. */
export interface Revision {
  readonly files: readonly RevisionFile[];
  /** Links that leave the repository, or lead nowhere or to a folder: what they led to is not known. */
  readonly links: readonly string[];
}

/** What is read. */
export interface RevisionRequest {
  /** A commit, as `git rev-parse` understands it. */
  readonly ref: string;
  /** An absolute path, which need not be there any more. */
  readonly path: string;
  /** The same as the user wrote it. */
  readonly name: string;
  readonly recursive: boolean;
  /** Which files of a folder are read. */
  readonly extensions: RegExp;
  /** Whether one of these counts, by its path within the folder and what it holds. */
  readonly counts: (path: string, bytes: Uint8Array) => boolean;
  /** Larger files come as one byte more than this. */
  readonly limit: number;
  readonly environment: GitOptions['environment'];
}

/**
 * Reads a file, or the files of a folder, as they are in a commit. Submodules are left out.
 *
 * @returns nothing where the commit has nothing of this path
 * @throws CommandError when the path is in no repository or the commit is unknown
 */
export async function readRevision(request: RevisionRequest): Promise<Revision> {
  const place = await locate(request);
  const { options, path } = place;
  const tree = await findTree(request, options);
  const [found] = await readObjects([`${tree}:${path}`], request, options);
  if (!found) return { files: [], links: [] };
  if (found.kind === 'link') return { files: [], links: [request.name] };
  if (found.kind === 'blob') return { files: [{ name: request.name, bytes: found.bytes }], links: [] };
  const entries = await listTree(found.id, request, options);
  // A link is read by its path from the top, so that git can follow it.
  const names = entries.map(({ id, isLink, below }) => {
    return isLink ? `${tree}:${path === '' ? below : `${path}/${below}`}` : id;
  });
  const objects = await readObjects(names, request, options);
  const files = entries.flatMap(({ below }, index) => {
    const object = objects[index];
    const isRead = object?.kind === 'blob' && request.counts(below, object.bytes);
    return isRead ? [{ name: join(request.name, below), bytes: object.bytes }] : [];
  });
  const links = entries.filter(({ isLink }, index) => isLink && objects[index]?.kind !== 'blob');
  return { files, links: links.map(({ below }) => join(request.name, below)) };
}

interface Place {
  readonly options: GitOptions;
  /** Within the repository; empty for all of it. */
  readonly path: string;
}

/** Finds the repository by the nearest folder that is still there. */
async function locate({ path, name, environment }: RevisionRequest): Promise<Place> {
  let folder = path;
  while (!(existsSync(folder) && statSync(folder).isDirectory()) && dirname(folder) !== folder)
    folder = dirname(folder);
  const gone = relative(folder, path);
  const output = await readGit(name, ['rev-parse', '--show-toplevel'], { folder, environment });
  const top = realpathSync(output.toString().replace(/\n$/, ''));
  const way = relative(top, join(realpathSync(folder), gone));
  return { options: { folder: top, environment }, path: way.split(sep).join('/') };
}

async function findTree({ ref, name }: RevisionRequest, options: GitOptions): Promise<string> {
  if (ref.startsWith('-')) throw new UsageError(`--from-ref must name a commit, not "${ref}"`);
  const { code, stdout } = await runGit(['rev-parse', '--verify', '--quiet', `${ref}^{tree}`], options);
  if (code === 0) return stdout.toString().trim();
  const shallow = await readGit(name, ['rev-parse', '--is-shallow-repository'], options);
  const hint = shallow.toString().startsWith('true')
    ? `this clone is shallow and holds few commits; fetch it first: ${howToFetch(ref)}`
    : 'git fetch brings what others have pushed';
  throw new CommandError(`--from-ref: "${ref}" is no commit of this repository; ${hint}`, { exitCode: EXIT.refused });
}

/** The least that brings a commit into a shallow clone. */
function howToFetch(ref: string): string {
  if (/^[0-9a-f]{40,64}$/.test(ref)) return `git fetch --depth=1 origin ${ref}`;
  const [, branch] = /^origin\/([^~^@{}:]+)$/.exec(ref) ?? [];
  if (branch !== undefined) return `git fetch --depth=1 origin ${branch}:refs/remotes/origin/${branch}`;
  const [, steps = '1'] = /~([0-9]+)$/.exec(ref) ?? [];
  return /[~^]/.test(ref) ? `git fetch --deepen=${steps}` : 'git fetch --unshallow';
}

interface TreeEntry {
  readonly id: string;
  readonly isLink: boolean;
  readonly below: string;
}

async function listTree(tree: string, request: RevisionRequest, options: GitOptions): Promise<TreeEntry[]> {
  const words = ['ls-tree', '-z', '--full-tree', ...(request.recursive ? ['-r'] : []), tree];
  const output = (await readGit(request.name, words, options)).toString();
  return output.split('\0').flatMap((line): TreeEntry[] => {
    const [, mode = '', id = '', below = ''] = /^([0-7]+) blob ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
    // A line break would end a line of git's input; no tool that reads these files makes such names.
    return id !== '' && request.extensions.test(below) && !below.includes('\n')
      ? [{ id, isLink: mode === '120000', below }]
      : [];
  });
}

type GitObject =
  | { readonly kind: 'blob'; readonly id: string; readonly bytes: Uint8Array }
  | { readonly kind: 'tree'; readonly id: string }
  /** One that git cannot follow. */
  | { readonly kind: 'link' };

/** Reads many objects with one process for their sizes and one for what they hold. */
async function readObjects(
  names: readonly string[],
  { name, limit }: RevisionRequest,
  options: GitOptions,
): Promise<(GitObject | undefined)[]> {
  if (names.length === 0) return [];
  const asked = { ...options, input: names.map((each) => `${each}\n`).join('') };
  const sizes = parseAnswers(await readGit(name, ['cat-file', '--batch-check', '--follow-symlinks'], asked), false);
  const wanted = sizes.filter((each) => each?.type === 'blob' && each.size <= limit).map((each) => each?.id ?? '');
  const contents = new Map<string, Uint8Array>();
  if (wanted.length > 0) {
    const input = wanted.map((id) => `${id}\n`).join('');
    const answers = parseAnswers(await readGit(name, ['cat-file', '--batch'], { ...options, input }), true);
    for (const answer of answers) if (answer) contents.set(answer.id, answer.bytes);
  }
  return sizes.map((each) => {
    if (each?.type === 'tree') return { kind: 'tree', id: each.id };
    if (each?.type === 'link') return { kind: 'link' };
    if (each?.type !== 'blob') return undefined;
    return { kind: 'blob', id: each.id, bytes: contents.get(each.id) ?? new Uint8Array(limit + 1) };
  });
}

interface Answer {
  readonly id: string;
  readonly type: string;
  readonly size: number;
  readonly bytes: Uint8Array;
}

/** One answer for each name: `ID TYPE SIZE`, with the content behind it; undefined for a name that leads to nothing. */
function parseAnswers(output: Buffer, hasContent: boolean): (Answer | undefined)[] {
  const answers: (Answer | undefined)[] = [];
  for (let at = 0; at < output.length;) {
    const end = output.indexOf('\n', at);
    const found = parseHead(output.subarray(at, end).toString());
    at = end + 1;
    const length = hasContent || found.answer?.type === 'link' ? found.length : 0;
    const bytes = output.subarray(at, at + length);
    if (length > 0 || (hasContent && found.answer)) at += length + 1;
    answers.push(found.answer && { ...found.answer, bytes });
  }
  return answers;
}

interface Head {
  readonly answer: Omit<Answer, 'bytes'> | undefined;
  /** Of what follows on the next line. */
  readonly length: number;
}

function parseHead(line: string): Head {
  const [, id = '', type = '', size = '0'] = /^([0-9a-f]{40,64}) (blob|tree|commit|tag) ([0-9]+)$/.exec(line) ?? [];
  if (id !== '') return { answer: { id, type, size: Number(size) }, length: Number(size) };
  // What a link leads to follows.
  const [, length] = /^(?:symlink|dangling|loop|notdir) ([0-9]+)$/.exec(line) ?? [];
  if (length === undefined) return { answer: undefined, length: 0 };
  return { answer: { id: '', type: 'link', size: 0 }, length: Number(length) };
}
