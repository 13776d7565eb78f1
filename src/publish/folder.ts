// The one folder of the branch that publishing owns: where it may be, and what may be changed in it.

import { INDEX_FILE, parseIndex } from '../emit/files.ts';
import { CommandError, EXIT, UsageError } from '../errors.ts';

/** Something that stands in a folder of a commit, as `git ls-tree` tells it. */
export interface Entry {
  /** `100644`, `100755`: a file; `120000`: a link; `160000`: a submodule; `040000`: a folder. */
  readonly mode: string;
  readonly id: string;
  readonly name: string;
}

/** What a folder holds before anything is changed. */
export interface Folder {
  readonly entries: readonly Entry[];
  /** The text of the index; undefined when there is none. */
  readonly index: string | undefined;
}

/** What publishing does to a folder; names of files, sorted. */
export interface Changes {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly unchanged: readonly string[];
  /** False when at most the index would be written anew, with another source commit. */
  readonly isNeeded: boolean;
}

/**
 * Reads `--path`.
 *
 * @returns the folder's steps from the branch's root; none for the root itself
 * @throws UsageError for what leads out of the branch, or where git keeps things of its own
 */
export function parsePath(path: string): readonly string[] {
  const steps = path
    .split('/')
    .filter((step, index, all) => step !== '.' && !(step === '' && index === all.length - 1));
  const isWrong = (step: string): boolean =>
    step === '' || step === '..' || /[\u0000-\u001f\u007f\\:]/.test(step) || isGitsOwn(step);
  if (path === '' || steps.some(isWrong)) {
    throw new UsageError(`--path must be a folder within the branch, such as . or clusters/prod, not "${path}"`);
  }
  return steps;
}

/** Names that some file system takes for `.git`. */
function isGitsOwn(step: string): boolean {
  return /^(?:\.git[ .]*|git~\d+)$/i.test(step.normalize('NFKC').replace(/\p{Cf}/gu, ''));
}

/** Finds a step of the way to the folder; undefined when it is not there yet. */
export function findStep(entries: readonly Entry[], step: string, path: string): Entry | undefined {
  const found = entries.find(({ name }) => name === step);
  if (found && found.mode !== '040000') throw inTheWay(path, `"${step}" is ${describe(found)} and no folder`);
  const other = found ?? entries.find(({ name }) => fold(name) === fold(step));
  if (!found && other) throw inTheWay(path, `"${other.name}" and "${step}" are one name on some file systems`);
  return found;
}

/**
 * Decides what has to change. Only files that the index lists are ever changed or removed.
 *
 * @param files the identity of each file that there should be
 * @throws CommandError that names what somebody else put in the way
 */
export function planChanges(folder: Folder, files: ReadonlyMap<string, string>): Changes {
  const present = new Map(folder.entries.map((entry) => [entry.name, entry]));
  const owned = new Set(readOwned(folder, present.get(INDEX_FILE)));
  refuseObstacles({ files, owned, entries: folder.entries });
  const names = [...files.keys()].sort();
  const isSame = (name: string): boolean =>
    present.get(name)?.id === files.get(name) && present.get(name)?.mode === FILE;
  const added = names.filter((name) => !present.has(name));
  const changed = names.filter((name) => present.has(name) && !isSame(name));
  const removed = [...owned].filter((name) => !files.has(name) && present.has(name)).sort();
  const isListed = owned.size === files.size && names.every((name) => owned.has(name));
  const isIndexed = present.get(INDEX_FILE)?.mode === FILE || (files.size === 0 && owned.size === 0);
  const isNeeded = added.length + changed.length + removed.length > 0 || !isListed || !isIndexed;
  return { added, changed, removed, unchanged: names.filter(isSame), isNeeded };
}

const FILE = '100644';

function isFile({ mode }: Entry): boolean {
  return mode === FILE || mode === '100755';
}

function readOwned({ index }: Folder, entry: Entry | undefined): readonly string[] {
  if (!entry) return [];
  const owned = isFile(entry) && index !== undefined ? parseIndex(index) : undefined;
  if (owned) return owned;
  throw inTheWay(INDEX_FILE, 'this is not the index that kubectl-mysql wrote; put it back or remove it');
}

interface Claim {
  readonly files: ReadonlyMap<string, string>;
  readonly owned: ReadonlySet<string>;
  readonly entries: readonly Entry[];
}

function refuseObstacles({ files, owned, entries }: Claim): void {
  const folded = new Map([...files.keys()].map((name) => [fold(name), name]));
  for (const entry of entries) {
    const wanted = folded.get(fold(entry.name));
    if (owned.has(entry.name) || entry.name === wanted) {
      if (!isFile(entry)) throw inTheWay(entry.name, `this is ${describe(entry)} and is in the way; move it`);
    }
    if (owned.has(entry.name) || wanted === undefined) continue;
    if (entry.name !== wanted)
      throw inTheWay(entry.name, `this and ${wanted} are one name on some file systems; move it`);
    if (entry.id === files.get(wanted)) continue;
    throw inTheWay(entry.name, 'this file was not written by kubectl-mysql and is in the way; move it');
  }
}

function inTheWay(path: string, reason: string): CommandError {
  return new CommandError(`${path}: ${reason}`, { exitCode: EXIT.invalid });
}

function describe({ mode }: Entry): string {
  if (mode === '040000') return 'a folder';
  if (mode === '120000') return 'a link';
  return mode === '160000' ? 'a submodule' : 'a file';
}

/** What file systems that do not tell case, or ways to write a letter, apart take for the same. */
function fold(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/**
 * Refuses a folder that lies within what is read: the next run would take what this one writes for input.
 *
 * @param inputs paths from the repository's root, `.` for the root
 */
export function refuseWithin(steps: readonly string[], inputs: readonly string[], recursive: boolean): void {
  const path = steps.join('/');
  for (const input of inputs) {
    const start = input === '.' ? '' : input;
    const isBelow = start === '' || path.startsWith(`${start}/`);
    if (path !== start && !(recursive && isBelow)) continue;
    const message = `--path lies within the input ${input} of the same branch: the next run would read what this one writes`;
    throw new UsageError(message);
  }
}
