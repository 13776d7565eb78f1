// The rest of the cluster, played: it delivers resources with their children, binds claims, lets pods become Ready when
// the gate opens, and completes Jobs. No image runs; only the API server's objects change, at once.

import { setMaxListeners } from 'node:events';
import { createSystemClock, formatTime } from '../../../src/cluster/clock.ts';
import { connect } from '../../../src/cluster/connect.ts';
import { isClusterError } from '../../../src/cluster/errors.ts';
import { KINDS, type Kind, type StoredMySQL } from '../../../src/cluster/kinds.ts';
import { createObjects, type Manifest, type Objects } from '../../../src/cluster/objects.ts';
import { startReflector, type Reflector } from '../../../src/cluster/reflector.ts';
import type { ConfigMap, Job, StatefulSet, StoredObject } from '../../../src/cluster/types.ts';
import { RESOURCE_LABEL } from '../../../src/api/names.ts';
import type { MySQLResource } from '../../../src/api/resource.ts';
import { buildModel } from '../../../src/model/model.ts';
import { parseYaml } from '../../../src/parse/yaml.ts';
import { renderManifests } from '../../../src/render/manifests.ts';
import { deliverSettled } from './settled.ts';

/** What can be asked of it. */
export interface World {
  readonly objects: Objects;
  /** Delivers so many resources of a namespace, with bound claims. */
  readonly deliver: (namespace: string, names: readonly string[]) => Promise<void>;
  /** Delivers so many as the watcher leaves them at rest: nothing is left to be done. */
  readonly deliverSettled: (namespace: string, names: readonly string[]) => Promise<void>;
  /** When a Job of this name was first seen, by performance.now(). */
  readonly untilJob: (namespace: string, name: string) => Promise<number>;
  readonly isReady: (namespace: string, name: string) => boolean;
  readonly exists: (namespace: string, name: string) => boolean;
  readonly jobsOf: (namespace: string) => number;
  readonly stop: () => Promise<void>;
}

const AT_ONCE = 32;
const ALL_KINDS: Readonly<Record<string, Kind>> = KINDS;
const IMAGE = 'mysql:9.7';

/** Carries out tasks, so many at once. */
export async function each<Item>(items: readonly Item[], task: (item: Item) => Promise<unknown>): Promise<void> {
  const rest = items[Symbol.iterator]();
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (const item of { [Symbol.iterator]: () => rest }) await task(item);
  });
  await Promise.all(workers);
}

export function makeResource(namespace: string, name: string): MySQLResource {
  return {
    apiVersion: 'otus.homework/v1',
    kind: 'MySQL',
    metadata: { name, namespace },
    spec: { image: IMAGE, database: 'shop', password: 'first-password', storage_size: '1Gi' },
  };
}

/** What controllers and kubelets would do. */
function playControllers(
  options: Pick<Parameters<typeof startReflector>[0], 'connection' | 'clock' | 'random'>,
  objects: Objects,
  jobs: Map<string, number>,
  waiting: Map<string, (at: number) => void>,
): readonly Reflector<StoredObject>[] {
  const key = ({ metadata }: StoredObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;
  const follow = (work: Promise<unknown>): void => {
    work.catch((error: unknown) => {
      if (!isClusterError(error, 'NotFound', 'Conflict', 'AlreadyExists')) console.error(`world: ${String(error)}`);
    });
  };
  return [
    startReflector<ConfigMap>({
      ...options,
      kind: KINDS.ConfigMap,
      selection: { labelSelector: RESOURCE_LABEL },
      onChange: ({ kind, object: { metadata } }) => {
        if (kind === 'added' && metadata.name.endsWith('-gate')) follow(makeReady(objects, metadata));
      },
    }),
    startReflector<StatefulSet>({
      ...options,
      kind: KINDS.StatefulSet,
      onChange: ({ kind, object: { metadata } }) => {
        if (kind === 'deleted' || metadata.deletionTimestamp !== undefined) follow(endSet(objects, metadata));
      },
    }),
    startReflector<Job>({
      ...options,
      kind: KINDS.Job,
      onChange: ({ kind, object }) => {
        if (kind === 'deleted') follow(removeJobPod(objects, object));
        if (kind !== 'added') return;
        const now = performance.now();
        jobs.set(key(object), now);
        waiting.get(key(object))?.(now);
        follow(complete(objects, object));
      },
    }),
  ];
}

export function startWorld(kubeconfig: string): World {
  const clock = createSystemClock();
  setMaxListeners(0);
  const connection = connect({ kubeconfig, environment: {}, version: 'bench', clock, connections: 48 });
  const objects = createObjects(connection);
  const jobs = new Map<string, number>();
  const waiting = new Map<string, (at: number) => void>();
  const options = { connection, clock, random: Math.random };
  const reflectors = playControllers(options, objects, jobs, waiting);
  const resources = startReflector<StoredMySQL>({ ...options, kind: KINDS.MySQL });
  return {
    objects,
    deliver: (namespace, names) => each(names, (name) => deliver(objects, makeResource(namespace, name))),
    deliverSettled: (namespace, names) =>
      each(names, (name) =>
        deliverSettled(objects, renderManifests(buildModel(makeResource(namespace, name), namespace))),
      ),
    untilJob: (namespace, name) =>
      new Promise((resolve, reject) => {
        const id = `${namespace}/${name}`;
        const known = jobs.get(id);
        jobs.delete(id);
        if (known !== undefined) {
          resolve(known);
          return;
        }
        const cancel = clock.startTimer(60_000, () => {
          reject(new Error(`${id}: no Job within a minute`));
        });
        waiting.set(id, (at) => {
          cancel();
          waiting.delete(id);
          jobs.delete(id);
          resolve(at);
        });
      }),
    isReady: (namespace, name) => {
      const status = resources.get({ namespace, name })?.status ?? {};
      const conditions = (status['conditions'] ?? []) as readonly { readonly type: string; readonly status: string }[];
      return conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
    },
    exists: (namespace, name) => resources.get({ namespace, name }) !== undefined,
    jobsOf: (namespace) => [...jobs.keys()].filter((id) => id.startsWith(`${namespace}/`)).length,
    stop: async () => {
      await Promise.all([...reflectors, resources].map((reflector) => reflector.stop()));
      await connection.close();
    },
  };
}

/** The resource first, as it is rendered; claims are bound to volumes that were made for them. */
async function deliver(objects: Objects, resource: MySQLResource): Promise<void> {
  const namespace = resource.metadata.namespace ?? '';
  for (const { kind, yaml } of renderManifests(buildModel(resource, namespace))) {
    const manifest = parseYaml(yaml) as Manifest;
    const made = await objects.create(ALL_KINDS[kind] ?? KINDS.ConfigMap, manifest);
    if (kind === 'PersistentVolumeClaim') await bind(objects, made);
  }
}

async function bind(objects: Objects, { metadata }: StoredObject): Promise<void> {
  const { namespace = '', name, uid } = metadata;
  const volume = `pvc-${uid}`;
  const capacity = { storage: '1Gi' };
  await objects.create(KINDS.PersistentVolume, {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volume, annotations: { 'pv.kubernetes.io/provisioned-by': 'bench' } },
    spec: {
      capacity,
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Delete',
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid },
      hostPath: { path: `/nowhere/${volume}` },
    },
  } as Manifest);
  const key = { namespace, name };
  const merge = (body: Readonly<Record<string, unknown>>) => ({ kind: 'merge', body }) as const;
  await objects.patch(KINDS.PersistentVolume, { name: volume }, merge({ status: { phase: 'Bound' } }), {
    subresource: 'status',
  });
  await objects.patch(KINDS.PersistentVolumeClaim, key, merge({ spec: { volumeName: volume } }));
  const status = { phase: 'Bound', capacity, accessModes: ['ReadWriteOnce'] };
  await objects.patch(KINDS.PersistentVolumeClaim, key, merge({ status }), { subresource: 'status' });
}

/** Its pod goes at once, and it after its pod where it waits for that. */
async function endSet(objects: Objects, metadata: StoredObject['metadata']): Promise<void> {
  const { namespace = '', name, uid, deletionTimestamp } = metadata;
  await objects.delete(KINDS.Pod, { namespace, name: `${name}-0` }, { gracePeriodSeconds: 0 });
  if (deletionTimestamp === undefined) return;
  const body = { metadata: { finalizers: null } };
  await objects.patch(KINDS.StatefulSet, { namespace, name }, { kind: 'merge', body }, { uid });
}

/**
 * The server's pod comes to be when the gate opens, and is Ready. One that had waited for minutes, as it would until a thousand
 * resources are delivered, would have to be replaced first, which is no part of a start beside a running watcher.
 */
async function makeReady(objects: Objects, gate: StoredObject['metadata']): Promise<void> {
  const { namespace = '', labels = {} } = gate;
  const name = labels[RESOURCE_LABEL] ?? '';
  const set: StoredObject = await objects.get(KINDS.StatefulSet, { namespace, name });
  const { template } = (set as unknown as { readonly spec: { readonly template: Pick<Manifest, 'metadata'> } }).spec;
  const pod = { namespace, name: `${name}-0` };
  await objects.create(KINDS.Pod, {
    ...template,
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template.metadata, ...pod },
  });
  const status = {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: new Date().toISOString() }],
  };
  await objects.patch(KINDS.Pod, pod, { kind: 'merge', body: { status } }, { subresource: 'status' });
}

const UID_LABEL = 'batch.kubernetes.io/controller-uid';

/** A pod that ended well and says so, and then the Job. */
async function complete(objects: Objects, { metadata, spec }: Job): Promise<void> {
  const { namespace, name, uid } = metadata;
  if (!spec) return;
  const { containers = [] } =
    (spec.template as { readonly spec?: { readonly containers?: readonly { name: string }[] } }).spec ?? {};
  const pod = { namespace, name: `${name}-${uid.slice(0, 5)}` };
  const labels = { ...(spec.template as { metadata?: { labels?: object } }).metadata?.labels, [UID_LABEL]: uid };
  await objects.create(KINDS.Pod, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...pod, labels },
    spec: spec.template.spec,
  } as Manifest);
  const now = formatTime(Date.now());
  const message = JSON.stringify({ outcome: 'done', reason: 'played', backup: '20260101T000000Z', bytes: 1000 });
  const terminated = { exitCode: 0, reason: 'Completed', startedAt: now, finishedAt: now, message };
  const containerStatuses = containers.map((container) => ({
    name: container.name,
    image: IMAGE,
    imageID: '',
    ready: false,
    restartCount: 0,
    state: { terminated },
  }));
  const options = { subresource: 'status' } as const;
  const ended = { kind: 'merge', body: { status: { phase: 'Succeeded', containerStatuses } } } as const;
  await objects.patch(KINDS.Pod, pod, ended, options);
  const conditions = ['SuccessCriteriaMet', 'Complete'].map((type) => ({
    type,
    status: 'True',
    lastTransitionTime: now,
  }));
  const done = { startTime: now, completionTime: now, succeeded: 1, conditions };
  await objects.patch(KINDS.Job, { namespace, name }, { kind: 'merge', body: { status: done } }, options);
}

async function removeJobPod(objects: Objects, { metadata: { namespace, name, uid } }: Job): Promise<void> {
  const pod = { namespace, name: `${name}-${uid.slice(0, 5)}` };
  await objects.delete(KINDS.Pod, pod, { gracePeriodSeconds: 0 });
}
