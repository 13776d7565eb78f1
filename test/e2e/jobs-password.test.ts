// Password changes on a running server: no client ever fails, and nothing tells a password.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from './jobs-support.ts';
import { Namespace } from './support/kubectl.ts';
import { PASSWORD, stringify } from './support/resource.ts';

/** Every printable character of ASCII. */
const EVERY = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');

let namespace: Namespace;
beforeAll(async () => {
  namespace = await Namespace.create('jobs-password');
});
afterAll(() => namespace.delete());

const containing = (text: string): string => expect.stringContaining(text) as string;

async function setActive(name: string, passwords: Record<string, string>): Promise<void> {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: `${name}-active` }, stringData: passwords };
  await namespace.kubectl(['replace', '-f', '-'], stringify(secret));
}

/** Logs in over TCP; false when the password is refused. */
async function logsIn(name: string, password: string): Promise<boolean> {
  const words = [
    'exec',
    `${name}-0`,
    '--',
    'env',
    `MYSQL_PWD=${password}`,
    'mysql',
    '-h',
    name,
    '-uroot',
    '-e',
    'DO 1',
  ];
  try {
    await namespace.kubectl(words);
    return true;
  } catch (error) {
    if (String(error).includes('Access denied')) return false;
    throw error;
  }
}

/** Logs in again and again within the server's pod, by socket and by TCP in turn; counts what fails. */
async function clientLoop(
  name: string,
  password: string,
  seconds: number,
): Promise<{ logins: number; failures: number }> {
  const script = `end=$((SECONDS + ${String(seconds)})) logins=0 failures=0
    while ((SECONDS < end)); do
      mysql -uroot -e 'DO 1' || failures=$((failures + 1))
      mysql -h ${name} -uroot -e 'DO 1' || failures=$((failures + 1))
      logins=$((logins + 2))
    done
    echo "$logins $failures"`;
  const output = await namespace.kubectl([
    'exec',
    `${name}-0`,
    '--',
    'env',
    `MYSQL_PWD=${password}`,
    'bash',
    '-c',
    script,
  ]);
  const [logins = 0, failures = 0] = output.trim().split(' ').map(Number);
  return { logins, failures };
}

describe.concurrent('a password change', () => {
  it('lets both passwords work, for all characters, and no client ever fails; then ends the old one', async () => {
    const database = new Database(namespace, 'change');
    await database.start('empty');
    const { restarts } = await serverOf('change');
    await setActive('change', { current: PASSWORD, next: EVERY });
    const old = clientLoop('change', PASSWORD, 12);
    const job = await database.createJob('change-pass');
    const changed = await database.resultOf(job);
    expect(changed, changed.reason).toMatchObject({ outcome: 'done', serverVersion: containing('9.7') });
    const logs = await namespace.kubectl(['logs', `job/${job}`]);
    for (const secret of [PASSWORD, EVERY]) expect(logs + JSON.stringify(changed)).not.toContain(secret);
    const clients = [await old, await clientLoop('change', EVERY, 2)];
    for (const { logins, failures } of clients)
      expect({ some: logins > 0, failures }).toEqual({ some: true, failures: 0 });

    const again = await database.runJob('change-pass');
    expect(again).toMatchObject({ outcome: 'done', reason: containing('already') });
    expect(await logsIn('change', PASSWORD)).toBe(true);

    await setActive('change', { current: EVERY, previous: PASSWORD });
    const ended = await database.runJob('change-pass', { mode: 'discard' });
    expect(ended, ended.reason).toMatchObject({ outcome: 'done', reason: containing('ended') });
    expect([await logsIn('change', PASSWORD), await logsIn('change', EVERY)]).toEqual([false, true]);
    expect(await database.runJob('change-pass', { mode: 'discard' })).toMatchObject({ outcome: 'done' });
    expect((await serverOf('change')).restarts).toBe(restarts);
  });

  it('leaves out accounts without a password of their own, names them, and is refused when nobody can log in', async () => {
    const database = new Database(namespace, 'others');
    await database.start('empty');
    await database.load(`CREATE USER root@'10.9.%'; CREATE USER root@'10.8.%' IDENTIFIED BY 'x' ACCOUNT LOCK;
      CREATE USER root@'it''s' IDENTIFIED BY 'y';
      SET PERSIST transaction_read_only = ON; SET PERSIST sql_select_limit = 1; SET PERSIST max_join_size = 1`);
    await setActive('others', { current: PASSWORD, next: 'a\\b' });
    const changed = await database.runJob('change-pass');
    expect(changed, changed.reason).toMatchObject({ outcome: 'done', reason: containing("`it's`") });
    expect(changed.warnings).toEqual([containing('it is locked'), containing('its password is empty')]);
    expect([await logsIn('others', PASSWORD), await logsIn('others', 'a\\b')]).toEqual([true, true]);
    await setActive('others', { current: 'wrong', next: 'wrong too' });
    const unknown = await database.runJob('change-pass');
    expect(unknown).toMatchObject({ outcome: 'refused', reason: containing('by SQL'), altered: false });
    await namespace.kubectl(['scale', 'statefulset', 'others', '--replicas=0']);
    await setActive('others', { current: 'a\\b', next: 'new' });
    const job = await database.createJob('change-pass');
    await database.waitForRunning(job);
    await namespace.kubectl(['scale', 'statefulset', 'others', '--replicas=1']);
    const late = await database.resultOf(job);
    expect(late, late.reason).toMatchObject({ outcome: 'done' });
  });
});

async function serverOf(name: string): Promise<{ restarts: number | undefined }> {
  const pod = await namespace.pod(name);
  return { restarts: pod?.status.containerStatuses?.[0]?.restartCount };
}
