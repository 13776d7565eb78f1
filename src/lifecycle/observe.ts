// Reads everything that a decision about one resource depends on, live: a cache may be old, and what follows cannot be
// undone.

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
import type { ConfigMap, StatefulSet, StoredObject } from '../cluster/types.ts';
import { buildPolicy } from '../model/policy.ts';
import type { JobStep } from './actions.ts';
import { hashInput, hashManifest, observeJobs } from './observe-jobs.ts';
import { observePasswords, type Passwords } from './observe-passwords.ts';
import { observePods } from './observe-pods.ts';
import { observeStorage, readVolumes } from './observe-storage.ts';
import type { Observed, ObservedGate, ObservedResource, ObservedStorage } from './observed.ts';
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
}

const DEFINITION: Kind = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

/**
 * Reads the cluster's view of one resource.
 *
 * @param now milliseconds since 1970
 */
export async function observe(objects: Objects, key: ResourceKey, now: number): Promise<Observation> {
  const { namespace, name } = key;
  const names = childNames(name);
  const within = (child: string): ObjectKey => ({ namespace, name: child });
  const [resource, volumes, gate, set] = await Promise.all([
    objects.find(KINDS.MySQL, key),
    readVolumes(objects),
    objects.find(KINDS.ConfigMap, within(names.gate)),
    objects.find(KINDS.StatefulSet, within(names.server)),
  ]);
  const status = readStatus(resource);
  const passwords = await observePasswords(objects, key, resource?.spec);
  const [data, backup] = (await Promise.all(
    [names.dataClaim, names.backupClaim].map((claim) =>
      observeStorage(objects, { namespace, name: claim }, volumes, resource?.metadata.uid ?? ''),
    ),
  )) as [ObservedStorage, ObservedStorage];
  const inputs = describeInputs({ data, backup, passwords, resource, status });
  const wish = resource && toWish(resource, { namespace, inputs, status, passwords });
  const manifestHash = (step: JobStep): string | undefined => wish && hashManifest(step, wish);
  const closedAt = gate ? undefined : closedSince(status, now);
  const [definitionDeleting, namespaceTerminating, pods, jobs, children] = await Promise.all([
    isDeleting(objects, DEFINITION, { name: 'mysqls.otus.homework' }),
    isDeleting(objects, KINDS.Namespace, { name: namespace }),
    observePods(objects, { namespace, name: names.dataClaim }, { closedAt, now }),
    observeJobs(objects, key, { resourceUid: resource?.metadata.uid ?? '', inputs, manifestHash, now }),
    observeChildren(objects, key, resource),
  ]);
  const observed: Observed = {
    name,
    resource: resource && toResource(resource, status),
    definitionDeleting,
    namespaceTerminating: namespaceTerminating === true,
    mayTouchVolumes: volumes !== undefined,
    data,
    backup,
    pods,
    gate: gate && toGate(gate),
    statefulSet: set && toSet(set),
    jobs,
    passwords: passwords.observed,
    children,
  };
  return { key, observed, resource, status, passwords, wish };
}

/** A Job of another input is another Job: another volume, another password, another wish. */
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

function toWish(
  resource: StoredMySQL,
  seen: Pick<JobWish, 'namespace' | 'inputs'> & { readonly status: StoredStatus; readonly passwords: Passwords },
): JobWish {
  const { status, passwords, ...rest } = seen;
  return { ...rest, resource, lastImage: status.server?.image, hasNext: passwords.observed.hasNext };
}

function uidOf(object: { readonly uid: string } | undefined): string {
  return object?.uid ?? '';
}

function toResource({ metadata, spec }: StoredMySQL, status: StoredStatus): ObservedResource {
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

function toGate({ metadata, data = {} }: ConfigMap): ObservedGate {
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
