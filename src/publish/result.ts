// What publishing says when it is done.

import type { Outcome } from './publish.ts';

/** Where it was published. */
export interface Place {
  /** The repository, without credentials. */
  readonly repository: string;
  readonly branch: string;
  /** The folder, `.` for the branch's root. */
  readonly path: string;
}

/** One line for people. */
export function formatSummary({ repository, branch, path }: Place, outcome: Outcome): string {
  const { status, changes, commit, attempts } = outcome;
  const where = `${repository}, branch ${branch}${path === '.' ? '' : `, folder ${path}`}`;
  if (!changes.isNeeded) return `${where}: nothing to change`;
  const { added, changed, removed } = changes;
  const counts = [
    [added, 'added'],
    [changed, 'changed'],
    [removed, 'removed'],
  ] as const;
  const files = counts.flatMap(([names, what]) => (names.length === 0 ? [] : [`${String(names.length)} ${what}`]));
  const what = files.length === 0 ? 'the index of files' : `files: ${files.join(', ')}`;
  if (status === 'dry-run') return `${where}: would be published: ${what}`;
  const again = attempts === 1 ? '' : `, after ${String(attempts)} attempts because others published there, too`;
  return `${where}: published ${what}; commit ${commit ?? ''}${again}`;
}

/** The same for programs. */
export function formatJson(place: Place, outcome: Outcome, source: object | undefined): string {
  const { status, commit, parent, attempts, changes, diff } = outcome;
  const { added, changed, removed, unchanged } = changes;
  const result = {
    status,
    ...place,
    commit: commit ?? null,
    parent: parent ?? null,
    attempts,
    source: source ?? null,
    files: { added, changed, removed, unchanged },
    ...(diff === undefined ? {} : { diff }),
  };
  return `${JSON.stringify(result, null, 2)}\n`;
}
