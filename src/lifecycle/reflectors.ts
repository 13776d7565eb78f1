// What is watched, and which resources each change concerns.

import { RESOURCE_LABEL, RESOURCE_UID_ANNOTATION } from '../api/names.ts';
import type { Clock } from '../cluster/clock.ts';
import type { Connection } from '../cluster/connect.ts';
import { isClusterError } from '../cluster/errors.ts';
import { KINDS, idOf, type Kind, type ObjectKey, type StoredMySQL } from '../cluster/kinds.ts';
import type { Selection } from '../cluster/objects.ts';
import { startReflector, type Reflector } from '../cluster/reflector.ts';
import type { Change } from '../cluster/store.ts';
import type { PersistentVolume, StoredObject } from '../cluster/types.ts';
import { keepClaim, keepIdentity, keepPod, keepResource, keepVolume } from './cached.ts';
import { claimOfVolume, claimsOfPod, createClaimIndex } from './claim-index.ts';
import type { News } from './news.ts';
import type { StraysOf } from './observe-pods.ts';
import type { VolumesOf } from './observe-storage.ts';
import type { Known } from './read-ahead.ts';
import { createSecretUsers, type SecretUsers } from './secret-users.ts';

export interface ReflectorsOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly random: () => number;
  readonly namespace?: string | undefined;
  /** @param failures so many in a row */
  readonly onFailure: (what: string, error: unknown, failures: number) => void;
  readonly news: News;
}

/** For how long nothing was heard of a kind; at rest less than two minutes. */
export interface Silence {
  /** The plural, as RBAC names it. */
  readonly resource: string;
  readonly ms: number;
}

/** All that is watched. */
export interface Reflectors {
  readonly resources: Reflector<StoredMySQL>;
  /** Every volume of the cluster, with the claim that it names; empty where they may not be read. */
  readonly volumes: Reflector<PersistentVolume>;
  /** Names the volumes that name a claim; undefined before they were listed, and where they may not be. */
  readonly volumesOf: VolumesOf;
  readonly straysOf: StraysOf;
  readonly known: Known;
  readonly isSynced: () => boolean;
  readonly silences: () => readonly Silence[];
  /** Everything was listed once, the volumes too. */
  readonly listed: Promise<unknown>;
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

/** Of these, which bear the resource's name as a label, only metadata tells news, and the rest is most of an answer. */
const LABELLED_METADATA: readonly Kind[] = [KINDS.ConfigMap, KINDS.StatefulSet];

/** These are many and never a password that git names. */
const NO_PASSWORDS = 'type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token';

/** A change whose word got lost is seen within a minute: one list of each kind, however many resources there are. */
const RELIST_MS = 50_000;

/** At rest a watch is heard of more often; one that was not knows nothing that is of use. */
const TRUSTED_MS = 120_000;

type Start = <T extends StoredObject>(kind: Kind<T>, watched: Watched<T>) => Reflector<T>;

/** @param add makes the key `NAMESPACE/NAME` of a resource due */
function createStart(options: ReflectorsOptions, add: (key: string) => void): Start {
  const { namespace, news } = options;
  return (kind, watched) => {
    const { keysOf, transform, selection, note, isOptional = false } = watched;
    let isTold = false;
    return startReflector({
      ...options,
      kind,
      selection: { namespace: kind.namespaced ? namespace : undefined, ...selection },
      timing: { relistMs: RELIST_MS },
      transform: (told) => {
        // A watch of metadata alone calls them something else, and each event brings texts of its own.
        const object = { ...told, apiVersion: kind.apiVersion, kind: kind.kind };
        const kept = pack(transform(object));
        news.keep(object, kept);
        return kept;
      },
      onChange: (change) => {
        note?.(change);
        news.whenNews(change, () => {
          for (const key of keysOf(change.object)) add(key);
        });
      },
      onFailure: ({ error, failures }) => {
        const isForbidden = isOptional && isClusterError(error, 'Forbidden');
        if (!(isForbidden && isTold)) options.onFailure(kind.plural, error, failures);
        isTold = isForbidden;
      },
    });
  };
}

/** The same object in little more than half of the memory: what JSON.parse makes has no room to grow. */
function pack<T>(object: T): T {
  return JSON.parse(JSON.stringify(object)) as T;
}

/** @param add makes the key `NAMESPACE/NAME` of a resource due */
export function startReflectors(options: ReflectorsOptions, add: (key: string) => void): Reflectors {
  const { namespace } = options;
  const start = createStart(options, add);
  const users = createSecretUsers();
  const resources = start(KINDS.MySQL, { keysOf: keyOfResource, transform: keepResource, note: users.note });
  const selection = { labelSelector: RESOURCE_LABEL };
  const others = [
    start(KINDS.Secret, {
      keysOf: (secret) => [...keyOfLabel(secret), ...usersOf(users, secret)],
      transform: keepIdentity,
      selection: { fieldSelector: NO_PASSWORDS, metadataOnly: true },
    }),
    start(KINDS.PersistentVolumeClaim, { keysOf: keyOfLabel, transform: keepClaim, selection }),
    start(KINDS.Job, { keysOf: keyOfLabel, transform: keepIdentity, selection }),
    ...LABELLED_METADATA.map((kind) =>
      start(kind, { keysOf: keyOfLabel, transform: keepIdentity, selection: { ...selection, metadataOnly: true } }),
    ),
  ];
  const strays = createClaimIndex(claimsOfPod);
  const pods = start(KINDS.Pod, { note: strays.note, keysOf: keyOfLabel, transform: keepPod, selection });
  const index = createClaimIndex(claimOfVolume);
  const volumes = start(KINDS.PersistentVolume, {
    note: index.note,
    keysOf: (volume) => keysOfVolume(volume, resources, namespace),
    transform: keepVolume,
    isOptional: true,
  });
  const entry = (reflector: Reflector<StoredObject>) => [reflector.resource, reflector] as const;
  const all = new Map([resources, volumes, pods, ...others].map(entry));
  let areVolumesKnown = false;
  void volumes.synced.then((known) => {
    areVolumesKnown = known;
  });
  let isSynced = false;
  void Promise.all([resources, pods, ...others].map(({ synced }) => synced)).then((synced) => {
    isSynced = synced.every(Boolean);
  });
  return {
    resources,
    volumes,
    volumesOf: (claim) => (areVolumesKnown ? index.of(claim) : undefined),
    straysOf: (claim) => (isTrusted(pods) ? strays.of(claim) : undefined),
    known: ({ plural }, key) => {
      const reflector = all.get(plural);
      return reflector && isTrusted(reflector) ? reflector.get(key) : undefined;
    },
    isSynced: () => isSynced,
    silences: () =>
      // Where volumes may not be read nothing is ever heard of them.
      [resources, pods, ...others, ...(areVolumesKnown ? [volumes] : [])].map(({ resource, silentMs }) => ({
        resource,
        ms: silentMs(),
      })),
    listed: Promise.all([...all.values()].map(({ synced }) => synced)),
    stop: async () => {
      await Promise.all([...all.values()].map((reflector) => reflector.stop()));
    },
  };
}

function isTrusted({ silentMs }: Pick<Reflector<StoredObject>, 'silentMs'>): boolean {
  return silentMs() < TRUSTED_MS;
}

function keyOfResource({ metadata }: StoredObject): string[] {
  return [idOf(metadata)];
}

function keyOfLabel({ metadata }: StoredObject): string[] {
  const name = metadata.labels?.[RESOURCE_LABEL];
  return name === undefined ? [] : [idOf({ ...metadata, name })];
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
  return isMarked || resources.get(key) ? [idOf(key)] : [];
}

/** Whose claim it is by its name; the name is empty where it is nobody's. */
function ownerOf(claim: Partial<ObjectKey>): { readonly namespace: string; readonly name: string } {
  return { namespace: claim.namespace ?? '', name: /^(?:backup-)?(.+)-pvc$/.exec(claim.name ?? '')?.[1] ?? '' };
}
