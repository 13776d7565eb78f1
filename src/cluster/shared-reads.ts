// Live reads that callers share: a list that was begun after everybody asked for it, and one list instead of many GETs of
// the same moment. What comes back is as live as a read of one's own: it always begins after the call.

import type { Clock } from './clock.ts';
import type { Kind } from './kinds.ts';
import type { ObjectList, Objects, Selection } from './objects.ts';
import type { StoredObject } from './types.ts';

export interface SharedReadsOptions {
  readonly clock: Clock;
  /** Milliseconds for which a GET waits for others, asked at each one; 0 while there is little to do. */
  readonly gatherMs: () => number;
}

/** So many GETs of one kind and namespace at once are worth a list, … */
const FEWEST = 8;
/** … unless it holds so many objects for each of them. */
const MOST_PER_GET = 32;
/** After so long the size of a collection is found out again. */
const SIZE_MS = 60_000;

/** Objects whose `find` and `list` are shared where no options are given; all else is as before. */
export function shareReads(objects: Objects, options: SharedReadsOptions): Objects {
  const lists = new Map<string, Promise<unknown>>();
  const list = <T extends StoredObject>(kind: Kind<T>, selection: Selection = {}): Promise<ObjectList<T>> => {
    const id = JSON.stringify([kind.apiVersion, kind.plural, selection]);
    const waiting = lists.get(id);
    if (waiting) return waiting as Promise<ObjectList<T>>;
    const begun = pause(options).then(() => {
      // Whoever asks from now on needs a later one.
      lists.delete(id);
      return objects.list(kind, selection);
    });
    lists.set(id, begun);
    return begun;
  };
  const batches = new Map<string, Batch>();
  const find = <T extends StoredObject>(kind: Kind<T>, key: { namespace?: string | undefined; name: string }) => {
    const id = JSON.stringify([kind.apiVersion, kind.plural, key.namespace]);
    const batch = batches.get(id) ?? createBatch({ objects, kind, namespace: key.namespace, clock: options.clock });
    batches.set(id, batch);
    const names = batch.waiting ?? (batch.waiting = gather(batch, options));
    return names.find(key.name) as Promise<T | undefined>;
  };
  return {
    ...objects,
    find: (kind, key, reading) => (reading ? objects.find(kind, key, reading) : find(kind, key)),
    list: (kind, selection, reading) => (reading ? objects.list(kind, selection, reading) : list(kind, selection)),
  };
}

interface Batch {
  readonly objects: Objects;
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly clock: Clock;
  waiting: Gathered | undefined;
  /** How many objects there were, and when. */
  size: { readonly count: number; readonly at: number } | undefined;
}

interface Gathered {
  readonly find: (name: string) => Promise<StoredObject | undefined>;
}

function createBatch(of: Pick<Batch, 'objects' | 'kind' | 'namespace' | 'clock'>): Batch {
  return { ...of, waiting: undefined, size: undefined };
}

function pause({ clock, gatherMs }: SharedReadsOptions): Promise<void> {
  const delayMs = gatherMs();
  if (delayMs <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    clock.startTimer(delayMs, resolve);
  });
}

/** Names that are asked for until the pause is over, and their answer. */
function gather(batch: Batch, options: SharedReadsOptions): Gathered {
  const names = new Set<string>();
  const answers = pause(options).then(() => {
    batch.waiting = undefined;
    return read(batch, names);
  });
  return {
    find: async (name) => {
      names.add(name);
      return (await answers)(name);
    },
  };
}

type Answer = (name: string) => Promise<StoredObject | undefined>;

async function read(batch: Batch, names: ReadonlySet<string>): Promise<Answer> {
  const { objects, kind, namespace, clock } = batch;
  if (!isWorthList(batch, names.size)) {
    const found = new Map([...names].map((name) => [name, objects.find(kind, { namespace, name })]));
    return (name) => found.get(name) ?? Promise.resolve(undefined);
  }
  const { items } = await objects.list(kind, { namespace });
  batch.size = { count: items.length, at: clock.elapsed() };
  const byName = new Map(items.map((item) => [item.metadata.name, item]));
  return (name) => Promise.resolve(byName.get(name));
}

function isWorthList({ size, kind, clock }: Batch, names: number): boolean {
  // There may be many big Secrets that are nobody's business here.
  if (names < FEWEST || kind.plural === 'secrets') return false;
  if (!size || clock.elapsed() - size.at > SIZE_MS) return true;
  return size.count <= names * MOST_PER_GET;
}
