// Keeps a copy of a kind's objects: lists, watches, and begins again, whatever happens to the connection or the handler.
// client-node's informer is dead for ever after one broken connection; this one never is.

import type { Clock } from './clock.ts';
import type { Connection } from './connect.ts';
import type { Kind, ObjectKey } from './kinds.ts';
import type { Selection } from './objects.ts';
import { runReflection, type Reflection, type ReflectorFailure, type ReflectorTiming } from './reflection.ts';
import { createStore, strip, type Change } from './store.ts';
import type { StoredObject } from './types.ts';

export interface ReflectorOptions<T extends StoredObject> {
  readonly connection: Connection;
  readonly kind: Kind<T>;
  readonly selection?: Selection;
  readonly clock: Clock;
  readonly random: () => number;
  /** Called in order, for the first list too. What it throws is reported and changes nothing. */
  readonly onChange?: (change: Change<T>) => unknown;
  readonly onFailure?: (failure: ReflectorFailure) => void;
  /** What of an object is kept; by default all but managedFields and the last applied form. */
  readonly transform?: (object: T) => T;
  readonly timing?: Partial<ReflectorTiming>;
}

/** A copy of a kind's objects. */
export interface Reflector<T> {
  /** The plural of its kind. */
  readonly resource: string;
  /** True when the first list has been told to the handler; false when it was stopped before. */
  readonly synced: Promise<boolean>;
  readonly get: (key: ObjectKey) => T | undefined;
  readonly list: () => readonly T[];
  /** Milliseconds since the server was last heard; Infinity before the first list. At rest below two minutes. */
  readonly silentMs: () => number;
  /** Ends it, within a second. */
  readonly stop: () => Promise<void>;
}

/** Meant for production. */
const TIMING: ReflectorTiming = {
  pageSize: 250,
  relistMs: 600_000,
  watchSeconds: [300, 600],
  idleMs: 75_000,
  timeoutMs: 30_000,
  backoff: { firstMs: 200, capMs: 30_000 },
};

/** Starts a reflector. It never fails; it reports, and goes on. */
export function startReflector<T extends StoredObject>(options: ReflectorOptions<T>): Reflector<T> {
  const { onChange = () => undefined, onFailure = () => undefined, transform = strip, clock } = options;
  const report = (failure: ReflectorFailure): void => {
    guard(() => {
      onFailure(failure);
    });
  };
  const store = createStore<T>((change) => {
    guard(
      () => onChange(change),
      (error) => {
        report({ kind: 'handler', error, failures: 0 });
      },
    );
  });
  const keep = (object: T): T => {
    try {
      return transform(object);
    } catch (error) {
      report({ kind: 'handler', error, failures: 0 });
      return strip(object);
    }
  };
  const stopping = new AbortController();
  let setSynced: (value: boolean) => void = () => undefined;
  const synced = new Promise<boolean>((resolve) => (setSynced = resolve));
  const reflection: Reflection<T> = {
    ...options,
    selection: options.selection ?? {},
    transform: keep,
    timing: { ...TIMING, ...options.timing },
    signal: stopping.signal,
    store,
    report,
    setSynced,
    failures: 0,
    heardAt: -Infinity,
    relistAt: -Infinity,
    position: undefined,
  };
  const running = runReflection(reflection);
  return {
    resource: options.kind.plural,
    synced,
    get: store.get,
    list: store.list,
    silentMs: () => clock.elapsed() - reflection.heardAt,
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}

/** Calls something that is not ours: what it throws, now or later, stops here. */
function guard(call: () => unknown, failed: (error: unknown) => void = () => undefined): void {
  try {
    const result = call();
    if (result instanceof Promise) result.catch(failed);
  } catch (error) {
    failed(error);
  }
}
