// The writes of the watcher and nothing else, as a program: no look before a write, no check, no failure that is handled. What
// it takes is what the API server takes, so no watcher that makes these writes can be faster.
//
//   bare-writes.ts KUBECONFIG NAMESPACE

import { FINALIZER, RESOURCE_LABEL, RESOURCE_UID_ANNOTATION, childNames } from '../../../src/api/names.ts';
import { createSystemClock, formatTime } from '../../../src/cluster/clock.ts';
import { connect } from '../../../src/cluster/connect.ts';
import { createEventRecorder } from '../../../src/cluster/events.ts';
import { KINDS, type StoredMySQL } from '../../../src/cluster/kinds.ts';
import { createObjects, type Manifest } from '../../../src/cluster/objects.ts';
import { startReflector } from '../../../src/cluster/reflector.ts';
import type { Pod, StoredObject } from '../../../src/cluster/types.ts';

const [kubeconfig = '', namespace = ''] = process.argv.slice(2);
const clock = createSystemClock();
const connection = connect({ kubeconfig, environment: {}, version: 'bench', clock });
const objects = createObjects(connection);
const options = { connection, clock, random: Math.random, selection: { namespace } };
const events = createEventRecorder({ objects, component: 'bare-writes', instance: '0', clock, random: Math.random });

const merge = (body: Readonly<Record<string, unknown>>) => ({ kind: 'merge', body }) as const;
const encode = (text: string): string => Buffer.from(text).toString('base64');
const ownerOf = ({ metadata }: StoredObject): string => metadata.labels?.[RESOURCE_LABEL] ?? '';
const passwordOf = ({ spec }: StoredMySQL): string => (spec as { readonly password?: string }).password ?? '';

/** Nothing here fails but for a defect, and that must not pass for speed. */
function follow(work: Promise<unknown>): void {
  work.catch((error: unknown) => {
    console.error(String(error));
    process.exit(1);
  });
}

function setStatus(name: string, reason: string, holds: boolean): Promise<unknown> {
  const lastTransitionTime = formatTime(Date.now());
  const conditions = [
    { type: 'Ready', status: holds ? 'True' : 'False', reason, message: '', observedGeneration: 1, lastTransitionTime },
  ];
  const body = { status: { observedGeneration: 1, message: reason, conditions } };
  return objects.patch(KINDS.MySQL, { namespace, name }, merge(body), { subresource: 'status' });
}

function makeChild(kind: string, name: string, owner: string): Manifest {
  return { apiVersion: 'v1', kind, metadata: { namespace, name, labels: { [RESOURCE_LABEL]: owner } } } as Manifest;
}

/** From a resource to its open gate. */
async function start(resource: StoredMySQL): Promise<void> {
  const { name, uid } = resource.metadata;
  const { dataClaim, backupClaim, activeSecret, gate } = childNames(name);
  await objects.patch(KINDS.MySQL, { namespace, name }, merge({ metadata: { finalizers: [FINALIZER] } }));
  await Promise.all(
    [dataClaim, backupClaim].map((claim) => {
      const volume = { name: claims.get({ namespace, name: claim })?.spec?.volumeName ?? '' };
      const annotations = { [RESOURCE_UID_ANNOTATION]: uid };
      const spec = { persistentVolumeReclaimPolicy: 'Retain' };
      return objects.patch(KINDS.PersistentVolume, volume, merge({ metadata: { annotations }, spec }));
    }),
  );
  const data = { current: encode(passwordOf(resource)) };
  await objects.create(KINDS.Secret, { ...makeChild('Secret', activeSecret, name), data } as Manifest);
  await setStatus(name, 'Opening', false);
  await objects.create(KINDS.ConfigMap, {
    ...makeChild('ConfigMap', gate, name),
    data: { expect: 'empty' },
  } as Manifest);
}

/** From the Ready pod to the Ready resource. */
async function settle(name: string): Promise<void> {
  const { gate } = childNames(name);
  await objects.patch(KINDS.ConfigMap, { namespace, name: gate }, merge({ data: { expect: 'data' } }));
  await setStatus(name, 'Ready', true);
  const uid = resources.get({ namespace, name })?.metadata.uid ?? '';
  const subject = { apiVersion: KINDS.MySQL.apiVersion, kind: KINDS.MySQL.kind, namespace, name, uid };
  events.record({ subject, type: 'Normal', reason: 'Ready', message: 'the server is Ready' });
}

async function changePassword(resource: StoredMySQL): Promise<void> {
  const { name } = resource.metadata;
  const data = { next: encode(passwordOf(resource)) };
  await objects.patch(KINDS.Secret, { namespace, name: childNames(name).activeSecret }, merge({ data }));
  await createJob(name, 'change-pass');
}

async function stop(name: string): Promise<void> {
  const foreground = { propagation: 'Foreground' } as const;
  await Promise.all([
    objects.delete(KINDS.ConfigMap, { namespace, name: childNames(name).gate }),
    objects.delete(KINDS.StatefulSet, { namespace, name }, foreground),
  ]);
}

function createJob(name: string, step: 'backup' | 'change-pass'): Promise<unknown> {
  const container = { name: step, image: 'mysql:9.7', command: ['true'] };
  const labels = { [RESOURCE_LABEL]: name };
  const template = { metadata: { labels }, spec: { restartPolicy: 'Never', containers: [container] } };
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace, name: childNames(name).jobs[step], labels },
  };
  return objects.create(KINDS.Job, { ...job, spec: { template } } as Manifest);
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}

const ours = { ...options, selection: { namespace, labelSelector: RESOURCE_LABEL } };
const claims = startReflector({ ...ours, kind: KINDS.PersistentVolumeClaim });
await claims.synced;
const resources = startReflector<StoredMySQL>({
  ...options,
  kind: KINDS.MySQL,
  onChange: (change) => {
    const { object } = change;
    if (change.kind === 'added') follow(start(object));
    if (change.kind !== 'updated') return;
    if (passwordOf(object) !== passwordOf(change.previous)) follow(changePassword(object));
    const { deletionTimestamp, name } = object.metadata;
    if (deletionTimestamp !== undefined && change.previous.metadata.deletionTimestamp === undefined) follow(stop(name));
  },
});
startReflector<Pod>({
  ...ours,
  kind: KINDS.Pod,
  onChange: ({ kind, object }) => {
    const name = ownerOf(object);
    if (object.metadata.name !== `${name}-0`) return;
    if (kind === 'deleted') follow(createJob(name, 'backup'));
    else if (isReady(object) && object.metadata.deletionTimestamp === undefined) follow(settle(name));
  },
});
startReflector({
  ...ours,
  kind: KINDS.Job,
  onChange: ({ object }) => {
    const name = ownerOf(object);
    const isDone = object.status?.conditions?.some(({ type, status }) => type === 'Complete' && status === 'True');
    if (object.metadata.name !== childNames(name).jobs.backup || !isDone) return;
    const body = { metadata: { finalizers: null } };
    follow(objects.patch(KINDS.MySQL, { namespace, name }, merge(body)));
  },
});
