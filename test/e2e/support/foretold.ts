// What `kubectl mysql plan` foretells, read from its words as people read them, to be compared with what happens.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Consequence } from '../../../src/model/consequence.ts';
import { tryRun, type Namespace } from './kubectl.ts';
import { stringify } from './resource.ts';

/** A plan of one resource. */
export interface Plan {
  readonly code: number;
  readonly stderr: string;
  readonly kinds: readonly string[];
  readonly consequences: readonly Consequence[];
}

const PROGRAM = ['dist/kubectl-mysql.js', 'plan', '-f', '-', '-o', 'json'];

/** Plans what comes, compared with the cluster. */
export function planLive(namespace: Namespace, after: readonly object[]): Promise<Plan> {
  return plan(namespace, after, ['--live']);
}

/** Plans what comes, compared with what was. */
export async function planFiles(
  namespace: Namespace,
  before: readonly object[],
  after: readonly object[],
): Promise<Plan> {
  const folder = await mkdtemp(join(tmpdir(), 'plan-'));
  try {
    const file = join(folder, 'before.yaml');
    await writeFile(file, streamOf(before));
    return await plan(namespace, after, ['--previous', file]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function plan({ name }: Namespace, after: readonly object[], words: readonly string[]): Promise<Plan> {
  const all = [...PROGRAM, '-n', name, ...words];
  const { code, stdout, stderr } = await tryRun(process.execPath, all, streamOf(after));
  if (stdout === '') throw new Error(`there is no plan:\n${stderr}`);
  const { resources } = JSON.parse(stdout) as { resources: { consequences: Consequence[] }[] };
  const consequences = resources.flatMap((each) => each.consequences);
  return { code, stderr, kinds: [...new Set(consequences.map(({ kind }) => kind))], consequences };
}

/** Objects as one stream. */
export function streamOf(objects: readonly object[]): string {
  return objects.map((object) => `---\n${stringify(object)}\n`).join('');
}

/** What a change does to a server that is there. */
export interface ChangeOutcome {
  readonly server: 'runs on' | 'restarts' | 'stops' | 'starts';
  /** What claims have now, where they have grown. */
  readonly grown: Readonly<Record<string, string>>;
  /** The Job that has changed the password. */
  readonly job: string;
  /** What becomes of the previous password. */
  readonly previous: '' | 'works' | 'refused';
}

/** Reads what is said of a change. */
export function foretellChange({ kinds, consequences }: Plan): ChangeOutcome {
  const text = wordsOf(consequences);
  const grown = [...text.matchAll(/the claim (\S+) grows from \S+ to (\S+)/g)].map(([, claim, size]) => [claim, size]);
  return {
    server: foretellServer(kinds),
    grown: Object.fromEntries(grown) as Record<string, string>,
    job: /the Job (\S+) (?:sets|discards) it/.exec(text)?.[1] ?? '',
    previous: foretellPrevious(text),
  };
}

function foretellServer(kinds: readonly string[]): ChangeOutcome['server'] {
  if (kinds.includes('restart')) return 'restarts';
  if (kinds.includes('stop')) return 'stops';
  return kinds.includes('start') ? 'starts' : 'runs on';
}

function foretellPrevious(text: string): ChangeOutcome['previous'] {
  if (text.includes('stops working at once')) return 'refused';
  return text.includes('the previous one works for another') ? 'works' : '';
}

/** What a deletion does. */
export interface DeletionOutcome {
  /** The Job that has made a backup, and the claim that holds it. */
  readonly backup: string;
  /** Everything that is gone, as `kubectl get -o name` writes it; `volume/CLAIM` for the volume of a claim. */
  readonly gone: readonly string[];
}

/**
 * Reads what is said of a deletion.
 *
 * @param rendered what was rendered for the resource, and what the watcher has made for it alone
 */
export function foretellDeletion({ consequences }: Plan, rendered: readonly string[]): DeletionOutcome {
  const text = wordsOf(consequences);
  const made = /the Job (\S+) makes a final backup in the claim (\S+), which stays/.exec(text);
  const patterns = [/the claim (\S+) and its volume are deleted/g, /and so is (\S+) with all backups/g];
  const claims = patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, claim]) => claim ?? ''));
  const others = text.includes('and what was rendered for it are deleted')
    ? rendered.filter((name) => !isClaim(name))
    : [];
  const gone = [...others, ...claims.flatMap((claim) => [`persistentvolumeclaim/${claim}`, `volume/${claim}`])];
  return { backup: made ? `${made[1] ?? ''} in ${made[2] ?? ''}` : '', gone: gone.sort() };
}

/** The claims are named by themselves. */
export function isClaim(name: string): boolean {
  return name.startsWith('persistentvolumeclaim/');
}

/** What a new server has: nothing, what its volume held, a backup; or it waits until people decide. */
export type Start = 'empty' | 'kept' | 'restored' | 'waits';

const STARTS: readonly (readonly [RegExp, Start])[] = [
  [/the server does not start until people decide/, 'waits'],
  [/the server goes on with its data|what the claim \S+ already holds is used/, 'kept'],
  [/the server goes on with the data of its volume, if it holds any/, 'kept'],
  [/the Job \S+ restores the (final|newest) backup.* from /, 'restored'],
  // There is none in the lives of these tests: where there is one the plan knows of it.
  [/the Job \S+ restores the newest backup in \S+, if there is one/, 'empty'],
];

/** Reads what is said of a creation. */
export function foretellStart({ consequences }: Plan): Start {
  const text = wordsOf(consequences);
  return STARTS.find(([pattern]) => pattern.test(text))?.[1] ?? 'empty';
}

function wordsOf(consequences: readonly Consequence[]): string {
  return consequences.map(({ message }) => message).join('\n');
}
