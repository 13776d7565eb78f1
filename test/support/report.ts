// Facts for the tests of the report: a resource that runs well, and objects around it that do not.

import { childNames } from '../../src/api/names.ts';
import type { StoredMySQL } from '../../src/cluster/kinds.ts';
import type {
  ConfigMap,
  Deployment,
  Event,
  Job,
  Lease,
  Namespace,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  StatefulSet,
} from '../../src/cluster/types.ts';
import { NO_DETAILS, type ResourceFacts } from '../../src/report/facts.ts';

/** The time of all reports. */
export const NOW = Date.parse('2026-11-23T12:00:00Z');

/** So many seconds before {@link NOW}. */
export function ago(seconds: number): string {
  return new Date(NOW - seconds * 1000).toISOString().replace('.000Z', 'Z');
}

type Json = Readonly<Record<string, unknown>>;

/** An object with only those fields that a report reads. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller says what the fields make
function stored<T>(name: string, metadata: Json, rest: Json = {}): T {
  const common = { name, namespace: 'prod', uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: ago(600) };
  return { apiVersion: 'v1', kind: 'Any', metadata: { ...common, ...metadata }, ...rest } as T;
}

const LABELS = { 'otus.homework/mysql': 'shop' };
export const PASSWORD = 'a-very-secret-word';

export function condition(type: string, reason: string, message: string, status = 'True'): Json {
  return { type, status, reason, message, observedGeneration: 2, lastTransitionTime: ago(300) };
}

/** What the watcher says at rest. */
export const AT_REST = {
  observedGeneration: 2,
  message: 'shop created without restore-job',
  server: { image: 'mysql:9.7', version: '9.7.4' },
  conditions: [
    condition('Ready', 'Ready', 'the server is Ready'),
    condition('Reconciling', 'Ready', 'the server is Ready', 'False'),
    condition('Stalled', 'Ready', 'the server is Ready', 'False'),
    condition('PasswordInSync', 'InSync', ''),
    condition('VolumesProtected', 'Retained', 'the volumes outlive their claims'),
  ],
};

/** What the watcher says while something is so. */
export function told(type: 'Reconciling' | 'Stalled' | 'Ready', reason: string, message: string): Json {
  const conditions = ['Ready', 'Reconciling', 'Stalled'].map((each) =>
    condition(each, reason, message, each === type ? 'True' : 'False'),
  );
  return {
    observedGeneration: 2,
    message,
    conditions: [...conditions, condition('PasswordInSync', 'Pending', '', 'False')],
  };
}

export function resource(change: { metadata?: Json; spec?: Json; status?: Json | undefined } = {}): StoredMySQL {
  const metadata = { generation: 2, finalizers: ['otus.homework/final-backup'], ...change.metadata };
  const annotations = {
    'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ spec: { password: PASSWORD } }),
  };
  const spec = { image: 'mysql:9.7', database: 'shop', password: PASSWORD, storage_size: '1Gi', ...change.spec };
  const status = 'status' in change ? change.status : AT_REST;
  return stored('shop', { annotations, ...metadata }, { spec, ...(status === undefined ? {} : { status }) });
}

const RUNNING = { ready: true, restartCount: 0, state: { running: { startedAt: ago(500) } }, lastState: {} };

/** The server's pod with one container in this state. */
export function serverPod(container: Json = RUNNING, change: Json = {}): Pod {
  const isRunning = 'running' in (container['state'] as Json);
  const conditions = [
    { type: 'PodScheduled', status: 'True' },
    { type: 'PodReadyToStartContainers', status: isRunning ? 'True' : 'False' },
    { type: 'Ready', status: container['ready'] === true ? 'True' : 'False' },
  ];
  const { metadata = {}, status = {} } = change as { metadata?: Json; status?: Json };
  return stored(
    'shop-0',
    { labels: { ...LABELS, app: 'shop' }, ...metadata },
    {
      spec: { nodeName: 'node1', containers: [{ name: 'mysql', image: 'mysql:9.7' }] },
      status: { conditions, startTime: ago(500), containerStatuses: [{ name: 'mysql', ...container }], ...status },
    },
  );
}

/** A container that the kubelet does not start. */
export function waitingContainer(reason: string, message = '', more: Json = {}): Json {
  return { ready: false, restartCount: 0, state: { waiting: { reason, message } }, lastState: {}, ...more };
}

/** A Job of the resource with one pod that ended with this message. */
export function endedJob(
  step: 'backup' | 'restore' | 'change-pass',
  end: { readonly type: 'Failed' | 'Complete'; readonly message: string; readonly uid?: string },
): { readonly job: Job; readonly pod: Pod } {
  const name = childNames('shop').jobs[step];
  const labels = { ...LABELS, 'otus.homework/step': step, 'otus.homework/resource-uid': end.uid ?? 'uid-shop' };
  const conditions = [
    {
      type: end.type,
      status: 'True',
      reason: 'PodFailurePolicy',
      message: 'its pod failed',
      lastTransitionTime: ago(120),
    },
  ];
  const job = stored<Job>(name, { labels }, { status: { conditions } });
  const terminated = { exitCode: end.type === 'Failed' ? 3 : 0, message: end.message, finishedAt: ago(121) };
  const pod = stored<Pod>(
    `${name}-x`,
    { labels, ownerReferences: [{ uid: job.metadata.uid }] },
    {
      spec: { containers: [{ image: 'mysql:9.7' }] },
      status: { containerStatuses: [{ restartCount: 0, state: { terminated } }] },
    },
  );
  return { job, pod };
}

/** A Job that runs, with a pod whose container is in this state. */
export function runningJob(step: 'backup' | 'restore', container: Json): { readonly job: Job; readonly pod: Pod } {
  const { job, pod } = endedJob(step, { type: 'Complete', message: '' });
  const conditions = [{ type: 'PodScheduled', status: 'True' }];
  return {
    job: { ...job, status: {} },
    pod: { ...pod, status: { conditions, containerStatuses: [container] } } as unknown as Pod,
  };
}

export function claim(
  role: 'data' | 'backup',
  change: { metadata?: Json; spec?: Json; status?: Json } = {},
): PersistentVolumeClaim {
  const name = role === 'data' ? 'shop-pvc' : 'backup-shop-pvc';
  const spec = {
    storageClassName: 'fast',
    volumeName: `pv-${role}`,
    resources: { requests: { storage: '1Gi' } },
    ...change.spec,
  };
  const status = { phase: 'Bound', capacity: { storage: '1Gi' }, ...change.status };
  return stored(name, { labels: LABELS, ...change.metadata }, { spec, status });
}

/** A claim that no volume is bound to. */
export function pendingClaim(role: 'data' | 'backup', className?: string): PersistentVolumeClaim {
  const { spec: _, status: __, ...rest } = claim(role);
  const storageClassName = className === undefined ? {} : { storageClassName: className };
  const spec = { resources: { requests: { storage: '1Gi' } }, ...storageClassName };
  return { ...rest, spec, status: { phase: 'Pending' } };
}

export function volume(
  role: 'data' | 'backup',
  change: { metadata?: Json; spec?: Json; status?: Json } = {},
): PersistentVolume {
  const claimRef = { namespace: 'prod', name: role === 'data' ? 'shop-pvc' : 'backup-shop-pvc', uid: 'uid-of-claim' };
  const spec = {
    persistentVolumeReclaimPolicy: 'Retain',
    storageClassName: 'fast',
    capacity: { storage: '1Gi' },
    claimRef,
    ...change.spec,
  };
  return stored(
    `pv-${role}`,
    { namespace: undefined, ...change.metadata },
    { spec, status: { phase: 'Bound', ...change.status } },
  );
}

/** The last of an object's Events. */
export function event(about: { readonly metadata: { readonly uid: string } }, reason: string, message: string): Event {
  const involvedObject = { uid: about.metadata.uid };
  return stored(`event-${reason}`, {}, { involvedObject, reason, message, lastTimestamp: ago(10) });
}

export function deployment(
  ready: number,
  change: { args?: readonly string[]; image?: string; name?: string } = {},
): Deployment {
  const { args = ['watch'], image = 'kubectl-mysql:0.1.0', name = 'kubectl-mysql' } = change;
  const spec = {
    replicas: 1,
    template: { spec: { serviceAccountName: 'kubectl-mysql', containers: [{ name: 'watcher', image, args }] } },
  };
  return stored(name, { namespace: 'kubectl-mysql' }, { spec, status: { readyReplicas: ready } });
}

export function lease(seconds: number, holderIdentity = 'somebody'): Lease {
  const spec = { holderIdentity, renewTime: ago(seconds), leaseDurationSeconds: 15 };
  return stored('kubectl-mysql', { namespace: 'kubectl-mysql' }, { spec });
}

/** Everything as it should be; `change` says what is not. */
export function facts(change: Partial<ResourceFacts> = {}): ResourceFacts {
  return {
    resource: resource(),
    namespace: stored<Namespace>('prod', { namespace: undefined }),
    pods: [serverPod()],
    jobs: [],
    statefulSet: stored<StatefulSet>('shop', {}),
    gate: stored<ConfigMap>('shop-gate', {}),
    claims: { data: claim('data'), backup: claim('backup') },
    volumes: [volume('data'), volume('backup')],
    watcher: { deployments: [deployment(1)], leases: [lease(3)] },
    details: NO_DETAILS,
    unreadable: [],
    ...change,
  };
}

/** A namespace that is being deleted. */
export function terminatingNamespace(): Namespace {
  const conditions = [
    {
      type: 'NamespaceFinalizersRemaining',
      status: 'True',
      message: 'Some content has finalizers: otus.homework/final-backup',
    },
  ];
  return stored(
    'prod',
    { namespace: undefined, deletionTimestamp: ago(60) },
    { status: { phase: 'Terminating', conditions } },
  );
}
