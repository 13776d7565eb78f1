// Keeps every resource moving: whatever changes around one brings its key into the queue, and a round is carried out.

import { RESOURCE_LABEL } from '../api/names.ts';
import type { Clock } from '../cluster/clock.ts';
import type { Connection } from '../cluster/connect.ts';
import { KINDS } from '../cluster/kinds.ts';
import { createObjects } from '../cluster/objects.ts';
import { shareReads, type SharedReads } from '../cluster/shared-reads.ts';
import { describeResource, type KnownResource } from './cached.ts';
import type { Action, Decision } from './actions.ts';
import { createApplier } from './apply-rendered.ts';
import { createNews } from './news.ts';
import { WorkQueue, type QueueObserver, type WorkResult } from './queue.ts';
import { reconcile, type ReconcileContext, type Round } from './reconcile.ts';
import { startReflectors, type Silence } from './reflectors.ts';
import { createRefusals } from './refusals.ts';
import { createRepeats } from './repeats.ts';
import { tellUnreadable } from './unreadable.ts';

/** Dependencies of the controller. */
export interface ControllerOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly random: () => number;
  /** All namespaces without it. */
  readonly namespace?: string | undefined;
  /** What is rendered is delivered, too. */
  readonly render?: boolean;
  readonly onRound?: ReconcileContext['onRound'];
  /** Whether another watcher may have been elected: nothing is written then. */
  readonly isDeposed?: (() => boolean) | undefined;
  /** The same decision was carried out again and again without effect. */
  readonly onRepeat?: (round: Round, times: number) => void;
  /**
   * @param what the key of a resource, or the plural of a kind whose watch failed
   * @param failures so many in a row, of a watch
   */
  readonly onFailure: (what: string, error: unknown, failures: number) => void;
  readonly observer?: QueueObserver;
}

/** What can be seen of a controller from outside. */
export interface ControllerView {
  readonly resources: () => readonly KnownResource[];
  readonly depth: () => WorkQueue['depth'];
  /** The resources were listed once. */
  readonly isSynced: () => boolean;
  /** For how long nothing was heard of each kind that is watched. */
  readonly silences: () => readonly Silence[];
}

/** A running controller. */
export interface Controller extends ControllerView {
  /** Ends it; the rounds in flight are finished first. */
  readonly stop: () => Promise<void>;
}

/** Whose objects bear the label, those of git's own passwords excepted. */
const OURS: ReadonlySet<string> = new Set(
  [KINDS.Secret, KINDS.ConfigMap, KINDS.PersistentVolumeClaim, KINDS.Pod, KINDS.Job, KINDS.StatefulSet].map(
    ({ plural }) => plural,
  ),
);

/** So many resources are worked on at once: most of them wait, and the more there are, the more share each read. */
export const WORKERS = 256;

/** At the start the first round waits until everything is listed, at most so long: what is listed later is news. */
const HELD_MS = 3_000;

/** From so many rounds at once on their reads wait a moment for each other, to be shared. */
const BUSY_ROUNDS = 8;
const GATHER_MS = 15;
const VERY_BUSY_ROUNDS = 64;
const GATHER_LONG_MS = 60;

/** So often a resource that waits for something is looked at although nothing told of a change. */
const WAITING_MS = 5_000;
/** At rest the watches tell of every change, and their lists, each minute, of one whose word got lost. This is to be sure. */
const AT_REST_MS = 600_000;
/** After these the watches tell how it goes on, within that time. */
const TOLD: readonly Action['kind'][] = ['open-gate', 'create-job', 'delete-stateful-set', 'remove-finalizer'];

/** Starts watching. */
export function startController(options: ControllerOptions): Controller {
  const { connection, clock, random, onRound, onRepeat, observer } = options;
  const news = createNews();
  const objectsFor = shareReads(news.noteWrites(createObjects(connection)), {
    clock,
    gatherMs: () => gatherMs(queue.depth.inFlight),
    ownerLabel: ({ plural }) => (OURS.has(plural) ? RESOURCE_LABEL : undefined),
  });
  const context: Around = {
    objectsFor,
    volumesOf: (claim) => reflectors.volumesOf(claim),
    straysOf: (claim) => (gatherMs(queue.depth.inFlight) === 0 ? reflectors.straysOf(claim) : undefined),
    known: (kind, key) => reflectors.known(kind, key),
    clock,
    now: connection.now,
    refusals: createRefusals(),
    isDeposed: options.isDeposed,
    applier: options.render ? createApplier() : undefined,
    ...(onRound ? { onRound } : {}),
  };
  const repeats = createRepeats(random);
  const queue: WorkQueue = new WorkQueue({
    workers: WORKERS,
    clock,
    random,
    work: async (key) => {
      const round = await carryOut(key, context, () => queue.failures(key) + 1);
      const { times, delayMs } = repeats.note(key, round.decision);
      if (times > 0) onRepeat?.(round, times);
      if (!isGone(round)) return planNext(round.decision, delayMs);
      context.applier?.forget(key);
      repeats.forget(key);
      return undefined;
    },
    observer: {
      ...observer,
      ended: (key, outcome) => {
        observer?.ended?.(key, outcome);
        if (outcome.error !== undefined) options.onFailure(key, outcome.error, queue.failures(key) + 1);
      },
    },
  });
  const held = holdKeys((key) => {
    queue.add(key);
  });
  const reflectors = startReflectors({ ...options, news }, held.add);
  void reflectors.listed.then(held.release);
  const cancelRelease = clock.startTimer(HELD_MS, held.release);
  return {
    resources: () => reflectors.resources.list().map(describeResource),
    depth: () => queue.depth,
    isSynced: reflectors.isSynced,
    silences: reflectors.silences,
    stop: async () => {
      cancelRelease();
      await reflectors.stop();
      await queue.stop();
    },
  };
}

/** All that the rounds of every resource share. */
interface Around extends Omit<ReconcileContext, 'objects'> {
  readonly objectsFor: SharedReads;
}

/** @param failures in a row, with this one */
function carryOut(key: string, around: Around, failures: () => number): Promise<Round> {
  const [namespace = '', name = ''] = key.split('/');
  const resource = { namespace, name };
  const context = { ...around, objects: around.objectsFor(name) };
  return reconcile(resource, context).catch((error: unknown) =>
    tellUnreadable(resource, context, { error, failures: failures() }),
  );
}

function gatherMs(rounds: number): number {
  if (rounds <= BUSY_ROUNDS) return 0;
  return rounds > VERY_BUSY_ROUNDS ? GATHER_LONG_MS : GATHER_MS;
}

/** Keys that come before the release become due with it. */
function holdKeys(add: (key: string) => void): Record<'add', (key: string) => void> & { readonly release: () => void } {
  let held: Set<string> | undefined = new Set();
  return {
    add: (key) => {
      if (held) held.add(key);
      else add(key);
    },
    release: () => {
      const keys = held ?? [];
      held = undefined;
      for (const key of keys) add(key);
    },
  };
}

/** Nothing is left to be done for it; whatever comes of its name is told by a watch. */
function isGone({ observation, decision }: Round): boolean {
  return observation.resource === undefined && decision.actions.length === 0;
}

/** After an action at once, after one without effect later and later, else when it is time to be sure. */
function planNext({ actions, again, progress }: Decision, delayMs: number): WorkResult {
  if (actions.length > 0) {
    const isTold = actions.some(({ kind }) => TOLD.includes(kind));
    return { againMs: Math.max(again ?? 0, delayMs, isTold ? WAITING_MS : 0) };
  }
  const isAtRest = progress === 'Ready';
  return { againMs: Math.min(again ?? Infinity, isAtRest ? AT_REST_MS : WAITING_MS), isAtRest };
}
