// Shows differences by a program that compares folders: diff, or the one that KUBECTL_EXTERNAL_DIFF names.

import { spawn, type SpawnOptions, type StdioOptions } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError, EXIT } from '../errors.ts';
import type { ComparableText } from '../plan/comparable.ts';
import type { Io } from './io.ts';

/** An object in two forms, and the name of its file. */
export interface ComparedFile extends ComparableText {
  readonly name: string;
}

/** kubectl's names: group, version, kind, namespace, name. */
export function comparedName(apiVersion: string, kind: string, namespace: string, name: string): string {
  const group = apiVersion.replace('/', '.');
  return [group, kind, namespace, name].map((part) => part.replace(/[/\\\u0000]/g, '_')).join('.');
}

/**
 * Shows what differs.
 *
 * @param sides the names of the folders: what is, and what would be
 * @returns kubectl diff's exit code: 0 without a difference, 1 with one
 * @throws CommandError when the program fails
 */
export async function showDifferences(
  files: readonly ComparedFile[],
  sides: readonly [before: string, after: string],
  io: Io,
): Promise<number> {
  const different = files.filter(({ before, after }) => before !== after);
  if (different.length === 0) return EXIT.ok;
  const root = await mkdtemp(join(tmpdir(), 'kubectl-mysql-diff-'));
  try {
    const [from, to] = [join(root, sides[0]), join(root, sides[1])];
    await writeSide(from, different, 'before');
    await writeSide(to, different, 'after');
    return await runProgram([from, to], io);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function writeSide(folder: string, files: readonly ComparedFile[], side: 'before' | 'after'): Promise<void> {
  await mkdir(folder);
  for (const file of files) {
    const text = file[side];
    if (text !== undefined) await writeFile(join(folder, file.name), text, { mode: 0o600 });
  }
}

/** As kubectl reads the variable: words behind the program only where they are plain flags. */
function programOf({ environment }: Io): readonly [program: string, flagsFirst: string[], flagsLast: string[]] {
  const [program = '', ...flags] = (environment['KUBECTL_EXTERNAL_DIFF'] ?? '').split(' ');
  if (program === '') return ['diff', ['-u', '-N'], []];
  return [program, [], flags.filter((flag) => /^[a-zA-Z0-9-=]+$/.test(flag))];
}

async function runProgram(folders: readonly string[], io: Io): Promise<number> {
  const [program, first, last] = programOf(io);
  // A program that draws on the terminal gets it; else what it prints goes through our own output.
  const isOwn = io.isTerminal && program !== 'diff';
  const words = [...first, ...folders, ...last];
  const { code, out, lines } = await run(program, words, {
    env: { ...io.environment },
    stdio: isOwn ? 'inherit' : PIPES,
  });
  await io.writeOut(out);
  for (const line of lines) io.writeError(line);
  if (code === 0 || code === 1) return code;
  const exitCode = code ?? EXIT.refused;
  throw new CommandError(`${program} ended with ${code === null ? 'a signal' : String(code)}`, { exitCode });
}

const PIPES: StdioOptions = ['ignore', 'pipe', 'pipe'];

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly lines: readonly string[];
}

function run(program: string, words: readonly string[], options: SpawnOptions): Promise<Ended> {
  const child = spawn(program, words, options);
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('close', (code) => {
      resolve({
        code,
        out: Buffer.concat(out).toString(),
        lines: Buffer.concat(err).toString().split('\n').filter(Boolean),
      });
    });
    child.on('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'ENOENT' ? 'is not found on PATH' : `cannot be run (${cause.code ?? ''})`;
      const message = `${program} ${reason}; KUBECTL_EXTERNAL_DIFF names another program`;
      reject(new CommandError(message, { exitCode: EXIT.usage, cause }));
    });
  });
}
