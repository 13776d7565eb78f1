// Reads everything that a decision about one resource depends on, live: a cache may be old, and what follows cannot be
// undone. A quick look leaves out what nearly always is as it should be; it is enough to find that nothing is to be done.

import {
  FINALIZER,
  RESOURCE_LABEL,
  RESET_PASSWORD_ANNOTATION,
  ROTATE_NOW_ANNOTATION,
  SKIP_BACKUP_ANNOTATION,
  childNames,
} from '../api/names.ts';
import { isClusterError } from '../cluster/errors.ts';
import { KINDS, type Kind, type ObjectKey, type StoredMySQL } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import type { ConfigMap, PersistentVolumeClaim, StatefulSet, StoredObject } from '../cluster/types.ts';
import { buildPolicy } from '../model/policy.ts';
import type { JobStep, StorageRole } from './actions.ts';
import { STEPS, hashInput, hashManifest, identifyJobs, readJobs } from './observe-jobs.ts';
import { observePasswords, type Passwords } from './observe-passwords.ts';
import { observePods, type MountingPods } from './observe-pods.ts';
import { observeStorage, type VolumesOf } from './observe-storage.ts';
import type { Observed, ObservedGate, ObservedResource, ObservedStorage, Time } from './observed.ts';
import { closedSince, readStatus, type StoredStatus } from './status.ts';
import { boundVolume } from './volumes.ts';
import type { JobWish } from './wanted-job.ts';

/** Which resource. */
export interface ResourceKey extends ObjectKey {
  readonly namespace: string;
}

/** What was seen, and the objects behind it that an action needs. */
export interface Observation {
  readonly key: ResourceKey;
  readonly observed: Observed;
  readonly resource: StoredMySQL | undefined;
  readonly status: StoredStatus;
  readonly passwords: Passwords;
  /** What a Job is made from; undefined without the resource. */
  readonly wish: JobWish | undefined;
  /** Nothing was left out: what follows may be done. */
  readonly isWhole: boolean;
  /** All pods that mount the data claim were looked for, not only the server's. */
  readonly hasAllPods: boolean;
}

const DEFINITION: Kind = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

/** How a resource is looked at. */
export interface ObserveContext {
  readonly objects: Objects;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Names of volumes that a watch has told, for a quick look; otherwise all volumes are looked through. */
  readonly volumesOf?: VolumesOf;
  /** Nothing is left out. */
  readonly whole?: boolean;
  /** What is rendered is delivered: more is to be seen of a living resource. */
  readonly render?: boolean;
}

/** What every decision about a resource that is ours depends on. */
interface Core {
  readonly resource: StoredMySQL | undefined;
  readonly status: StoredStatus;
  readonly gate: ConfigMap | undefined;
  readonly passwords: Passwords;
  readonly claims: Readonly<Record<StorageRole, PersistentVolumeClaim | undefined>>;
}

/**
 * Reads the cluster's view of one resource: first what tells in which state it is, then what decisions in that state depend
 * on. The pods are read after the gate, and the volumes after the claims. Of a living resource without a gate nothing is ever
 * left out.
 */
export async function observe(key: ResourceKey, context: ObserveContext): Promise<Observation> {
  const core = await observeCore(key, context.objects);
  const { resource, status, gate, passwords } = core;
  const { objects, now } = context;
  const { isWhole, needs } = planLook(core, context);
  const [around, { data, backup, mayTouchVolumes }, { pods, areAll }, found] = await Promise.all([
    observeAround(key, objects, { ...core, needs }),
    observeVolumes(key, { objects, ...(isWhole ? {} : context) }, core),
    observeMounting(key, context, { ...core, needs }),
    readJobs(objects, key, needs.steps),
  ]);
  const inputs = describeInputs({ data, backup, passwords, resource, status });
  const wish = resource && toWish(resource, { namespace: key.namespace, inputs, status, passwords });
  const manifestHash = (step: JobStep): string | undefined => wish && hashManifest(step, wish);
  const identity = { resourceUid: resource?.metadata.uid ?? '', inputs, manifestHash, now };
  const observed: Observed = {
    name: key.name,
    resource: resource && toResource(resource, status),
    ...around,
    mayTouchVolumes,
    volumesLostSince: mayTouchVolumes ? undefined : lostSince(key, context, status),
    data,
    backup,
    pods,
    gate: gate && toGate(gate),
    jobs: identifyJobs(found, identity),
    passwords: passwords.observed,
  };
  return { key, observed, resource, status, passwords, wish, isWhole, hasAllPods: areAll };
}

function observeMounting(
  { namespace, name }: ResourceKey,
  { objects, now }: ObserveContext,
  { gate, status, needs }: Core & { readonly needs: Needs },
): Promise<MountingPods> {
  if (needs.pods === 'none') return Promise.resolve({ pods: [], areAll: false });
  const names = childNames(name);
  const only = needs.pods === 'server' ? { only: `${names.server}-0` } : {};
  const closedAt = gate ? undefined : closedSince(status, now);
  return observePods(objects, { namespace, name: names.dataClaim }, { closedAt, now, ...only });
}

async function observeCore(key: ResourceKey, objects: Objects): Promise<Core> {
  const { namespace, name } = key;
  const names = childNames(name);
  const claim = (child: string): Promise<PersistentVolumeClaim | undefined> =>
    objects.find(KINDS.PersistentVolumeClaim, { namespace, name: child });
  const reading = objects.find(KINDS.MySQL, key);
  const [resource, gate, data, backup, passwords] = await Promise.all([
    reading,
    objects.find(KINDS.ConfigMap, { namespace, name: names.gate }),
    claim(names.dataClaim),
    claim(names.backupClaim),
    observePasswords(objects, key, reading),
  ]);
  return { resource, status: readStatus(resource), gate, passwords, claims: { data, backup } };
}

function isDeleted(resource: StoredObject | undefined): boolean {
  return resource?.metadata.deletionTimestamp !== undefined;
}

/** What is read of a state besides its core. */
interface Needs {
  /** `all` that mount the claim, of any name, or only the server's. */
  readonly pods: 'all' | 'server' | 'none';
  readonly steps: readonly JobStep[];
  /** Whether the definition is being deleted, and what was rendered: for the end of a resource. */
  readonly ending: boolean;
  /** Whether the namespace is being deleted, and the StatefulSet. */
  readonly surroundings: boolean;
}

const NOTHING: Needs = { pods: 'none', steps: [], ending: false, surroundings: false };

/** To stop a server, and to back it up: what is taken away at the end is looked at when it is due. */
const STOPPING: Needs = { pods: 'server', steps: STEPS, ending: false, surroundings: true };

function planLook(core: Core, { whole = false, render = false }: ObserveContext): { isWhole: boolean; needs: Needs } {
  const { resource, gate } = core;
  if (!whole && isDeleted(resource)) return { isWhole: false, needs: STOPPING };
  const isWhole = whole || (resource !== undefined && gate === undefined);
  return { isWhole, needs: isWhole ? listAll(core) : listNeeds(core, render) };
}

/** Without its resource only volumes matter. */
function listAll({ resource }: Core): Needs {
  return resource ? { pods: 'all', steps: STEPS, ending: isDeleted(resource), surroundings: true } : NOTHING;
}

/** Behind an open gate: what is enough to see that a server that is Ready needs nothing. */
function listNeeds({ resource, status, passwords, claims }: Core, render: boolean): Needs {
  if (!resource) return NOTHING;
  const isLeaving = [claims.data, claims.backup].some(isDeleted);
  const isWanted: Readonly<Record<JobStep, boolean>> = {
    backup: false,
    // Its result also tells the version of the server, once.
    restore: status.server === undefined,
    'change-pass': isChanging(passwords),
  };
  const steps = STEPS.filter((step) => isWanted[step]);
  return { pods: isLeaving ? 'all' : 'server', steps, ending: false, surroundings: render };
}

function isChanging({ observed: { hasNext, previousSince, hasDesired, desiredIsCurrent } }: Passwords): boolean {
  return hasNext || previousSince !== undefined || (hasDesired && !desiredIsCurrent);
}

type Around = Pick<Observed, 'definitionDeleting' | 'namespaceTerminating' | 'statefulSet' | 'children'>;

async function observeAround(
  key: ResourceKey,
  objects: Objects,
  { resource, needs }: Pick<Core, 'resource'> & { readonly needs: Needs },
): Promise<Around> {
  const { namespace, name } = key;
  if (!needs.surroundings)
    return { definitionDeleting: false, namespaceTerminating: false, statefulSet: undefined, children: [] };
  const [definitionDeleting, namespaceTerminating, set, children] = await Promise.all([
    isDeleting(objects, DEFINITION, { name: 'mysqls.otus.homework' }),
    isDeleting(objects, KINDS.Namespace, { name: namespace }),
    objects.find(KINDS.StatefulSet, { namespace, name: childNames(name).server }),
    needs.ending ? observeChildren(objects, key, resource) : [],
  ]);
  const isEnding = namespaceTerminating === true;
  return { definitionDeleting, namespaceTerminating: isEnding, statefulSet: set && toSet(set), children };
}

async function observeVolumes(
  { namespace, name }: ResourceKey,
  { objects, volumesOf = () => undefined }: Pick<ObserveContext, 'objects' | 'volumesOf'>,
  { resource, claims }: Core,
): Promise<Pick<Observed, StorageRole | 'mayTouchVolumes'>> {
  const names = childNames(name);
  const resourceUid = resource?.metadata.uid ?? '';
  const read = async (role: StorageRole, claim: string): Promise<StorageLook> => {
    const at = { namespace, name: claim };
    const look = await observeStorage({ objects, volumesOf, resourceUid }, at, claims[role]);
    if (!isDeleted(resource) || isSettled(look.storage, resourceUid)) return look;
    return observeStorage({ objects, volumesOf: () => undefined, resourceUid }, at, claims[role]);
  };
  const [data, backup] = await Promise.all([read('data', names.dataClaim), read('backup', names.backupClaim)]);
  return { data: data.storage, backup: backup.storage, mayTouchVolumes: data.mayRead && backup.mayRead };
}

/** A right that was taken away: by what an earlier round wrote down, else by what this process could read before. */
function lostSince(
  { namespace, name }: ResourceKey,
  { volumesOf, now }: ObserveContext,
  { volumes }: StoredStatus,
): Time | undefined {
  if (volumes.lostSince !== undefined) return volumes.lostSince;
  const couldRead = volumesOf?.({ namespace, name: childNames(name).dataClaim }) !== undefined;
  return volumes.areKept || couldRead ? now : undefined;
}

type StorageLook = Awaited<ReturnType<typeof observeStorage>>;

/**
 * The claim is bound, both ways, to a retained volume that bears the resource's mark: where its data is needs no search. Any
 * other volume of the name is left as it is by what follows. Without that all volumes are looked through at a deletion.
 */
function isSettled(storage: ObservedStorage, resourceUid: string): boolean {
  const volume = boundVolume(storage);
  const isBound = volume?.phase === 'Bound' && volume.claimUid === storage.claim?.uid && volume.policy === 'Retain';
  return isBound && volume.resourceUid === resourceUid && !volume.finished;
}

/** What each Job is made for. A Job of another input is another Job: another volume, another password, another wish. */
export function describeInputs(seen: {
  readonly data: ObservedStorage;
  readonly backup: ObservedStorage;
  readonly passwords: Passwords;
  readonly resource: StoredMySQL | undefined;
  readonly status: StoredStatus;
}): Record<JobStep, string> {
  const { data, backup, passwords, resource, status } = seen;
  const mode = passwords.observed.hasNext ? 'change' : 'discard';
  const from = resource ? buildPolicy(resource.spec).restoreFrom : '';
  const claims = [uidOf(data.claim), uidOf(backup.claim)];
  // A claim that was made again may be another volume's: what a Job's pod saw behind the earlier one counts for nothing.
  return {
    backup: hashInput('backup', uidOf(boundVolume(data)), ...claims),
    restore: hashInput('restore', from, ...claims, status.resetSince),
    // Revisions of a Secret that was made again begin anew.
    'change-pass': hashInput('change-pass', mode, uidOf(passwords.active?.metadata), String(passwords.revision)),
  };
}

/** What a Job is made from. */
export function toWish(
  resource: StoredMySQL,
  seen: Pick<JobWish, 'namespace' | 'inputs'> & { readonly status: StoredStatus; readonly passwords: Passwords },
): JobWish {
  const { status, passwords, ...rest } = seen;
  return { ...rest, resource, lastImage: status.server?.image, hasNext: passwords.observed.hasNext };
}

function uidOf(object: { readonly uid: string } | undefined): string {
  return object?.uid ?? '';
}

/** A resource as a decision sees it. */
export function toResource({ metadata, spec }: StoredMySQL, status: StoredStatus): ObservedResource {
  const isAsked = (annotation: string): boolean => metadata.annotations?.[annotation] === 'true';
  return {
    uid: metadata.uid,
    generation: metadata.generation ?? 0,
    createdAt: Date.parse(metadata.creationTimestamp),
    deletedAt: metadata.deletionTimestamp === undefined ? undefined : Date.parse(metadata.deletionTimestamp),
    hasFinalizer: metadata.finalizers?.includes(FINALIZER) ?? false,
    managed: spec.lifecycle !== 'None',
    paused: spec.paused ?? false,
    image: spec.image,
    ...buildPolicy(spec),
    skipFinalBackup: isAsked(SKIP_BACKUP_ANNOTATION) || status.requests.skipFinalBackup,
    rotateNow: isAsked(ROTATE_NOW_ANNOTATION) || status.requests.rotateNow,
    resetPassword: isAsked(RESET_PASSWORD_ANNOTATION),
    status,
  };
}

/** A gate as a decision sees it. */
export function toGate({ metadata, data = {} }: ConfigMap): ObservedGate {
  return {
    uid: metadata.uid,
    expect: data['expect'] === 'empty' ? 'empty' : 'data',
    claimUid: data['claim'] ?? '',
    created: data['created'] ?? '',
  };
}

function toSet({ metadata }: StatefulSet): NonNullable<Observed['statefulSet']> {
  const { uid, creationTimestamp, deletionTimestamp } = metadata;
  return { uid, createdAt: Date.parse(creationTimestamp), deleting: deletionTimestamp !== undefined };
}

/** Undefined where the watcher may not look. */
async function isDeleting(objects: Objects, kind: Kind, key: ObjectKey): Promise<boolean | undefined> {
  try {
    const found: StoredObject | undefined = await objects.find(kind, key);
    return found?.metadata.deletionTimestamp !== undefined;
  } catch (error) {
    if (isClusterError(error, 'Forbidden')) return undefined;
    throw error;
  }
}

/** What was rendered for the resource, bears its label, and is older than its deletion. What somebody makes again is theirs. */
async function observeChildren(
  objects: Objects,
  { namespace, name }: ResourceKey,
  resource: StoredMySQL | undefined,
): Promise<Observed['children']> {
  const deletedAt = resource?.metadata.deletionTimestamp;
  if (deletedAt === undefined) return [];
  const names = childNames(name);
  const candidates: (readonly [Kind, string])[] = [
    [KINDS.Service, names.server],
    [KINDS.NetworkPolicy, names.server],
    [KINDS.ConfigMap, names.config],
    [KINDS.Secret, names.activeSecret],
    ...(resource?.spec.password === undefined ? [] : [[KINDS.Secret, names.rootSecret] as const]),
  ];
  const found = await Promise.all(
    candidates.map(async ([kind, child]) => {
      const object: StoredObject | undefined = await objects.find(kind, { namespace, name: child });
      const isOurs = object?.metadata.labels?.[RESOURCE_LABEL] === name;
      const isOld = isOurs && Date.parse(object.metadata.creationTimestamp) <= Date.parse(deletedAt);
      return isOld && object.metadata.deletionTimestamp === undefined
        ? [{ kind: kind.kind, name: child, uid: object.metadata.uid }]
        : [];
    }),
  );
  return found.flat();
}
