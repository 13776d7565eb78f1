// Writes that are still right to be made: what was seen is not old, and nobody else has been elected meanwhile. A process may
// be held up between any two of its steps, for longer than the whole life of a resource takes.

import { ClusterError } from '../cluster/errors.ts';
import type { Objects } from '../cluster/objects.ts';

const TOO_LATE = {
  code: 409,
  reason: 'Conflict',
  message: 'what was seen is too old to act on; it is looked at again',
};

/** Asks before each write; one that would come too late fails with Conflict and is not sent. Reads go on. */
export function refuseLateWrites(objects: Objects, isLate: () => boolean): Objects {
  const check = (): void => {
    if (isLate()) throw new ClusterError(TOO_LATE);
  };
  return {
    ...objects,
    create: async (...call) => {
      check();
      return objects.create(...call);
    },
    apply: async (...call) => {
      check();
      return objects.apply(...call);
    },
    patch: async (...call) => {
      check();
      return objects.patch(...call);
    },
    delete: async (...call) => {
      check();
      return objects.delete(...call);
    },
  };
}
