// A row that no client can load again, on the node: no backup of it counts as one.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { Database } from './jobs-support.ts';
import { Namespace } from './support/kubectl.ts';

let namespace: Namespace;
beforeAll(async () => {
  namespace = await Namespace.create('faults-rows');
});
afterAll(() => namespace.delete());

const BIGGEST_MIB = 511;

it('a row whose text form is over 1 GiB is refused, and one that is just below is not', async () => {
  const database = new Database(namespace, 'rows', { config: { max_allowed_packet: 1073741824 } });
  await database.start('empty');
  await database.load(`CREATE TABLE shop.\`a b\` (id int PRIMARY KEY, \`b\`\`c\` longblob, t longtext, g longblob AS (t));
    INSERT INTO shop.\`a b\` (id, \`b\`\`c\`) SELECT 1, REPEAT('x', ${String(BIGGEST_MIB + 2)} * 1048576);`);
  await database.stop();
  const refused = await database.runJob('backup');
  expect(refused).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('a row of `shop`.`a b` is 1026.0 MiB as text') as string,
  });
  await database.start('data');
  await database.load(`UPDATE shop.\`a b\` SET \`b\`\`c\` = REPEAT('x', ${String(BIGGEST_MIB - 1)} * 1048576)`);
  await database.stop();
  const backup = await database.runJob('backup');
  expect(backup, backup.reason).toMatchObject({ outcome: 'done' });
});
