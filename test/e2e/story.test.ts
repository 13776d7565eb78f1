// The life of a database: made, deleted with a final backup, made again with its rows, given another password. The control
// loop runs within the test.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../src/cluster/clock.ts';
import { connect, type Connection } from '../../src/cluster/connect.ts';
import { isClusterError } from '../../src/cluster/errors.ts';
import { startController, type Controller } from '../../src/lifecycle/controller.ts';
import { Namespace, waitUntil } from './support/kubectl.ts';
import { PASSWORD, mysql } from './support/resource.ts';

const NAME = 'mysql-instance';
const NEW_PASSWORD = 'another-password';

describe('a managed resource', () => {
  let namespace: Namespace;
  let connection: Connection;
  let controller: Controller;
  const failures: string[] = [];
  let rounds = 0;

  beforeAll(async () => {
    namespace = await Namespace.create('story');
    await namespace.deliver(mysql(NAME));
    const clock = createSystemClock();
    connection = connect({ environment: process.env, version: 'test', clock });
    const onFailure = (what: string, error: unknown): void => {
      if (!isClusterError(error, 'Conflict')) failures.push(`${what}: ${String(error)}`);
    };
    const onRound = (): void => {
      rounds += 1;
    };
    const random = Math.random;
    const options = { connection, clock, random, namespace: namespace.name, onFailure, onRound };
    controller = startController(options);
  });
  afterAll(async () => {
    await controller.stop();
    await connection.close();
    await namespace.delete();
  });

  const message = (text: string): Promise<true> =>
    waitUntil(`the message "${text}"`, 180, async () => {
      const now = await namespace.kubectl(['get', 'mysql', NAME, '-o', 'jsonpath={.status.message}']);
      return now === text ? true : undefined;
    });
  const rows = (password: string): Promise<string> => namespace.sql(NAME, password, 'select * from t order by id');

  it('that was applied before the watcher ran is started without a Job', async () => {
    await message(`${NAME} created without restore-job`);
    const statements = "create table t(id int primary key, v text); insert into t values (1,'one'),(2,'two')";
    await namespace.sql(
      NAME,
      PASSWORD,
      `${statements}; create user app@'%' identified by 'x'; grant select on shop.* to app@'%'`,
    );
    expect(await rows(PASSWORD)).toBe('1\tone\n2\ttwo\n');
    expect(await namespace.kubectl(['get', 'my'])).toContain(`${NAME} created without restore-job`);
  });

  it('is gone when its backup is complete, and so is all but the backup', async () => {
    await namespace.kubectl(['delete', 'mysqls.otus.homework', NAME, '--timeout=180s']);
    const left = await namespace.kubectl(['get', 'pvc,jobs,services,statefulsets,secrets', '-o', 'name']);
    expect(left.trim().split('\n')).toEqual([
      `persistentvolumeclaim/backup-${NAME}-pvc`,
      `job.batch/backup-${NAME}-job`,
    ]);
    const done = ['wait', '--for=condition=Complete', `job/backup-${NAME}-job`, '--timeout=10s'];
    expect(await namespace.kubectl(done)).toContain('condition met');
  });

  it('that is made again has its rows, accounts and grants', async () => {
    await namespace.deliver(mysql(NAME));
    await message(`${NAME} created with restore-job`);
    expect(await rows(PASSWORD)).toBe('1\tone\n2\ttwo\n');
    expect(await namespace.sql(NAME, PASSWORD, "show grants for app@'%'")).toContain('GRANT SELECT ON `shop`.*');
    const jobs = await namespace.kubectl(['get', 'jobs', '--no-headers']);
    expect(jobs).toMatch(new RegExp(`^backup-${NAME}-job +Complete +1/1 `, 'm'));
    expect(jobs).toMatch(new RegExp(`^restore-${NAME}-job +Complete +1/1 `, 'm'));
  });

  it('gets another password while its server runs on, and both work', async () => {
    const { metadata } = await namespace.ready(NAME);
    await namespace.deliver(mysql(NAME, { password: NEW_PASSWORD }));
    await message('mysql password changed!');
    expect(await rows(NEW_PASSWORD)).toBe('1\tone\n2\ttwo\n');
    expect(await rows(PASSWORD)).toBe('1\tone\n2\ttwo\n');
    const pod = await namespace.ready(NAME);
    expect(pod.metadata.uid).toBe(metadata.uid);
    expect(pod.status.containerStatuses?.[0]?.restartCount).toBe(0);
  });

  it('is no longer written to when it is at rest', async () => {
    const version = (): Promise<string> =>
      namespace.kubectl(['get', 'mysql', NAME, '-o', 'jsonpath={.metadata.resourceVersion}']);
    const before = await version();
    const earlier = rounds;
    // A change of the gate is always looked at; one that no decision depends on is not.
    await namespace.kubectl(['annotate', 'configmap', `${NAME}-gate`, 'test/touched=1']);
    await waitUntil('the watcher has looked', 30, () => Promise.resolve(rounds > earlier ? true : undefined));
    expect(await version()).toBe(before);
    expect(failures).toEqual([]);
  });
});
