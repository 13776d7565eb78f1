// What `kubectl mysql status` says: every reason for which something waits has a row.

import { describe, expect, it } from 'vitest';
import { buildReport } from '../../src/report/build-report.ts';
import { wantDetails } from '../../src/report/details.ts';
import type { ResourceFacts } from '../../src/report/facts.ts';
import { formatPage } from '../../src/report/page.ts';
import type { StatusReport } from '../../src/report/report.ts';
import { formatTable } from '../../src/report/table.ts';
import { createPaint } from '../../src/report/text.ts';
import {
  AT_REST,
  NOW,
  PASSWORD,
  ago,
  claim,
  condition,
  deployment,
  endedJob,
  event,
  facts,
  lease,
  pendingClaim,
  resource,
  runningJob,
  serverPod,
  terminatingNamespace,
  told,
  volume,
  waitingContainer,
} from '../support/report.ts';

const PLAIN = { now: NOW, paint: createPaint(false) };
const NOBODY = { deployments: [], leases: [] };
const GATED = serverPod(waitingContainer('ContainerCreating'));
const NEW = resource({ metadata: { finalizers: undefined }, status: undefined });
const DELETED = { deletionTimestamp: ago(90) };

function report(change: Partial<ResourceFacts>): StatusReport {
  return buildReport(facts(change), NOW);
}

/** The obstacle that a person is to know first. */
function first(change: Partial<ResourceFacts>): StatusReport['waitingFor'][number] | undefined {
  return report(change).waitingFor[0];
}

describe('why a resource waits', () => {
  it('a resource at rest waits for nothing', () => {
    expect(report({})).toMatchObject({
      phase: 'Ready',
      message: AT_REST.message,
      waitingFor: [],
      next: null,
      since: ago(300),
    });
  });

  it.each<[string, Partial<ResourceFacts>, string, string, string | null]>([
    [
      'the gate is closed and no watcher runs',
      { resource: NEW, gate: undefined, pods: [GATED], watcher: NOBODY },
      'NoWatcher',
      'no watcher runs: the gate is closed, and only a watcher opens it',
      'kubectl mysql install --image IMAGE | kubectl apply --server-side -f -',
    ],
    [
      'the gate is closed and the watcher is not ready',
      {
        resource: NEW,
        gate: undefined,
        pods: [GATED],
        watcher: { deployments: [deployment(0)], leases: [lease(400)] },
      },
      'NoWatcher',
      'the watcher is not ready: the gate is closed, and only a watcher opens it',
      'kubectl get pods --all-namespaces -l app.kubernetes.io/name=kubectl-mysql',
    ],
    [
      'the watcher looks after other namespaces only',
      {
        resource: NEW,
        gate: undefined,
        pods: [GATED],
        watcher: { deployments: [deployment(1, { args: ['watch', '--namespace=dev'] })], leases: [] },
      },
      'NoWatcher',
      'no watcher runs: the gate is closed, and only a watcher opens it',
      'kubectl mysql install --image IMAGE | kubectl apply --server-side -f -',
    ],
    [
      'nobody has acted, and whether a watcher runs may not be read',
      { resource: NEW, gate: undefined, pods: [GATED], watcher: { deployments: 'forbidden', leases: 'forbidden' } },
      'WatcherUnknown',
      'nobody has acted on this resource yet, and whether a watcher runs may not be read: the gate is closed, and only a watcher opens it',
      'kubectl mysql install',
    ],
    [
      'the last change waits for a watcher',
      { resource: resource({ status: { ...AT_REST, observedGeneration: 1 } }), watcher: NOBODY },
      'NoWatcher',
      'no watcher runs: the last change waits for a watcher',
      'kubectl mysql install --image IMAGE | kubectl apply --server-side -f -',
    ],
    [
      'the deletion waits for a watcher',
      { resource: resource({ metadata: DELETED }), watcher: NOBODY },
      'NoWatcher',
      'no watcher runs: the deletion waits for the final backup, which a watcher makes',
      'kubectl mysql install --image IMAGE | kubectl apply --server-side -f -',
    ],
    [
      'the namespace is being deleted',
      { namespace: terminatingNamespace() },
      'NamespaceTerminating',
      'the namespace prod is being deleted; no Job can run in it',
      null,
    ],
    [
      'the Secret with the password is missing',
      {
        resource: resource({
          spec: { password: undefined, passwordSecretRef: { name: 'shop-root', key: 'password' } },
          status: told('Reconciling', 'PasswordMissing', 'waits for the Secret with the password'),
        }),
        gate: undefined,
        pods: [GATED],
      },
      'PasswordMissing',
      "the Secret shop-root with the key password is missing; it holds root's password",
      'kubectl -n prod create secret generic shop-root --from-literal=password=PASSWORD',
    ],
    [
      'the data claim is pending',
      { gate: undefined, claims: { data: pendingClaim('data', 'fsat'), backup: claim('backup') } },
      'ClaimPending',
      'the claim shop-pvc is not bound to a volume of the class fsat',
      'kubectl -n prod describe persistentvolumeclaim shop-pvc',
    ],
    [
      'the backup claim is pending, of the default class',
      { gate: undefined, claims: { data: claim('data'), backup: pendingClaim('backup') } },
      'ClaimPending',
      'the claim backup-shop-pvc is not bound to a volume of the default class',
      'kubectl -n prod describe persistentvolumeclaim backup-shop-pvc',
    ],
    [
      'a claim is not there',
      { gate: undefined, claims: { data: undefined, backup: claim('backup') } },
      'ClaimMissing',
      'the claim shop-pvc is not there',
      'kubectl mysql render -f FILE | kubectl apply -f -',
    ],
    [
      'a claim is being deleted',
      { claims: { data: claim('data', { metadata: DELETED }), backup: claim('backup') } },
      'ClaimDeleting',
      'the claim shop-pvc is being deleted and waits until no pod uses it',
      null,
    ],
    [
      'a claim has lost its volume',
      { claims: { data: claim('data', { status: { phase: 'Lost' } }), backup: claim('backup') } },
      'ClaimLost',
      'the claim shop-pvc has lost its volume pv-data',
      'kubectl -n prod describe persistentvolumeclaim shop-pvc',
    ],
    [
      'the StatefulSet is not there',
      { statefulSet: undefined, pods: [] },
      'ServerMissing',
      'the StatefulSet shop is not there',
      'kubectl mysql render -f FILE | kubectl apply -f -',
    ],
    [
      'no node takes the pod',
      {
        pods: [
          serverPod(waitingContainer('ContainerCreating'), {
            status: {
              conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes: Insufficient cpu' }],
              containerStatuses: [],
            },
          }),
        ],
      },
      'Unschedulable',
      'no node takes the pod shop-0',
      'kubectl -n prod describe pod shop-0',
    ],
    [
      'the image cannot be pulled',
      { pods: [serverPod(waitingContainer('ImagePullBackOff', 'Back-off pulling image "mysql:9.7": not found'))] },
      'ImagePull',
      'the node cannot get the image mysql:9.7',
      'kubectl -n prod describe pod shop-0',
    ],
    [
      "a Job's image cannot be pulled",
      (() => {
        const { job, pod } = runningJob('restore', waitingContainer('ErrImagePull', 'not found'));
        return { gate: undefined, jobs: [job], pods: [pod, GATED] };
      })(),
      'ImagePull',
      'the node cannot get the image mysql:9.7',
      'kubectl -n prod describe pod restore-shop-job-x',
    ],
    [
      'the container cannot be made',
      { pods: [serverPod(waitingContainer('CreateContainerConfigError', 'secret "x" not found'))] },
      'CreateContainerConfigError',
      'the node cannot make the container of shop-0',
      'kubectl -n prod describe pod shop-0',
    ],
    [
      'the server crashes again and again',
      {
        pods: [
          serverPod(
            waitingContainer('CrashLoopBackOff', 'back-off 20s', {
              restartCount: 4,
              lastState: {
                terminated: {
                  exitCode: 1,
                  finishedAt: ago(20),
                  message: 'a line\nthe volume has no data but data was expected\n',
                },
              },
            }),
          ),
        ],
      },
      'CrashLoop',
      'the server ends with exit code 1 and was started 5 times',
      'kubectl -n prod logs shop-0 --previous',
    ],
    [
      'the pod does not go',
      { pods: [serverPod(undefined, { metadata: { deletionTimestamp: ago(300) } })] },
      'PodTerminating',
      'the pod shop-0 does not go; its node node1 may be down',
      'kubectl taint nodes node1 node.kubernetes.io/out-of-service=nodeshutdown:NoExecute',
    ],
    [
      'only finalizers of others hold the deletion',
      { resource: resource({ metadata: { ...DELETED, finalizers: ['example.com/hold'] } }) },
      'ForeignFinalizer',
      'only finalizers of others hold the deletion now: example.com/hold',
      'kubectl -n prod get mysql shop -o yaml',
    ],
    [
      'what the watcher itself calls stalled',
      {
        resource: resource({
          status: told('Stalled', 'RetainedVolumeNotBound', 'put spec.storage.className: fast into git'),
        }),
      },
      'RetainedVolumeNotBound',
      'put spec.storage.className: fast into git',
      null,
    ],
    [
      'the server runs and does not answer yet',
      {
        pods: [serverPod({ ready: false, restartCount: 0, state: { running: { startedAt: ago(30) } }, lastState: {} })],
      },
      'ServerStarting',
      'the server runs and does not answer yet',
      'kubectl -n prod logs -f shop-0',
    ],
  ])('%s', (...[, change, reason, message, command]) => {
    const found = first(change);
    expect(found).toMatchObject({ reason, message });
    expect(found?.next?.command ?? null).toBe(command);
  });

  it("a pending claim tells the claim's last Event", () => {
    const data = pendingClaim('data', 'fsat');
    const events = [
      { ...event(data, 'Earlier', 'something else'), lastTimestamp: ago(100) },
      event(data, 'ProvisioningFailed', 'storageclass.storage.k8s.io "fsat" not found'),
      event(claim('backup'), 'Other', 'about another object'),
    ];
    const found = first({ claims: { data, backup: claim('backup') }, details: { events, logs: {} } });
    expect(found).toMatchObject({
      since: ago(600),
      evidence: [{ kind: 'event', text: 'ProvisioningFailed: storageclass.storage.k8s.io "fsat" not found' }],
    });
  });

  it('a StatefulSet that makes no pod tells its last Event', () => {
    const set = facts().statefulSet;
    const events = set ? [event(set, 'FailedCreate', 'pods "shop-0" is forbidden: exceeded quota')] : [];
    expect(first({ pods: [], details: { events, logs: {} } })).toMatchObject({
      reason: 'PodMissing',
      evidence: [{ kind: 'event', text: 'FailedCreate: pods "shop-0" is forbidden: exceeded quota' }],
    });
  });

  it('a pod that something else than the gate holds tells its last Event', () => {
    const details = { events: [event(GATED, 'FailedMount', 'configmap "shop-config" not found')], logs: {} };
    expect(first({ pods: [GATED], details })).toMatchObject({
      reason: 'ContainerCreating',
      evidence: [{ kind: 'event', text: 'FailedMount: configmap "shop-config" not found' }],
    });
  });

  it.each([
    [
      'its termination message',
      { exitCode: 1, message: 'first\nrefused: the volume has no data\n' },
      {},
      'termination',
      'refused: the volume has no data',
    ],
    ['without one the last line of its log', { exitCode: 137 }, { 'uid-shop-0': 'one\ntwo\n\n' }, 'log', 'two'],
  ])('a crashing server tells %s', (...[, terminated, logs, kind, text]) => {
    const pods = [serverPod(waitingContainer('CrashLoopBackOff', '', { lastState: { terminated } }))];
    expect(first({ pods, details: { events: [], logs } })?.evidence).toEqual([{ kind, text }]);
  });

  it('a server that is killed for want of memory tells that, whatever it said before', () => {
    const terminated = { exitCode: 1, reason: 'OOMKilled', message: 'ERROR 2013: Lost connection\n' };
    const pods = [serverPod(waitingContainer('CrashLoopBackOff', '', { restartCount: 3, lastState: { terminated } }))];
    expect(first({ pods })).toMatchObject({
      reason: 'CrashLoop',
      message: 'the server is killed for want of memory and was started 4 times',
      next: { text: 'raise resources.limits.memory in git', command: null },
    });
  });

  it.each([
    ['backup', 'BackupFailed', 'otus.homework/skip-final-backup: "true"'],
    ['restore', 'RestoreFailed', 'mend the cause, then delete the Job, and it is made again'],
    ['change-pass', 'PasswordChangeFailed', 'otus.homework/reset-password: "true"'],
  ] as const)('a failed %s Job tells its last log line, its result, and the way out, once', (step, reason, wayOut) => {
    const result = { outcome: 'refused', reason: 'the backup is damaged', backup: '0003' };
    const { job, pod } = endedJob(step, { type: 'Failed', message: JSON.stringify(result) });
    const logs = { [pod.metadata.uid]: 'sha256sum: WARNING\n' };
    const { waitingFor, phase } = report({
      resource: resource({ status: told('Stalled', reason, 'it failed') }),
      jobs: [job],
      pods: [serverPod(), pod],
      details: { events: [], logs },
    });
    expect(phase).toBe('Stalled');
    expect(waitingFor).toHaveLength(1);
    expect(waitingFor[0]).toMatchObject({
      reason: 'JobFailed',
      object: `job/${job.metadata.name}`,
      message: `the Job ${job.metadata.name} failed: the backup is damaged`,
      since: ago(120),
      evidence: [
        { kind: 'log', text: 'sha256sum: WARNING' },
        { kind: 'result', text: '{"outcome":"refused","backup":"0003","reason":"the backup is damaged"}' },
      ],
      next: { command: `kubectl -n prod delete job ${job.metadata.name}` },
    });
    expect(waitingFor[0]?.next?.text).toContain(wayOut);
  });

  it('what the watcher calls stalled is told since its reason holds, not since the resource is not Ready', () => {
    const status = { ...told('Stalled', 'ActionRefused', 'no'), since: ago(7) };
    expect(report({ resource: resource({ status }) })).toMatchObject({
      since: ago(7),
      waitingFor: [{ reason: 'ActionRefused', since: ago(7) }],
    });
    expect(report({ resource: resource({ status: { ...AT_REST, since: ago(7) } }) }).since).toBe(ago(300));
  });

  it.each<[string, string, Partial<ResourceFacts>, string]>([
    [
      'a server that does not start',
      'ServerFailing',
      { pods: [serverPod(waitingContainer('ImagePullBackOff', 'not found'))] },
      'ImagePull',
    ],
    [
      'a pod that does not go',
      'PodStuck',
      { pods: [serverPod(undefined, { metadata: { deletionTimestamp: ago(300) } })] },
      'PodTerminating',
    ],
    [
      'the pod of a Job that does not go',
      'JobNotStarting',
      { pods: [serverPod(undefined, { metadata: { deletionTimestamp: ago(300) } })] },
      'PodTerminating',
    ],
    [
      'a volume that is lost',
      'VolumeLost',
      { claims: { data: claim('data', { status: { phase: 'Lost' } }), backup: claim('backup') } },
      'ClaimLost',
    ],
  ])('%s is told by its object and not again in the words of the watcher', (...[, reason, change, known]) => {
    const { phase, waitingFor } = report({ resource: resource({ status: told('Stalled', reason, 'x') }), ...change });
    expect([phase, waitingFor.map((each) => each.reason)]).toEqual(['Stalled', [known]]);
  });

  it('a server that runs is Ready also while the Secret of its password is missing', () => {
    const status = told('Ready', 'PasswordMissing', 'the old one stays in force');
    const { phase, waitingFor } = report({ resource: resource({ status }) });
    expect([phase, waitingFor.map(({ reason }) => reason)]).toEqual(['Ready', ['PasswordMissing']]);
  });

  it('a failed Job without a result tells what Kubernetes says', () => {
    const { job, pod } = endedJob('restore', { type: 'Failed', message: 'bash: killed' });
    expect(first({ jobs: [job], pods: [serverPod(), pod] })?.message).toBe(
      'the Job restore-shop-job failed: its pod failed',
    );
  });

  it('a failed Job of an earlier resource of the name is history', () => {
    const { job, pod } = endedJob('backup', { type: 'Failed', message: '{}', uid: 'an-earlier-uid' });
    expect(report({ jobs: [job], pods: [serverPod(), pod] }).waitingFor).toEqual([]);
  });
});

describe('what does not count as waiting', () => {
  it.each<[string, Partial<ResourceFacts>]>([
    ['a watcher that is not found, when nothing is to be done', { watcher: NOBODY }],
    [
      'claims that go with the deletion',
      { resource: resource({ metadata: DELETED }), claims: { data: undefined, backup: undefined } },
    ],
    [
      'a StatefulSet that goes with the deletion',
      { resource: resource({ metadata: DELETED }), statefulSet: undefined, pods: [] },
    ],
    ['a paused server without a pod', { resource: resource({ spec: { paused: true } }), pods: [] }],
    [
      'a Job that is complete',
      (() => {
        const { job, pod } = endedJob('restore', { type: 'Complete', message: '{"outcome":"done"}' });
        return { jobs: [job], pods: [serverPod(), pod] };
      })(),
    ],
    [
      'the missing backup claim of an unmanaged resource',
      {
        resource: resource({ spec: { lifecycle: 'None' } }),
        claims: { data: claim('data'), backup: undefined },
        gate: undefined,
        watcher: NOBODY,
      },
    ],
    [
      'the gate of a server that a watcher is about to start',
      {
        resource: resource({ status: told('Reconciling', 'Restoring', 'the restore Job looks') }),
        gate: undefined,
        pods: [GATED],
      },
    ],
  ])('%s', (_, change) => {
    expect(report(change).waitingFor).toEqual([]);
  });
});

describe('what it is doing', () => {
  const doing = (reason: string): Partial<ResourceFacts> => ({
    resource: resource({ status: told('Reconciling', reason, 'the words of the watcher') }),
  });
  it.each<[string, Partial<ResourceFacts>, string, string]>([
    [
      'a new resource that a watcher has not seen',
      { resource: NEW, gate: undefined, pods: [GATED] },
      'Starting',
      'it is new',
    ],
    ['opening the gate', doing('Opening'), 'Starting', 'the words of the watcher'],
    ['a restore', doing('Restoring'), 'Restoring', 'the words of the watcher'],
    ['a password change', doing('PasswordChanging'), 'ChangingPassword', 'the words of the watcher'],
    ['a step that has no word of its own', doing('ClaimReplaced'), 'Working', 'the words of the watcher'],
    [
      'paused',
      {
        resource: resource({ spec: { paused: true }, status: told('Ready', 'Paused', 'paused; the volumes stay') }),
        pods: [],
      },
      'Paused',
      'paused; the volumes stay',
    ],
    [
      'a deletion',
      { resource: resource({ metadata: DELETED, status: told('Reconciling', 'BackingUp', 'the final backup runs') }) },
      'Deleting',
      'the final backup runs',
    ],
    [
      'a deletion that failed',
      { resource: resource({ metadata: DELETED, status: told('Stalled', 'DataMissing', 'find the volume') }) },
      'Stalled',
      'find the volume',
    ],
    [
      'a resource without a watcher of its own wish',
      { resource: resource({ spec: { lifecycle: 'None' }, status: undefined }) },
      'NotManaged',
      'lifecycle is None, so no watcher looks after it; the server is Ready',
    ],
  ])('%s', (...[, change, phase, message]) => {
    expect(report(change)).toMatchObject({ phase, message });
  });

  it('a deletion is told with the time when it was asked for', () => {
    expect(report({ resource: resource({ metadata: DELETED }) })).toMatchObject({
      phase: 'Deleting',
      since: ago(90),
      deletionRequestedAt: ago(90),
    });
  });
});

describe('whether a watcher runs', () => {
  const wrote = (seconds: number) =>
    resource({ metadata: { managedFields: [{ manager: 'mysql.otus.homework', time: ago(seconds) }] } });
  it.each<[string, Partial<ResourceFacts>, string, RegExp]>([
    [
      'a Deployment with a ready pod',
      {},
      'Running',
      /^Deployment kubectl-mysql in the namespace kubectl-mysql: 1 of 1 ready$/,
    ],
    [
      'no Deployment, a fresh Lease: it runs elsewhere',
      { watcher: { deployments: [], leases: [lease(3)] } },
      'Running',
      /^Lease kubectl-mysql .* held by somebody, renewed 3s ago$/,
    ],
    [
      'a Lease that was given up',
      { watcher: { deployments: [], leases: [lease(3, '')] } },
      'NotFound',
      /no fresh Lease/,
    ],
    ['a Lease that is old', { watcher: { deployments: [], leases: [lease(300)] } }, 'NotFound', /no fresh Lease/],
    [
      'a Deployment without a ready pod',
      { watcher: { deployments: [deployment(0)], leases: [] } },
      'NotReady',
      /0 of 1 ready/,
    ],
    [
      'a Deployment for another namespace, which holds its Lease',
      { watcher: { deployments: [deployment(1, { args: ['watch', '--namespace=dev'] })], leases: [lease(3)] } },
      'NotFound',
      /no Deployment of it that looks after this namespace/,
    ],
    [
      'what it wrote just now, without Deployment and Lease',
      { resource: wrote(5), watcher: NOBODY },
      'Running',
      /^it wrote to this resource 5s ago$/,
    ],
    [
      'what it wrote long ago proves nothing',
      { resource: wrote(7200), watcher: NOBODY, gate: undefined },
      'NotFound',
      /; it wrote to this resource 2h ago$/,
    ],
    [
      'an old password that nobody has discarded',
      { ...overlap({ passwordOverlap: '2m' }, 300), watcher: NOBODY },
      'NotFound',
      /no fresh Lease$/,
    ],
    [
      'at rest nothing tells whether one runs without a Lease',
      { resource: wrote(7200), watcher: NOBODY },
      'Unknown',
      /it wrote to this resource 2h ago; one that runs elsewhere without a Lease would have nothing to do now$/,
    ],
    [
      'what may not be read',
      { watcher: { deployments: 'forbidden', leases: 'forbidden' } },
      'Unknown',
      /^Deployments and Leases of other namespaces may not be read$/,
    ],
    [
      'a Lease alone may be read, and is fresh',
      { watcher: { deployments: 'forbidden', leases: [lease(3)] } },
      'Running',
      /renewed 3s ago/,
    ],
  ])('%s', (...[, change, state, evidence]) => {
    const { watcher } = report(change);
    expect(watcher.state).toBe(state);
    expect(watcher.evidence).toMatch(evidence);
  });
});

/** A new password came into force so many seconds ago. */
function overlap(spec: Readonly<Record<string, unknown>>, seconds = 60): Pick<ResourceFacts, 'resource'> {
  return {
    resource: resource({
      spec,
      status: {
        ...told('Ready', 'PasswordOverlap', 'the previous password still works'),
        conditions: [
          condition('Ready', 'PasswordOverlap', ''),
          { ...condition('PasswordInSync', 'InSync', ''), lastTransitionTime: ago(seconds) },
        ],
      },
    }),
  };
}

describe('the password', () => {
  it.each<[string, Partial<ResourceFacts>, object]>([
    ['in sync', {}, { state: 'InSync', overlapUntil: null }],
    [
      'being changed',
      { resource: resource({ status: told('Reconciling', 'PasswordChanging', 'x') }) },
      { state: 'Changing', overlapUntil: null },
    ],
    ['both work, for five minutes', overlap({}), { state: 'Overlap', overlapUntil: ago(60 - 300) }],
    [
      'both work, for as long as git says',
      overlap({ passwordOverlap: '2h' }),
      { state: 'Overlap', overlapUntil: ago(60 - 7200) },
    ],
    [
      'its Secret is missing',
      { resource: resource({ status: told('Reconciling', 'PasswordMissing', 'x') }) },
      { state: 'Missing', overlapUntil: null },
    ],
    ['nothing told yet', { resource: NEW }, { state: 'Unknown', overlapUntil: null }],
  ])('%s', (_, change, password) => {
    expect(report(change).password).toEqual(password);
  });
});

describe('the page', () => {
  const page = (change: Partial<ResourceFacts>): string => formatPage(report(change), PLAIN);

  it('of a resource at rest', () => {
    const status = {
      ...AT_REST,
      lastBackup: {
        name: '0003-20261121-120000',
        time: ago(172_800),
        bytes: 1_288_490_188,
        serverVersion: '9.7.4',
        source: 'final',
      },
      restoredFrom: '0003-20261121-120000',
    };
    expect(page({ resource: resource({ status }) })).toBe(`shop in the namespace prod: Ready for 5m
  shop created without restore-job

Server       mysql:9.7, MySQL 9.7.4, Ready, pod shop-0 on node1
Password     the one in git is in force
Data         1Gi, class fast, Bound to pv-data, Retain
Backups      1Gi, class fast, Bound to pv-backup, Retain
Last backup  0003-20261121-120000, 2d old, 1.2GiB, MySQL 9.7.4, final
Restored     from the backup 0003-20261121-120000
Watcher      runs (0.1.0): Deployment kubectl-mysql in the namespace kubectl-mysql: 1 of 1 ready

Conditions
  Ready=True for 5m  Ready: the server is Ready
  Reconciling=False for 5m  Ready: the server is Ready
  Stalled=False for 5m  Ready: the server is Ready
  PasswordInSync=True for 5m  InSync
  VolumesProtected=True for 5m  Retained: the volumes outlive their claims
`);
  });

  it('of a resource that waits begins with the reason and what to do', () => {
    expect(page({ resource: NEW, gate: undefined, pods: [GATED], watcher: NOBODY }))
      .toMatch(`shop in the namespace prod: Waiting for 10m
  no watcher runs: the gate is closed, and only a watcher opens it

Waits for
  NoWatcher (for 10m): no watcher runs: the gate is closed, and only a watcher opens it

Next
  install the watcher
  $ kubectl mysql install --image IMAGE | kubectl apply --server-side -f -

Server       mysql:9.7, not Ready, pod shop-0 on node1
Password     not told yet
`);
  });

  it.each<[string, Partial<ResourceFacts>, string]>([
    [
      'a volume that goes with its claim is said',
      { volumes: [volume('data', { spec: { persistentVolumeReclaimPolicy: 'Delete' } })] },
      'Bound to pv-data, Delete: it goes with its claim',
    ],
    [
      'volumes that may not be read are said, and no error',
      { volumes: 'forbidden', unreadable: ['persistentvolumes'] },
      'Bound to pv-data, its reclaim policy may not be read',
    ],
    [
      'what may not be read is listed',
      { volumes: 'forbidden', unreadable: ['persistentvolumes'] },
      '\nMay not be read: persistentvolumes\n',
    ],
    [
      'a claim that is not there',
      { claims: { data: undefined, backup: claim('backup') } },
      'Data         claim shop-pvc is not there',
    ],
    [
      'restarts',
      { pods: [serverPod({ ready: true, restartCount: 2, state: { running: {} }, lastState: {} })] },
      'pod shop-0 on node1, 2 restarts',
    ],
    ['no pod', { pods: [] }, 'Server       mysql:9.7, MySQL 9.7.4, no pod'],
    ['a deletion', { resource: resource({ metadata: DELETED }) }, 'Deletion     asked for 1m30s ago'],
    [
      'commands for the terminal are shown, not obeyed',
      { resource: resource({ status: told('Reconciling', 'Restoring', 'a\u001b[2Jb') }) },
      'a\\u001b[2Jb',
    ],
  ])('%s', (_, change, text) => {
    expect(page(change)).toContain(text);
  });

  it.each([
    ['the old one works for another 4m (until', '5m'],
    ['the old one still works, although its time was over at', '30s'],
  ])('of a changed password: %s', (text, passwordOverlap) => {
    expect(page(overlap({ passwordOverlap }))).toContain(`Password     changed; ${text} `);
  });

  it('says nothing of a time that is not known', () => {
    const change = { resource: resource({ status: undefined }), watcher: NOBODY };
    expect(page(change)).toMatch(/^shop in the namespace prod: Waiting\n/);
  });

  it('has colours only where they are wanted', () => {
    expect(page({})).not.toContain('\u001b');
    expect(formatPage(report({}), { now: NOW, paint: createPaint(true) })).toContain('\u001b[32mReady\u001b[0m');
  });
});

describe('the table', () => {
  it('has one line for each resource', () => {
    const reports = [report({}), report({ resource: NEW, gate: undefined, pods: [GATED], watcher: NOBODY })];
    expect(formatTable(reports, { ...PLAIN, withNamespace: true })).toBe(
      [
        'NAMESPACE   NAME   STATE     SINCE   SERVER      LAST BACKUP   MESSAGE',
        'prod        shop   Ready     5m      9.7.4       -             shop created without restore-job',
        'prod        shop   Waiting   10m     mysql:9.7   -             no watcher runs: the gate is closed, and only a watcher opens it',
        '',
      ].join('\n'),
    );
    expect(formatTable(reports, { ...PLAIN, withNamespace: false })).toMatch(/^NAME +STATE/);
  });
});

describe('secrets', () => {
  it('are in no report, although the resource and its annotations hold one', () => {
    const text = JSON.stringify(report({ resource: resource({ status: told('Stalled', 'X', 'y') }) }));
    expect(text).not.toContain(PASSWORD);
  });
});

describe('what is read besides', () => {
  const wanted = (change: Partial<ResourceFacts>): unknown => {
    const { eventsOf, logsOf } = wantDetails(facts(change));
    return [
      eventsOf.map(({ metadata }) => metadata.name),
      logsOf.map(({ pod, previous }) => [pod.metadata.name, previous]),
    ];
  };
  const failed = endedJob('backup', { type: 'Failed', message: '' });
  it.each<[string, Partial<ResourceFacts>, unknown]>([
    ['nothing of a resource at rest', {}, [[], []]],
    [
      'Events of a pending claim',
      { claims: { data: pendingClaim('data'), backup: claim('backup') } },
      [['shop-pvc'], []],
    ],
    ['Events of a pod that is not Ready', { pods: [GATED] }, [['shop-0'], []]],
    ['Events of a StatefulSet without a pod', { pods: [] }, [['shop'], []]],
    [
      'the log of a failed Job',
      { jobs: [failed.job], pods: [serverPod(), failed.pod] },
      [[], [['backup-shop-job-x', false]]],
    ],
    [
      'the previous log of a crashing server that left no message',
      { pods: [serverPod(waitingContainer('CrashLoopBackOff', '', { lastState: { terminated: { exitCode: 1 } } }))] },
      [['shop-0'], [['shop-0', true]]],
    ],
  ])('%s', (_, change, expected) => {
    expect(wanted(change)).toEqual(expected);
  });
});
