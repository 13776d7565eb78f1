// The part "jobs" of the benchmark: the backup and the restore Job beside bare mysqldump and mysql, on the same data of the
// same server, one after the other. Needs a cluster in KUBECONFIG ("npm run cluster -- up") and the built program.
//
//   npm run bench -- jobs [--rounds N] [--rows N]

import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Database } from '../../test/e2e/jobs-support.ts';
import { Namespace } from '../../test/e2e/support/kubectl.ts';
import { PASSWORD } from '../../test/e2e/support/resource.ts';

const { values } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' }, rows: { type: 'string', default: '2000000' } },
});
const rows = Number(values.rows);
const LOGIN = `-p${PASSWORD}`;
const DUMP = `mysqldump ${LOGIN} --single-transaction --quick --hex-blob --no-tablespaces --set-gtid-purged=OFF bench`;
const FILE = '/tmp/bare.sql.zst';

/** Two hundred bytes in a row, a third of which compress. */
const FILL = `
drop database if exists bench; create database bench; use bench;
set session cte_max_recursion_depth = 1000001;
create table t (id int primary key auto_increment, name varchar(40), amount decimal(12,2), at datetime, note varchar(200), key (name));
create table digits as with recursive n (i) as (select 0 union all select i + 1 from n where i < 999) select i from n;
`;

/** In pieces: one transaction of everything would need its size in memory and log once more. */
async function fill(database: Database): Promise<void> {
  await database.load(FILL);
  const step = 100_000;
  for (let from = 0; from < rows; from += step) {
    await database.load(
      `use bench; insert into bench.t (name, amount, at, note)
         select concat('name-', a.i * 1000 + b.i + ${String(from)}), rand() * 1e6, now() - interval a.i minute,
                concat(sha2(rand(), 256), ' the quick brown fox jumps over the lazy dog ', sha2(rand(), 224))
         from bench.digits a join bench.digits b where a.i < ${String(step / 1000)}`,
    );
  }
}

/** Seconds that a command takes within the server's pod. */
async function time(database: Database, command: string): Promise<number> {
  const script = `set -euo pipefail; from=$EPOCHREALTIME; ${command} 2>/tmp/bench.log || { cat /tmp/bench.log >&2; exit 1; }; echo "$from $EPOCHREALTIME"`;
  const words = ['exec', `${database.name}-0`, '--', 'bash', '-c', script];
  const [from = 0, to = 0] = (await database.namespace.kubectl(words)).trim().split(' ').map(Number);
  return to - from;
}

async function measureRound(database: Database): Promise<Record<string, number>> {
  const dump = await time(database, `{ ${DUMP} | zstd -q -3 -T2 -f -o ${FILE}; }`);
  await database.load('drop database if exists copy; create database copy');
  const load = await time(database, `{ zstd -dc ${FILE} | mysql ${LOGIN} copy; }`);
  await database.load('drop database copy');
  const before = await database.rows('checksum table bench.t');
  await database.stop();
  const backup = await database.runJob('backup');
  await database.emptyVolume();
  const restore = await database.runJob('restore');
  await database.start('data');
  const after = await database.rows('checksum table bench.t');
  if (JSON.stringify(before) !== JSON.stringify(after)) throw new Error('the rows differ');
  return { dump, backup: backup.seconds, load, restore: restore.seconds, megabytes: (backup.bytes ?? 0) / 1e6 };
}

const namespace = await Namespace.create('bench-jobs');
try {
  const database = new Database(namespace, 'shop', { storage: { size: '10Gi' }, storage_size: undefined });
  await database.start('empty');
  await fill(database);
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    const seconds = await measureRound(database);
    const ratios = {
      backup: (seconds['dump'] ?? 0) / (seconds['backup'] ?? 0),
      restore: (seconds['load'] ?? 0) / (seconds['restore'] ?? 0),
    };
    console.log(`load ${loadavg()[0]?.toFixed(1) ?? ''}`, JSON.stringify({ ...seconds, ratios }));
  }
} finally {
  await namespace.delete();
}
