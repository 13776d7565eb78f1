// What git says when it fails, as one line that says what to do.

import { CommandError, EXIT } from '../errors.ts';
import { GitFailure, SILENCE_MS } from '../git/git.ts';
import { explainOwnership } from '../git/ownership.ts';
import type { Hide } from '../git/redact.ts';

/** How git's words are shown. */
export interface Explaining {
  /** The repository that was to be reached, without credentials. */
  readonly repository: string;
  readonly hide: Hide;
}

interface Meaning {
  readonly pattern: RegExp;
  readonly explain: (repository: string, line: string) => string;
}

const MEANINGS: readonly Meaning[] = [
  {
    pattern: /empty ident|identity unknown|tell me who you are|no (?:name|email) was given|auto-detection is disabled/i,
    explain: () =>
      'git does not know who commits: set user.name and user.email (git config), or GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL, ' +
      'GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL',
  },
  {
    pattern: /gpg failed to sign|failed to sign|signing failed|user\.signingkey/i,
    explain: (_, line) => `the commit could not be signed, which commit.gpgSign asks for: ${line}`,
  },
  {
    pattern: /Host key verification failed/,
    explain: (repository) =>
      `${repository}: ssh does not know this server's key, or knows another one; put the right one into known_hosts`,
  },
  {
    pattern:
      /could not read (?:Username|Password)|Authentication failed|terminal prompts disabled|Permission denied|Access denied|returned error: 40[13]/i,
    explain: (repository) =>
      `${repository}: git has no right to it, or no credentials; it takes those of its own configuration, as in git push`,
  },
  {
    pattern: /not found|does not appear to be a git repository|returned error: 404/i,
    explain: (repository) => `${repository}: there is no such repository, or no right to see it`,
  },
  {
    pattern: /mismatched algorithms/,
    explain: (repository) => `${repository}: this repository and the source's have different hashes (SHA-1, SHA-256)`,
  },
  {
    pattern:
      /unable to access|could not resolve host|connection (?:refused|timed out|reset)|could not read from remote/i,
    explain: (repository, line) => `${repository}: cannot be reached: ${line}`,
  },
];

/** Turns a failure of git into the error that ends the command; no error that ends it shows a credential. */
export function explainFailure(error: unknown, { repository, hide }: Explaining): unknown {
  if (error instanceof CommandError) return new CommandError(hide(error.message), error);
  if (!(error instanceof GitFailure)) return error;
  const refuse = (message: string, exitCode: number = EXIT.refused): CommandError =>
    new CommandError(hide(message), { exitCode });
  switch (error.reason) {
    case 'missing':
      return refuse('git is not found on PATH');
    case 'interrupted':
      return refuse('interrupted', EXIT.failure);
    case 'silent':
      return refuse(`git ${error.command} said nothing for ${String(SILENCE_MS / 1000)} seconds and was stopped`);
    case 'failed':
      break;
  }
  const line = lastComplaint(error);
  const meaning = MEANINGS.find(({ pattern }) => pattern.test(error.err));
  return refuse(meaning ? meaning.explain(repository, line) : `git ${error.command}: ${line}`);
}

/** The line that tells most: the last that git calls fatal, or an error. */
function lastComplaint({ err, out }: GitFailure): string {
  const lines = `${out}\n${err}`
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const line =
    lines.findLast((each) => /^(?:fatal|error): /.test(each)) ?? lines.at(-1) ?? 'it failed and said nothing';
  return explainOwnership(line.replace(/^(?:fatal|error): /, ''));
}

/** What became of a push. */
export type Pushed =
  | { readonly kind: 'pushed' }
  /** Somebody else was faster: fetch, and do it again on top. */
  | { readonly kind: 'moved' }
  | { readonly kind: 'refused'; readonly reason: string };

/** Somebody else's push came between, as git on this side says it, or as the other side does. */
const MOVED =
  /\((?:fetch first|non-fast-forward|stale info|needs force)\)|cannot lock ref|failed to (?:update|lock) ref|incorrect old value|reference already exists/i;

/**
 * Reads what a push that failed has said.
 *
 * @returns undefined when the push did not come as far as the branch
 */
export function readRefusal({ out, err }: GitFailure): Pushed | undefined {
  const status = /^!\t[^\t]*\t(?<summary>.*)$/m.exec(out)?.groups?.['summary'];
  if (status === undefined) return undefined;
  if (MOVED.test(status)) return { kind: 'moved' };
  const said = err
    .split('\n')
    .filter((line) => line.startsWith('remote: '))
    .map((line) => line.slice('remote: '.length).trim())
    .filter((line) => line !== '' && !line.startsWith('error: hook declined'));
  const reason = /\(([^)]*)\)\s*$/.exec(status)?.[1] ?? status;
  return { kind: 'refused', reason: [reason, said.slice(0, 5).join(' / ')].filter((part) => part !== '').join(': ') };
}
