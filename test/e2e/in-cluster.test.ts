// The watcher in the cluster, for all namespaces, under exactly the rights that `kubectl mysql install` gives it: the life of
// a database, what the watcher may not do, its own restart, and how it is removed.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Installation } from './support/installation.ts';
import { Namespace, kubectl, run, tryRun, waitUntil } from './support/kubectl.ts';
import { PASSWORD, mysql } from './support/resource.ts';

const NAME = 'mysql-instance';
const NEW_PASSWORD = 'another-password';
/** Everything that can be rendered, so that everything is taken away again. */
const RESOURCE = mysql(NAME, { networkPolicy: {} });
const ROWS = '1\tone\n2\ttwo\n';

/** Rights that no story uses for sure. */
const FOR_FAULTS: Readonly<Record<string, string>> = {
  'patch /events': 'the same event again within ten minutes is counted up',
};

describe('the watcher in the cluster', () => {
  let watcher: Installation;
  let namespace: Namespace;

  beforeAll(async () => {
    namespace = await Namespace.create('in-cluster');
    await namespace.deliver(RESOURCE);
    watcher = await Installation.create();
  });
  afterAll(async () => {
    await watcher.remove();
    await kubectl(['apply', '--server-side', '--force-conflicts', '-f', 'crds/']);
    await namespace.delete();
  });

  const message = (text: string): Promise<true> => namespace.message(NAME, text);
  const rows = (password = PASSWORD): Promise<string> => namespace.sql(NAME, password, 'select * from t order by id');

  describe('is installed', () => {
    it('so that a second apply changes nothing', async () => {
      const { code, stdout } = await tryRun('kubectl', ['diff', '--server-side', '-f', '-'], await watcher.print());
      expect([code, stdout]).toEqual([0, '']);
    });

    it('under the restricted Pod Security Standard, and every line of its log is a JSON object', async () => {
      const log = await watcher.kubectl('logs', 'deployment/kubectl-mysql');
      for (const line of log.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('level');
    });

    it('with metrics behind its Service', async () => {
      const path = `/api/v1/namespaces/${watcher.namespace}/services/kubectl-mysql:metrics/proxy/metrics`;
      // A Service knows of a pod a moment after the Deployment has called it available.
      const metrics = await waitUntil('the Service answers', 60, async () => {
        const { code, stdout } = await tryRun('kubectl', ['get', '--raw', path]);
        return code === 0 ? stdout : undefined;
      });
      expect(metrics).toContain('controller_runtime_reconcile_total');
    });
  });

  describe('does its work', () => {
    it('starts the server of a resource that was there before it', async () => {
      await message(`${NAME} created without restore-job`);
      await namespace.sql(
        NAME,
        PASSWORD,
        "create table t(id int primary key, v text); insert into t values (1,'one'),(2,'two')",
      );
    });

    it('backs it up when it is deleted, and takes everything else away', async () => {
      await namespace.kubectl(['delete', 'mysqls.otus.homework', NAME, '--timeout=180s']);
      const kinds = 'pvc,jobs,services,statefulsets,secrets,networkpolicies';
      const left = await namespace.kubectl(['get', kinds, '-o', 'name']);
      expect(left.trim().split('\n').sort()).toEqual([
        `job.batch/backup-${NAME}-job`,
        `persistentvolumeclaim/backup-${NAME}-pvc`,
      ]);
    });

    it('brings its rows back when it is made again', async () => {
      await namespace.deliver(RESOURCE);
      await message(`${NAME} created with restore-job`);
      expect(await rows()).toBe(ROWS);
    });

    it('changes the password while the server runs', async () => {
      await namespace.deliver(mysql(NAME, { networkPolicy: {}, password: NEW_PASSWORD }));
      await message('mysql password changed!');
      expect(await rows(NEW_PASSWORD)).toBe(ROWS);
    });

    it('backs up also what is deleted with its claims, and brings it back', async () => {
      const all = await namespace.render(mysql(NAME, { networkPolicy: {}, password: NEW_PASSWORD }));
      await namespace.kubectl(['delete', '--wait=false', '-f', '-'], all);
      await waitUntil('the resource is gone', 180, async () => {
        const { code } = await tryRun('kubectl', ['-n', namespace.name, 'get', 'mysqls.otus.homework', NAME]);
        return code === 0 ? undefined : true;
      });
      await namespace.deliver(mysql(NAME, { networkPolicy: {}, password: NEW_PASSWORD }));
      await message(`${NAME} created with restore-job`);
      expect(await rows(NEW_PASSWORD)).toBe(ROWS);
    });
  });

  describe('has the rights that it needs and no other', () => {
    it('was never refused anything', async () => {
      const calls = await watcher.calls();
      expect(calls.length).toBeGreaterThan(100);
      expect(calls.filter(({ allowed }) => !allowed)).toEqual([]);
    });

    it('has used each of its rights', async () => {
      const used = new Set((await watcher.calls()).map(({ right }) => right));
      const unused = (await watcher.granted()).filter((right) => !used.has(right) && !(right in FOR_FAULTS));
      expect(unused).toEqual([]);
    });

    it.each([
      'delete namespaces',
      'delete nodes',
      'list nodes',
      'create persistentvolumes',
      'delete persistentvolumes',
      'create clusterrolebindings',
      'create pods',
      'create pods --subresource=exec',
      'patch mysqls.otus.homework/x --subresource=scale',
      'delete mysqls.otus.homework',
      'delete customresourcedefinitions',
      'get customresourcedefinitions/other.example',
      'create serviceaccounts --subresource=token',
      'update deployments.apps',
      'get leases.coordination.k8s.io -n kube-system',
      'impersonate users',
    ])('may not: %s', async (words) => {
      expect(await watcher.may(words)).toBe(false);
    });

    it.each(['get secrets', 'create jobs.batch', 'patch persistentvolumes'])('may: %s', async (words) => {
      expect(await watcher.may(`${words} -n ${namespace.name}`)).toBe(true);
    });
  });

  describe('gives rights to users', () => {
    const may = async (role: string, words: string): Promise<boolean> => {
      const list = await kubectl(['get', 'clusterrole', role, '-o', 'json']);
      const { rules } = JSON.parse(list) as { rules: { resources?: string[]; verbs: string[] }[] };
      return rules.some(({ resources, verbs }) => resources?.includes('mysqls') && verbs.includes(words));
    };

    it.each([
      ['view', 'list', true],
      ['view', 'create', false],
      ['edit', 'list', true],
      ['edit', 'create', true],
      ['admin', 'delete', true],
    ])('the role %s may %s resources: %s', async (role, verb, expected) => {
      await waitUntil(`the role ${role} is aggregated`, 20, async () =>
        (await may(role, verb)) === expected ? true : undefined,
      );
    });
  });

  describe('can be restarted and doubled', () => {
    const holder = (): Promise<string> =>
      watcher.kubectl('get', 'lease', 'kubectl-mysql', '-o', 'jsonpath={.spec.holderIdentity}');

    it('and a rollout leaves no moment without a ready pod, and hands the lease over', async () => {
      const before = await holder();
      await watcher.kubectl('rollout', 'restart', 'deployment/kubectl-mysql');
      const after = await waitUntil('another watcher holds the lease', 60, async () => {
        const ready = await watcher.kubectl(
          'get',
          'deployment',
          'kubectl-mysql',
          '-o',
          'jsonpath={.status.readyReplicas}',
        );
        expect(Number(ready)).toBeGreaterThan(0);
        const now = await holder();
        return now !== before && now !== '' ? now : undefined;
      });
      expect(after).not.toBe(before);
      await watcher.available();
    });

    it('and with two replicas both are ready, and the second takes over when the first is killed', async () => {
      await watcher.scale(2);
      const before = await holder();
      const pods = (await watcher.kubectl('get', 'pods', '-o', 'name')).trim().split('\n');
      expect(pods).toHaveLength(2);
      const [leader] = pods.filter((pod) => before.includes(pod.replace('pod/', '')));
      await watcher.kubectl('delete', leader ?? 'no leader', '--grace-period=0', '--force');
      await waitUntil('the other one holds the lease', 60, async () => {
        const now = await holder();
        return now !== before && now !== '' ? true : undefined;
      });
      await watcher.scale(1);
    });
  });

  describe('can be away', () => {
    it('and the server runs on; its pod starts again when it is deleted', async () => {
      await watcher.scale(0);
      const { metadata } = await namespace.ready(NAME);
      await namespace.kubectl(['delete', 'pod', `${NAME}-0`]);
      await namespace.ready(NAME, 120, metadata.uid);
      expect(await rows(NEW_PASSWORD)).toBe(ROWS);
    });

    it('and a resource that is deleted meanwhile keeps its data, and is backed up when the watcher is back', async () => {
      await namespace.deliver(mysql('waits'));
      await watcher.scale(1);
      await namespace.message('waits', 'waits created without restore-job');
      await watcher.scale(0);
      await namespace.kubectl(['delete', 'mysqls.otus.homework', 'waits', '--wait=false']);
      expect(await namespace.sql('waits', PASSWORD, 'select 1')).toBe('1\n');
      expect(await namespace.kubectl(['get', 'pvc', 'waits-pvc', '-o', 'jsonpath={.status.phase}'])).toBe('Bound');
      await watcher.scale(1);
      await namespace.kubectl(['wait', '--for=delete', 'mysqls.otus.homework/waits', '--timeout=180s']);
      await namespace.kubectl(['wait', '--for=condition=Complete', 'job/backup-waits-job', '--timeout=10s']);
    });
  });

  describe('is removed by the commands of its uninstall plan', () => {
    it('and the server runs on, with its gate, its volumes Retain, and its pod starts again', async () => {
      const commands = await watcher.plannedCommands();
      expect(commands).toHaveLength(4);
      for (const command of commands) {
        await run('bash', ['-ec', command.replace('mysqls-before-uninstall.yaml', '/dev/null')]);
      }
      const { code } = await tryRun('kubectl', ['get', 'namespace', watcher.namespace]);
      expect(code).not.toBe(0);
      const { metadata } = await namespace.ready(NAME);
      await namespace.kubectl(['delete', 'pod', `${NAME}-0`]);
      await namespace.ready(NAME, 120, metadata.uid);
      expect(await rows(NEW_PASSWORD)).toBe(ROWS);
      const volume = await namespace.kubectl(['get', 'pvc', `${NAME}-pvc`, '-o', 'jsonpath={.spec.volumeName}']);
      const policy = await kubectl(['get', 'pv', volume, '-o', 'jsonpath={.spec.persistentVolumeReclaimPolicy}']);
      expect(policy).toBe('Retain');
    });

    it('and nothing of it is left in the cluster', async () => {
      const kinds = 'clusterroles,clusterrolebindings,crds';
      const left = await kubectl(['get', kinds, '-l', 'app.kubernetes.io/name=kubectl-mysql', '-o', 'name']);
      expect(left).toBe('');
      expect((await tryRun('kubectl', ['get', 'crd', 'mysqls.otus.homework'])).code).not.toBe(0);
    });
  });
});
