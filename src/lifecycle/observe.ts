// Reads everything that a decision about one resource depends on, live: a cache may be old, and what follows cannot be
// undone. A quick look leaves out what nearly always is as it should be; it is enough to find that nothing is to be done.

import { childNames } from '../api/names.ts';
import { KINDS, type NamespacedKey, type StoredMySQL } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import type { JobStep } from './actions.ts';
import { NOTHING_AROUND, observeAround } from './observe-around.ts';
import { hashManifest, identifyJobs, readJobs } from './observe-jobs.ts';
import { observePasswords, type Passwords } from './observe-passwords.ts';
import { observePods, type MountingPods, type StraysOf } from './observe-pods.ts';
import type { VolumesOf } from './observe-storage.ts';
import { lostSince, readClaims, readStorage } from './observe-volumes.ts';
import type { Observed } from './observed.ts';
import { isDeleted, planLook, type Core, type LookContext, type Needs } from './plan-look.ts';
import { readAhead, type Reading } from './read-ahead.ts';
import { closedSince, readStatus, type StoredStatus } from './status.ts';
import { describeInputs, toGate, toResource, toWish } from './views.ts';
import type { JobWish } from './wanted-job.ts';

/** What was seen, and the objects behind it that an action needs. */
export interface Observation {
  readonly key: NamespacedKey;
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

/** How a resource is looked at. Without what watches have told nothing is asked for ahead. */
export interface ObserveContext extends LookContext {
  readonly objects: Objects;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Names of volumes that a watch has told, for a quick look; otherwise all volumes are looked through. */
  readonly volumesOf?: VolumesOf;
  /** For a quick look; else all pods of the namespace are, in one list for many looks where there are many at once. */
  readonly straysOf?: StraysOf;
}

/**
 * Reads the cluster's view of one resource: first what tells in which state it is, then what decisions in that state depend
 * on. Where a watch has told what that will be, it is asked for at once. Without a gate the pods are read after it. Of a living
 * resource without a gate nothing is ever left out.
 */
export async function observe(key: NamespacedKey, context: ObserveContext): Promise<Observation> {
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
  const nodes = pods.filter(({ ended, jobUid }) => !ended && jobUid === '').map(({ node }) => node);
  const identity = { resourceUid: resource?.metadata.uid ?? '', inputs, manifestHash, nodes, now };
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
  key: NamespacedKey,
  { live, atEnd }: Reading,
  { resource, needs }: Core & { readonly needs: Needs },
): ReturnType<typeof observeAround> {
  if (!needs.surroundings) return Promise.resolve(NOTHING_AROUND);
  return observeAround(key, isDeleted(resource) ? atEnd : live, needs.ending ? resource : undefined);
}

function observeMounting(
  key: NamespacedKey,
  { objects, now, known, straysOf }: ObserveContext,
  { gate, status, needs }: Core & { readonly needs: Needs },
): Promise<MountingPods> {
  if (needs.pods === 'none') return Promise.resolve({ pods: [], areAll: false });
  const names = childNames(key.name);
  const server = { ...key, name: `${names.server}-0` };
  // Where a watch knows of no such pod all are asked for at once.
  const isUnknown = known !== undefined && known(KINDS.Pod, server) === undefined;
  const isQuick = needs.pods === 'server';
  const only = isQuick && !isUnknown ? { only: server.name } : {};
  const closedAt = gate ? undefined : closedSince(status, now);
  return observePods(objects, key, { closedAt, now, straysOf: isQuick ? straysOf : undefined, ...only });
}

async function observeCore(key: NamespacedKey, live: Objects, quick: Objects): Promise<Core> {
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
