// What `kubectl mysql doctor` finds: every check has a row that is fine and rows that are not.

import { describe, expect, it } from 'vitest';
import { CLAIM_ANNOTATIONS } from '../../src/api/names.ts';
import type { Deployment, StorageClass } from '../../src/cluster/types.ts';
import type { Check } from '../../src/report/check.ts';
import type { Definition, DoctorFacts } from '../../src/report/doctor-facts.ts';
import { formatChecks, runChecks } from '../../src/report/doctor.ts';
import type { ResourceFacts } from '../../src/report/facts.ts';
import { describeRight, listReadingRights, listWatcherRights } from '../../src/report/rights.ts';
import { createPaint } from '../../src/report/text.ts';
import { AT_REST, NOW, ago, claim, deployment, facts, lease, resource, told, volume } from '../support/report.ts';

const DAY = 86_400;
const PROTECTED = { metadata: { annotations: CLAIM_ANNOTATIONS } };
const CLAIMS = { data: claim('data', PROTECTED), backup: claim('backup', PROTECTED) };

function definition(change: { schema?: object; metadata?: object } = {}): Definition {
  const { schema = { type: 'object', required: ['spec'] }, metadata = {} } = change;
  const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }];
  return { metadata, spec: { versions } } as unknown as Definition;
}

function storageClass(name: string, allowVolumeExpansion?: boolean): StorageClass {
  return { metadata: { name }, allowVolumeExpansion } as unknown as StorageClass;
}

const one = (change: Partial<ResourceFacts> = {}): ResourceFacts => facts({ claims: CLAIMS, ...change });
const named = (metadata: Readonly<Record<string, unknown>>) => [one({ resource: resource({ metadata }) })];
const gate = (name: string) => ({ metadata: { name, namespace: 'prod', labels: { 'otus.homework/mysql': 'blog' } } });
const retained = (annotations: object, phase: string) =>
  volume('data', { metadata: { annotations }, status: { phase } });
const right = (resource: string, allowed: boolean) => ({ verb: 'list', group: '', resource, allowed });

function check(change: Partial<DoctorFacts> = {}): Check[] {
  const all: DoctorFacts = {
    version: '0.1.0',
    namespace: undefined,
    expected: definition(),
    definition: definition(),
    resources: [one()],
    watcher: facts().watcher,
    callerRights: [],
    watcherRights: [{ account: 'kubectl-mysql/kubectl-mysql', rights: [right('pods', true)] }],
    claims: [claim('data', PROTECTED), claim('backup', PROTECTED)],
    volumes: [volume('data'), volume('backup')],
    classes: [storageClass('fast', true)],
    configMaps: [],
    kustomizations: [],
    ...change,
  };
  return runChecks(all, NOW);
}

const notOk = (checks: readonly Check[]): Check[] => checks.filter(({ level }) => level !== 'ok');

describe('where all is well', () => {
  it('every check says so, in one line', () => {
    expect(formatChecks(check(), createPaint(false))).toBe(`ok    definition: the CRD is the one of version 0.1.0
ok    watcher: kubectl-mysql in kubectl-mysql, 0.1.0, 1 replica ready
ok    watcher rights: kubectl-mysql/kubectl-mysql may do all that a watcher does
ok    your rights: you may read all that status and doctor look at
ok    retain: 2 volumes with data: all Retain
ok    claims: all carry what keeps delivery tools from deleting them
ok    storage classes: volumes of 1 class in use can grow
ok    deletions: none hangs
ok    gates: each belongs to a resource
ok    backups: 1 resource without one: a final backup is made on deletion
ok    delivery: no object asks a delivery tool to replace it
ok    leftovers: no volume is left over
`);
  });

  it('keys in another order are the same CRD', () => {
    expect(notOk(check({ definition: definition({ schema: { required: ['spec'], type: 'object' } }) }))).toEqual([]);
  });

  it.each<[string, Partial<DoctorFacts>]>([
    [
      'volumes before the gate may still go',
      {
        resources: [
          one({ gate: undefined, volumes: [volume('data', { spec: { persistentVolumeReclaimPolicy: 'Delete' } })] }),
        ],
      },
    ],
    [
      'a watcher without a Deployment, with a fresh Lease',
      { watcher: { deployments: [], leases: [lease(3)] }, watcherRights: [] },
    ],
    [
      'a deletion that goes on',
      { resources: [one({ resource: resource({ metadata: { deletionTimestamp: ago(300) } }) })] },
    ],
    [
      'a backup of yesterday',
      {
        resources: [one({ resource: resource({ status: { ...AT_REST, lastBackup: { name: '1', time: ago(DAY) } } }) })],
      },
    ],
    ["another tool's volume", { volumes: [retained({}, 'Released')] }],
    [
      'a volume that was given up and that its own policy is about to take away',
      {
        volumes: [
          volume('data', {
            metadata: { annotations: { 'otus.homework/resource-uid': 'x', 'otus.homework/finished': ago(5) } },
            spec: { persistentVolumeReclaimPolicy: 'Delete' },
            status: { phase: 'Released' },
          }),
        ],
      },
    ],
    ['a volume that is in use', { volumes: [retained({ 'otus.homework/resource-uid': 'x' }, 'Bound')] }],
    [
      'other options of Argo CD',
      { resources: named({ annotations: { 'argocd.argoproj.io/sync-options': 'Prune=false, ServerSideApply=true' } }) },
    ],
  ])('%s', (_, change) => {
    expect(notOk(check(change))).toEqual([]);
  });
});

describe('what is found', () => {
  it.each<[string, Partial<DoctorFacts>, string]>([
    [
      'no CRD',
      { definition: 'missing' },
      'fail  definition: the CRD mysqls.otus.homework is not there – install it: kubectl mysql install --image IMAGE | kubectl apply --server-side -f -',
    ],
    [
      'a CRD on its way out',
      { definition: definition({ metadata: { deletionTimestamp: ago(9) } }) },
      'fail  definition: the CRD is being deleted, so no resource is looked after – servers run on without it; install it again: kubectl mysql install --image IMAGE | kubectl apply --server-side -f -',
    ],
    [
      'a CRD of another version',
      { definition: definition({ schema: { type: 'object' } }) },
      'warn  definition: the CRD is not the one of version 0.1.0: fields may be dropped or refused – install the one of this version, with the flags of the installation: kubectl mysql install --image IMAGE | kubectl apply --server-side --force-conflicts -f -',
    ],
    [
      'a CRD that may not be read',
      { definition: 'forbidden' },
      'warn  definition: not checked: CustomResourceDefinitions may not be read',
    ],
    [
      'no watcher',
      { watcher: { deployments: [], leases: [] }, watcherRights: [] },
      'fail  watcher: no watcher was found for prod: no backup, no restore, no password change there – install it: kubectl mysql install --image IMAGE | kubectl apply --server-side -f -',
    ],
    [
      'a watcher for another namespace',
      {
        watcher: { deployments: [deployment(1, { args: ['watch', '--namespace=dev'] })], leases: [] },
        watcherRights: [],
      },
      'fail  watcher: no watcher was found for prod: no backup, no restore, no password change there – install it: kubectl mysql install --image IMAGE | kubectl apply --server-side -f -',
    ],
    [
      'no watcher and no resource',
      { watcher: { deployments: [], leases: [] }, watcherRights: [], resources: [] },
      'warn  watcher: no watcher was found, and no resource in the cluster needs one yet – install it before the first resource: kubectl mysql install --image IMAGE | kubectl apply --server-side -f -',
    ],
    [
      'no watcher and no resource in the namespace that is looked at',
      { watcher: { deployments: [], leases: [] }, watcherRights: [], resources: [], namespace: 'prod' },
      'warn  watcher: no watcher was found, and no resource in the namespace prod needs one yet – install it before the first resource: kubectl mysql install --image IMAGE | kubectl apply --server-side -f -',
    ],
    [
      'a watcher that is not ready',
      { watcher: { deployments: [deployment(0)], leases: [] } },
      'fail  watcher: kubectl-mysql in kubectl-mysql: 0 of 1 replicas are ready – see why: kubectl -n kubectl-mysql describe deployment kubectl-mysql',
    ],
    [
      'a watcher of another version',
      { watcher: { deployments: [deployment(1, { image: 'r.example:5000/kubectl-mysql:0.0.9' })], leases: [] } },
      'warn  watcher: kubectl-mysql in kubectl-mysql has the version 0.0.9, this program 0.1.0 – install the same version, with the flags of the installation: kubectl mysql install --image IMAGE | kubectl apply --server-side --force-conflicts -f -',
    ],
    [
      'a Lease that nobody holds',
      { watcher: { deployments: [deployment(1, { args: ['watch', '--leader-elect'] })], leases: [lease(3, '')] } },
      'warn  watcher: nobody holds the Lease kubectl-mysql in kubectl-mysql, so no replica acts – see what it says: kubectl -n kubectl-mysql logs deployment/kubectl-mysql',
    ],
    [
      'a watcher that may not be looked for',
      { watcher: { deployments: 'forbidden', leases: 'forbidden' }, watcherRights: [] },
      'warn  watcher: not checked: Deployments and Leases may not be read',
    ],
    [
      'rights that the watcher lacks',
      { watcherRights: [{ account: 'a/b', rights: [right('pods', false), right('jobs', true)] }] },
      'fail  watcher rights: a/b may not list pods – install its roles again, with the flags of the installation: kubectl mysql install --image IMAGE | kubectl apply --server-side --force-conflicts -f -',
    ],
    [
      'a watcher that may not touch volumes',
      { watcherRights: [{ account: 'a/b', rights: [right('persistentvolumes', false)] }] },
      'warn  watcher rights: a/b may not change volumes: deleting a claim or namespace destroys its data – install it with --protect-volumes, or use classes whose reclaimPolicy is Retain',
    ],
    [
      'rights of others that may not be asked',
      { watcherRights: [{ account: 'a/b', rights: 'forbidden' }] },
      'warn  watcher rights: not checked: the rights of others may not be read',
    ],
    [
      'rights that you lack',
      { callerRights: [right('persistentvolumes', false), right('pods', true)] },
      'warn  your rights: you may not list persistentvolumes: status and doctor say less – nothing, or ask for the role view and for reading volumes and classes of the cluster',
    ],
    [
      'a volume with data that goes with its claim',
      { resources: [one({ volumes: [volume('data', { spec: { persistentVolumeReclaimPolicy: 'Delete' } })] })] },
      `fail  retain: the volume pv-data of prod/shop-pvc goes with its claim – make it Retain: kubectl patch persistentvolume pv-data -p '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'`,
    ],
    [
      'volumes that may not be read',
      { resources: [one({ volumes: 'forbidden' })] },
      'warn  retain: not checked: PersistentVolumes may not be read',
    ],
    [
      'a claim without our annotations',
      { resources: [one({ claims: { data: claim('data'), backup: CLAIMS.backup } })] },
      'warn  claims: the claim prod/shop-pvc lacks argocd.argoproj.io/compare-options, argocd.argoproj.io/sync-options, helm.sh/resource-policy, kustomize.toolkit.fluxcd.io/prune: a delivery tool may delete it – apply the rendered manifests, or annotate it: kubectl -n prod annotate --overwrite persistentvolumeclaim shop-pvc argocd.argoproj.io/compare-options=IgnoreExtraneous argocd.argoproj.io/sync-options=Prune=false,Delete=false helm.sh/resource-policy=keep kustomize.toolkit.fluxcd.io/prune=disabled',
    ],
    [
      'a class whose volumes cannot grow',
      { classes: [storageClass('fast')] },
      'warn  storage classes: volumes of the class fast cannot grow – where the driver can, set allowVolumeExpansion: true on the class',
    ],
    [
      'a class that is not there',
      { classes: [] },
      'warn  storage classes: the class fast is not there: new claims of it stay pending – put a class into git that is there: kubectl get storageclasses',
    ],
    [
      'classes that may not be read',
      { classes: 'forbidden' },
      'warn  storage classes: not checked: StorageClasses may not be read',
    ],
    [
      'a deletion that hangs',
      {
        resources: [
          one({
            resource: resource({
              metadata: { deletionTimestamp: ago(7200) },
              status: told('Stalled', 'DataMissing', 'find the volume'),
            }),
            watcher: facts().watcher,
          }),
        ].map((each) => ({
          ...each,
          resource: {
            ...each.resource,
            status: {
              ...each.resource.status,
              conditions: [
                {
                  type: 'Stalled',
                  status: 'True',
                  reason: 'DataMissing',
                  message: 'find the volume',
                  lastTransitionTime: ago(3600),
                },
              ],
            },
          },
        })),
      },
      'fail  deletions: prod/shop is being deleted for 2h: find the volume – do what the message says; the watcher then goes on',
    ],
    [
      'a gate without its resource',
      { configMaps: [gate('blog-gate'), gate('blog-config')] as unknown as DoctorFacts['configMaps'] },
      'warn  gates: the gate prod/blog-gate is open, but its resource blog is gone: nobody backs that server up – apply the resource again; it takes the server over as it runs',
    ],
    ['gates that may not be read', { configMaps: 'forbidden' }, 'warn  gates: not checked: ConfigMaps may not be read'],
    [
      'an old backup',
      {
        resources: [
          one({ resource: resource({ status: { ...AT_REST, lastBackup: { name: '1', time: ago(9 * DAY) } } }) }),
        ],
      },
      'warn  backups: the last backup of prod/shop is 9d old – the next one is made when the resource is deleted; until then dump what you cannot lose',
    ],
    [
      'Argo CD that replaces',
      { resources: named({ annotations: { 'argocd.argoproj.io/sync-options': 'Prune=false, Replace=true' } }) },
      'fail  delivery: prod/shop carries Replace=true: replacing drops the finalizer and can delete a claim – take it out of git',
    ],
    [
      'Flux that forces',
      { resources: named({ annotations: { 'kustomize.toolkit.fluxcd.io/force': 'enabled' } }) },
      'fail  delivery: prod/shop carries kustomize.toolkit.fluxcd.io/force: enabled: replacing drops the finalizer and can delete a claim – take it out of git',
    ],
    [
      'a Kustomization of Flux that forces',
      {
        kustomizations: [
          { metadata: { name: 'apps', namespace: 'flux-system' }, spec: { force: true } },
          { metadata: { name: 'others', namespace: 'flux-system' }, spec: {} },
        ] as unknown as DoctorFacts['kustomizations'],
      },
      'warn  delivery: the Kustomization flux-system/apps of Flux has force: true: a change that the API server refuses deletes the database, which is backed up before – take spec.force out of it',
    ],
    [
      'Flux without our annotation',
      { resources: named({ labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' }, annotations: {} }) },
      'warn  delivery: prod/shop is delivered by Flux without kustomize.toolkit.fluxcd.io/ssa: Merge: Flux takes the finalizer off – deliver what kubectl mysql render prints',
    ],
    [
      'a volume that was given up',
      { volumes: [retained({ 'otus.homework/resource-uid': 'x', 'otus.homework/finished': ago(DAY) }, 'Released')] },
      `warn  leftovers: the volume pv-data (1Gi) of prod/shop-pvc was given up on ${ago(DAY)} – delete it, and what its driver keeps behind it: kubectl delete persistentvolume pv-data`,
    ],
    [
      'a volume that is kept for a resource',
      {
        volumes: [retained({ 'otus.homework/resource-uid': 'x', 'otus.homework/retained-at': ago(DAY) }, 'Available')],
      },
      `warn  leftovers: the volume pv-data (1Gi) holds data of prod/shop-pvc, retained since ${ago(DAY)} – make the resource of that name again to get the data back; or, when surely nobody needs it, delete it: kubectl delete persistentvolume pv-data`,
    ],
    [
      'the backups of a resource that is gone',
      { resources: [] },
      `warn  leftovers: the claim prod/backup-shop-pvc (1Gi, of ${ago(600)}) holds the backups of shop, which is gone – apply the resource again to restore it; or, when surely nobody needs it, delete the claim: kubectl -n prod delete persistentvolumeclaim backup-shop-pvc`,
    ],
    [
      'volumes that may not be read',
      { volumes: 'forbidden' },
      'warn  leftovers: not checked: PersistentVolumes may not be read',
    ],
    [
      'resources that may not be read',
      { resources: 'forbidden' },
      'fail  resources: MySQL resources of the cluster may not be read',
    ],
  ])('%s', (_, change, line) => {
    expect(formatChecks(notOk(check(change)), createPaint(false)).split('\n')).toContain(line);
  });

  it('volumes of other namespaces are left out with one namespace', () => {
    const volumes = [retained({ 'otus.homework/resource-uid': 'x' }, 'Released')];
    expect(notOk(check({ volumes, namespace: 'dev' }))).toEqual([]);
    expect(notOk(check({ volumes, namespace: 'prod' }))).toHaveLength(1);
  });
});

describe('the rights that are asked about', () => {
  const words = (of: Deployment): string[] => listWatcherRights(of).map(describeRight);

  it('of a watcher are those of its installation', () => {
    const all = words(deployment(1));
    expect(all).toEqual(
      expect.arrayContaining([
        'get customresourcedefinitions',
        'patch persistentvolumes',
        'create jobs',
        'patch mysqls/status',
      ]),
    );
    expect(all).not.toContain('create statefulsets');
  });

  it('of one that renders are more', () => {
    expect(words(deployment(1, { args: ['watch', '--render'] }))).toContain('create statefulsets');
  });

  it('of one that looks after a namespace are of that namespace', () => {
    const all = words(deployment(1, { args: ['watch', '--namespace=dev'] }));
    expect(all).toContain('create jobs in dev');
    expect(all).not.toContain('create jobs');
  });

  it('of a person only read, and no Secret', () => {
    const rights = listReadingRights('prod');
    expect(new Set(rights.map(({ verb }) => verb))).toEqual(new Set(['list', 'get']));
    expect(rights.map(({ resource: each }) => each)).not.toContain('secrets');
    expect(rights.map(describeRight)).toContain('get pods/log in prod');
  });
});
