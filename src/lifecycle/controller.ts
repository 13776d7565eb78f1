// Keeps every resource moving: whatever changes around one brings its key into the queue, and a round is carried out.

import type { Clock } from '../cluster/clock.ts';
import type { Connection } from '../cluster/connect.ts';
import { createObjects } from '../cluster/objects.ts';
import { describeResource, type KnownResource } from './cached.ts';
import type { Decision } from './actions.ts';
import { createApplier } from './apply-rendered.ts';
import { WorkQueue, type QueueObserver, type WorkResult } from './queue.ts';
import { reconcile, type ReconcileContext, type Round } from './reconcile.ts';
import { startReflectors } from './reflectors.ts';
import { createRefusals } from './refusals.ts';
import { createRepeats } from './repeats.ts';

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
  /** The same decision was carried out again and again without effect. */
  readonly onRepeat?: (round: Round, times: number) => void;
  readonly onFailure: (what: string, error: unknown) => void;
  readonly observer?: QueueObserver;
}

/** What can be seen of a controller from outside. */
export interface ControllerView {
  readonly resources: () => readonly KnownResource[];
  readonly depth: () => WorkQueue['depth'];
  /** The resources were listed once. */
  readonly isSynced: () => boolean;
}

/** A running controller. */
export interface Controller extends ControllerView {
  /** Ends it; the rounds in flight are finished first. */
  readonly stop: () => Promise<void>;
}

/** So many resources are worked on at once. */
export const WORKERS = 8;

/** So often a resource that waits for something is looked at although nothing told of a change. */
const WAITING_MS = 5_000;
const AT_REST_MS = 60_000;

/** Starts watching. */
export function startController(options: ControllerOptions): Controller {
  const { connection, clock, random, onRound, onRepeat, observer } = options;
  const context: ReconcileContext = {
    objects: createObjects(connection),
    clock,
    now: connection.now,
    refusals: createRefusals(),
    applier: options.render ? createApplier() : undefined,
    ...(onRound ? { onRound } : {}),
  };
  const repeats = createRepeats(random);
  const queue = new WorkQueue({
    workers: WORKERS,
    clock,
    random,
    work: async (key) => {
      const [namespace = '', name = ''] = key.split('/');
      const round = await reconcile({ namespace, name }, context);
      const { times, delayMs } = repeats.note(key, round.decision);
      if (times > 0) onRepeat?.(round, times);
      return planNext(round.decision, delayMs);
    },
    observer: {
      ...observer,
      ended: (key, outcome) => {
        observer?.ended?.(key, outcome);
        if (outcome.error !== undefined) options.onFailure(key, outcome.error);
      },
    },
  });
  const reflectors = startReflectors(options, (key) => {
    queue.add(key);
  });
  return {
    resources: () => reflectors.resources.list().map(describeResource),
    depth: () => queue.depth,
    isSynced: reflectors.isSynced,
    stop: async () => {
      await reflectors.stop();
      await queue.stop();
    },
  };
}

/** After an action at once, after one without effect later and later, else when it is time to be sure. */
function planNext({ actions, again, progress }: Decision, delayMs: number): WorkResult {
  if (actions.length > 0) return { againMs: Math.max(again ?? 0, delayMs) };
  const isAtRest = progress === 'Ready';
  return { againMs: Math.min(again ?? Infinity, isAtRest ? AT_REST_MS : WAITING_MS), isAtRest };
}
