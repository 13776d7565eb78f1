// The truth of `kubectl mysql plan`: what it foretells, read from its own words, is compared with what the API server, the
// watcher and a real server then do. One row per consequence; at the end no field of the table of consequences is left over.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONSEQUENCES } from '../../src/model/consequences.ts';
import { Changing } from './support/changing.ts';
import { NAME, openDatabase, withDatabase, type ManagedDatabase } from './support/database.ts';
import { foretellChange, foretellDeletion, foretellStart, planFiles, planLive, streamOf } from './support/foretold.ts';
import { setDataVersion } from './support/data-version.ts';
import * as happening from './support/happening.ts';
import type { StatefulSet } from './support/happening.ts';
import { kubectl, Namespace, readPath, tryRun, waitUntil } from './support/kubectl.ts';
import { tagImage } from './support/node-image.ts';
import { PRIORITY, RESTARTS, RUNS_ON, SECOND_IMAGE, ask, type Change, type Row } from './support/plan-changes.ts';
import { mysql } from './support/resource.ts';

/** What a field of the CRD has been seen to do. */
const seenFields = new Set<string>();

function describeChanges(purpose: string, rows: readonly Row[]): void {
  let git: Changing;
  beforeAll(async () => {
    await tagImage(SECOND_IMAGE);
    git = new Changing(await openDatabase(purpose));
    await git.database.kubectl(['create', 'serviceaccount', 'runner']);
  }, 600_000);
  afterAll(() => git.database.end());

  it.each(rows)('%s', async (_, change, kinds) => {
    const { database } = git;
    const [earlier, before] = [git.objects, await happening.look(database)];
    git.change(change);
    const [files, live] = [
      await planFiles(database.namespace, earlier, git.objects),
      await planLive(database.namespace, git.objects),
    ];
    const foretold = foretellChange(live);
    await git.deliver();
    await git.untilServing();
    const previous = await happening.tryPassword(database, git.previous, foretold.previous);
    expect({ ...happening.compareLooks(before, await happening.look(database)), previous }).toEqual(foretold);
    expect(live).toMatchObject({ code: 0, kinds });
    expect(live.consequences).toEqual(files.consequences);
    for (const { field } of live.consequences) seenFields.add(field);
  });
}

describe('a restart is a restart', () => {
  beforeAll(async () => {
    const priority = {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: PRIORITY },
      value: 1,
    };
    await kubectl(['apply', '-f', '-'], JSON.stringify(priority));
  });
  afterAll(() => kubectl(['delete', 'priorityclass', PRIORITY]));
  describeChanges('plan-restarts', RESTARTS);
});

describe('what is no restart is none', () => {
  describeChanges('plan-runs-on', RUNS_ON);
});

const BACKED_UP = ['backup', 'delete', 'stop'];
const DECLINED = { restore: { from: 'none' } };
const NONE = { lifecycle: 'None' };

type Life = readonly [
  title: string,
  first: Change,
  deletion: readonly string[],
  second: object,
  creation: readonly string[],
];

const LIVES: readonly Life[] = [
  ['a final backup, which is restored', {}, BACKED_UP, {}, ['create', 'restore', 'policy']],
  ['a final backup, which is declined', {}, BACKED_UP, DECLINED, ['create', 'restore', 'policy']],
  [
    'a final backup of a server that is paused',
    { spec: { paused: true } },
    BACKED_UP,
    {},
    ['create', 'restore', 'policy'],
  ],
  [
    'volumes that stay',
    { spec: { deletionPolicy: 'Retain' } },
    ['stop', 'policy'],
    {},
    ['create', 'restore', 'policy'],
  ],
  [
    'volumes that stay, although git declines what it finds',
    { spec: { deletionPolicy: 'Retain' } },
    ['stop', 'policy'],
    DECLINED,
    ['create', 'restore', 'policy'],
  ],
  ['nothing that stays', { spec: { deletionPolicy: 'Delete' } }, ['data-loss', 'stop'], {}, ['create', 'policy']],
  [
    'a backup that is given up',
    { metadata: ask('skip-final-backup') },
    ['data-loss', 'stop'],
    {},
    ['create', 'restore', 'policy'],
  ],
  ['no watcher, before and after', { spec: NONE }, ['stop', 'policy'], NONE, ['create', 'policy']],
  ['no watcher before', { spec: NONE }, ['stop', 'policy'], {}, ['create', 'restore', 'policy']],
];

/** What only the watcher makes for a resource. */
const OWN = [`configmap/${NAME}-gate`, `secret/${NAME}-active`];
const OTHER = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' } };

/** What is rendered, as `kubectl get -o name` writes it. */
async function namesOf({ namespace }: ManagedDatabase, resource: object): Promise<string[]> {
  const words = ['apply', '--dry-run=client', '-o', 'name', '-f', '-'];
  const text = await namespace.kubectl(words, await namespace.render(resource));
  return text.trim().split('\n');
}

/** A database with rows; without a watcher nobody says when it is there. */
async function makeFirst(database: ManagedDatabase, resource: object, isManaged: boolean): Promise<void> {
  await database.namespace.deliver({ ...resource, spec: { ...(resource as { spec: object }).spec, paused: false } });
  if (isManaged) await database.untilReady('without');
  else await database.namespace.ready(NAME);
  await database.fill();
  await database.namespace.deliver(resource);
  await happening.untilAtRest(database, isManaged);
}

describe.concurrent('a life ends, and the next begins:', () => {
  it.each(LIVES)('%s', (_, { spec = {}, metadata }, deletion, ...[second, creation]) =>
    withDatabase('plan-life', { empty: true }, async (database) => {
      const [isManaged, isManagedAfter] = [spec, second].map((each) => !('lifecycle' in each));
      const first = { ...mysql(NAME, spec), metadata: { name: NAME, ...metadata } };
      await makeFirst(database, first, isManaged ?? true);
      const ends = await planFiles(database.namespace, [first, OTHER], [OTHER]);
      expect(ends).toMatchObject({ code: 0, kinds: deletion });
      const rendered = await namesOf(database, first);
      const foretold = foretellDeletion(ends, isManaged ? [...rendered, ...OWN] : rendered);
      const before = await happening.listAll(database);
      await (isManaged ? database.delete() : happening.prune(database, rendered));
      await database.untilGone();
      expect(await happening.seeDeletion(database, before, foretold)).toEqual(foretold);

      const backup = await happening.newestBackup(database);
      const begins = await planLive(database.namespace, [mysql(NAME, second)]);
      expect(begins).toMatchObject({ code: 0, kinds: creation });
      await database.deliver(second);
      expect(await happening.seeStart(database, isManagedAfter ?? true)).toBe(foretellStart(begins));
      const status = (await database.namespace.find<{ status?: { restoredFrom?: string } }>('mysql', NAME))?.status;
      expect(status?.restoredFrom).toBe(foretellStart(begins) === 'restored' ? backup : undefined);
    }),
  );

  it.each<[string, object, string[], number]>([
    ['keeps both volumes', {}, ['stop', 'policy'], 2],
    ['keeps them also where a deletion deletes all', { deletionPolicy: 'Delete' }, ['stop', 'policy'], 2],
    ['loses the data that no watcher guards', { lifecycle: 'None' }, ['data-loss', 'stop'], 0],
  ])('a namespace that is taken out of git %s', (_, spec, kinds, kept) =>
    withDatabase('plan-namespace', { empty: true }, async (database) => {
      const { name } = database.namespace;
      const other = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' } };
      await makeFirst(database, mysql(NAME, spec), kept > 0);
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
      const ends = await planFiles(database.namespace, [namespace, mysql(NAME, spec), other], [other]);
      expect(ends).toMatchObject({ code: 0, kinds });
      await kubectl(['delete', 'namespace', name, '--timeout=180s']);
      const volumes = await waitUntil('only the volumes that are kept are there', 120, async () => {
        const left = await database.volumes();
        return left.length === kept ? left : undefined;
      });
      expect(volumes.map(({ spec: { persistentVolumeReclaimPolicy: policy } }) => policy)).toEqual(
        volumes.map(() => 'Retain'),
      );
    }),
  );

  it('a resource that is being deleted, whose backup is still to be made', () =>
    withDatabase('plan-ending', {}, async (database) => {
      await database.watcher.stop();
      await database.delete();
      const begins = await planLive(database.namespace, [mysql(NAME)]);
      const words = begins.consequences.map(({ message }) => message).join('\n');
      expect(words).toContain('a new one is made after that');
      expect(words).toContain('restores the final backup, which is still to be made, from');
      database.watcher.start();
      await database.untilGone();
      await database.deliver();
      expect(await happening.seeStart(database, true)).toBe(foretellStart(begins));
    }));

  it('volumes that wait for their claims, and git that declines them at first', () =>
    withDatabase('plan-reserved', { spec: { deletionPolicy: 'Retain' } }, async (database) => {
      await database.delete();
      await database.untilGone();
      await database.kubectl(['delete', 'pvc', '--all']);
      await waitUntil('the volumes are reserved', 60, async () => {
        const volumes = await database.volumes();
        return volumes.length === 2 && volumes.every(({ spec }) => spec.claimRef?.uid === undefined) ? true : undefined;
      });
      const plans = [DECLINED, {}].map((spec) => planLive(database.namespace, [mysql(NAME, spec)]));
      const [declined, accepted] = (await Promise.all(plans)).map(foretellStart);
      expect([declined, accepted]).toEqual(['waits', 'kept']);
      await database.deliver(DECLINED);
      expect(await happening.seeStart(database, true)).toBe(declined);
      await database.deliver({});
      await database.untilServing();
      expect(await happening.seeStart(database, true)).toBe(accepted);
    }));
});

type Refusal = readonly [field: string, before: object, after: object];

const folder = (hostPath: string): object => ({ storage_size: undefined, storage: { size: '1Gi', hostPath } });
const inClass = (className: string): object => ({ storage_size: undefined, storage: { size: '1Gi', className } });

const REFUSED: readonly Refusal[] = [
  ['spec.database', {}, { database: 'other' }],
  ['spec.storage_size', { storage_size: '2Gi', backup: { size: '2Gi' } }, { backup: { size: '2Gi' } }],
  ['spec.storage.size', folder('/a'), { storage_size: undefined, storage: { size: '2Gi', hostPath: '/a' } }],
  ['spec.storage.className', inClass('standard'), inClass('retained')],
  ['spec.storage.hostPath', folder('/a'), folder('/b')],
  ['spec.backup.size', { backup: { size: '2Gi' } }, { backup: { size: '1Gi' } }],
  ['spec.backup.className', { backup: { className: 'standard' } }, { backup: { className: 'retained' } }],
  ['spec.backup.hostPath', { backup: { hostPath: '/a' } }, { backup: { hostPath: '/b' } }],
  ['spec.config', {}, { config: { innodb_page_size: '8k' } }],
];

describe('what is refused, the API server refuses:', () => {
  let namespace: Namespace;
  beforeAll(async () => {
    namespace = await Namespace.create('plan-refused');
  });
  afterAll(() => namespace.delete());

  it.each(REFUSED)('%s', async (field, before, after) => {
    const name = field.toLowerCase().replace('_', '').replaceAll('.', '-');
    const apply = ['-n', namespace.name, 'apply', '-f', '-'];
    await kubectl(apply, streamOf([mysql(name, before)]));
    const [files, live] = [
      await planFiles(namespace, [mysql(name, before)], [mysql(name, after)]),
      await planLive(namespace, [mysql(name, after)]),
    ];
    const refusals = files.consequences.filter(({ kind }) => kind === 'refused').map(({ message }) => message);
    expect([files.code, live.code, refusals.length > 0]).toEqual([3, 3, true]);
    const { code, stderr } = await tryRun('kubectl', apply, streamOf([mysql(name, after)]));
    expect(code).toBe(1);
    for (const message of refusals) {
      expect(stderr).toContain(message);
      expect(live.stderr).toContain(message);
    }
    seenFields.add(field);
  });

  it('a refused name of the database, and the StatefulSet that kubectl apply changes all the same', async () => {
    const revision = async (): Promise<string> => {
      const path = `/apis/apps/v1/namespaces/${namespace.name}/statefulsets/renamed`;
      return waitUntil('the StatefulSet is looked at', 60, async () => {
        const set = await readPath<StatefulSet>(path);
        return set?.metadata.generation === set?.status.observedGeneration ? set?.status.updateRevision : undefined;
      });
    };
    await namespace.deliver(mysql('renamed'));
    const earlier = await revision();
    const after = mysql('renamed', { database: 'other' });
    expect(await planLive(namespace, [after])).toMatchObject({ code: 3, kinds: ['refused', 'restart'] });
    const applied = await tryRun('kubectl', ['-n', namespace.name, 'apply', '-f', '-'], await namespace.render(after));
    expect(applied.stderr).toContain('the database cannot be renamed here');
    expect(await revision()).not.toBe(earlier);
  });
});

const IMPOSSIBLE = [
  [
    'an older series',
    { image: 'mysql:9.8', version: 90800 },
    'Invalid MySQL server downgrade: Cannot downgrade from 90800',
  ],
  [
    'two series at once',
    { image: 'mysql:8.0', version: 80040 },
    'Invalid MySQL server upgrade: Cannot upgrade from 80040',
  ],
] as const;

describe.concurrent('what MySQL refuses, MySQL refuses:', () => {
  it.each(IMPOSSIBLE)('%s', async (_, { image, version }, words) => {
    await tagImage(image);
    await withDatabase('plan-mysql', { spec: { image } }, async (database) => {
      const { namespace } = database;
      await database.deliver({ image, paused: true });
      await happening.untilAtRest(database);
      const [volume] = await database.volumes(`${NAME}-pvc`);
      await setDataVersion(volume?.spec.local?.path ?? '', version);
      expect(await planLive(namespace, [mysql(NAME)])).toMatchObject({ code: 3, kinds: ['refused', 'start'] });
      await database.deliver({});
      expect(await database.untilStalled('ServerFailing')).toContain(words);
    });
  });
});

/** They decide over Kubernetes' garbage collection alone. */
const NOT_SHOWN = ['metadata.ownerReferences'];

it('every field that does something was seen to do it', () => {
  const fields = Object.entries(CONSEQUENCES).flatMap(([field, { judge }]) => (judge ? [field] : []));
  expect(fields.filter((field) => !seenFields.has(field))).toEqual(NOT_SHOWN);
});
