// The watcher as a process: the whole story with nothing delivered but the resource, then its lease, its end, its metrics,
// its log, and an API server that goes away.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Namespace, waitUntil } from './support/kubectl.ts';
import { PASSWORD, mysql, stringify } from './support/resource.ts';
import { restartApiServer } from './support/restart-api-server.ts';
import { WatcherProcess, abandon } from './support/watcher-process.ts';

const NAME = 'mysql-instance';
const NEW_PASSWORD = 'another-password';

const METRICS = [
  'controller_runtime_active_workers',
  'controller_runtime_max_concurrent_reconciles',
  'controller_runtime_reconcile_errors_total',
  'controller_runtime_reconcile_time_seconds_bucket',
  'controller_runtime_reconcile_total',
  'leader_election_master_status',
  'nodejs_heap_size_used_bytes',
  'process_cpu_seconds_total',
  'process_resident_memory_bytes',
  'rest_client_requests_total',
  'workqueue_adds_total',
  'workqueue_depth',
  'workqueue_longest_running_processor_seconds',
  'workqueue_queue_duration_seconds_bucket',
  'workqueue_retries_total',
  'workqueue_unfinished_work_seconds',
  'workqueue_work_duration_seconds_bucket',
];

/** The value at a path of the resource; empty without it. */
function read(namespace: Namespace, path: string, name = NAME): Promise<string> {
  return namespace.kubectl(['get', 'mysql', name, '-o', `jsonpath={${path}}`]);
}

function waitFor(namespace: Namespace, path: string, value: string, name = NAME): Promise<true> {
  return waitUntil(`${path} is "${value}"`, 180, async () =>
    (await read(namespace, path, name)).includes(value) ? true : undefined,
  );
}

const apply = (namespace: Namespace, resource: object): Promise<string> =>
  namespace.kubectl(['apply', '-f', '-'], stringify(resource));

describe('with --render, a bare kubectl apply of the resource', () => {
  let namespace: Namespace;
  let watcher: WatcherProcess;
  beforeAll(async () => {
    namespace = await Namespace.create('watch');
    // Before the watcher runs.
    await apply(namespace, mysql(NAME));
    watcher = await WatcherProcess.start('--render', '--namespace', namespace.name, '--log-level', 'debug');
  });
  afterAll(async () => {
    await watcher.end('SIGKILL');
    await abandon(namespace);
  });
  const rows = (password: string): Promise<string> => namespace.sql(NAME, password, 'select * from t order by id');

  it('starts a server', async () => {
    await waitFor(namespace, '.status.message', `${NAME} created without restore-job`);
    const statements = "create table t(id int primary key, v text); insert into t values (1,'one'),(2,'two')";
    await namespace.sql(NAME, PASSWORD, statements);
    expect(await watcher.page('/readyz')).toEqual({ code: 200, text: 'ok\n' });
    expect(await watcher.page('/healthz')).toEqual({ code: 200, text: 'ok\n' });
  });

  it('brings back what somebody else deletes, and changes what is changed in git', async () => {
    await namespace.kubectl(['delete', 'statefulset', NAME, '--wait']);
    await apply(namespace, mysql(NAME, { config: { max_connections: '77' } }));
    await waitUntil('the configuration', 60, async () => {
      const config = await namespace.kubectl(['get', 'configmap', `${NAME}-config`, '-o', 'jsonpath={.data}']);
      return config.includes('77') ? true : undefined;
    });
    await waitFor(namespace, '.status.conditions[?(@.type=="Ready")].observedGeneration', '2');
    await waitFor(namespace, '.status.conditions[?(@.type=="Ready")].status', 'True');
    expect(await rows(PASSWORD)).toBe('1\tone\n2\ttwo\n');
  });

  it('is not written to at rest', async () => {
    const writes = (): Promise<number> => watcher.metric('rest_client_requests_total', /method="(?!GET)/);
    await waitUntil('nothing is written for five seconds', 60, async () => {
      const before = await writes();
      await new Promise((resolve) => setTimeout(resolve, 5000));
      return (await writes()) === before ? true : undefined;
    });
    const before = await writes();
    const rounds = await watcher.metric('controller_runtime_reconcile_total');
    await namespace.kubectl(['annotate', 'configmap', `${NAME}-gate`, 'test/touched=1']);
    await waitUntil('the watcher has looked', 30, async () =>
      (await watcher.metric('controller_runtime_reconcile_total')) > rounds ? true : undefined,
    );
    expect(await writes()).toBe(before);
  });

  it('is deleted when its backup is complete, and nothing is made again', async () => {
    await namespace.kubectl(['delete', 'mysqls.otus.homework', NAME, '--timeout=180s']);
    const left = await namespace.kubectl(['get', 'pvc,jobs,services,statefulsets,secrets', '-o', 'name']);
    expect(left.trim().split('\n')).toEqual([
      `persistentvolumeclaim/backup-${NAME}-pvc`,
      `job.batch/backup-${NAME}-job`,
    ]);
  });

  it('has its rows when it is made again, and then another password', async () => {
    await apply(namespace, mysql(NAME));
    await waitFor(namespace, '.status.message', `${NAME} created with restore-job`);
    expect(await rows(PASSWORD)).toBe('1\tone\n2\ttwo\n');
    await apply(namespace, mysql(NAME, { password: NEW_PASSWORD }));
    await waitFor(namespace, '.status.message', 'mysql password changed!');
    expect(await rows(NEW_PASSWORD)).toBe('1\tone\n2\ttwo\n');
  });

  it('ends the earlier password, too, when NAME-active was deleted before its end', async () => {
    await namespace.kubectl(['delete', 'secret', `${NAME}-active`]);
    const isRecovered = '{.data.previous}{"/"}{.data.next}';
    const encoded = Buffer.from(NEW_PASSWORD).toString('base64');
    await waitUntil('the Secret is written again, and the password in it was tried', 120, async () => {
      const words = ['get', 'secret', `${NAME}-active`, '--ignore-not-found', '-o', `jsonpath=${isRecovered}`];
      return (await namespace.kubectl(words)) === `${encoded}/` ? true : undefined;
    });
    expect(await rows(PASSWORD)).toContain('two');
    await namespace.kubectl(['annotate', 'mysql', NAME, 'otus.homework/rotate-now=true']);
    await waitUntil('the earlier password is refused', 120, () =>
      rows(PASSWORD).then(
        () => undefined,
        (error: unknown) => (String(error).includes('Access denied') ? true : undefined),
      ),
    );
    expect(await rows(NEW_PASSWORD)).toContain('two');
  });

  it('is told as Events', async () => {
    const reasons = await waitUntil('the Events', 60, async () => {
      const text = await namespace.kubectl(['get', 'events', '-o', 'jsonpath={.items[*].reason}']);
      return text.includes('PasswordChanged') ? text.split(' ') : undefined;
    });
    expect(reasons).toEqual(expect.arrayContaining(['BackupComplete', 'Restored', 'PasswordChanged', 'Ready']));
    expect(reasons).not.toContain('NoProgress');
  });

  it('is counted by metrics under the names that dashboards know', async () => {
    const { text } = await watcher.page('/metrics');
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines.filter((line) => !/^[a-z_]+[a-z0-9_]*(\{[^{}]*\})? \S+$/.test(line))).toEqual([]);
    const names = new Set(lines.map((line) => /^[a-z0-9_]+/.exec(line)?.[0]));
    expect(METRICS.filter((name) => !names.has(name))).toEqual([]);
    expect(await watcher.metric('controller_runtime_reconcile_errors_total')).toBe(0);
  });

  it('never shows a password: not in the log, nor the metrics, nor the Events, nor the status', async () => {
    const { text } = await watcher.page('/metrics');
    const events = await namespace.kubectl(['get', 'events', '-o', 'json']);
    const status = await read(namespace, '.status');
    const secrets = [PASSWORD, NEW_PASSWORD].flatMap((password) => [
      password,
      Buffer.from(password).toString('base64'),
    ]);
    for (const secret of secrets) expect([watcher.text, text, events, status].join('\n')).not.toContain(secret);
    for (const line of watcher.log()) {
      expect(line).toMatchObject({ level: expect.stringMatching(/^(debug|info|warn|error)$/) as string });
      expect(new Date(line.time).toISOString()).toBe(line.time);
    }
  });

  it('whose manifests the API server refuses is stalled in the words of the server, until git is changed', async () => {
    const config = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'refused-config' },
      immutable: true,
      data: {},
    };
    await namespace.kubectl(['apply', '-f', '-'], stringify(config));
    await apply(namespace, mysql('refused'));
    await waitFor(namespace, '.status.message', 'immutable', 'refused');
    expect(await read(namespace, '.status.conditions[?(@.type=="Stalled")].reason', 'refused')).toBe('ApplyRefused');
    await namespace.kubectl(['delete', 'configmap', 'refused-config']);
    await apply(namespace, mysql('refused', { config: { max_connections: '99' } }));
    await waitFor(namespace, '.status.conditions[?(@.type=="Stalled")].status', 'False', 'refused');
  });

  it('with a password that the server refuses takes the next one of git', async () => {
    const strict = (password: string): object => mysql('strict', { password, passwordOverlap: '0s' });
    await apply(namespace, strict(PASSWORD));
    await waitFor(namespace, '.status.message', 'strict created without restore-job', 'strict');
    await namespace.sql('strict', PASSWORD, "install component 'file://component_validate_password'");
    await apply(namespace, strict('weak'));
    await waitFor(namespace, '.status.conditions[?(@.type=="Stalled")].reason', 'PasswordChangeFailed', 'strict');
    expect(await read(namespace, '.status.message', 'strict')).toContain('put another password into the Secret');
    await apply(namespace, strict('Strong-enough-1'));
    await waitFor(namespace, '.status.message', 'mysql password changed!', 'strict');
    expect(await namespace.sql('strict', 'Strong-enough-1', 'select 1')).toBe('1\n');
  });

  it('whose Job a quota forbids is stalled in the words of the API server, until there is room', async () => {
    await namespace.kubectl(['create', 'quota', 'none', '--hard=count/jobs.batch=0']);
    await apply(namespace, mysql('strict', { password: 'Strong-enough-2', passwordOverlap: '0s' }));
    await waitFor(namespace, '.status.conditions[?(@.type=="Stalled")].reason', 'ActionRefused', 'strict');
    const message = await read(namespace, '.status.message', 'strict');
    expect(message).toContain('exceeded quota: none');
    expect(message).toContain('raise the ResourceQuota');
    await waitUntil('the Event', 60, async () => {
      const text = await namespace.kubectl(['get', 'events', '-o', 'jsonpath={.items[*].reason}']);
      return text.includes('ActionRefused') ? true : undefined;
    });
    await namespace.kubectl(['delete', 'quota', 'none']);
    await waitUntil('the new password', 120, () =>
      namespace.sql('strict', 'Strong-enough-2', 'select 1').catch(() => undefined),
    );
    await waitFor(namespace, '.status.message', 'mysql password changed!', 'strict');
  });

  it('runs on when the watcher is asked to end, which it does with 0', async () => {
    expect(await watcher.end()).toBe(0);
    expect(watcher.log().at(-1)).toMatchObject({ msg: 'stopped' });
    expect(await rows(NEW_PASSWORD)).toBe('1\tone\n2\ttwo\n');
  });
});

describe('watchers with a lease', () => {
  let namespace: Namespace;
  const running: WatcherProcess[] = [];
  beforeAll(async () => {
    namespace = await Namespace.create('lease');
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((watcher) => watcher.end('SIGKILL').catch(() => undefined)));
  });
  afterAll(() => abandon(namespace));

  async function start(...more: readonly string[]): Promise<WatcherProcess> {
    const flags = ['--leader-elect', '--lease-namespace', namespace.name, '--namespace', namespace.name, ...more];
    const watcher = await WatcherProcess.start(...flags);
    running.push(watcher);
    return watcher;
  }
  const holds = (watcher: WatcherProcess): Promise<unknown> =>
    watcher.line('it holds the lease', ({ msg }) => msg === 'holds the lease');
  const holder = (): Promise<string> =>
    namespace.kubectl(['get', 'lease', 'kubectl-mysql', '-o', 'jsonpath={.spec.holderIdentity}']);
  const finalizer = async (name: string): Promise<true> => {
    await apply(namespace, mysql(name));
    return waitFor(namespace, '.metadata.finalizers', 'final-backup', name);
  };

  it('act one at a time; the other takes over from one that was killed', async () => {
    const first = await start();
    await holds(first);
    const second = await start();
    await finalizer('one');
    expect(second.log().some(({ msg }) => msg === 'holds the lease')).toBe(false);
    expect(await second.page('/readyz')).toEqual({ code: 200, text: 'ok\n' });
    expect([
      await first.metric('leader_election_master_status'),
      await second.metric('leader_election_master_status'),
    ]).toEqual([1, 0]);
    expect(await first.end('SIGKILL')).toBe('SIGKILL');
    await holds(second);
    await finalizer('two');
  });

  it('give the lease back when they are asked to end, with 0, so that the next one need not wait', async () => {
    const first = await start();
    await holds(first);
    expect(await first.end('SIGINT')).toBe(0);
    expect(await holder()).toBe('');
  });

  it('stand by when the API server goes away, are healthy meanwhile, and go on afterwards', async () => {
    const watcher = await start();
    await holds(watcher);
    await waitUntil('it is ready', 60, async () => ((await watcher.page('/readyz')).code === 200 ? true : undefined));
    const restarted = restartApiServer(15);
    await watcher.line('the lease is lost', ({ msg }) => msg === 'lost the lease');
    expect(await watcher.page('/healthz')).toEqual({ code: 200, text: 'ok\n' });
    await restarted;
    await waitUntil('the lease is held again', 90, () =>
      Promise.resolve(watcher.log().filter(({ msg }) => msg === 'holds the lease').length === 2 ? true : undefined),
    );
    await finalizer('three');
    expect(await watcher.end()).toBe(0);
  });

  it('end at once by a second signal', async () => {
    const watcher = await start();
    const ended = watcher.end('SIGTERM');
    await watcher.end('SIGTERM');
    expect([0, 143]).toContain(await ended);
  });
});

describe('a watcher without a lease', () => {
  it('goes on when the API server comes back', async () => {
    const namespace = await Namespace.create('restart');
    const watcher = await WatcherProcess.start('--namespace', namespace.name);
    try {
      await restartApiServer(2);
      await apply(namespace, mysql('shop'));
      await waitFor(namespace, '.metadata.finalizers', 'final-backup', 'shop');
      expect(await watcher.page('/healthz')).toEqual({ code: 200, text: 'ok\n' });
      expect(await watcher.end()).toBe(0);
    } finally {
      await watcher.end('SIGKILL').catch(() => undefined);
      await abandon(namespace);
    }
  });
});
