// Brings one folder of a branch to hold exactly what was rendered: fetch, compare, commit, push; and from the start again
// when somebody else's push came between.

import { INDEX_FILE, formatIndex } from '../emit/files.ts';
import { CommandError, EXIT } from '../errors.ts';
import type { Git } from '../git/git.ts';
import { planChanges, type Changes } from './folder.ts';
import { diffMasked } from './masked.ts';
import type { Files } from './names.ts';
import { checkBefore, commitTree, fetchBranch, pushCommit, storeFiles, writeTree } from './target.ts';

/** Each lost race means that somebody else has won one, so more than this is no race any more. */
export const MAX_ATTEMPTS = 10;

/** What is published, and where. */
export interface Publication {
  readonly files: Files;
  readonly branch: string;
  /** The folder, as steps from the branch's root. */
  readonly steps: readonly string[];
  readonly message: string;
  /** What the index tells of the source. */
  readonly source: object | undefined;
  readonly isDryRun: boolean;
}

/** What publishing has done, or would do. */
export interface Outcome {
  readonly status: 'published' | 'unchanged' | 'dry-run';
  /** The branch's last commit now; undefined when there is none. */
  readonly commit: string | undefined;
  /** The branch's last commit before. */
  readonly parent: string | undefined;
  readonly changes: Changes;
  readonly attempts: number;
  /** The changes as a unified diff, of a dry run; empty when there are none. */
  readonly diff: string | undefined;
}

/** Publishes. */
export async function publishFiles(git: Git, publication: Publication): Promise<Outcome> {
  const { files, branch, source } = publication;
  await checkBefore(git, branch);
  const ids = await storeFiles(git, new Map([...files, [INDEX_FILE, formatIndex([...files.keys()], source)]]));
  for (let attempts = 1; attempts <= MAX_ATTEMPTS; attempts += 1) {
    const outcome = await attempt(git, publication, ids);
    if (outcome) return { ...outcome, attempts };
  }
  const message = `the branch ${branch} was changed by others ${String(MAX_ATTEMPTS)} times while this was published; run it again`;
  throw new CommandError(message, { exitCode: EXIT.refused });
}

/** @returns undefined when somebody else was faster */
async function attempt(
  git: Git,
  { files, branch, steps, message, isDryRun }: Publication,
  ids: ReadonlyMap<string, string>,
): Promise<Omit<Outcome, 'attempts'> | undefined> {
  const { tip, folder } = await fetchBranch(git, branch, steps);
  const wanted = new Map([...files.keys()].map((name) => [name, ids.get(name) ?? '']));
  const changes = planChanges(folder, wanted);
  const nothing = { commit: tip, parent: tip, changes };
  if (!changes.isNeeded)
    return isDryRun
      ? { ...nothing, status: 'dry-run', diff: '' }
      : { ...nothing, status: 'unchanged', diff: undefined };
  const tree = await writeTree(git, { tip, steps, changes, ids });
  if (isDryRun)
    return {
      ...nothing,
      status: 'dry-run',
      diff: await diffMasked(git, { tip, tree, steps, changes, entries: folder.entries, files }),
    };
  const commit = await commitTree(git, { tree, parent: tip, message });
  const pushed = await pushCommit(git, commit, branch);
  switch (pushed.kind) {
    case 'pushed':
      return { status: 'published', commit, parent: tip, changes, diff: undefined };
    case 'moved':
      return undefined;
    case 'refused':
      throw new CommandError(`the push to ${branch} was refused: ${pushed.reason}`, { exitCode: EXIT.refused });
  }
}
