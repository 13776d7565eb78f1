// A resource of four fields becomes a server that keeps its rows.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Namespace, run, waitUntil } from './support/kubectl.ts';
import { PASSWORD, mysql, stringify } from './support/resource.ts';

const seed = mysql('mysql-instance', { database: 'otus-database', lifecycle: 'None' });

describe('a seed-style resource with lifecycle None under the restricted Pod Security Standard', () => {
  let namespace: Namespace;
  const rows = () => namespace.sql('mysql-instance', PASSWORD, 'select * from test order by id', 'otus-database');

  beforeAll(async () => {
    namespace = await Namespace.create('server');
    await namespace.deliver(seed);
    await namespace.ready('mysql-instance');
    const statement = "create table test(id int primary key, v text); insert into test values (1,'one'),(2,'two')";
    await namespace.sql('mysql-instance', PASSWORD, statement, 'otus-database');
  });
  afterAll(() => namespace.delete());

  it('answers `kubectl exec POD -- mysql -potuspassword -e "select * from test;" otus-database` as written', async () => {
    const words = ['exec', 'mysql-instance-0', '--', 'mysql', '-potuspassword', '-e', 'select * from test;'];
    expect(await namespace.kubectl([...words, 'otus-database'])).toBe('id\tv\n1\tone\n2\ttwo\n');
  });

  it('answers through the Service by name', async () => {
    const words = ['-h', 'mysql-instance', '-uroot', `-p${PASSWORD}`, '-N', '-e', 'select count(*) from test'];
    const count = await namespace.kubectl(['exec', 'mysql-instance-0', '--', 'mysql', ...words, 'otus-database']);
    expect(count).toBe('2\n');
  });

  it('is the only pod that `kubectl get pods -l app=NAME` names', async () => {
    expect(await namespace.kubectl(['get', 'pods', '-l', 'app=mysql-instance', '-o', 'name'])).toBe(
      'pod/mysql-instance-0\n',
    );
  });

  it('keeps its rows when mysqld is killed', async () => {
    const before = await namespace.ready('mysql-instance');
    for (const pid of await namespace.pids('mysql-instance-0', 'mysqld')) process.kill(pid, 'SIGKILL');
    await waitUntil('the container was started again', 60, async () => {
      const pod = await namespace.pod('mysql-instance');
      return (pod?.status.containerStatuses?.[0]?.restartCount ?? 0) > 0 ? true : undefined;
    });
    const after = await namespace.ready('mysql-instance');
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(await rows()).toBe('1\tone\n2\ttwo\n');
  });

  it('keeps its rows when the pod is deleted', async () => {
    const { metadata } = await namespace.ready('mysql-instance');
    await namespace.kubectl(['delete', 'pod', 'mysql-instance-0']);
    await namespace.ready('mysql-instance', 120, metadata.uid);
    expect(await rows()).toBe('1\tone\n2\ttwo\n');
  });

  it('keeps its rows when the node loses its power', async () => {
    await run('bash', ['test/cluster/cluster', 'restart-node']);
    await namespace.ready('mysql-instance', 180);
    expect(await rows()).toBe('1\tone\n2\ttwo\n');
  });

  it('goes away while paused and comes back with its rows', async () => {
    await namespace.deliver(mysql('mysql-instance', { database: 'otus-database', lifecycle: 'None', paused: true }));
    await waitUntil('the pod is gone', 180, async () => ((await namespace.pod('mysql-instance')) ? undefined : true));
    await namespace.deliver(seed);
    await namespace.ready('mysql-instance');
    expect(await rows()).toBe('1\tone\n2\ttwo\n');
  });

  it('restarts with a changed option, which can hold quotes, blanks and #', async () => {
    const { metadata } = await namespace.ready('mysql-instance');
    const config = { max_connections: 77, init_connect: `set @a = "x # y \\\\ z"` };
    await namespace.deliver(mysql('mysql-instance', { database: 'otus-database', lifecycle: 'None', config }));
    await namespace.ready('mysql-instance', 180, metadata.uid);
    const variables = await namespace.sql(
      'mysql-instance',
      PASSWORD,
      'select @@max_connections, @@init_connect',
      'otus-database',
    );
    expect(variables).toBe(`77\tset @a = "x # y \\\\\\\\ z"\n`);
    expect(await rows()).toBe('1\tone\n2\ttwo\n');
  });

  it('does not restart for a changed password, label, backup or service', async () => {
    const changes = [
      { password: 'another' },
      { labels: { team: 'shop' } },
      { annotations: { note: 'changed' } },
      { service: { type: 'NodePort' } },
      { networkPolicy: {} },
      { storage_size: '2Gi' },
    ];
    const base = { database: 'otus-database', lifecycle: 'None' };
    await namespace.deliver(seed);
    await namespace.kubectl(['rollout', 'status', 'statefulset/mysql-instance', '--timeout=180s']);
    const template = async (): Promise<string> =>
      namespace.kubectl([
        'get',
        'statefulset',
        'mysql-instance',
        '-o',
        'jsonpath={.metadata.generation} {.status.updateRevision}',
      ]);
    const before = await template();
    for (const change of changes) {
      await namespace.deliver(
        mysql('mysql-instance', { ...base, ...('storage_size' in change ? {} : { storage_size: '1Gi' }), ...change }),
      );
    }
    expect(await template()).toBe(before);
  });

  it('asks for a larger volume when the size in git grows', async () => {
    await namespace.deliver(
      mysql('mysql-instance', { database: 'otus-database', lifecycle: 'None', storage_size: '3Gi' }),
    );
    const claim = await namespace.get<{ spec: { resources: { requests: { storage: string } } } }>(
      'pvc',
      'mysql-instance-pvc',
    );
    expect(claim.spec.resources.requests.storage).toBe('3Gi');
  });

  it('is refused by the API server when the size shrinks', async () => {
    const smaller = stringify(mysql('mysql-instance', { database: 'otus-database', lifecycle: 'None' }));
    await expect(namespace.kubectl(['apply', '-f', '-'], smaller)).rejects.toThrow('the storage size cannot shrink');
  });
});

describe('a database with a name that is no word', () => {
  let namespace: Namespace;
  beforeAll(async () => {
    namespace = await Namespace.create('names');
  });
  afterAll(() => namespace.delete());

  it.concurrent.each([
    ['unicode', '数据-ü $x'],
    ['long', '-'.repeat(51)],
    ['longest', 'a'.repeat(64)],
  ])('(%s) is made as it is written', async (name, database) => {
    await namespace.deliver(mysql(name, { database, lifecycle: 'None' }));
    await namespace.ready(name);
    const hex = Buffer.from(database).toString('hex').toUpperCase();
    const found = await namespace.sql(
      name,
      PASSWORD,
      `select count(*) from schemata where hex(convert(schema_name using utf8mb4)) = '${hex}'`,
      'information_schema',
    );
    expect(found).toBe('1\n');
  });
});
