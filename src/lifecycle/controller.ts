// Keeps every resource moving: whatever changes around one brings its key into the queue, and a round is carried out.

import { RESOURCE_LABEL } from '../api/names.ts';
import type { Clock } from '../cluster/clock.ts';
import type { Connection } from '../cluster/connect.ts';
import { isClusterError } from '../cluster/errors.ts';
import { KINDS, type Kind } from '../cluster/kinds.ts';
import { createObjects } from '../cluster/objects.ts';
import { startReflector, type Reflector, type ReflectorFailure } from '../cluster/reflector.ts';
import type { StoredObject } from '../cluster/types.ts';
import { WorkQueue } from './queue.ts';
import { reconcile, type ReconcileContext } from './reconcile.ts';

/** Dependencies of the watcher. */
export interface ControllerOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly random: () => number;
  /** All namespaces without it. */
  readonly namespace?: string;
  readonly onDecision?: ReconcileContext['onDecision'];
  readonly onFailure: (what: string, error: unknown) => void;
}

/** A running watcher. */
export interface Controller {
  /** Ends it; the round in flight is finished first. */
  readonly stop: () => Promise<void>;
}

const WORKERS = 8;

/** Starts watching. */
export function startController(options: ControllerOptions): Controller {
  const { connection, clock, random, onFailure, onDecision } = options;
  const objects = createObjects(connection);
  const context: ReconcileContext = { objects, now: () => clock.now(), ...(onDecision ? { onDecision } : {}) };
  const queue = new WorkQueue({
    workers: WORKERS,
    clock,
    random,
    work: async (key) => {
      const [namespace = '', name = ''] = key.split('/');
      return { againMs: await reconcile({ namespace, name }, context) };
    },
    observer: {
      ended: (key, { error }) => {
        if (error !== undefined && !isClusterError(error, 'Conflict')) onFailure(key, error);
      },
    },
  });
  const reflectors = startReflectors(options, (key) => {
    queue.add(key);
  });
  return {
    stop: async () => {
      await Promise.all(reflectors.map((reflector) => reflector.stop()));
      await queue.stop();
    },
  };
}

function startReflectors(options: ControllerOptions, add: (key: string) => void): Reflector<StoredObject>[] {
  const { namespace, onFailure } = options;
  const selection = namespace === undefined ? {} : { namespace };
  const start = <T extends StoredObject>(
    kind: Kind<T>,
    keyOf: (object: T) => string | undefined,
    labelled = true,
  ): Reflector<T> =>
    startReflector({
      ...options,
      kind,
      selection: labelled ? { ...selection, labelSelector: RESOURCE_LABEL } : selection,
      onChange: ({ object }) => {
        const key = keyOf(object);
        if (key !== undefined) add(key);
      },
      onFailure: ({ error }: ReflectorFailure) => {
        onFailure(kind.plural, error);
      },
    });
  const labelled = ({ metadata }: StoredObject): string | undefined => {
    const name = metadata.labels?.[RESOURCE_LABEL];
    return name === undefined ? undefined : `${metadata.namespace ?? ''}/${name}`;
  };
  const own = ({ metadata }: StoredObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;
  return [
    start(KINDS.MySQL, own, false),
    start(KINDS.Pod, labelled),
    start(KINDS.Job, labelled),
    start(KINDS.PersistentVolumeClaim, labelled),
    start(KINDS.ConfigMap, labelled),
    start(KINDS.Secret, labelled),
    start(KINDS.StatefulSet, labelled),
  ];
}
