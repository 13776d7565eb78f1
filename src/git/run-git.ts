// One git command that only reads: within its time, without asking anybody, and with one kind of failure. Not by git.ts,
// because files are bytes, which simple-git turns into text, and because simple-git is as large as all that plan loads.

import { spawn } from 'node:child_process';
import { CommandError, EXIT } from '../errors.ts';
import { gitEnvironment } from './environment.ts';
import { explainOwnership } from './ownership.ts';
import { hideInUrls } from './redact.ts';

/** Where and with what git runs. */
export interface GitOptions {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What git gets on standard input. */
  readonly input?: string;
}

/** How a command ended. */
export interface GitOutcome {
  readonly code: number;
  readonly stdout: Buffer;
  /** The first line that git says is wrong. */
  readonly reason: string;
}

/** A partial clone may fetch what it lacks, so this is no short time. */
const TIMEOUT_MS = 60_000;

/**
 * Runs git.
 *
 * @throws CommandError when there is no git, or it takes too long
 */
export function runGit(words: readonly string[], { folder, environment, input = '' }: GitOptions): Promise<GitOutcome> {
  return new Promise((resolve, reject) => {
    const env = gitEnvironment(environment, { config: true });
    const child = spawn('git', ['-C', folder, ...words], { env, timeout: TIMEOUT_MS });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', (cause: NodeJS.ErrnoException) => {
      const message = cause.code === 'ENOENT' ? 'git is not found on PATH' : `git cannot be run (${cause.code ?? ''})`;
      reject(new CommandError(message, { exitCode: EXIT.refused, cause }));
    });
    child.on('close', (code) => {
      if (code === null) {
        const message = `git ${words[0] ?? ''} did not end within ${String(TIMEOUT_MS / 1000)} s`;
        reject(new CommandError(message, { exitCode: EXIT.refused }));
      } else resolve({ code, stdout: Buffer.concat(out), reason: firstLine(Buffer.concat(err).toString()) });
    });
    // git may end before it has read everything.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

function firstLine(text: string): string {
  const line = text.split('\n').find((each) => /^(?:fatal|error): /.test(each)) ?? text.split('\n')[0] ?? '';
  return hideInUrls(explainOwnership(line.replace(/^(?:fatal|error): /, '')));
}

/**
 * Runs git; it must succeed.
 *
 * @param what for the message: what was looked at
 */
export async function readGit(what: string, words: readonly string[], options: GitOptions): Promise<Buffer> {
  const { code, stdout, reason } = await runGit(words, options);
  if (code !== 0) throw new CommandError(`${what}: ${reason}`, { exitCode: EXIT.refused });
  return stdout;
}
