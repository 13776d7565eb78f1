// Carries a decision out, one action after the other. Every call names what it changes by uid or by the version that was
// seen, so that an action that comes too late fails instead of hitting something else.

import {
  FINALIZER,
  FINISHED_ANNOTATION,
  ORIGINAL_POLICY_ANNOTATION,
  RESOURCE_UID_ANNOTATION,
  RESOURCE_LABEL,
  RETAINED_AT_ANNOTATION,
  childNames,
} from '../api/names.ts';
import { isClusterError } from '../cluster/errors.ts';
import { KINDS, type Kind } from '../cluster/kinds.ts';
import type { DeleteOptions, JsonPatchOperation, Manifest, Objects } from '../cluster/objects.ts';
import { buildModel, type Model } from '../model/model.ts';
import { parseYaml } from '../parse/yaml.ts';
import { renderJob } from '../render/jobs.ts';
import type { Action, JobStep } from './actions.ts';
import { boundVolume } from './volumes.ts';
import { BACKUPS_KEPT, RESTORE_FROM, type Observation } from './observe.ts';
import { writeActive } from './write-active.ts';

/** What an action needs besides what was seen. */
export interface ExecuteContext {
  readonly objects: Objects;
  /** ISO 8601. */
  readonly now: string;
}

type Handlers = { readonly [K in Action['kind']]: (action: Extract<Action, { kind: K }>) => Promise<unknown> };

/**
 * Carries out one action. That the object is gone already is as good as done.
 *
 * @throws ClusterError, Conflict where somebody changed the object since it was seen
 */
export async function execute(action: Action, observation: Observation, context: ExecuteContext): Promise<void> {
  const handlers = createHandlers(observation, context);
  const handle = handlers[action.kind] as (action: Action) => Promise<unknown>;
  try {
    await handle(action);
  } catch (error) {
    const isDelete = action.kind.startsWith('delete-') || action.kind === 'close-gate';
    if (!(isDelete && isClusterError(error, 'NotFound'))) throw error;
  }
}

function createHandlers(observation: Observation, { objects, now }: ExecuteContext): Handlers {
  const { key, resource, observed } = observation;
  const { namespace } = key;
  const names = childNames(key.name);
  const remove = (kind: Kind, name: string, options: DeleteOptions): Promise<unknown> =>
    objects.delete(kind, { namespace, name }, options);
  const claimOf = (role: 'data' | 'backup'): string => (role === 'data' ? names.dataClaim : names.backupClaim);
  const uid = resource?.metadata.uid ?? '';
  return {
    'add-finalizer': () => objects.patch(KINDS.MySQL, key, addFinalizer(observation), { uid }),
    'remove-finalizer': () => objects.patch(KINDS.MySQL, key, removeFinalizer(observation), { uid }),
    'retain-volume': ({ volume, uid: volumeUid }) => {
      const { policy = 'Delete' } =
        [observed.data, observed.backup].map(boundVolume).find((found) => found?.name === volume) ?? {};
      const marks = {
        [RESOURCE_UID_ANNOTATION]: uid,
        [RETAINED_AT_ANNOTATION]: now,
        [ORIGINAL_POLICY_ANNOTATION]: policy,
      };
      const body = { metadata: { annotations: marks }, spec: { persistentVolumeReclaimPolicy: 'Retain' } };
      return objects.patch(KINDS.PersistentVolume, { name: volume }, { kind: 'merge', body }, { uid: volumeUid });
    },
    'reserve-volume': ({ volume, claimUid }) =>
      objects.patch(KINDS.PersistentVolume, { name: volume }, { kind: 'json', operations: reserve(claimUid) }),
    'finish-volume': async ({ volume, uid: volumeUid }) => {
      const { metadata } = await objects.get(KINDS.PersistentVolume, { name: volume });
      const policy = metadata.annotations?.[ORIGINAL_POLICY_ANNOTATION] ?? 'Retain';
      const body = {
        metadata: { annotations: { [FINISHED_ANNOTATION]: now } },
        spec: { persistentVolumeReclaimPolicy: policy },
      };
      await objects.patch(KINDS.PersistentVolume, { name: volume }, { kind: 'merge', body }, { uid: volumeUid });
    },
    'make-claim': ({ role, volume }) => makeClaim(objects, observation, { name: claimOf(role), volume }),
    'delete-claim': ({ role, uid: claimUid }) => remove(KINDS.PersistentVolumeClaim, claimOf(role), { uid: claimUid }),
    'write-active': ({ change }) => writeActive(objects, observation, { change, now }),
    'open-gate': ({ expect, claimUid, created }) =>
      objects.create(KINDS.ConfigMap, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: names.gate, namespace, labels: { [RESOURCE_LABEL]: key.name } },
        data: { expect, claim: claimUid, resource: uid, created },
      } as Manifest),
    'expect-data': ({ uid: gateUid }) => {
      const body = { data: { expect: 'data' } };
      return objects.patch(KINDS.ConfigMap, { namespace, name: names.gate }, { kind: 'merge', body }, { uid: gateUid });
    },
    'close-gate': ({ uid: gateUid }) => remove(KINDS.ConfigMap, names.gate, { uid: gateUid }),
    'delete-pod': ({ name, uid: podUid }) => remove(KINDS.Pod, name, { uid: podUid }),
    'delete-stateful-set': ({ uid: setUid }) => remove(KINDS.StatefulSet, names.server, { uid: setUid }),
    'create-job': ({ step }) => createJob(objects, observation, step),
    'delete-job': ({ step, uid: jobUid }) =>
      remove(KINDS.Job, names.jobs[step], { uid: jobUid, propagation: 'Background' }),
    'delete-job-pods': ({ uid: jobUid }) => deleteJobPods(objects, namespace, jobUid),
    'delete-child': ({ child }) => remove(KINDS[child.kind as keyof typeof KINDS], child.name, { uid: child.uid }),
    // These two are facts of the status, which is written from the same decision.
    'record-skip': () => Promise.resolve(),
    'record-backup': () => Promise.resolve(),
  };
}

interface JsonPatch {
  readonly kind: 'json';
  readonly operations: readonly JsonPatchOperation[];
}

function addFinalizer({ resource }: Observation): JsonPatch {
  const has = resource?.metadata.finalizers !== undefined;
  const operation: JsonPatchOperation = has
    ? { op: 'add', path: '/metadata/finalizers/-', value: FINALIZER }
    : { op: 'add', path: '/metadata/finalizers', value: [FINALIZER] };
  return { kind: 'json', operations: [operation] };
}

/** Only ours, and only where it stands. */
function removeFinalizer({ resource }: Observation): JsonPatch {
  const path = `/metadata/finalizers/${String(resource?.metadata.finalizers?.indexOf(FINALIZER) ?? -1)}`;
  return {
    kind: 'json',
    operations: [
      { op: 'test', path, value: FINALIZER },
      { op: 'remove', path },
    ],
  };
}

function reserve(claimUid: string): JsonPatchOperation[] {
  return [
    { op: 'test', path: '/spec/claimRef/uid', value: claimUid },
    { op: 'remove', path: '/spec/claimRef/uid' },
    { op: 'remove', path: '/spec/claimRef/resourceVersion' },
  ];
}

/** The model of a resource that the API server has validated. */
function modelOf({ resource, key }: Observation): Model {
  if (!resource) throw new Error(`${key.name}: an action without its resource`);
  return buildModel(resource, key.namespace);
}

async function makeClaim(
  objects: Objects,
  observation: Observation,
  { name, volume }: { readonly name: string; readonly volume: string },
): Promise<void> {
  const { spec } = await objects.get(KINDS.PersistentVolume, { name: volume });
  const storage = spec?.capacity?.['storage'] ?? '1Gi';
  await objects.create(KINDS.PersistentVolumeClaim, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: observation.key.namespace },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage } },
      storageClassName: spec?.storageClassName ?? '',
      volumeName: volume,
    },
  } as Manifest);
}

async function createJob(objects: Objects, observation: Observation, step: JobStep): Promise<void> {
  const { resource, inputs, observed } = observation;
  const common = { resourceUid: resource?.metadata.uid ?? '', inputHash: inputs[step] };
  const image = observed.resource?.status.server?.image;
  const shared = { ...common, ...(image === undefined || step === 'restore' ? {} : { image }) };
  const model = modelOf(observation);
  const manifest = {
    backup: () => {
      const volumeUid = boundVolume(observed.data)?.uid ?? '';
      return renderJob(model, 'backup', { ...shared, keep: BACKUPS_KEPT, final: true, volumeUid });
    },
    restore: () => renderJob(model, 'restore', { ...shared, from: RESTORE_FROM }),
    'change-pass': () =>
      renderJob(model, 'change-pass', { ...shared, mode: observed.passwords.hasNext ? 'change' : 'discard' }),
  }[step]();
  await objects.create(KINDS.Job, parseYaml(manifest.yaml) as Manifest);
}

async function deleteJobPods(objects: Objects, namespace: string, jobUid: string): Promise<void> {
  const labelSelector = `batch.kubernetes.io/controller-uid=${jobUid}`;
  const { items } = await objects.list(KINDS.Pod, { namespace, labelSelector });
  for (const { metadata } of items) {
    await objects.delete(KINDS.Pod, { namespace, name: metadata.name }, { uid: metadata.uid });
  }
}
