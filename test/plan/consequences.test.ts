// The table of consequences: each title is what happens, and each field of the CRD has a row.

import { describe, expect, it } from 'vitest';
import { readCrd, walkSchema } from '../../scripts/generate/crd.ts';
import { GRACE_SECONDS } from '../../src/model/consequence.ts';
import { CONSEQUENCES } from '../../src/model/consequences.ts';
import { renderText } from '../support/command-line.ts';
import { linesOf, planOf } from '../support/plan.ts';
import { at, findObject, resourceText } from '../support/resource.ts';

const MANAGED = { storage_size: undefined, storage: { size: '10Gi', className: 'fast' }, backup: { size: '10Gi' } };
const REF = { password: undefined, passwordSecretRef: { name: 'shop-root', key: 'password' } };
const JOB = 'the Job change-pass-shop-job sets it while the server runs; the previous one works for another 5m';
const NONE = { lifecycle: 'None' };
const GROWS = 'while the server runs, if its StorageClass allows it';

type Row = readonly [title: string, before: object, after: object, lines: readonly string[]];

const RESTARTS: readonly Row[] = [
  [
    'a newer image',
    { image: 'mysql:8.4' },
    { image: 'mysql:9.7' },
    [
      'restart spec.image: the image changes (mysql:8.4 → mysql:9.7): MySQL 9.7 upgrades the data, and nothing older starts on it again',
    ],
  ],
  [
    'an image of the same series',
    { image: 'mysql:8.4' },
    { image: 'mysql:8.4.6' },
    ['restart spec.image: the image changes (mysql:8.4 → mysql:8.4.6)'],
  ],
  [
    'an option of config',
    { config: { wait_timeout: 1, sql_mode: 'x' } },
    { config: { wait_timeout: 2, table_open_cache: 3 } },
    [
      'restart spec.config: my.cnf changes: sql_mode (x → not set), table_open_cache (not set → 3) and wait_timeout (1 → 2)',
    ],
  ],
  [
    'a limit of memory',
    { resources: { limits: { memory: '1Gi' } } },
    { resources: { limits: { memory: '4Gi' } } },
    ["restart spec.resources.limits: the limits of CPU or memory change, and with memory InnoDB's buffer pool"],
  ],
  [
    'a request of CPU',
    {},
    { resources: { requests: { cpu: 1 } } },
    ['restart spec.resources.requests: CPU or memory that is reserved changes'],
  ],
  [
    'the pull policy',
    {},
    { imagePullPolicy: 'Always' },
    ['restart spec.imagePullPolicy: the image is pulled in another way ((none) → Always)'],
  ],
  [
    'a toleration',
    {},
    { tolerations: [{ key: 'a', operator: 'Exists' }] },
    ['restart spec.tolerations: other taints of nodes are tolerated'],
  ],
  ['a label of the pod', {}, { podLabels: { a: 'b' } }, ["restart spec.podLabels: the pod's labels change"]],
  [
    'the watcher goes',
    {},
    NONE,
    [
      'restart spec.lifecycle: the watcher leaves it alone: no final backup any more, no password change; backup-shop-pvc is not rendered any more and stays',
    ],
  ],
  [
    'the watcher comes',
    NONE,
    {},
    [
      'restart spec.lifecycle: the watcher takes over: the pod waits until it opens the gate, and backup-shop-pvc is made',
    ],
  ],
  [
    'another Secret without a watcher',
    { ...REF, ...NONE },
    { ...REF, ...NONE, passwordSecretRef: { name: 'other', key: 'password' } },
    [
      "restart spec.passwordSecretRef.name: another Secret holds root's password (shop-root → other), and the pod mounts it",
    ],
  ],
];

const RUNS_ON: readonly Row[] = [
  ['the password: a Job', {}, { password: 'another' }, [`password spec.password: root's password changes: ${JOB}`]],
  [
    'the password without an overlap',
    {},
    { password: 'another', passwordOverlap: '0s' },
    [
      "password spec.password: root's password changes: the Job change-pass-shop-job sets it while the server runs; the previous one stops working at once",
      'policy spec.passwordOverlap: after a password change the previous password works for 0s instead of 5m',
    ],
  ],
  [
    'the password without a watcher: the Secret alone',
    NONE,
    { ...NONE, password: 'another' },
    [
      "config spec.password: the Secret shop-root changes, root's password does not: without a watcher only the first start sets it",
    ],
  ],
  [
    'another Secret',
    REF,
    { ...REF, passwordSecretRef: { name: 'other', key: 'password' } },
    [
      `password spec.passwordSecretRef.name: another Secret holds root's password (shop-root → other); if it is another password: ${JOB}`,
    ],
  ],
  [
    'another key of the Secret',
    REF,
    { ...REF, passwordSecretRef: { name: 'shop-root', key: 'b' } },
    [
      `password spec.passwordSecretRef.key: another key holds root's password (password → b); if it is another password: ${JOB}`,
    ],
  ],
  [
    'the password leaves git',
    {},
    REF,
    [
      `password spec.passwordSecretRef.name: another Secret holds root's password ((none) → shop-root); if it is another password: ${JOB}`,
      'config spec.password: the Secret shop-root is not rendered any more',
    ],
  ],
  [
    'a label of all objects',
    {},
    { labels: { team: 'a' } },
    ['config spec.labels: labels of the rendered objects change'],
  ],
  [
    "the Service's type",
    {},
    { service: { type: 'NodePort' } },
    ["config spec.service.type: the Service's type changes (ClusterIP → NodePort): clients may need another address"],
  ],
  [
    'a NetworkPolicy',
    {},
    { networkPolicy: {} },
    ['config spec.networkPolicy: other clients may connect: the NetworkPolicy changes'],
  ],
  [
    'the same quantity in other words',
    { storage_size: '1Gi' },
    { storage_size: '1024Mi' },
    ['config the same is said in other words: only the resource itself changes'],
  ],
  [
    'the other spelling of the size',
    {},
    { storage_size: undefined, storage: { size: '1Gi' } },
    ['config the same is said in other words: only the resource itself changes'],
  ],
  [
    'the same option as text',
    { config: { wait_timeout: 1 } },
    { config: { wait_timeout: '1' } },
    ['config the same is said in other words: only the resource itself changes'],
  ],
];

const VOLUMES: readonly Row[] = [
  [
    'both volumes grow',
    {},
    { storage_size: '2Gi' },
    [
      `grow spec.storage_size: the volume of the claim shop-pvc grows from 1Gi to 2Gi ${GROWS}`,
      `grow spec.backup.size: the volume of the claim backup-shop-pvc grows from 1Gi to 2Gi ${GROWS}`,
    ],
  ],
  [
    'a volume grows in its other spelling',
    {},
    { storage_size: undefined, storage: { size: '2Gi' }, backup: { size: '1Gi' } },
    [`grow spec.storage.size: the volume of the claim shop-pvc grows from 1Gi to 2Gi ${GROWS}`],
  ],
  [
    'the backup volume grows',
    MANAGED,
    { ...MANAGED, backup: { size: '20Gi' } },
    [`grow spec.backup.size: the volume of the claim backup-shop-pvc grows from 10Gi to 20Gi ${GROWS}`],
  ],
];

const LATER: readonly Row[] = [
  [
    'everything is deleted with the resource',
    {},
    { deletionPolicy: 'Delete' },
    [
      'policy spec.deletionPolicy: from now on a deletion deletes the data volume and the backup volume, without a backup: ALL DATA IS LOST',
    ],
  ],
  [
    'the volumes stay',
    {},
    { deletionPolicy: 'Retain' },
    ['policy spec.deletionPolicy: from now on a deletion makes no backup; both volumes stay as they are'],
  ],
  [
    'fewer backups',
    {},
    { backup: { keep: 1 } },
    ['policy spec.backup.keep: from the next backup on the complete backups that are kept are the newest 1, not 3'],
  ],
  [
    'no restore',
    {},
    { restore: { from: 'none' } },
    ['policy spec.restore.from: a new server starts with an empty database, although there are backups'],
  ],
  [
    'a policy without a watcher',
    NONE,
    { ...NONE, deletionPolicy: 'Retain' },
    [
      'policy spec.deletionPolicy: from now on a deletion makes no backup; both volumes stay as they are; without a watcher it does not count',
    ],
  ],
  [
    'an option of a server that is stopped',
    { paused: true },
    { paused: true, config: { wait_timeout: 1 } },
    ['policy spec.config: my.cnf changes: wait_timeout (not set → 1); it counts when the server is started again'],
  ],
  ['stopped', {}, { paused: true }, ['stop spec.paused: the server is stopped: paused; the volumes stay']],
  [
    'started again, with another image',
    { paused: true },
    { image: 'mysql:8.4.6' },
    [
      'start spec.image: the image changes (mysql:8.4 → mysql:8.4.6)',
      'start spec.paused: the server is started again on its volume',
    ],
  ],
];

const REFUSED: readonly Row[] = [
  [
    'a smaller volume',
    { storage_size: '2Gi' },
    {},
    [
      'refused spec: the storage size cannot shrink, volumes only grow; put the old size back',
      'refused spec: the backup size cannot shrink (without backup.size it is the storage size); give backup.size at least its old value',
    ],
  ],
  [
    'another StorageClass',
    MANAGED,
    { ...MANAGED, storage: { size: '10Gi', className: 'slow' }, backup: { size: '10Gi', className: 'fast' } },
    ['refused spec: storage.className cannot change, the claim keeps the class it was made with; put the old one back'],
  ],
  [
    'another database',
    {},
    { database: 'b' },
    [
      'refused spec.database: the database cannot be renamed here, only the first start creates it; rename it by SQL or make a second resource',
      'restart spec.database: the pod names another database, which only a first start creates',
    ],
  ],
  [
    'an older series',
    { image: 'mysql:9.7' },
    { image: 'mysql:8.4' },
    [
      'refused spec.image: MySQL 8.4 does not start on data of MySQL 9.7; load a dump into a new server',
      'restart spec.image: the image changes (mysql:9.7 → mysql:8.4)',
    ],
  ],
  [
    'two series at once',
    { image: 'mysql:8.0.40' },
    { image: 'mysql:9.7.1' },
    [
      'refused spec.image: an upgrade from MySQL 8.0 to 9.7 is not supported, no series may be skipped; upgrade to 8.4 first',
      'restart spec.image: the image changes (mysql:8.0.40 → mysql:9.7.1)',
    ],
  ],
];

const ALL: readonly (readonly [string, readonly Row[]])[] = [
  ['restarts the server', RESTARTS],
  ['lets the server run on', RUNS_ON],
  ['changes a volume', VOLUMES],
  ['counts later, stops or starts', LATER],
  ['is refused', REFUSED],
];

describe.each(ALL)('what %s:', (_, rows) => {
  it.each(rows)('%s', (_title, before, after, lines) => {
    expect(linesOf(planOf(before, after))).toEqual(lines);
  });
});

describe('annotations that ask for something', () => {
  it.each([
    [
      'skip-final-backup',
      'policy',
      'a deletion gives the data up without a final backup: ALL DATA SINCE THE LAST BACKUP IS LOST then',
    ],
    [
      'rotate-now',
      'password',
      'if a previous password still works, the Job change-pass-shop-job discards it: it stops working at once',
    ],
    [
      'reset-password',
      'password',
      "if a password change has failed, the watcher stops the server to set root's password offline, as the annotation asks",
    ],
  ])('%s', (name, kind, message) => {
    const field = `otus.homework/${name}`;
    const entry = planOf({}, {}, [{}, { annotations: { [field]: 'true' } }]);
    expect(linesOf(entry)).toEqual([`${kind} metadata.annotations.${field}: ${message}`]);
  });
});

describe('the table', () => {
  it('has a row for every field of the CRD, and no other', async () => {
    const spec = (await readCrd('crds/mysqls.otus.homework.yaml')).properties?.['spec'];
    const fields: string[] = [];
    // Kubernetes' own types count as one field.
    const whole = /^spec\.(affinity|tolerations|topologySpreadConstraints|networkPolicy\.from)[.[]/;
    walkSchema(spec ?? {}, (_, path) => {
      const name = ['spec', ...path].join('.').replaceAll('.*', '[]');
      if (path.length > 0 && path.at(-1) !== '*' && !whole.test(name)) fields.push(name);
    });
    expect(Object.keys(CONSEQUENCES).filter((field) => field.startsWith('spec.'))).toEqual(fields);
  });
  it('says how long a server gets to stop', async () => {
    const statefulSet = findObject(await renderText(resourceText()), 'StatefulSet');
    expect(at(statefulSet, 'spec', 'template', 'spec', 'terminationGracePeriodSeconds')).toBe(GRACE_SECONDS);
  });
});
