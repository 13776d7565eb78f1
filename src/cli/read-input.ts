// From the arguments of -f to bytes.

import { closeSync, fstatSync, openSync, readSync, readdirSync, statSync, type Dirent } from 'node:fs';
import { join, relative } from 'node:path';
import { CommandError, EXIT, UsageError } from '../errors.ts';
import { MAX_FILE_BYTES } from '../parse/source.ts';
import type { Io } from './io.ts';
import { describeSystemError } from './system-error.ts';

const STDIN = '-';
/** Bytes that are read at once. */
const PIECE = 64 * 1024;
/** The files of a folder that are read. */
export const EXTENSIONS = /\.(yaml|yml|json)$/;

/** A file's name as the user would write it, and its content. */
export interface InputFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads what -f names. Folders are read in the order of their file names' code units, which no system or locale changes.
 *
 * @param mayBeEmpty a folder without such files is no error
 * @throws UsageError when nothing is named, CommandError for a file that cannot be read
 */
export async function readInput(
  names: readonly string[],
  recursive: boolean,
  io: Io,
  mayBeEmpty = false,
): Promise<InputFile[]> {
  if (names.length === 0) throw new UsageError('give the input with -f FILE, -f DIR, or -f - for standard input');
  if (names.filter((name) => name === STDIN).length > 1) throw new UsageError('standard input can be read only once');
  const files: InputFile[] = [];
  for (const name of names) {
    if (name === STDIN) files.push({ name: '<stdin>', bytes: await readStdin(io) });
    else files.push(...readNamed(name, { recursive, mayBeEmpty }));
  }
  return files;
}

/** Reads a file, or a folder. */
function readNamed(name: string, options: { recursive: boolean; mayBeEmpty: boolean }): InputFile[] {
  const files = listFiles(name, options).map((path) => ({ name: path, bytes: readBounded(path) }));
  return files.filter((file) => file.name === name || isDelivered(relative(name, file.name), file.bytes));
}

/**
 * Tells whether a file of a folder counts, by one rule for every command. kubectl, Argo CD and Flux read names that begin with
 * a dot like any other, so a database in `.shop.yaml` is one; but what holds no object there belongs to some other tool, such
 * as `.gitlab-ci.yml`, `.github/workflows/ci.yaml`, `.sops.yaml` or `.argocd-source.yaml`.
 *
 * @param path within the folder
 */
export function isDelivered(path: string, bytes: Uint8Array): boolean {
  const steps = path.split(/[/\\]/);
  if (!steps.some((step) => step.startsWith('.'))) return true;
  if (steps.includes('.git')) return false;
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replace(/^\u00ef\u00bb\u00bf/, '');
  const start = /^\s*[{[]/.test(text) ? '' : '^';
  return ['apiVersion', 'kind'].every((field) => new RegExp(`${start}["']?${field}["']?\\s*:`, 'm').test(text));
}

async function readStdin(io: Io): Promise<Uint8Array> {
  return io.readStdin(MAX_FILE_BYTES).catch((error: unknown) => refuse('<stdin>', error));
}

function listFiles(name: string, { recursive, mayBeEmpty }: { recursive: boolean; mayBeEmpty: boolean }): string[] {
  if (!attempt(name, () => statSync(name)).isDirectory()) return [name];
  const files = attempt(name, () => walk(name, recursive));
  if (files.length === 0 && !mayBeEmpty) refuseEmpty(name, recursive);
  return files;
}

/** A folder in which nothing is to be read. */
export function refuseEmpty(name: string, recursive: boolean): never {
  const hint = recursive ? '' : '; -R reads the folders within it, too';
  throw new CommandError(`${name}: no .yaml, .yml or .json file in this folder${hint}`, { exitCode: EXIT.invalid });
}

function walk(folder: string, recursive: boolean): string[] {
  const files: string[] = [];
  // By code units, as the names themselves.
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    // Links to folders are not followed: they may lead in a circle.
    if (entry.isDirectory()) {
      if (recursive) files.push(...walk(path, recursive));
    } else if (EXTENSIONS.test(entry.name) && isFile(path, entry)) files.push(path);
  }
  return files;
}

/**
 * Tells files, and links to them, from pipes and devices, which might never end. A link to nothing is left to be named.
 *
 * @param name what an error calls it
 */
export function isFile(path: string, entry: Dirent, name = path): boolean {
  return entry.isFile() || attempt(name, () => statSync(path, { throwIfNoEntry: false })?.isFile() ?? true);
}

/**
 * Reads a file, pipes too, but never more than is needed to know that it is too large.
 *
 * @param name what an error calls it
 */
export function readBounded(path: string, name = path): Uint8Array {
  const descriptor = attempt(name, () => openSync(path, 'r'));
  try {
    return attempt(name, () => readAll(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

function readAll(descriptor: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  // A byte more than the file has, so that its end is seen at once; a pipe says 0.
  const { size } = fstatSync(descriptor);
  const piece = size > 0 && size < PIECE ? size + 1 : PIECE;
  for (let length = 0; length <= MAX_FILE_BYTES;) {
    const chunk = Buffer.allocUnsafe(piece);
    const count = readSync(descriptor, chunk);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    length += count;
    // A file, unlike a pipe, gives less than it is asked for only at its end.
    if (size > 0 && count < piece) break;
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

/** Acts on a path; an error of the file system ends the command with one line. */
export function attempt<Value>(path: string, act: () => Value): Value {
  try {
    return act();
  } catch (error) {
    return refuse(path, error);
  }
}

/** Turns an error of the file system into one line. */
export function refuse(path: string, error: unknown, exitCode: number = EXIT.failure): never {
  if (error instanceof CommandError) throw error;
  throw new CommandError(`${path}: ${describeSystemError(error)}`, { exitCode, cause: error });
}
