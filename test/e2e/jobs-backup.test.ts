// Backups of stopped servers on the node: what they hold, which are kept, and what happens when their making goes wrong.

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database, HOSTILE } from './jobs-support.ts';
import { Namespace, waitUntil } from './support/kubectl.ts';
import { createSmallVolume, inNode } from './support/node-volumes.ts';

let namespace: Namespace;
beforeAll(async () => {
  namespace = await Namespace.create('jobs-backup');
});
afterAll(() => namespace.delete());

/** The names on a backup volume. */
async function listBackups(database: Database): Promise<string[]> {
  return (await readdir(await database.folder('backup'))).filter((name) => name !== 'lost+found').sort();
}

/** Rows that do not shrink. */
const randomRows = (
  count: number,
): string => `CREATE TABLE IF NOT EXISTS shop.noise (id int AUTO_INCREMENT PRIMARY KEY, b blob);
  INSERT INTO shop.noise (b) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${String(count)})
  SELECT /*+ SET_VAR(cte_max_recursion_depth = 1000000) */ RANDOM_BYTES(1000) FROM n;`;

/** Names that are one to programs which do not tell upper from lower case, or a point in a name from one
 * between two, and names of which the hex is a long number. */
const TWINS = `SET NAMES utf8mb4;
CREATE DATABASE twins; CREATE DATABASE Twins; CREATE DATABASE a; CREATE DATABASE \`a.b\`;
USE twins;
CREATE TABLE Orders (id int PRIMARY KEY, f float);
CREATE TABLE orders (id int PRIMARY KEY, v int) SELECT 1 AS id, 10 AS v;
CREATE TABLE ORDERS (id int PRIMARY KEY, f float) SELECT 1 AS id, 1.23456789 AS f;
CREATE VIEW oRDERS AS SELECT id FROM orders;
CREATE TABLE Customers (id int PRIMARY KEY, v int) SELECT 1 AS id, 20 AS v;
CREATE VIEW customers AS SELECT id FROM Customers;
CREATE TRIGGER fills BEFORE INSERT ON Customers FOR EACH ROW SET NEW.v = NEW.id;
CREATE TRIGGER fills_too BEFORE INSERT ON orders FOR EACH ROW SET NEW.v = NEW.id;
CREATE TABLE \`a_b\` (id int PRIMARY KEY) SELECT 1 AS id;
CREATE TABLE \`aXb\` (id int PRIMARY KEY) SELECT 2 AS id;
CREATE TABLE \`a%\` (id int PRIMARY KEY) SELECT 3 AS id;
CREATE TABLE \`a\\b\` (id int PRIMARY KEY, f float) SELECT 4 AS id, 0.1 AS f;
CREATE TABLE \`-a\` (id int PRIMARY KEY) SELECT 5 AS id;
USE Twins;
CREATE TABLE orders (id int PRIMARY KEY, other float) SELECT 2 AS id, 2.3456789 AS other;
CREATE TABLE Customers (id int PRIMARY KEY, v int) SELECT 3 AS id, 30 AS v;
CREATE VIEW a_b AS SELECT 1 AS one;
CREATE VIEW \`a.b\`.c AS SELECT 1 AS one;
CREATE TABLE a.\`b.c\` (id int PRIMARY KEY) SELECT 6 AS id;
CREATE DATABASE aaaaaaaaab; CREATE TABLE aaaaaaaaab.one (id int PRIMARY KEY) SELECT 7 AS id;
CREATE DATABASE aaaaaaaaac; CREATE TABLE aaaaaaaaac.two (id int PRIMARY KEY) SELECT 8 AS id;
`;

/** More rows than a session that is persisted as below gives out. */
const MANY = `CREATE TABLE shop.many (id int PRIMARY KEY);
INSERT INTO shop.many WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i FROM n;
`;

/** Persisted for every session: rows would be left out of what is dumped, and a SELECT or an INSERT refused. */
const PERSISTED = {
  sql_quote_show_create: 'OFF',
  sql_safe_updates: 'ON',
  completion_type: "'RELEASE'",
  transaction_read_only: 'ON',
  show_gipk_in_create_table_and_information_schema: 'OFF',
  max_join_size: '10',
  sql_select_limit: '100',
};
const persist = Object.entries(PERSISTED).map(([name, value]) => `SET PERSIST ${name} = ${value};`);
const forget = Object.keys(PERSISTED).map((name) => `RESET PERSIST ${name}; SET GLOBAL ${name} = DEFAULT;`);

describe.concurrent('a hostile data set comes back from its backup as it was', () => {
  it.each([
    { title: 'as it comes', name: 'plain', config: {} },
    {
      title: 'with lower_case_table_names=1, and settings that would be in the way of a load',
      name: 'lower',
      config: {
        lower_case_table_names: 1,
        max_connections: 2,
        autocommit: 0,
        sql_mode: 'ANSI_QUOTES,STRICT_ALL_TABLES',
        event_scheduler: 'ON',
      },
    },
  ])('$title', async ({ name, config }) => {
    const database = new Database(namespace, name, { config });
    await database.start('empty');
    await database.load(HOSTILE);
    if (name === 'plain') await database.load(TWINS);
    await database.load(MANY);
    const before = await database.describe();
    await database.load(persist.join('\n'));
    await database.stop();
    const backup = await database.runJob('backup');
    expect(backup, backup.reason).toMatchObject({
      outcome: 'done',
      serverVersion: expect.stringMatching(/^9\.7/) as string,
    });
    expect(backup.warnings.filter((text) => text.includes('broken'))).toHaveLength(2);
    await database.emptyVolume();
    const restore = await database.runJob('restore');
    expect(restore, restore.reason).toMatchObject({ outcome: 'done', found: 'restored', backup: backup.backup });
    await database.removeJobs();
    await database.start('data');
    await database.load(forget.join('\n'));
    expect(await database.describe()).toEqual(before);
  });
});

describe.concurrent('a backup', () => {
  it('that is killed at any moment is complete after the next run, and once only', async () => {
    const database = new Database(namespace, 'killed');
    await database.start('empty');
    await database.load(HOSTILE);
    await database.load(randomRows(20_000));
    await database.stop();
    const input = { inputHash: 'the-same', final: true };
    let killed = 0;
    for (const delay of [300, 1700, 2700]) {
      const job = await database.createJob('backup', input);
      await database.waitForRunning(job);
      await new Promise((resolve) => setTimeout(resolve, delay));
      killed += await database.signal(
        job,
        delay % 200 === 0 ? ['mysqld', 'mysqldump'] : ['bash', 'mysqld', 'mysqldump'],
      );
      expect((await listBackups(database)).filter((name) => !name.endsWith('.partial')).length).toBeLessThanOrEqual(1);
    }
    expect(killed).toBeGreaterThan(0);
    const last = await database.runJob('backup', input);
    expect(last, last.reason).toMatchObject({ outcome: 'done' });
    expect(await listBackups(database)).toEqual([last.backup]);
    const again = await database.runJob('backup', input);
    expect(again).toMatchObject({ outcome: 'done', backup: last.backup, sha256: last.sha256 });
    expect(again.reason).toContain('already');
    await database.emptyVolume();
    const restore = await database.runJob('restore');
    expect(restore, restore.reason).toMatchObject({ outcome: 'done' });
    await database.removeJobs();
    await database.start('data');
    expect(await database.rows('SELECT COUNT(*) FROM shop.noise')).toEqual([['20000']]);
  });

  it('keeps the newest ones, and the newest of an earlier resource', async () => {
    const database = new Database(namespace, 'kept');
    await database.prepare();
    const first = await database.runJob('backup', { keep: 1 });
    const second = await database.runJob('backup', { keep: 1 });
    expect(await listBackups(database)).toEqual([second.backup]);
    database.uid = 'another-resource';
    const third = await database.runJob('backup', { keep: 1 });
    expect(await listBackups(database)).toEqual([second.backup, third.backup]);
    const fourth = await database.runJob('backup', { keep: 1 });
    expect(await listBackups(database)).toEqual([second.backup, fourth.backup]);
    expect(first.outcome).toBe('done');
    const manifest = await readFile(
      join(await database.folder('backup'), fourth.backup ?? '', 'manifest.json'),
      'utf8',
    );
    expect(JSON.parse(manifest)).toMatchObject({
      resourceUid: 'another-resource',
      tool: 'kubectl-mysql',
      final: true,
      lowerCaseTableNames: 0,
    });
  });

  it('says that there is nothing to back up on a volume without data of its own', async () => {
    const database = new Database(namespace, 'nothing');
    await database.prepare();
    await database.emptyVolume();
    expect(await database.runJob('backup')).toMatchObject({ outcome: 'nothing' });
    const volume = await database.folder('data');
    await inNode('mkdir', '-p', join(volume, 'state'), join(volume, 'data/mysql'));
    const inode = (await inNode('stat', '-c', '%i', join(volume, 'data'))).trim();
    await inNode('sh', '-c', `echo data=${inode} >${join(volume, 'state/restoring')}`);
    expect(await database.runJob('backup')).toMatchObject({
      outcome: 'nothing',
      reason: expect.stringContaining('restore') as string,
    });
    await inNode('rm', join(volume, 'state/restoring'));
    expect(await database.runJob('backup')).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('not ours') as string,
    });
    expect(await listBackups(database)).toEqual([]);
  });

  it('in which nothing is read or written any more is stopped, and says so', async () => {
    const database = new Database(namespace, 'stuck');
    await database.prepare();
    const job = await database.createJob('backup', { noProgressSeconds: 10 });
    await waitUntil('mysqld runs', 60, async () =>
      (await database.signal(job, ['mysqld'], 'SIGSTOP')) > 0 ? true : undefined,
    );
    const result = await database.resultOf(job);
    expect(result).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('nothing was read or written') as string,
    });
  });

  it('that the volume cannot hold fails early and keeps the earlier one', async () => {
    const database = new Database(namespace, 'full', { backup: { size: '1Gi', className: 'small' } });
    const volume = await createSmallVolume(namespace, 'backup-full-pvc', '24M');
    try {
      await database.start('empty');
      await database.load(randomRows(12_000));
      await database.stop();
      const good = await database.runJob('backup');
      expect(good, good.reason).toMatchObject({ outcome: 'done' });
      await database.start('data');
      await database.load(randomRows(33_000));
      await database.stop();
      const failed = await database.runJob('backup');
      expect(failed).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('too small') as string });
      await promiseRoom(join(volume.folder, good.backup ?? '', 'manifest.json'));
      const late = await database.runJob('backup');
      expect(late).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('full') as string });
      expect(await volume.list()).toEqual([good.backup]);
    } finally {
      await database.removeJobs();
      await volume.remove();
    }
  });
});

/** Makes a backup's manifest promise that the next one will fit: the guess is made from the last one's size. */
async function promiseRoom(manifest: string): Promise<void> {
  const text = await inNode('cat', manifest);
  const script = `printf '%s' "$1" >"$2"`;
  await inNode('bash', '-c', script, 'fill', text.replace(/"bytes": [0-9]+/, '"bytes": 1'), manifest);
}
