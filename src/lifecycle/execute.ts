// Carries a decision out, one action after the other. Every call names what it changes by uid or by the version that was
// seen, so that an action that comes too late fails instead of hitting something else.

import { FINALIZER, JOB_MANIFEST_ANNOTATION, RESOURCE_LABEL, childNames } from '../api/names.ts';
import type { Clock } from '../cluster/clock.ts';
import { isClusterError } from '../cluster/errors.ts';
import { KINDS, type Kind } from '../cluster/kinds.ts';
import type { DeleteOptions, JsonPatchOperation, Manifest, Objects, Preconditions } from '../cluster/objects.ts';
import { parseYaml } from '../parse/yaml.ts';
import type { Action, JobStep } from './actions.ts';
import { makeClaim, replaceClaim } from './execute-claims.ts';
import { createVolumeHandlers } from './execute-volumes.ts';
import type { Observation } from './observe.ts';
import { hashManifest } from './observe-jobs.ts';
import { boundVolume } from './volumes.ts';
import { renderWanted } from './wanted-job.ts';
import { writeActive } from './write-active.ts';

/** What an action needs besides what was seen. */
export interface ExecuteContext {
  readonly objects: Objects;
  readonly clock: Clock;
  /** ISO 8601. */
  readonly now: string;
}

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
    const isDelete = /^(delete|close|release)-/.test(action.kind);
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
    'add-finalizer': () =>
      objects.patch(KINDS.MySQL, key, addFinalizer(observation), { uid, ...firstOfAll(observation) }),
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
    // In the foreground it would go a moment after its last pod, and perhaps after the resource.
    'release-stateful-set': ({ uid: setUid }) => remove(KINDS.StatefulSet, names.server, { uid: setUid }),
    'create-job': ({ step }) => createJob(objects, observation, step),
    'delete-job': ({ step, uid: jobUid }) =>
      remove(KINDS.Job, names.jobs[step], { uid: jobUid, propagation: 'Background' }),
    'delete-job-pods': ({ uid: jobUid }) => deleteJobPods(objects, namespace, jobUid),
    'delete-child': ({ child }) => remove(KINDS[child.kind as keyof typeof KINDS], child.name, { uid: child.uid }),
    // These are facts of the status, which is written from the same decision.
    'record-skip': () => Promise.resolve(),
    'forget-backup': () => Promise.resolve(),
    'record-backup': () => Promise.resolve(),
  };
}

interface JsonPatch {
  readonly kind: 'json';
  readonly operations: readonly JsonPatchOperation[];
}

/** Where there is no list of finalizers a whole new one is written: only onto what was seen. */
function firstOfAll({ resource }: Observation): Preconditions {
  return resource?.metadata.finalizers === undefined ? { resourceVersion: resource?.metadata.resourceVersion } : {};
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
