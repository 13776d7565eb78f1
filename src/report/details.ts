// What is worth a further look: Events of what waits, logs of what failed.

import type { Pod, StoredObject } from '../cluster/types.ts';
import type { ResourceFacts } from './facts.ts';
import { failureOf, podsOf } from './jobs.ts';
import { findServerPod, holds, isCrashing, lastEnd } from './pods.ts';

/** What to read besides. */
export interface Wanted {
  /** Objects whose Events are read. */
  readonly eventsOf: readonly StoredObject[];
  readonly logsOf: readonly WantedLog[];
}

export interface WantedLog {
  readonly pod: Pod;
  /** The log of the container that ran before. */
  readonly previous: boolean;
}

/** Decides what else to read about a resource. Nothing for one at rest. */
export function wantDetails({ resource, pods, claims, statefulSet, jobs }: ResourceFacts): Wanted {
  const server = findServerPod(pods, resource.metadata.name);
  const pending = [claims.data, claims.backup].filter((claim) => claim?.status?.phase === 'Pending');
  const eventsOf = [
    ...pending,
    server && !holds(server, 'Ready') ? server : undefined,
    !server && resource.spec.paused !== true ? statefulSet : undefined,
  ].filter((object) => object !== undefined);
  const failed = jobs.filter((job) => failureOf(job) !== undefined).flatMap((job) => podsOf(job, pods).slice(-1));
  const crashed = server && isCrashing(server) && lastEnd(server)?.message === undefined ? [server] : [];
  return {
    eventsOf,
    logsOf: [
      ...failed.map((pod) => ({ pod, previous: false })),
      ...crashed.map((pod) => ({ pod, previous: pod.status?.containerStatuses?.[0]?.state?.terminated === undefined })),
    ],
  };
}
