// The start guard on real volumes: what is on the volume decides whether a server may start.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Namespace, waitUntil } from './support/kubectl.ts';
import { IMAGE, PASSWORD, mysql, openGate, stringify } from './support/resource.ts';

/** Delays, in milliseconds after the container's start, at which the first start is killed; spread over its phases. */
const KILL_AFTER = [100, 900, 1700, 2600, 3500, 4500, 5600, 7000];

/** Makes the resource's data claim and fills the volume by a shell script, before there is a server. */
async function prepareVolume(namespace: Namespace, name: string, script: string): Promise<void> {
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: `${name}-pvc` },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
  const restricted = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  };
  const container = {
    name: 'prepare',
    image: IMAGE,
    command: ['bash', '-ec', script],
    securityContext: restricted,
    volumeMounts: [{ name: 'data', mountPath: '/var/lib/mysql' }],
  };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `prepare-${name}` },
    spec: {
      restartPolicy: 'Never',
      securityContext: { runAsUser: 999, runAsGroup: 999, fsGroup: 999 },
      containers: [container],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: `${name}-pvc` } }],
    },
  };
  await namespace.kubectl(['apply', '-f', '-'], stringify({ apiVersion: 'v1', kind: 'List', items: [claim, pod] }));
  await namespace.kubectl(['wait', '--for=jsonpath={.status.phase}=Succeeded', `pod/prepare-${name}`, '--timeout=90s']);
  await namespace.kubectl(['delete', 'pod', `prepare-${name}`]);
}

/** Waits for the refusal of a server that may not start: the container's termination message. */
function refusal(namespace: Namespace, name: string): Promise<string> {
  return waitUntil(`${name} is refused`, 120, async () => {
    const pod = await namespace.pod(name);
    return pod?.status.containerStatuses?.[0]?.lastState.terminated?.message;
  });
}

describe('the first start, killed', () => {
  let namespace: Namespace;
  beforeAll(async () => {
    namespace = await Namespace.create('killed');
  });
  afterAll(() => namespace.delete());

  it.concurrent.each(KILL_AFTER)(
    '%i ms after it began: the next one comes up with its password and database',
    async (delay) => {
      const name = `killed-${String(delay)}`;
      await namespace.deliver(mysql(name, { lifecycle: 'None' }));
      await waitUntil('the container runs', 90, async () =>
        (await namespace.pod(name))?.status.containerStatuses?.[0]?.state.running ? true : undefined,
      );
      await new Promise((resolve) => setTimeout(resolve, delay));
      const victims = await Promise.all(
        ['bash', 'mysqld', 'start-guard', 'docker-entrypoi'].map((program) => namespace.pids(`${name}-0`, program)),
      );
      for (const pid of victims.flat()) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It ended by itself in the meantime.
        }
      }
      expect(victims.flat().length).toBeGreaterThan(0);
      await waitUntil('the container was started again', 60, async () => {
        const pod = await namespace.pod(name);
        return (pod?.status.containerStatuses?.[0]?.restartCount ?? 0) > 0 ? true : undefined;
      });
      await namespace.ready(name, 180);
      expect(await namespace.sql(name, PASSWORD, 'select database()')).toBe('shop\n');
      const empty = await namespace.kubectl(['exec', `${name}-0`, '--', 'bash', '-c', 'mysql -e "select 1" || true']);
      expect(empty).toBe('');
    },
  );
});

describe('a volume', () => {
  let namespace: Namespace;
  beforeAll(async () => {
    namespace = await Namespace.create('volume');
  });
  afterAll(() => namespace.delete());

  it.concurrent.each([
    {
      title: 'empty, where data is expected, is refused',
      name: 'swapped',
      script: 'mkdir -p /var/lib/mysql/lost+found',
      expected: 'data',
      message: 'the volume has no data but data was expected',
    },
    {
      title: 'half initialised, where data is expected, is refused',
      name: 'half',
      script: 'mkdir -p /var/lib/mysql/{state,data/mysql}; touch /var/lib/mysql/state/initialising',
      expected: 'data',
      message: 'never completely initialised',
    },
    {
      title: 'with files of somebody else is refused, with the way to adopt them',
      name: 'foreign',
      script: 'mkdir -p /var/lib/mysql/mysql; touch /var/lib/mysql/ibdata1',
      expected: 'empty',
      message: 'move it to data/ on this volume',
    },
    {
      title: 'whose data the server may not read is refused, and never taken for an empty one',
      name: 'unreadable',
      script: 'mkdir -p /var/lib/mysql/data/mysql; chmod 0 /var/lib/mysql/data',
      expected: 'empty',
      message: 'may not read and write /var/lib/mysql/data',
    },
    {
      title: 'marked as initialised but without data is refused',
      name: 'emptied',
      script: 'mkdir -p /var/lib/mysql/state; touch /var/lib/mysql/state/initialised',
      expected: 'empty',
      message: 'data/mysql is missing',
    },
  ] as const)('$title', async ({ name, script, expected, message }) => {
    await prepareVolume(namespace, name, script);
    await namespace.kubectl(['apply', '-f', '-'], stringify(openGate(name, expected)));
    await namespace.deliver(mysql(name));
    expect(await refusal(namespace, name)).toContain(message);
    expect(await namespace.kubectl(['describe', 'pod', `${name}-0`])).toContain(message);
  });

  it.concurrent('whose restore was interrupted is cleared and initialised where an empty one is expected', async () => {
    await prepareVolume(
      namespace,
      'restoring',
      'mkdir -p /var/lib/mysql/{state,data/mysql}; echo data=$(stat -c %i /var/lib/mysql/data) >/var/lib/mysql/state/restoring',
    );
    await namespace.kubectl(['apply', '-f', '-'], stringify(openGate('restoring', 'empty')));
    await namespace.deliver(mysql('restoring'));
    await namespace.ready('restoring', 180);
    expect(await namespace.sql('restoring', PASSWORD, 'select database()')).toBe('shop\n');
  });

  it.concurrent(
    'with an old data directory beside data/ is refused without a gate, too, and stays as it is',
    async () => {
      await prepareVolume(namespace, 'old', 'mkdir -p /var/lib/mysql/mysql; echo rows >/var/lib/mysql/ibdata1');
      await namespace.deliver(mysql('old', { lifecycle: 'None' }));
      expect(await refusal(namespace, 'old')).toContain('not ours');
    },
  );

  it.concurrent('with a data directory that somebody moved to data/ is started without a gate', async () => {
    const script =
      'mkdir -p /var/lib/mysql/data; mysqld --no-defaults --datadir=/var/lib/mysql/data --initialize-insecure';
    await prepareVolume(namespace, 'moved', script);
    await namespace.deliver(mysql('moved', { lifecycle: 'None' }));
    await namespace.ready('moved', 180);
    expect(await namespace.kubectl(['exec', 'moved-0', '--', 'mysql', '-N', '-e', 'select 1'])).toBe('1\n');
  });
});
