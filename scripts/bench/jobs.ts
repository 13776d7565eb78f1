// The part "jobs" of the benchmark: the backup and the restore Job beside bare mysqldump and mysql, on the same data of the
// same server, one after the other. Needs a cluster in KUBECONFIG ("npm run cluster -- up") and the built program.
//
//   npm run bench -- jobs [--rounds N] [--rows N] [--tables N]
//
// The rows lie in one table, or in as many as --tables says. After each Job comes what its log says, with the seconds since
// its begin.

import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Database, type JobResult } from '../../test/e2e/jobs-support.ts';
import { Namespace } from '../../test/e2e/support/kubectl.ts';
import { PASSWORD } from '../../test/e2e/support/resource.ts';

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    rows: { type: 'string', default: '2000000' },
    tables: { type: 'string', default: '1' },
  },
});
const rows = Number(values.rows);
const tables = Array.from({ length: Number(values.tables) }, (_, index) => `t${String(index + 1)}`);
const LOGIN = `-p${PASSWORD}`;
const DUMP = `mysqldump ${LOGIN} --single-transaction --quick --hex-blob --no-tablespaces --set-gtid-purged=OFF bench`;
const FILE = '/tmp/bare.sql.zst';
/** Longer than any round here takes. */
const PATIENCE_SECONDS = 3600;

/** Two hundred bytes in a row, a third of which compress. */
const COLUMNS =
  'id int primary key auto_increment, name varchar(40), amount decimal(12,2), at datetime, note varchar(200), key (name)';
const FILL = `
drop database if exists bench; create database bench; use bench;
set session cte_max_recursion_depth = 1000001;
${tables.map((table) => `create table ${table} (${COLUMNS});`).join('\n')}
create table digits as with recursive n (i) as (select 0 union all select i + 1 from n where i < 999) select i from n;
`;

/** In pieces: one transaction of everything would need its size in memory and log once more. */
async function fill(database: Database): Promise<void> {
  await database.load(FILL);
  const step = Math.min(100_000, Math.ceil(rows / tables.length));
  for (let from = 0; from < rows; from += step) {
    await database.load(
      `insert into bench.${tables[(from / step) % tables.length] ?? ''} (name, amount, at, note)
         select concat('name-', a.i * 1000 + b.i + ${String(from)}), rand() * 1e6, now() - interval a.i minute,
                concat(sha2(rand(), 256), ' the quick brown fox jumps over the lazy dog ', sha2(rand(), 224))
         from bench.digits a join bench.digits b where a.i * 1000 + b.i < ${String(step)}`,
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

/** Runs a Job to its end and prints its log, each line with the seconds since the first one. */
async function runJob(database: Database, step: 'backup' | 'restore'): Promise<JobResult> {
  const job = await database.createJob(step);
  const result = await database.resultOf(job, PATIENCE_SECONDS);
  const lines = (await database.namespace.kubectl(['logs', '--timestamps', `job/${job}`])).trim().split('\n');
  const moments = lines.map((line) => Date.parse(line.split(' ', 1)[0] ?? ''));
  for (const [index, line] of lines.entries()) {
    const seconds = ((moments[index] ?? 0) - (moments[0] ?? 0)) / 1000;
    console.error(`  ${step} ${seconds.toFixed(1).padStart(6)}  ${line.replace(/^\S+ \S+ /, '')}`);
  }
  return result;
}

async function measureRound(database: Database): Promise<Record<string, number>> {
  const dump = await time(database, `{ ${DUMP} | zstd -q -3 -T2 -f -o ${FILE}; }`);
  await database.load('drop database if exists copy; create database copy');
  const load = await time(database, `{ zstd -dc ${FILE} | mysql ${LOGIN} copy; }`);
  await database.load('drop database copy');
  const checksum = `checksum table ${tables.map((table) => `bench.${table}`).join(', ')}`;
  const before = await database.rows(checksum);
  await database.stop();
  const backup = await runJob(database, 'backup');
  await database.emptyVolume();
  const restore = await runJob(database, 'restore');
  await database.start('data');
  const after = await database.rows(checksum);
  if (JSON.stringify(before) !== JSON.stringify(after)) throw new Error('the rows differ');
  return { dump, backup: backup.seconds, load, restore: restore.seconds, megabytes: (backup.bytes ?? 0) / 1e6 };
}

const namespace = await Namespace.create('bench-jobs');
try {
  const database = new Database(namespace, 'shop', { storage: { size: '20Gi' }, storage_size: undefined });
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
