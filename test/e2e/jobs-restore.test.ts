// Restores on the node: what is found on the volumes decides, a damaged backup is refused, and a kill is no end.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database, HOSTILE } from './jobs-support.ts';
import { Namespace } from './support/kubectl.ts';
import { flipByte, inNode, listNames } from './support/node-volumes.ts';
import { PASSWORD, mysql, stringify } from './support/resource.ts';

let namespace: Namespace;
beforeAll(async () => {
  namespace = await Namespace.create('jobs-restore');
});
afterAll(() => namespace.delete());

const containing = (text: string): string => expect.stringContaining(text) as string;

/** More than 8 MiB, with keys of every sort, which are made after the rows or have to stay. */
const LARGE = `USE shop; SET SESSION cte_max_recursion_depth = 1000000, sql_mode = '';
CREATE TABLE parent (id int PRIMARY KEY, code int, UNIQUE KEY code (code));
INSERT INTO parent WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999) SELECT i, i FROM n;
CREATE TABLE \`a \`\`large\`\` ( (\` (
  id int NOT NULL AUTO_INCREMENT, parent_id int, \`odd\`\`, (name\` varchar(100), at datetime DEFAULT '0000-00-00', note text,
  place point NOT NULL SRID 0,
  PRIMARY KEY (id), KEY first (at), KEY needed (parent_id, at), UNIQUE KEY pair (id, at),
  KEY \`odd\`\`key\` (\`odd\`\`, (name\` DESC, at) COMMENT 'it''s, a key,', KEY hidden (note(20)) INVISIBLE, FULLTEXT KEY words (note),
  KEY last (at, parent_id), CONSTRAINT fk FOREIGN KEY (parent_id) REFERENCES parent (id)
) COMMENT=') ENGINE=MyISAM';
INSERT INTO \`a \`\`large\`\` ( (\` (id, parent_id, \`odd\`\`, (name\`, note, place)
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
  SELECT i, i % 1000, sha2(i, 224), concat('row ', i, ' ', repeat(sha2(i, 224), 2)), point(i, i) FROM n;
CREATE TABLE plain (id int PRIMARY KEY AUTO_INCREMENT, a int, b char(200), KEY a (a), KEY b (b), KEY ab (a, b), KEY ba (b, a))
  PARTITION BY HASH (id) PARTITIONS 3;
INSERT INTO plain SELECT id, id, repeat(sha2(id, 224), 5) FROM \`a \`\`large\`\` ( (\`;
CREATE TABLE mixed (n int NOT NULL AUTO_INCREMENT, a int, b char(200), c int AS (a + 1), KEY a (a), KEY n (n), KEY c (c));
INSERT INTO mixed (n, a, b) SELECT id, a, b FROM plain WHERE id < 45000;
CREATE TABLE expressed (a int, b char(200), s point NOT NULL SRID 0, KEY f ((a + 1)), SPATIAL KEY s (s), KEY a (a), KEY b (b));
INSERT INTO expressed SELECT a, b, point(a, a) FROM plain WHERE id < 45000;
CREATE TABLE numbered (n int NOT NULL AUTO_INCREMENT, b char(200), KEY b (b), KEY n (n));
INSERT INTO numbered SELECT id, b FROM plain WHERE id < 45000;
ALTER TABLE plain AUTO_INCREMENT = 500000;
ANALYZE TABLE \`a \`\`large\`\` ( (\`, plain, mixed, expressed, numbered;
`;

describe.concurrent('a restore', () => {
  it('makes the keys of large tables after their rows, as they were; and with the rows when that has failed', async () => {
    const database = new Database(namespace, 'keys');
    await database.start('empty');
    await database.load(LARGE);
    const before = await database.describe();
    await database.stop();
    expect(await database.runJob('backup')).toMatchObject({ outcome: 'done' });
    await database.emptyVolume();
    const log = (job: string): Promise<string> => namespace.kubectl(['logs', `job/${job}`]);

    const stopped = await database.createJob('restore');
    // No pause between two looks: making the keys takes about a second.
    const end = performance.now() + 180_000;
    let text = '';
    let killed = 0;
    while (killed === 0 && !text.includes(' done: ') && performance.now() < end) {
      text = await log(stopped).catch(() => '');
      if (text.includes('making the keys')) killed = await database.signal(stopped, ['mysql']);
    }
    const first = await database.resultOf(stopped);
    // On a fast machine the kill may come after the end.
    if (first.outcome !== 'done') {
      expect(first.reason).toContain('the keys of large tables could not be made');
      const second = await database.createJob('restore');
      expect(await database.resultOf(second)).toMatchObject({ outcome: 'done', found: 'restored' });
      expect(await log(second)).toContain('an earlier run could not make keys by themselves');
    }
    expect((await listNames(`${await database.folder('data')}/state`)).sort()).toEqual(['initialised', 'my.cnf']);
    await database.start('data');
    expect(await database.describe()).toEqual(before);

    await database.stop();
    await database.emptyVolume();
    const third = await database.createJob('restore');
    expect(await database.resultOf(third)).toMatchObject({ outcome: 'done', found: 'restored' });
    expect(await log(third)).toContain('making the keys of large tables');
    await database.start('data');
    expect(await database.describe()).toEqual(before);
  });

  it('that is killed at any moment begins again, and ends with all that was there', async () => {
    const database = new Database(namespace, 'killed');
    await database.start('empty');
    await database.load(HOSTILE);
    const before = await database.describe();
    await database.stop();
    const { backup } = await database.runJob('backup');
    await database.emptyVolume();
    let killed = 0;
    for (const delay of [200, 3000, 4500]) {
      const job = await database.createJob('restore');
      await database.waitForRunning(job);
      await new Promise((resolve) => setTimeout(resolve, delay));
      killed += await database.signal(job, delay === 200 ? ['bash', 'mysqld', 'mysql'] : ['mysqld', 'mysql']);
    }
    expect(killed).toBeGreaterThan(0);
    const last = await database.runJob('restore');
    // On a fast machine the last kill may come after the end; then there is data, which is kept.
    expect(last, last.reason).toMatchObject(last.found === 'data' ? { outcome: 'done' } : { outcome: 'done', backup });
    await database.removeJobs();
    await database.start('data');
    expect(await database.describe()).toEqual(before);
  });

  it('keeps data that is there, and gives root the password in force', async () => {
    const database = new Database(namespace, 'there');
    await database.start('empty');
    await database.load(`CREATE TABLE shop.t (id int); INSERT INTO shop.t VALUES (1);
      ALTER USER root@'%' PASSWORD HISTORY 5; ALTER USER root@'%' IDENTIFIED BY 'it''s \\\\ used';
      INSTALL COMPONENT 'file://component_validate_password'`);
    await database.stop();
    expect(await database.runJob('backup')).toMatchObject({ outcome: 'done' });
    await database.start('data');
    const old = 'Rotated-0ut-of-use';
    await database.load(`INSERT INTO shop.t VALUES (2);
      ALTER USER root@'%' IDENTIFIED BY '${old}'; ALTER USER root@'%' IDENTIFIED BY 'An0ther-one' RETAIN CURRENT PASSWORD`);
    await database.stop();
    const password = `it's \\ used`;
    const writeActive = (data: Readonly<Record<string, string>>): Promise<string> => {
      const metadata = { name: 'there-active' };
      return namespace.kubectl(
        ['apply', '-f', '-'],
        stringify({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: data }),
      );
    };
    const logIn = (word: string): Promise<string> => {
      const words = ['-h', 'there', '-uroot', `-p${word}`, '-N', '-e', 'SELECT 1'];
      return namespace.kubectl(['exec', 'there-0', '--', 'mysql', ...words]);
    };
    const startOn = async (): Promise<void> => {
      await database.removeJobs();
      await namespace.kubectl(['create', 'configmap', 'there-gate', '--from-literal=expect=data']);
      await namespace.deliver(mysql('there'));
      await namespace.ready('there', 180);
    };

    // Within the overlap, which goes on after it.
    await writeActive({ current: password, previous: old });
    const result = await database.runJob('restore');
    expect(result, result.reason).toMatchObject({ outcome: 'done', found: 'data' });
    await startOn();
    expect(await logIn(password)).toBe('1\n');
    expect(await logIn(old)).toBe('1\n');

    // Nobody knows of a second password: it must not work for ever.
    await database.stop();
    await namespace.kubectl(['delete', 'secret', 'there-active']);
    await writeActive({ current: password });
    expect(await database.runJob('restore')).toMatchObject({ outcome: 'done', found: 'data' });
    expect(await database.runJob('restore')).toMatchObject({ outcome: 'done', found: 'data' });
    await startOn();
    expect(await database.rows('SELECT id FROM shop.t ORDER BY id', password)).toEqual([['1'], ['2']]);
    expect(await logIn(password)).toBe('1\n');
    await expect(logIn(old)).rejects.toThrow('Access denied');
    await expect(database.rows('SELECT 1', PASSWORD)).rejects.toThrow('Access denied');
  });

  it('gives the rights that this release knows, where the backup is of another one', async () => {
    const database = new Database(namespace, 'rights');
    await database.start('empty');
    await database.load(`INSERT INTO mysql.global_grants VALUES ('root', '%', 'SET_USER_ID', 'Y'),
        ('root', '%', 'OF_A_PLUGIN', 'Y'), ('root', 'localhost', 'OF_A_PLUGIN', 'N');
      DELETE FROM mysql.global_grants WHERE USER = 'root' AND HOST = '%' AND PRIV IN ('SET_ANY_DEFINER', 'ALLOW_NONEXISTENT_DEFINER');
      FLUSH PRIVILEGES`);
    await database.stop();
    expect(await database.runJob('backup')).toMatchObject({ outcome: 'done' });
    await database.emptyVolume();
    const result = await database.runJob('restore');
    expect(result, result.reason).toMatchObject({ outcome: 'done', found: 'restored' });
    expect(result.warnings.filter((text) => text.includes('OF_A_PLUGIN'))).toHaveLength(2);
    await database.removeJobs();
    await database.start('data');
    const rights = await database.rows("SELECT PRIV FROM mysql.global_grants WHERE USER = 'root' AND HOST = '%'");
    expect(rights.flat()).toEqual(
      expect.arrayContaining(['SET_ANY_DEFINER', 'ALLOW_NONEXISTENT_DEFINER', 'SYSTEM_USER']),
    );
    expect(rights.flat()).not.toContain('OF_A_PLUGIN');
  });

  it('of a damaged backup is refused, of whichever file, and no other one is taken', async () => {
    const database = new Database(namespace, 'damaged');
    await database.prepare();
    await database.runJob('backup');
    const { backup = '' } = await database.runJob('backup');
    await database.emptyVolume();
    const folder = `${await database.folder('backup')}/${backup}`;
    for (const file of ['data-0001.sql.zst', 'SHA256SUMS', 'manifest.json']) {
      await flipByte(`${folder}/${file}`);
      expect(await database.runJob('restore')).toMatchObject({ outcome: 'refused', reason: containing('damaged') });
      await flipByte(`${folder}/${file}`);
    }
    await inNode('mv', `${folder}/manifest.json`, `${folder}/aside`);
    expect(await database.runJob('restore')).toMatchObject({
      outcome: 'refused',
      reason: containing('manifest.json is missing'),
    });
    await inNode('mv', `${folder}/aside`, `${folder}/manifest.json`);
    expect(await inNode('ls', await database.folder('data'))).toBe('');
    const good = await database.runJob('restore', { from: backup });
    expect(good, good.reason).toMatchObject({ outcome: 'done', backup });
  });

  it('says what to do about an account whose plugin the server does not have', async () => {
    const database = new Database(namespace, 'plugin');
    await database.start('empty');
    await database.load(`INSTALL PLUGIN auth_socket SONAME 'auth_socket.so';
      CREATE USER 'local'@'localhost' IDENTIFIED WITH auth_socket;
      UNINSTALL PLUGIN auth_socket;`);
    await database.stop();
    expect(await database.runJob('backup')).toMatchObject({ outcome: 'done' });
    await database.emptyVolume();
    const { reason } = await database.runJob('restore');
    expect(reason).toMatch(/ERROR 1524 .*auth_socket.* put the image of MySQL \d[\d.]+.* and then upgrade/);
  });

  it('does nothing where there is nothing to do, and refuses what it does not know', async () => {
    const database = new Database(namespace, 'nothing');
    await database.prepare();
    await database.emptyVolume();
    expect(await database.runJob('restore')).toMatchObject({ outcome: 'nothing', found: 'empty' });
    expect(await database.runJob('restore', { from: 'none' })).toMatchObject({ outcome: 'nothing', found: 'declined' });
    expect(await database.runJob('restore', { from: '0007-20260101-000000' })).toMatchObject({
      outcome: 'refused',
      reason: containing('no backup'),
    });
    await inNode('touch', `${await database.folder('data')}/ibdata1`);
    expect(await database.runJob('restore')).toMatchObject({ outcome: 'refused', reason: containing('not ours') });
  });
});
