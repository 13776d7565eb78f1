// What is watched, and which resources each change concerns.

import { RESOURCE_LABEL, RESOURCE_UID_ANNOTATION } from '../api/names.ts';
import type { Clock } from '../cluster/clock.ts';
import type { Connection } from '../cluster/connect.ts';
import { isClusterError } from '../cluster/errors.ts';
import { KINDS, type Kind, type ObjectKey, type StoredMySQL } from '../cluster/kinds.ts';
import type { Selection } from '../cluster/objects.ts';
import { startReflector, type Reflector } from '../cluster/reflector.ts';
import type { Change } from '../cluster/store.ts';
import type { PersistentVolume, StoredObject } from '../cluster/types.ts';
import { keepIdentity, keepResource, keepVolume } from './cached.ts';
import { createSecretUsers, type SecretUsers } from './secret-users.ts';

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
  /** Every volume of the cluster, with the claim that it names; empty where they may not be read. */
  readonly volumes: Reflector<PersistentVolume>;
  readonly isSynced: () => boolean;
  readonly stop: () => Promise<void>;
}

interface Watched<T extends StoredObject> {
  readonly keysOf: (object: T) => readonly string[];
  readonly transform: (object: T) => T;
  readonly selection?: Selection;
  /** Called before the keys become due. */
  readonly note?: (change: Change<T>) => void;
  /** That it may not be watched is told once, and nothing waits for it. */
  readonly isOptional?: boolean;
}

/** Kinds whose objects carry the resource's name as a label. Secrets do, too, but are watched all. */
const LABELLED: readonly Kind[] = [
  KINDS.Pod,
  KINDS.Job,
  KINDS.PersistentVolumeClaim,
  KINDS.ConfigMap,
  KINDS.StatefulSet,
];

/** These are many and never a password that git names. */
const NO_PASSWORDS = 'type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token';

/** @param add makes the key `NAMESPACE/NAME` of a resource due */
export function startReflectors(options: ReflectorsOptions, add: (key: string) => void): Reflectors {
  const { namespace } = options;
  const start = <T extends StoredObject>(kind: Kind<T>, watched: Watched<T>): Reflector<T> => {
    const { keysOf, transform, selection, note, isOptional = false } = watched;
    let isTold = false;
    return startReflector({
      ...options,
      kind,
      selection: { namespace: kind.namespaced ? namespace : undefined, ...selection },
      transform,
      onChange: (change) => {
        note?.(change);
        for (const key of keysOf(change.object)) add(key);
      },
      onFailure: ({ error }) => {
        const isForbidden = isOptional && isClusterError(error, 'Forbidden');
        if (!(isForbidden && isTold)) options.onFailure(kind.plural, error);
        isTold = isForbidden;
      },
    });
  };
  const users = createSecretUsers();
  const resources = start(KINDS.MySQL, { keysOf: keyOfResource, transform: keepResource, note: users.note });
  const selection = { labelSelector: RESOURCE_LABEL };
  const others = [
    start(KINDS.Secret, {
      keysOf: (secret) => [...keyOfLabel(secret), ...usersOf(users, secret)],
      transform: keepIdentity,
      selection: { fieldSelector: NO_PASSWORDS, metadataOnly: true },
    }),
    ...LABELLED.map((kind) => start(kind, { keysOf: keyOfLabel, transform: keepIdentity, selection })),
  ];
  const volumes = start(KINDS.PersistentVolume, {
    keysOf: (volume) => keysOfVolume(volume, resources, namespace),
    transform: keepVolume,
    isOptional: true,
  });
  let isSynced = false;
  void Promise.all([resources, ...others].map(({ synced }) => synced)).then((all) => {
    isSynced = all.every(Boolean);
  });
  return {
    resources,
    volumes,
    isSynced: () => isSynced,
    stop: async () => {
      await Promise.all([resources, volumes, ...others].map((reflector) => reflector.stop()));
    },
  };
}

function keyOfResource({ metadata }: StoredObject): string[] {
  return [`${metadata.namespace ?? ''}/${metadata.name}`];
}

function keyOfLabel({ metadata }: StoredObject): string[] {
  const name = metadata.labels?.[RESOURCE_LABEL];
  return name === undefined ? [] : [`${metadata.namespace ?? ''}/${name}`];
}

function usersOf(users: SecretUsers, { metadata }: StoredObject): readonly string[] {
  return users.of(metadata.namespace ?? '', metadata.name);
}

/** The resource of the claim that a volume names, if there is one, or was one that marked the volume. */
function keysOfVolume(
  { metadata, spec }: PersistentVolume,
  resources: Reflector<StoredMySQL>,
  watched: string | undefined,
): string[] {
  const key = ownerOf(spec?.claimRef ?? {});
  if (key.name === '' || (watched ?? key.namespace) !== key.namespace) return [];
  const isMarked = metadata.annotations?.[RESOURCE_UID_ANNOTATION] !== undefined;
  return isMarked || resources.get(key) ? [`${key.namespace}/${key.name}`] : [];
}

/** Whose claim it is by its name; the name is empty where it is nobody's. */
function ownerOf(claim: Partial<ObjectKey>): { readonly namespace: string; readonly name: string } {
  return { namespace: claim.namespace ?? '', name: /^(?:backup-)?(.+)-pvc$/.exec(claim.name ?? '')?.[1] ?? '' };
}
