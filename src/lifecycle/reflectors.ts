// What is watched, and which resource each change concerns.

import { RESOURCE_LABEL } from '../api/names.ts';
import type { Clock } from '../cluster/clock.ts';
import type { Connection } from '../cluster/connect.ts';
import { KINDS, type Kind, type StoredMySQL } from '../cluster/kinds.ts';
import { startReflector, type Reflector } from '../cluster/reflector.ts';
import type { StoredObject } from '../cluster/types.ts';
import { keepIdentity, keepResource } from './cached.ts';

export interface ReflectorsOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly random: () => number;
  readonly namespace?: string | undefined;
  readonly onFailure: (what: string, error: unknown) => void;
}

/** All that is watched. */
export interface Reflectors {
  readonly resources: Reflector<StoredMySQL>;
  readonly isSynced: () => boolean;
  readonly stop: () => Promise<void>;
}

type KeyOf<T> = (object: T) => string | undefined;

/** Kinds whose objects carry the resource's name as a label. */
const LABELLED: readonly Kind[] = [
  KINDS.Pod,
  KINDS.Job,
  KINDS.PersistentVolumeClaim,
  KINDS.ConfigMap,
  KINDS.Secret,
  KINDS.StatefulSet,
];

/** @param add makes the key `NAMESPACE/NAME` of a resource due */
export function startReflectors(options: ReflectorsOptions, add: (key: string) => void): Reflectors {
  const { namespace } = options;
  const start = <T extends StoredObject>(
    kind: Kind<T>,
    { keyOf, transform, labelSelector }: { keyOf: KeyOf<T>; transform: (object: T) => T; labelSelector?: string },
  ): Reflector<T> =>
    startReflector({
      ...options,
      kind,
      selection: { namespace, labelSelector },
      transform,
      onChange: ({ object }) => {
        const key = keyOf(object);
        if (key !== undefined) add(key);
      },
      onFailure: ({ error }) => {
        options.onFailure(kind.plural, error);
      },
    });
  const resources = start(KINDS.MySQL, { keyOf: keyOfResource, transform: keepResource });
  const others = LABELLED.map((kind) =>
    start(kind, { keyOf: keyOfLabel, transform: keepIdentity, labelSelector: RESOURCE_LABEL }),
  );
  let isSynced = false;
  void Promise.all([resources, ...others].map(({ synced }) => synced)).then((all) => {
    isSynced = all.every(Boolean);
  });
  return {
    resources,
    isSynced: () => isSynced,
    stop: async () => {
      await Promise.all([resources, ...others].map((reflector) => reflector.stop()));
    },
  };
}

function keyOfResource({ metadata }: StoredObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function keyOfLabel({ metadata }: StoredObject): string | undefined {
  const name = metadata.labels?.[RESOURCE_LABEL];
  return name === undefined ? undefined : `${metadata.namespace ?? ''}/${name}`;
}
