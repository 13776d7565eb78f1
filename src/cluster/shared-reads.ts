// Live reads that callers share: a list that was begun after everybody asked for it, and one list instead of many GETs of
// the same moment. What comes back is as live as a read of one's own: it always begins after the call.

import type { Clock } from './clock.ts';
import { isClusterError } from './errors.ts';
import type { Kind, ObjectKey } from './kinds.ts';
import type { ObjectList, Objects, Selection } from './objects.ts';
import { strip } from './store.ts';
import type { StoredObject } from './types.ts';

export interface SharedReadsOptions {
  readonly clock: Clock;
  /** Milliseconds for which a read waits for others, asked at each one; 0 while there is little to do. */
  readonly gatherMs: () => number;
  /** The label that objects of a kind bear with their owner's name, if they do. */
  readonly ownerLabel?: (kind: Kind) => string | undefined;
}

/** Reads for one owner of objects. */
export type SharedReads = (owner: string) => Objects;

/** Owners are asked for by label. */
const LABEL_VALUE = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/;

/** So many GETs of one kind and namespace at once are worth a list, … */
const FEWEST = 8;
/** … unless it holds so many objects for each of them. */
const MOST_PER_GET = 32;
/** After so long the size of a collection is found out again. */
const SIZE_MS = 60_000;
/** A list waits for the one before it, so that more can share it; but not for one that hangs. */
const PATIENCE_MS = 1_000;

/**
 * Objects whose `find` and `list` are shared where no options are given; all else is as before. One list stands for the GETs of
 * many owners, and holds what is theirs by label; what is not among it is read by itself.
 */
export function shareReads(objects: Objects, options: SharedReadsOptions): SharedReads {
  const lists = new Map<string, Shared<ObjectList<StoredObject>>>();
  const list = <T extends StoredObject>(kind: Kind<T>, selection: Selection = {}): Promise<ObjectList<T>> => {
    const id = JSON.stringify([kind.apiVersion, kind.plural, selection]);
    const shared = lists.get(id) ?? createShared(options);
    lists.set(id, shared);
    const dispose = (): void => {
      if (!shared.isInUse()) lists.delete(id);
    };
    return shared.join(() => objects.list(kind, selection, { keep: strip })).finally(dispose) as Promise<ObjectList<T>>;
  };
  const batches = new Map<string, Batch>();
  const find = async <T extends StoredObject>(kind: Kind<T>, { namespace, name }: ObjectKey, owner: string) => {
    const id = JSON.stringify([kind.apiVersion, kind.plural, namespace]);
    const batch = batches.get(id) ?? createBatch(objects, { kind, namespace }, options);
    batches.set(id, batch);
    return (await batch.find(name, owner)) as T | undefined;
  };
  return (owner) => ({
    ...objects,
    find: (kind, key, reading) =>
      reading || !LABEL_VALUE.test(owner) ? objects.find(kind, key, reading) : find(kind, key, owner),
    list: (kind, selection, reading) => (reading ? objects.list(kind, selection, reading) : list(kind, selection)),
  });
}

/** One call for all who ask before it begins. While one is under way the next waits for its end, and gathers. */
interface Shared<T> {
  readonly join: (call: () => Promise<T>) => Promise<T>;
  readonly isInUse: () => boolean;
}

function createShared<T>(options: SharedReadsOptions): Shared<T> {
  let waiting: Promise<T> | undefined;
  let running: Promise<unknown> | undefined;
  const begin = async (call: () => Promise<T>): Promise<T> => {
    await pause(options);
    if (running) await settled(running, options.clock);
    // Whoever asks from now on needs a later one.
    waiting = undefined;
    const called = call();
    running = called;
    return called.finally(() => {
      if (running === called) running = undefined;
    });
  };
  return {
    join: (call) => (waiting ??= begin(call)),
    isInUse: () => waiting !== undefined || running !== undefined,
  };
}

function pause({ clock, gatherMs }: SharedReadsOptions): Promise<void> {
  const delayMs = gatherMs();
  if (delayMs <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    clock.startTimer(delayMs, resolve);
  });
}

/** Waits for the end of a call, however it ends, and not for long. */
function settled(call: Promise<unknown>, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.startTimer(PATIENCE_MS, resolve);
    const end = (): void => {
      cancel();
      resolve();
    };
    call.then(end, end);
  });
}

/** In the place of what is dropped page by page. */
const NOT_ASKED_FOR: unknown = undefined;

/** GETs of one kind in one namespace. */
interface Batch {
  readonly find: (name: string, owner: string) => Promise<StoredObject | undefined>;
}

/** Which objects a batch is about. */
interface Collection {
  readonly kind: Kind;
  readonly namespace: string | undefined;
}

type Answer = (name: string) => Promise<StoredObject | undefined>;

function createBatch(objects: Objects, { kind, namespace }: Collection, options: SharedReadsOptions): Batch {
  const { clock, ownerLabel = () => undefined } = options;
  const shared = createShared<Answer>(options);
  const label = ownerLabel(kind);
  /** With the owner of each. */
  let names = new Map<string, string>();
  let size: { readonly count: number; readonly at: number } | undefined;
  let mayList = true;

  /** While there is much to do, the next ones wait for these and become more: a list, then. */
  const getEach = async (asked: Iterable<string>): Promise<Answer> => {
    const found = new Map([...asked].map((name) => [name, objects.find(kind, { namespace, name })]));
    if (options.gatherMs() > 0) await Promise.allSettled(found.values());
    return (name) => found.get(name) ?? Promise.resolve(undefined);
  };
  const read = async (): Promise<Answer> => {
    const asked = names;
    names = new Map();
    if (!isWorthList(asked.size)) return getEach(asked.keys());
    try {
      return await listAsked(asked);
    } catch (error) {
      if (!isClusterError(error, 'Forbidden')) throw error;
      // A role may let objects be read by their names only.
      mayList = false;
      return getEach(asked.keys());
    }
  };
  const listAsked = async (asked: ReadonlyMap<string, string>): Promise<Answer> => {
    const byName = new Map<string, StoredObject>();
    const keep = <T extends StoredObject>(item: T): T => {
      const { name } = item.metadata;
      if (asked.has(name)) byName.set(name, strip(item));
      return NOT_ASKED_FOR as T;
    };
    const { items } = await objects.list(kind, { namespace, ...selectOwners(label, asked.values()) }, { keep });
    size = { count: items.length, at: clock.elapsed() };
    const missing = [...asked.keys()].filter((name) => !byName.has(name));
    const rest = await getEach(label === undefined ? [] : await listOthers(objects, { kind, namespace }, missing));
    return (name) => (byName.has(name) ? Promise.resolve(byName.get(name)) : rest(name));
  };
  const isWorthList = (count: number): boolean => {
    // There may be many big Secrets that are nobody's business here.
    if (!mayList || count < FEWEST || (kind.plural === 'secrets' && label === undefined)) return false;
    if (label !== undefined || !size || clock.elapsed() - size.at > SIZE_MS) return true;
    return size.count <= count * MOST_PER_GET;
  };
  return {
    find: async (name, owner) => {
      names.set(name, owner);
      return (await shared.join(read))(name);
    },
  };
}

/** What bears the name of one of these owners; everything where nothing bears one. */
function selectOwners(label: string | undefined, owners: Iterable<string>): Pick<Selection, 'labelSelector'> {
  return label === undefined ? {} : { labelSelector: `${label} in (${[...new Set(owners)].join(',')})` };
}

/** Those that are there at all, of names that nobody's label led to. */
async function listOthers(
  objects: Objects,
  { kind, namespace }: Collection,
  missing: readonly string[],
): Promise<readonly string[]> {
  if (missing.length < FEWEST) return missing;
  const { items } = await objects.list(kind, { namespace, namesOnly: true });
  const known = new Set(items.map(({ metadata }) => metadata.name));
  return missing.filter((name) => known.has(name));
}
