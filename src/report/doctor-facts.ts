// What was read for `kubectl mysql doctor`: resources with what is around them, and what only the whole cluster can tell.

import type {
  ConfigMap,
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
  StoredObject,
} from '../cluster/types.ts';
import type { Readable, ResourceFacts, WatcherFacts } from './facts.ts';
import type { Right } from './rights.ts';

/** The part of a CRD that is compared. */
export interface Definition extends StoredObject {
  readonly spec?: {
    readonly versions?: readonly {
      readonly name: string;
      readonly served?: boolean;
      readonly storage?: boolean;
      readonly schema?: unknown;
      readonly subresources?: unknown;
      readonly additionalPrinterColumns?: unknown;
    }[];
  };
}

/** What Flux delivers by, as far as it is looked at. */
export interface Kustomization extends StoredObject {
  readonly spec?: { readonly force?: boolean };
}

/** Whether somebody has a right; undefined where that may not be asked. */
export interface AnsweredRight extends Right {
  readonly allowed: boolean;
}

/** The rights of a watcher's account. */
export interface AccountRights {
  /** The account, as `namespace/name`. */
  readonly account: string;
  readonly rights: readonly AnsweredRight[] | 'forbidden';
}

/** Everything that is checked. */
export interface DoctorFacts {
  /** This program's. */
  readonly version: string;
  /** All namespaces without it. */
  readonly namespace: string | undefined;
  /** The CRD that this program brings. */
  readonly expected: Definition;
  readonly definition: Definition | 'missing' | 'forbidden';
  readonly resources: Readable<ResourceFacts>;
  readonly watcher: WatcherFacts;
  readonly callerRights: readonly AnsweredRight[];
  readonly watcherRights: readonly AccountRights[];
  readonly claims: Readable<PersistentVolumeClaim>;
  readonly volumes: Readable<PersistentVolume>;
  readonly classes: Readable<StorageClass>;
  /** ConfigMaps that carry a resource's name as their label. */
  readonly configMaps: Readable<ConfigMap>;
  /** Those of Flux that deliver a resource, as far as they are there and may be read. */
  readonly kustomizations: readonly Kustomization[];
}
