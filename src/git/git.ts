// Runs git by simple-git, which knows how to start it, to stop it and to keep what is dangerous out of its options. It
// knows nothing of what git is used for.

import { GitError, GitPluginError, simpleGit, type SimpleGitOptions } from 'simple-git';

/** How long git may say nothing before it is stopped: a hook on the other side may take its time. */
export const SILENCE_MS = 300_000;

/** Runs git with these words, and gives what it prints. */
export type Git = (words: readonly string[], input?: string) => Promise<string>;

/** Where and with what git runs. */
export interface GitOptions {
  readonly folder: string;
  /** The whole environment of the process, none of ours is added. */
  readonly environment: Readonly<Record<string, string>>;
  readonly abort: AbortSignal;
}

/** git ended with an error, was stopped, or could not be started. Its texts may hold credentials: see redact.ts. */
export class GitFailure extends GitError {
  readonly command: string;
  readonly reason: 'failed' | 'silent' | 'interrupted' | 'missing';
  readonly out: string;
  readonly err: string;

  constructor(command: string, { reason = 'failed', out = '', err = '' }: Partial<GitFailure> = {}) {
    // simple-git turns every error that is none of its own into text.
    super(undefined, `git ${command} failed`);
    this.name = 'GitFailure';
    this.command = command;
    this.reason = reason;
    this.out = out;
    this.err = err;
  }
}

/**
 * What simple-git refuses unless it is told that it is meant. Each is a key of git's configuration or a variable of its
 * environment that makes git start a program; both are the user's own here, as in `git push`. No word of the command lines
 * that this program builds is an option by what a user says.
 */
const FROM_THE_USERS_CONFIGURATION = {
  allowUnsafeAlias: true,
  allowUnsafeAskPass: true,
  allowUnsafeConfigEnvCount: true,
  allowUnsafeConfigPaths: true,
  allowUnsafeCredentialHelper: true,
  allowUnsafeExec: true,
  allowUnsafeGitProxy: true,
  allowUnsafeGpgProgram: true,
  allowUnsafeHooksPath: true,
  allowUnsafePack: true,
  allowUnsafePager: true,
  allowUnsafeProtocolOverride: true,
  allowUnsafeSshCommand: true,
  allowUnsafeUrlRewrite: true,
} satisfies SimpleGitOptions['unsafe'];

/**
 * Makes a function that runs git in a folder. A command that prints nothing takes 50 ms longer, which simple-git then waits
 * for more.
 */
export function createGit({ folder, environment, abort }: GitOptions): Git {
  return async (words, input) => {
    const command = words.find((word) => !word.startsWith('-')) ?? '';
    try {
      const git = simpleGit({
        baseDir: folder,
        abort,
        timeout: { block: SILENCE_MS },
        // It takes every variable of git's away that is not named.
        allowEnvironment: Object.keys(environment),
        unsafe: FROM_THE_USERS_CONFIGURATION,
        // By itself it takes an exit code for success when nothing was said.
        errors: (error, { exitCode, stdOut, stdErr }) => {
          if (error instanceof GitPluginError || exitCode === 0) return error;
          const [out, err] = [stdOut, stdErr].map((chunks) => Buffer.concat(chunks).toString());
          return new GitFailure(command, { out: out ?? '', err: err ?? '' });
        },
        ...(input === undefined ? {} : { input: () => input }),
      });
      return await git.env(environment).raw([...words]);
    } catch (error) {
      throw toFailure(command, error);
    }
  };
}

function toFailure(command: string, error: unknown): Error {
  if (error instanceof GitFailure) {
    return /spawn git E(NOENT|ACCES)/.test(error.err) ? new GitFailure(command, { reason: 'missing' }) : error;
  }
  if (!(error instanceof GitPluginError)) return error as Error;
  if (error.plugin === 'timeout') return new GitFailure(command, { reason: 'silent' });
  return error.plugin === 'abort' ? new GitFailure(command, { reason: 'interrupted' }) : error;
}
