// The watcher that also applies what is rendered, under the rights of `kubectl mysql install --render`: a bare resource is
// enough.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Installation } from './support/installation.ts';
import { Namespace, tryRun, waitUntil } from './support/kubectl.ts';
import { PASSWORD, mysql, stringify } from './support/resource.ts';
import { abandon } from './support/watcher-process.ts';

const NAME = 'mysql-instance';

describe('the watcher that renders', () => {
  let namespace: Namespace;
  let watcher: Installation;

  beforeAll(async () => {
    namespace = await Namespace.create('rendered');
    watcher = await Installation.create('--render');
  });
  afterAll(async () => {
    await watcher.remove();
    await abandon(namespace);
  });

  const apply = (spec: object = {}): Promise<string> =>
    namespace.kubectl(['apply', '-f', '-'], stringify(mysql(NAME, { networkPolicy: {}, ...spec })));

  it('starts the server of a bare resource', async () => {
    await apply();
    await namespace.message(NAME, `${NAME} created without restore-job`);
    await namespace.sql(NAME, PASSWORD, 'create table t(id int primary key); insert into t values (7)');
  });

  it('changes the password', async () => {
    await apply({ password: 'another-password' });
    await namespace.message(NAME, 'mysql password changed!');
    expect(await namespace.sql(NAME, 'another-password', 'select * from t')).toBe('7\n');
  });

  it('applies a change', async () => {
    await apply({ password: 'another-password', config: { max_connections: 77 } });
    await namespace.kubectl(['wait', `pod/${NAME}-0`, '--for=condition=Ready', '--timeout=120s']);
    await waitUntil('the server has the new setting', 120, async () => {
      const answer = await namespace.sql(NAME, 'another-password', 'select @@max_connections').catch(() => 'not there');
      return answer === '77\n' ? true : undefined;
    });
  });

  it('takes away what is not asked for any more', async () => {
    const readTeam = (): Promise<string> =>
      namespace.kubectl(['get', 'statefulset', NAME, '-o', 'jsonpath={.metadata.labels.team}']);
    for (const [labels, team] of [
      [{ team: 'sales' }, 'sales'],
      [undefined, ''],
    ] as const) {
      await apply({ password: 'another-password', config: { max_connections: 77 }, ...(labels ? { labels } : {}) });
      await waitUntil(`the label is "${team}"`, 60, async () => ((await readTeam()) === team ? true : undefined));
    }
  });

  it('backs it up and brings it back', async () => {
    await namespace.kubectl(['delete', 'mysqls.otus.homework', NAME, '--timeout=180s']);
    await apply({ password: 'another-password' });
    await namespace.message(NAME, `${NAME} created with restore-job`);
    expect(await namespace.sql(NAME, 'another-password', 'select * from t')).toBe('7\n');
  });

  it('was never refused anything, and used each right that rendering adds', async () => {
    const calls = await watcher.calls();
    expect(calls.filter(({ allowed }) => !allowed)).toEqual([]);
    const used = new Set(calls.map(({ right }) => right));
    const rendered = (await watcher.granted()).filter((right) =>
      /^(create|patch) (apps\/statefulsets|\/services|networking.k8s.io\/networkpolicies|\/persistentvolumeclaims)$/.test(
        right,
      ),
    );
    expect(rendered).toHaveLength(8);
    expect(rendered.filter((right) => !used.has(right))).toEqual([]);
  });

  it('makes no volume on the node, whoever asks for it, and says so', async () => {
    const storage = { size: '1Gi', hostPath: '/var/tmp/shop' };
    const resource = mysql('host', { storage_size: undefined, storage });
    await namespace.kubectl(['apply', '-f', '-'], stringify(resource));
    await waitUntil('the refusal is in the status', 60, async () => {
      const text = await namespace.kubectl(['get', 'mysqls', 'host', '-o', 'jsonpath={.status.message}']);
      return text.startsWith('PersistentVolume ') && text.includes('is refused') ? true : undefined;
    });
    const { code } = await tryRun('kubectl', ['get', 'pv', `${namespace.name}.host-pvc`]);
    expect(code).not.toBe(0);
  });
});
