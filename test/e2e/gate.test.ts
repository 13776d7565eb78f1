// With a watcher in charge, no server starts before the gate is open. Here the gate is opened by hand.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Namespace, tryRun, waitUntil } from './support/kubectl.ts';
import { PASSWORD, mysql, openGate, stringify } from './support/resource.ts';

describe('a managed resource', () => {
  let namespace: Namespace;
  // Empty while there is no pod.
  const events = async (): Promise<string> =>
    (await tryRun('kubectl', ['-n', namespace.name, 'describe', 'pod', 'gated-0'])).stdout;

  beforeAll(async () => {
    namespace = await Namespace.create('gate');
    await namespace.deliver(
      mysql('gated', { resources: { limits: { memory: '1Gi' }, requests: { memory: '512Mi' } } }),
    );
  });
  afterAll(() => namespace.delete());

  it('waits, and `kubectl describe pod` says for whom', async () => {
    await waitUntil('an event about the gate', 60, async () =>
      (await events()).includes('configmap "gated-gate" not found') ? true : undefined,
    );
    const pod = await namespace.pod('gated');
    expect(pod?.status.containerStatuses?.[0]?.state.waiting?.reason).toBe('ContainerCreating');
    expect(await events()).toContain('waits-for-mysql-watcher');
  });

  it('has both claims bound while it waits', async () => {
    await waitUntil('both claims are Bound', 60, async () => {
      const phases = await namespace.kubectl(['get', 'pvc', '-o', 'jsonpath={.items[*].status.phase}']);
      return phases === 'Bound Bound' ? true : undefined;
    });
  });

  it('starts when the gate opens, with a buffer pool that follows the memory limit', async () => {
    await namespace.kubectl(['apply', '-f', '-'], stringify(openGate('gated', 'empty')));
    const { metadata } = (await namespace.pod('gated')) ?? { metadata: { uid: '' } };
    await namespace.kubectl(['delete', 'pod', 'gated-0']);
    await namespace.ready('gated', 120, metadata.uid);
    const megabytes = await namespace.sql('gated', PASSWORD, 'select @@innodb_buffer_pool_size div 1048576');
    expect(megabytes).toBe('384\n');
    await namespace.sql('gated', PASSWORD, 'create table t(id int primary key); insert into t values (1)');
  });

  it('goes on in place when the gate is taken away, and starts no new pod', async () => {
    await namespace.kubectl(['delete', 'configmap', 'gated-gate']);
    const { metadata } = await namespace.ready('gated');
    for (const pid of await namespace.pids('gated-0', 'mysqld')) process.kill(pid, 'SIGKILL');
    await waitUntil('the container was started again', 60, async () => {
      const pod = await namespace.pod('gated');
      return (pod?.status.containerStatuses?.[0]?.restartCount ?? 0) > 0 ? true : undefined;
    });
    expect((await namespace.ready('gated')).metadata.uid).toBe(metadata.uid);
    await namespace.kubectl(['delete', 'pod', 'gated-0']);
    await waitUntil('the new pod waits for the gate', 90, async () => {
      const pod = await namespace.pod('gated');
      if (!pod || pod.metadata.uid === metadata.uid) return undefined;
      return (await events()).includes('configmap "gated-gate" not found') ? true : undefined;
    });
  });

  it('comes back with its rows when the gate says that data is expected', async () => {
    await namespace.kubectl(['apply', '-f', '-'], stringify(openGate('gated', 'data')));
    const { metadata } = (await namespace.pod('gated')) ?? { metadata: { uid: '' } };
    await namespace.kubectl(['delete', 'pod', 'gated-0']);
    await namespace.ready('gated', 120, metadata.uid);
    expect(await namespace.sql('gated', PASSWORD, 'select * from t')).toBe('1\n');
  });
});
