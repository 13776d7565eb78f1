// Runs programs as people do.

import { spawn } from 'node:child_process';

/** What a program left behind. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Where and how a program runs. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: string;
}

/** Runs a program to its end. */
export function runProgram(command: string, argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { cwd, env = {}, stdin = '' } = options;
  const child = spawn(command, argv, { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  // A program may end before it has read all of its input.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() });
    });
  });
}

/** Runs a line of bash, in which a failure anywhere in a pipe counts. */
export function runShell(line: string, options: RunOptions = {}): Promise<Ended> {
  return runProgram('bash', ['-o', 'pipefail', '-c', line], options);
}
