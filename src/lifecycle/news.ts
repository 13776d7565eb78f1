// Tells news from echoes: an update that changes nothing that matters, and the word of a watch about what the watcher wrote
// itself and has the answer to already.

import type { Kind } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import type { Change } from '../cluster/store.ts';
import type { StoredObject } from '../cluster/types.ts';
import { digestOf, type ObjectDigest } from './digest.ts';

export interface News {
  /** Remembers of an object, as it came, what matters of what is kept of it. */
  readonly keep: (object: StoredObject, kept: StoredObject) => void;
  readonly isNews: (change: Change<StoredObject>) => boolean;
  /**
   * Calls back if it is news: at once, unless a write of ours to that object is under way. The word of it may come before its
   * answer does, which tells whether it is news.
   */
  readonly whenNews: (change: Change<StoredObject>, tell: () => void) => void;
  /** Writes whose answers are remembered. */
  readonly noteWrites: (objects: Objects) => Objects;
}

/** The word of a watch comes within milliseconds; more of our writes than this are never on their way. */
const MOST_WRITES = 1000;

export function createNews(): News {
  const digests = new WeakMap<StoredObject, ObjectDigest>();
  /** `uid/resourceVersion`, the oldest first. */
  const written = new Set<string>();
  /** Uids of objects that were gone when the answer came. */
  const removed = new Set<string>();
  const writes = createWrites();
  const note = <T extends StoredObject>(answer: T): T => {
    remember(written, idOf(answer));
    return answer;
  };
  const isNews: News['isNews'] = (change) => {
    if (change.kind === 'deleted') return !removed.delete(change.object.metadata.uid);
    const isOurs = written.delete(idOf(change.object));
    const now = digests.get(change.object);
    if (change.kind === 'added') return !isOurs && now?.isBlank !== true;
    const before = digests.get(change.previous);
    if (now === undefined || before === undefined) return !isOurs;
    return now.theirs !== before.theirs || (!isOurs && now.both !== before.both);
  };
  return {
    keep: (object, kept) => {
      const digest = digestOf(object);
      if (digest) digests.set(kept, digest);
    },
    isNews,
    whenNews(change, tell) {
      writes.afterwards(change.object, () => {
        if (isNews(change)) tell();
      });
    },
    noteWrites: (objects) => ({
      ...objects,
      create: (kind, manifest, options) =>
        writes.during(kind, manifest.metadata, async () => note(await objects.create(kind, manifest, options))),
      patch: (kind, key, ...patch) =>
        writes.during(kind, key, async () => note(await objects.patch(kind, key, ...patch))),
      delete: (kind, key, options) =>
        writes.during(kind, key, async () => {
          const answer = await objects.delete(kind, key, options);
          // Whoever waits for a pod's end is told of it by the watch.
          const isKnown = answer === 'gone' && kind.plural !== 'pods';
          if (isKnown && options?.uid !== undefined) remember(removed, options.uid);
          return answer;
        }),
    }),
  };
}

/** Writes that are under way, by object, and what waits for their end. */
interface Writes {
  readonly during: <T>(kind: Kind, key: Named, write: () => Promise<T>) => Promise<T>;
  readonly afterwards: (object: StoredObject, call: () => void) => void;
}

interface Named {
  readonly namespace?: string | undefined;
  readonly name?: string;
}

function createWrites(): Writes {
  const underWay = new Map<string, { count: number; readonly waiting: (() => void)[] }>();
  const pathOf = (kind: string, { namespace = '', name = '' }: Named): string => `${kind}/${namespace}/${name}`;
  return {
    async during({ kind }, key, write) {
      const path = pathOf(kind, key);
      const own = underWay.get(path) ?? { count: 0, waiting: [] };
      underWay.set(path, own);
      own.count += 1;
      try {
        return await write();
      } finally {
        own.count -= 1;
        if (own.count === 0) {
          underWay.delete(path);
          for (const call of own.waiting) call();
        }
      }
    },
    afterwards({ kind, metadata }, call) {
      const own = underWay.get(pathOf(kind, metadata));
      if (own) own.waiting.push(call);
      else call();
    },
  };
}

function remember(ids: Set<string>, id: string): void {
  ids.add(id);
  for (const oldest of ids) {
    if (ids.size <= MOST_WRITES) break;
    ids.delete(oldest);
  }
}

function idOf({ metadata: { uid, resourceVersion } }: StoredObject): string {
  return `${uid}/${resourceVersion}`;
}
