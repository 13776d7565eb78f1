// Restores on the node: what is found on the volumes decides, a damaged backup is refused, and a kill is no end.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database, HOSTILE } from './jobs-support.ts';
import { Namespace } from './support/kubectl.ts';
import { flipByte, inNode } from './support/node-volumes.ts';
import { PASSWORD, mysql, stringify } from './support/resource.ts';

let namespace: Namespace;
beforeAll(async () => {
  namespace = await Namespace.create('jobs-restore');
});
afterAll(() => namespace.delete());

const containing = (text: string): string => expect.stringContaining(text) as string;

describe.concurrent('a restore', () => {
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
    await database.load('INSERT INTO shop.t VALUES (2)');
    await database.stop();
    const password = `it's \\ used`;
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'there-active' },
      stringData: { current: password },
    };
    await namespace.kubectl(['apply', '-f', '-'], stringify(secret));
    const result = await database.runJob('restore');
    expect(result, result.reason).toMatchObject({ outcome: 'done', found: 'data' });
    expect(await database.runJob('restore')).toMatchObject({ outcome: 'done', found: 'data' });
    await database.removeJobs();
    await namespace.kubectl(['create', 'configmap', 'there-gate', '--from-literal=expect=data']);
    await namespace.deliver(mysql('there'));
    await namespace.ready('there', 180);
    expect(await database.rows('SELECT id FROM shop.t ORDER BY id', password)).toEqual([['1'], ['2']]);
    const words = ['-h', 'there', '-uroot', `-p${password}`, '-N', '-e', 'SELECT 1'];
    expect(await namespace.kubectl(['exec', 'there-0', '--', 'mysql', ...words])).toBe('1\n');
    await expect(database.rows('SELECT 1', PASSWORD)).rejects.toThrow('Access denied');
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
