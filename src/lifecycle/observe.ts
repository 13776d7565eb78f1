// Reads everything that a decision about one resource depends on, live: a cache may be old, and what follows cannot be
// undone. A quick look leaves out what nearly always is as it should be; it is enough to find that nothing is to be done.

import {
  FINALIZER,
  RESET_PASSWORD_ANNOTATION,
  ROTATE_NOW_ANNOTATION,
  SKIP_BACKUP_ANNOTATION,
  childNames,
} from '../api/names.ts';
import { KINDS, type ObjectKey, type StoredMySQL } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import type { ConfigMap, PersistentVolumeClaim, StoredObject } from '../cluster/types.ts';
import { buildPolicy } from '../model/policy.ts';
import type { JobStep, StorageRole } from './actions.ts';
import { NOTHING_AROUND, observeAround } from './observe-around.ts';
import { STEPS, hashInput, hashManifest, identifyJobs, readJobs } from './observe-jobs.ts';
import { observePasswords, type Passwords } from './observe-passwords.ts';
import { observePods, type MountingPods } from './observe-pods.ts';
import { observeStorage, type VolumesOf } from './observe-storage.ts';
import type { Observed, ObservedGate, ObservedResource, ObservedStorage, Time } from './observed.ts';
import { readAhead, type Known, type Reading } from './read-ahead.ts';
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

/** How a resource is looked at. */
export interface ObserveContext {
  readonly objects: Objects;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Names of volumes that a watch has told, for a quick look; otherwise all volumes are looked through. */
  readonly volumesOf?: VolumesOf;
  /** What watches have told; without it nothing is asked for ahead. */
  readonly known?: Known;
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
 * on. Where a watch has told what that will be, it is asked for at once. Without a gate the pods are read after it. Of a living
 * resource without a gate nothing is ever left out.
 */
export async function observe(key: ResourceKey, context: ObserveContext): Promise<Observation> {
  const { now } = context;
  const reading = readAhead(key, context);
  const { live, quick } = reading;
  const core = await observeCore(key, live, quick);
  const { resource, status, gate, passwords } = core;
  const { isWhole, needs } = planLook(key, core, context);
  const [around, { data, backup, mayTouchVolumes }, { pods, areAll }, found] = await Promise.all([
    lookAround(key, reading, { ...core, needs }),
    readStorage(key, reading, isWhole ? {} : context, core),
    // One that was read ahead was read before the gate.
    observeMounting(key, gate ? { ...context, objects: live } : context, { ...core, needs }),
    readJobs(live, key, needs.steps),
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
    volumesLostSince: lostSince(key, context, { status, mayTouchVolumes }),
    data,
    backup,
    pods,
    gate: gate && toGate(gate),
    jobs: identifyJobs(found, identity),
    passwords: passwords.observed,
  };
  return { key, observed, resource, status, passwords, wish, isWhole, hasAllPods: areAll };
}

/** The definition goes before its resources do: whether it goes is asked for after the resource was seen to go. */
function lookAround(
  key: ResourceKey,
  { live, atEnd }: Reading,
  { resource, needs }: Core & { readonly needs: Needs },
): ReturnType<typeof observeAround> {
  if (!needs.surroundings) return Promise.resolve(NOTHING_AROUND);
  return observeAround(key, isDeleted(resource) ? atEnd : live, needs.ending ? resource : undefined);
}

function observeMounting(
  { namespace, name }: ResourceKey,
  { objects, now, known }: ObserveContext,
  { gate, status, needs }: Core & { readonly needs: Needs },
): Promise<MountingPods> {
  if (needs.pods === 'none') return Promise.resolve({ pods: [], areAll: false });
  const names = childNames(name);
  const server = { namespace, name: `${names.server}-0` };
  // Where a watch knows of no such pod all are asked for at once.
  const isUnknown = known !== undefined && known(KINDS.Pod, server) === undefined;
  const only = needs.pods === 'server' && !isUnknown ? { only: server.name } : {};
  const closedAt = gate ? undefined : closedSince(status, now);
  return observePods(objects, { namespace, name: names.dataClaim }, { closedAt, now, ...only });
}

async function observeCore(key: ResourceKey, live: Objects, quick: Objects): Promise<Core> {
  const { namespace, name } = key;
  const reading = live.find(KINDS.MySQL, key);
  const [resource, gate, claims, passwords] = await Promise.all([
    reading,
    live.find(KINDS.ConfigMap, { namespace, name: childNames(name).gate }),
    readClaims(key, quick),
    observePasswords(live, key, reading),
  ]);
  return { resource, status: readStatus(resource), gate, passwords, claims };
}

async function readClaims({ namespace, name }: ResourceKey, objects: Objects): Promise<Core['claims']> {
  const { dataClaim, backupClaim } = childNames(name);
  const [data, backup] = await Promise.all(
    [dataClaim, backupClaim].map((claim) => objects.find(KINDS.PersistentVolumeClaim, { namespace, name: claim })),
  );
  return { data, backup };
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

function planLook(key: ResourceKey, core: Core, context: ObserveContext): { isWhole: boolean; needs: Needs } {
  const { resource, gate, status } = core;
  // When the backup is made what follows ends something for good.
  const { whole = status.backedUpVolume !== '' } = context;
  if (!whole && isDeleted(resource)) return { isWhole: false, needs: STOPPING };
  const isWhole = whole || (resource !== undefined && gate === undefined);
  return { isWhole, needs: isWhole ? listAll(core) : listNeeds(key, core, context) };
}

/** Without its resource only volumes matter. */
function listAll({ resource }: Core): Needs {
  return resource ? { pods: 'all', steps: STEPS, ending: isDeleted(resource), surroundings: true } : NOTHING;
}

/** Behind an open gate: what is enough to see that a server that is Ready needs nothing. */
function listNeeds(
  { namespace, name }: ResourceKey,
  { resource, status, passwords, claims }: Core,
  { render = false, known }: ObserveContext,
): Needs {
  if (!resource) return NOTHING;
  const isLeaving = [claims.data, claims.backup].some(isDeleted);
  const names = childNames(name).jobs;
  const isLikely = (step: JobStep): boolean =>
    !known || known(KINDS.Job, { namespace, name: names[step] }) !== undefined;
  const isWanted: Readonly<Record<JobStep, boolean>> = {
    backup: false,
    // Its result also tells the version of the server, once.
    restore: status.server === undefined && isLikely('restore'),
    // Before a change one of an earlier change may be there. Where no watch told of it, none can be made, and it is found then.
    'change-pass': isChanging(passwords) || (isAsked(passwords) && isLikely('change-pass')),
  };
  const steps = STEPS.filter((step) => isWanted[step]);
  return { pods: isLeaving ? 'all' : 'server', steps, ending: false, surroundings: render };
}

function isChanging({ observed: { hasNext, previousSince } }: Passwords): boolean {
  return hasNext || previousSince !== undefined;
}

function isAsked({ observed: { hasDesired, desiredIsCurrent } }: Passwords): boolean {
  return hasDesired && !desiredIsCurrent;
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

/** @param told empty for a look at everything */
async function readStorage(
  key: ResourceKey,
  { live, quick }: Reading,
  told: Partial<ObserveContext>,
  core: Core,
): ReturnType<typeof observeVolumes> {
  const isQuick = told.objects !== undefined && core.resource !== undefined && !isDeleted(core.resource);
  if (isQuick || quick === live) return observeVolumes(key, { ...told, objects: quick }, core);
  // A watch had told of a living resource behind its gate, and that is not what is there.
  return observeVolumes(key, { ...told, objects: live }, { ...core, claims: await readClaims(key, live) });
}

/** A right that was taken away: by what an earlier round wrote down, else by what this process could read before. */
function lostSince(
  { namespace, name }: ResourceKey,
  { volumesOf, now }: ObserveContext,
  { status: { volumes }, mayTouchVolumes }: { readonly status: StoredStatus; readonly mayTouchVolumes: boolean },
): Time | undefined {
  if (mayTouchVolumes) return undefined;
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
