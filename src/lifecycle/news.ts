// Tells news from echoes: an update that changes nothing that matters, and the word of a watch about what the watcher wrote
// itself and has the answer to already.

import type { Objects } from '../cluster/objects.ts';
import type { Change } from '../cluster/store.ts';
import type { StoredObject } from '../cluster/types.ts';
import { digestOf, type ObjectDigest } from './digest.ts';

export interface News {
  /** Remembers of an object, as it came, what matters of what is kept of it. */
  readonly keep: (object: StoredObject, kept: StoredObject) => void;
  readonly isNews: (change: Change<StoredObject>) => boolean;
  /** Writes whose answers are remembered. */
  readonly noteWrites: (objects: Objects) => Objects;
}

/** The word of a watch comes within milliseconds; more of our writes than this are never on their way. */
const MOST_WRITES = 1000;

export function createNews(): News {
  const digests = new WeakMap<StoredObject, ObjectDigest | undefined>();
  /** `uid/resourceVersion`, the oldest first. */
  const written = new Set<string>();
  /** Uids of objects that were gone when the answer came. */
  const removed = new Set<string>();
  const note = <T extends StoredObject>(answer: T): T => {
    remember(written, idOf(answer));
    return answer;
  };
  return {
    keep: (object, kept) => {
      digests.set(kept, digestOf(object));
    },
    isNews(change) {
      if (change.kind === 'deleted') return !removed.delete(change.object.metadata.uid);
      const isOurs = written.delete(idOf(change.object));
      if (change.kind === 'added') return !isOurs;
      const [now, before] = [digests.get(change.object), digests.get(change.previous)];
      if (now === undefined || before === undefined) return !isOurs;
      return now.theirs !== before.theirs || (!isOurs && now.both !== before.both);
    },
    noteWrites: (objects) => ({
      ...objects,
      create: async (...call) => note(await objects.create(...call)),
      patch: async (...call) => note(await objects.patch(...call)),
      delete: async (kind, key, options) => {
        const answer = await objects.delete(kind, key, options);
        // Whoever waits for a pod's end is told of it by the watch.
        const isKnown = answer === 'gone' && kind.plural !== 'pods';
        if (isKnown && options?.uid !== undefined) remember(removed, options.uid);
        return answer;
      },
    }),
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
