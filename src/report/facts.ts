// What was read about resources and the watcher, as the API server told it. Secrets are not among it: whoever may look at a
// resource, and no more, gets the whole report but for what is named in `unreadable`.

import type { StoredMySQL } from '../cluster/kinds.ts';
import type {
  ConfigMap,
  Deployment,
  Event,
  Job,
  Lease,
  Namespace,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  StatefulSet,
} from '../cluster/types.ts';

/** Milliseconds since 1970. */
export type Time = number;

/** A list, or that the user may not read it. */
export type Readable<T> = readonly T[] | 'forbidden';

/** What tells whether a watcher runs. */
export interface WatcherFacts {
  readonly deployments: Readable<Deployment>;
  readonly leases: Readable<Lease>;
}

/** Everything about one resource. */
export interface ResourceFacts {
  readonly resource: StoredMySQL;
  /** Undefined where it may not be read. */
  readonly namespace: Namespace | undefined;
  /** The server's pod and those of the Jobs. */
  readonly pods: readonly Pod[];
  readonly jobs: readonly Job[];
  readonly statefulSet: StatefulSet | undefined;
  readonly gate: ConfigMap | undefined;
  readonly claims: {
    readonly data: PersistentVolumeClaim | undefined;
    readonly backup: PersistentVolumeClaim | undefined;
  };
  /** The volumes that the claims are bound to. */
  readonly volumes: Readable<PersistentVolume>;
  readonly watcher: WatcherFacts;
  readonly details: Details;
  /** The kinds that the user may not read, in the plural. */
  readonly unreadable: readonly string[];
}

/** What is read only about something that is not well. */
export interface Details {
  /** Events about the objects of the resource. */
  readonly events: readonly Event[];
  /** The last lines of a pod's log, by the pod's uid. */
  readonly logs: Readonly<Record<string, string>>;
}

export const NO_DETAILS: Details = { events: [], logs: {} };
