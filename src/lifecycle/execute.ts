// Carries a decision out, one action after the other. Every call names what it changes by uid or by the version that was
// seen, so that an action that comes too late fails instead of hitting something else.

import {
  FINALIZER,
  FINISHED_ANNOTATION,
  JOB_MANIFEST_ANNOTATION,
  ORIGINAL_POLICY_ANNOTATION,
  RESOURCE_UID_ANNOTATION,
  RESOURCE_LABEL,
  RETAINED_AT_ANNOTATION,
  childNames,
} from '../api/names.ts';
import { sleep, type Clock } from '../cluster/clock.ts';
import { isClusterError } from '../cluster/errors.ts';
import { KINDS, type Kind } from '../cluster/kinds.ts';
import type { DeleteOptions, JsonPatchOperation, Manifest, Objects } from '../cluster/objects.ts';
import { buildModel, type Model } from '../model/model.ts';
import { compareQuantities, parseQuantity } from '../parse/quantity.ts';
import { parseYaml } from '../parse/yaml.ts';
import { createRenderer } from '../render/manifests.ts';
import type { Action, JobStep } from './actions.ts';
import { boundVolume } from './volumes.ts';
import type { Observation } from './observe.ts';
import { hashManifest } from './observe-jobs.ts';
import { renderWanted } from './wanted-job.ts';
import { writeActive } from './write-active.ts';

/** What an action needs besides what was seen. */
export interface ExecuteContext {
  readonly objects: Objects;
  readonly clock: Clock;
  /** ISO 8601. */
  readonly now: string;
}

/** A claim that nothing has open is gone within a second. */
const GONE_TRIES = 50;
const GONE_INTERVAL_MS = 100;

type Handlers = { readonly [K in Action['kind']]: (action: Extract<Action, { kind: K }>) => Promise<unknown> };

/**
 * Carries out one action. That the object is gone already is as good as done.
 *
 * @returns what the API server answered
 * @throws ClusterError, Conflict where somebody changed the object since it was seen
 */
export async function execute(action: Action, observation: Observation, context: ExecuteContext): Promise<unknown> {
  const handlers = createHandlers(observation, context);
  const handle = handlers[action.kind] as (action: Action) => Promise<unknown>;
  try {
    return await handle(action);
  } catch (error) {
    const isDelete = action.kind.startsWith('delete-') || action.kind === 'close-gate';
    if (!(isDelete && isClusterError(error, 'NotFound'))) throw error;
    return undefined;
  }
}

function createHandlers(observation: Observation, context: ExecuteContext): Handlers {
  const { objects, now } = context;
  const { key, resource } = observation;
  const { namespace } = key;
  const names = childNames(key.name);
  const remove = (kind: Kind, name: string, options: DeleteOptions): Promise<unknown> =>
    objects.delete(kind, { namespace, name }, options);
  const claimOf = (role: 'data' | 'backup'): string => (role === 'data' ? names.dataClaim : names.backupClaim);
  const uid = resource?.metadata.uid ?? '';
  return {
    'add-finalizer': () => objects.patch(KINDS.MySQL, key, addFinalizer(observation), { uid }),
    'remove-finalizer': () => objects.patch(KINDS.MySQL, key, removeFinalizer(observation), { uid }),
    ...createVolumeHandlers(observation, context),
    'make-claim': ({ role, volume }) => makeClaim(objects, observation, { name: claimOf(role), volume }),
    'replace-claim': ({ role, uid: claimUid, volume }) =>
      replaceClaim(context, observation, { name: claimOf(role), uid: claimUid, volume }),
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
    // It stays until its pod is gone: whoever deletes everything at once (kubectl delete -f) still finds it.
    'delete-stateful-set': ({ uid: setUid }) =>
      remove(KINDS.StatefulSet, names.server, { uid: setUid, propagation: 'Foreground' }),
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

type VolumeAction = 'retain-volume' | 'adopt-volume' | 'set-aside-volume' | 'reserve-volume' | 'finish-volume';

/** Volumes are told apart by uid; names.ts says what each annotation means. */
function createVolumeHandlers(
  { resource, observed }: Observation,
  { objects, now }: ExecuteContext,
): Pick<Handlers, VolumeAction> {
  const uid = resource?.metadata.uid ?? '';
  const mark = (volume: string, volumeUid: string, annotations: object, spec: object = {}): Promise<unknown> => {
    const body = { metadata: { annotations }, spec };
    return objects.patch(KINDS.PersistentVolume, { name: volume }, { kind: 'merge', body }, { uid: volumeUid });
  };
  return {
    'retain-volume': ({ volume, uid: volumeUid }) => {
      const { policy = 'Delete', resourceUid = '' } =
        [observed.data, observed.backup].map(boundVolume).find((found) => found?.name === volume) ?? {};
      // One that is marked already keeps what is known about it, although somebody has changed its policy.
      const marks =
        resourceUid === ''
          ? { [RESOURCE_UID_ANNOTATION]: uid, [RETAINED_AT_ANNOTATION]: now, [ORIGINAL_POLICY_ANNOTATION]: policy }
          : {};
      const inUse = { [FINISHED_ANNOTATION]: null };
      return mark(volume, volumeUid, { ...marks, ...inUse }, { persistentVolumeReclaimPolicy: 'Retain' });
    },
    'adopt-volume': ({ volume, uid: volumeUid }) => mark(volume, volumeUid, { [RESOURCE_UID_ANNOTATION]: uid }),
    'set-aside-volume': ({ volume, uid: volumeUid }) =>
      mark(volume, volumeUid, { [FINISHED_ANNOTATION]: now }, { persistentVolumeReclaimPolicy: 'Retain' }),
    'reserve-volume': ({ volume, claimUid }) => reserveVolume(objects, volume, claimUid),
    'finish-volume': async ({ volume, uid: volumeUid }) => {
      const { metadata, status } = await objects.get(KINDS.PersistentVolume, { name: volume });
      const policy = metadata.annotations?.[ORIGINAL_POLICY_ANNOTATION] ?? 'Retain';
      const spec = { persistentVolumeReclaimPolicy: policy, ...unreserve(status?.phase, uid) };
      await mark(volume, volumeUid, { [FINISHED_ANNOTATION]: now }, spec);
    },
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

/** Without the uid of the claim that is gone, the volume waits for the next claim of that name. */
async function reserveVolume(objects: Objects, name: string, claimUid: string): Promise<void> {
  const { metadata, spec } = await objects.get(KINDS.PersistentVolume, { name });
  if (spec?.claimRef?.uid !== claimUid) return;
  const body = { spec: { claimRef: { uid: null, resourceVersion: null } } };
  const { uid, resourceVersion } = metadata;
  await objects.patch(KINDS.PersistentVolume, { name }, { kind: 'merge', body }, { uid, resourceVersion });
}

/**
 * A volume that was reserved would go to the next claim of its name. Named for a claim that there never was, it counts as
 * released, and its own policy says what becomes of it.
 */
function unreserve(phase: string | undefined, uid: string): object {
  return phase === 'Available' ? { claimRef: { uid } } : {};
}

/** The model of a resource that the API server has validated. */
function modelOf({ resource, key }: Observation): Model {
  if (!resource) throw new Error(`${key.name}: an action without its resource`);
  return buildModel(resource, key.namespace);
}

/** A claim that somebody else makes first, or that something still holds, is looked at in the next round. */
async function replaceClaim(
  { objects, clock }: ExecuteContext,
  observation: Observation,
  { name, uid, volume }: { readonly name: string; readonly uid: string; readonly volume: string },
): Promise<void> {
  const key = { namespace: observation.key.namespace, name };
  await objects.delete(KINDS.PersistentVolumeClaim, key, { uid });
  for (let tries = 0; tries < GONE_TRIES; tries += 1) {
    const claim = await objects.find(KINDS.PersistentVolumeClaim, key);
    if (!claim) {
      await makeClaim(objects, observation, { name, volume });
      return;
    }
    if (claim.metadata.uid !== uid) return;
    await sleep(clock, GONE_INTERVAL_MS, new AbortController().signal);
  }
}

/** The claim as it is rendered, but bound to this volume, and never larger than it. */
async function makeClaim(
  objects: Objects,
  observation: Observation,
  { name, volume }: { readonly name: string; readonly volume: string },
): Promise<void> {
  const model = modelOf(observation);
  const { spec } = await objects.get(KINDS.PersistentVolume, { name: volume });
  const rendered = createRenderer()(model).find(
    (manifest) => manifest.kind === 'PersistentVolumeClaim' && manifest.name === name,
  );
  const claim = parseYaml(rendered?.yaml ?? '') as Manifest & { readonly spec: object };
  const { size } = name === model.names.dataClaim ? model.data : model.backup;
  const storage = smaller(size, spec?.capacity?.['storage'] ?? size);
  const bound = {
    volumeName: volume,
    storageClassName: spec?.storageClassName ?? '',
    resources: { requests: { storage } },
  };
  const manifest: Manifest = { ...claim, spec: { ...claim.spec, ...bound } } as Manifest;
  await objects.create(KINDS.PersistentVolumeClaim, manifest);
}

/** A claim that asks for more is not bound; one that asks for more than git does would block its delivery. */
function smaller(wanted: string, capacity: string): string {
  const [size, limit] = [parseQuantity(wanted), parseQuantity(capacity)];
  return size && limit && compareQuantities(size, limit) > 0 ? capacity : wanted;
}

async function createJob(objects: Objects, { wish, observed }: Observation, step: JobStep): Promise<void> {
  if (!wish) throw new Error(`${observed.name}: a Job without its resource`);
  const node = observed.pods.find((pod) => !pod.ended && pod.node !== '')?.node;
  const { yaml } = renderWanted(step, wish, { node, volumeUid: boundVolume(observed.data)?.uid });
  const { metadata, ...rest } = parseYaml(yaml) as Manifest;
  const annotations = { [JOB_MANIFEST_ANNOTATION]: hashManifest(step, wish) ?? '' };
  await objects.create(KINDS.Job, { ...rest, metadata: { ...metadata, annotations } });
}

async function deleteJobPods(objects: Objects, namespace: string, jobUid: string): Promise<void> {
  const labelSelector = `batch.kubernetes.io/controller-uid=${jobUid}`;
  const { items } = await objects.list(KINDS.Pod, { namespace, labelSelector });
  for (const { metadata } of items) {
    await objects.delete(KINDS.Pod, { namespace, name: metadata.name }, { uid: metadata.uid });
  }
}
