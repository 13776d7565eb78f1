// The loop of a reflector: list, watch, and from every failure back into it.

import { backoffMs, sleep, type BackoffBounds, type Clock } from './clock.ts';
import type { Connection } from './connect.ts';
import { ClusterError, isClusterError } from './errors.ts';
import type { Kind } from './kinds.ts';
import { createObjects, type Selection } from './objects.ts';
import type { Store } from './store.ts';
import type { StoredObject } from './types.ts';
import { watchObjects, type WatchEvent } from './watch.ts';

/** What a reflector reports and cannot repair by itself at once. It goes on in any case. */
export interface ReflectorFailure {
  readonly kind: 'connection' | 'handler';
  readonly error: unknown;
  /** So many in a row, of the connection. */
  readonly failures: number;
}

/** Measures of a reflector. */
export interface ReflectorTiming {
  readonly pageSize: number;
  /** All objects are listed anew after this time, in case that an event was lost. */
  readonly relistMs: number;
  /** A watch lasts a random time between these. */
  readonly watchSeconds: readonly [least: number, most: number];
  /** A watch is given up when nothing came for so long. The API server sends a bookmark each minute. */
  readonly idleMs: number;
  /** For a page of a list, and for the beginning of a watch. */
  readonly timeoutMs: number;
  readonly backoff: BackoffBounds;
}

/** What a reflector is made of, and where it stands. */
export interface Reflection<T extends StoredObject> {
  readonly connection: Connection;
  readonly kind: Kind<T>;
  readonly selection: Selection;
  readonly clock: Clock;
  readonly random: () => number;
  readonly transform: (object: T) => T;
  readonly timing: ReflectorTiming;
  readonly store: Store<T>;
  readonly signal: AbortSignal;
  readonly report: (failure: ReflectorFailure) => void;
  readonly setSynced: (value: boolean) => void;
  /** In a row, of the connection. */
  failures: number;
  heardAt: number;
  relistAt: number;
  /** The resource version up to which the store is right; undefined: list. */
  position: string | undefined;
}

/** A watch that ends sooner and told nothing is a failure, or we would ask in a tight loop. */
const SHORT_WATCH_MS = 5_000;
/** After so many failures in a row the position is not trusted any more. */
const RESUMES = 5;

/** Runs until it is aborted. */
export async function runReflection<T extends StoredObject>(reflection: Reflection<T>): Promise<void> {
  const { signal, clock } = reflection;
  const isStopped = (): boolean => signal.aborted;
  while (!isStopped()) {
    try {
      if (reflection.position === undefined || clock.elapsed() >= reflection.relistAt) await relist(reflection);
      await follow(reflection);
      reflection.failures = 0;
    } catch (error) {
      if (!isStopped()) await recover(reflection, error);
    }
  }
  reflection.setSynced(false);
}

async function recover<T extends StoredObject>(reflection: Reflection<T>, error: unknown): Promise<void> {
  const { signal, clock, random, timing, report } = reflection;
  const failures = ++reflection.failures;
  // When only the connection or the server had trouble, what we know is as good as before.
  const mayResume = isClusterError(error, 'Unavailable', 'Unauthorized') && failures % RESUMES !== 0;
  if (!mayResume) reflection.position = undefined;
  report({ kind: 'connection', error, failures });
  await sleep(clock, backoffMs(failures, timing.backoff, random), signal);
}

async function relist<T extends StoredObject>(reflection: Reflection<T>): Promise<void> {
  const { connection, kind, selection, timing, clock, random, signal, transform, store } = reflection;
  const { pageSize, timeoutMs, relistMs } = timing;
  // What is known already is not kept twice: of ten thousand objects a moment ago, and again.
  const keep = (object: T): T => {
    const known = store.get(object.metadata);
    return known && isSame(known.metadata, object.metadata) ? known : transform(object);
  };
  const reading = { pageSize, timeoutMs, signal, keep };
  const list = await createObjects(connection).list(kind, selection, reading);
  reflection.position = list.resourceVersion;
  reflection.heardAt = clock.elapsed();
  reflection.relistAt = reflection.heardAt + relistMs * (0.9 + random() / 5);
  store.replace(list.items);
  reflection.setSynced(true);
}

function isSame(one: StoredObject['metadata'], other: StoredObject['metadata']): boolean {
  return one.uid === other.uid && one.resourceVersion === other.resourceVersion;
}

/** Watches until the watch ends. */
async function follow<T extends StoredObject>(reflection: Reflection<T>): Promise<void> {
  const { connection, kind, selection, timing, clock, random, signal, position = '', relistAt } = reflection;
  const { idleMs, timeoutMs, watchSeconds } = timing;
  const [least, most] = watchSeconds;
  const startedAt = clock.elapsed();
  const lastMs = Math.min((least + random() * (most - least)) * 1000, relistAt - startedAt);
  const timeoutSeconds = Math.max(1, Math.ceil(lastMs / 1000));
  const onOpen = (): void => {
    reflection.heardAt = clock.elapsed();
  };
  const watch = { resourceVersion: position, timeoutSeconds, idleMs, timeoutMs, signal, onOpen };
  let told = 0;
  for await (const event of watchObjects(connection, kind, selection, watch)) {
    told += note(reflection, event);
    // A server that keeps a watch open beyond its time.
    if (clock.elapsed() - startedAt > timeoutSeconds * 1000 + SHORT_WATCH_MS) return;
  }
  const isShort = clock.elapsed() - startedAt < Math.min(SHORT_WATCH_MS, lastMs);
  if (told === 0 && isShort) {
    throw new ClusterError({ code: 0, reason: 'ShortWatch', message: `the watch of ${kind.plural} ended at once` });
  }
}

/** Returns how many objects the event told about. */
function note<T extends StoredObject>(reflection: Reflection<T>, event: WatchEvent<T>): 0 | 1 {
  const { store, transform, clock } = reflection;
  reflection.heardAt = clock.elapsed();
  if (event.kind === 'put') store.put(transform(event.object));
  if (event.kind === 'deleted') store.delete(transform(event.object));
  // After the store: a transform that throws must not make us skip the event.
  reflection.position = event.object.metadata.resourceVersion;
  if (event.kind === 'bookmark') return 0;
  reflection.failures = 0;
  return 1;
}
