// The watcher for one namespace, under the rights of `kubectl mysql install --watch-namespace`: it works without any right to
// volumes and says what that means, and it can reach nothing else.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Installation } from './support/installation.ts';
import { Namespace, kubectl, run, tryRun, waitUntil } from './support/kubectl.ts';
import { PASSWORD, mysql } from './support/resource.ts';

it('lets a namespace go that somebody deletes, although its own rights are in it', async () => {
  const namespace = await Namespace.create('ending');
  const watcher = await Installation.create('--watch-namespace', namespace.name);
  await namespace.deliver(mysql('shop'));
  await namespace.message('shop', 'shop created without restore-job');
  await kubectl(['delete', 'namespace', namespace.name, '--timeout=180s']);
  await watcher.remove();
});

describe('the watcher of one namespace', () => {
  let namespace: Namespace;
  let other: Namespace;
  let watcher: Installation;

  beforeAll(async () => {
    [namespace, other] = await Promise.all([Namespace.create('watched'), Namespace.create('other')]);
    watcher = await Installation.create('--watch-namespace', namespace.name);
    await namespace.deliver(mysql('shop'));
    await other.deliver(mysql('shop'));
  });
  afterAll(async () => {
    await watcher.remove();
    await Promise.all([namespace.delete(), other.delete()]);
  });

  it('starts a server there, backs it up, and brings it back', async () => {
    await namespace.message('shop', 'shop created without restore-job');
    await namespace.sql('shop', PASSWORD, 'create table t(id int primary key); insert into t values (7)');
    await namespace.kubectl(['delete', 'mysqls.otus.homework', 'shop', '--timeout=180s']);
    await namespace.deliver(mysql('shop'));
    await namespace.message('shop', 'shop created with restore-job');
    expect(await namespace.sql('shop', PASSWORD, 'select * from t')).toBe('7\n');
  });

  it('says that it cannot protect the volumes', async () => {
    const condition = '{.status.conditions[?(@.type=="VolumesProtected")].status}';
    expect(await namespace.kubectl(['get', 'mysqls', 'shop', '-o', `jsonpath=${condition}`])).toBe('False');
    const [volume] = (await namespace.kubectl(['get', 'pvc', 'shop-pvc', '-o', 'jsonpath={.spec.volumeName}'])).split(
      ' ',
    );
    const policy = await kubectl(['get', 'pv', volume ?? '', '-o', 'jsonpath={.spec.persistentVolumeReclaimPolicy}']);
    expect(policy).toBe('Delete');
  });

  it('leaves another namespace alone', async () => {
    expect(await other.kubectl(['get', 'mysqls', 'shop', '-o', 'jsonpath={.metadata.finalizers}{.status}'])).toBe('');
    const calls = (await watcher.calls()).filter(({ namespace: asked }) => asked !== '');
    expect(calls.filter((call) => ![namespace.name, watcher.namespace].includes(call.namespace))).toEqual([]);
  });

  it('was refused nothing but volumes', async () => {
    const refused = (await watcher.calls()).filter(({ allowed }) => !allowed).map(({ right }) => right);
    expect([...new Set(refused)]).toEqual(['list /persistentvolumes']);
  });

  it.each([
    'get secrets -n kube-system',
    'list secrets -A',
    'get secrets -n default',
    'list mysqls.otus.homework -A',
    'create jobs.batch -n default',
    'list persistentvolumes',
    'get namespaces/default',
    'delete namespaces',
  ])('may not: %s', async (words) => {
    expect(await watcher.may(words)).toBe(false);
  });

  it('may read the Secrets of its namespace', async () => {
    expect(await watcher.may(`get secrets -n ${namespace.name}`)).toBe(true);
    expect(await watcher.may(`get secrets -n ${other.name}`)).toBe(false);
  });

  it('protects the volumes where it is given the right to', async () => {
    const more = ['--protect-volumes'];
    await kubectl(['apply', '--server-side', '-f', '-'], await watcher.print(...more));
    await namespace.kubectl(['annotate', 'configmap', 'shop-gate', 'test/touched=1']);
    await namespace.kubectl(['wait', 'mysqls/shop', '--for=condition=VolumesProtected=True', '--timeout=120s']);
  });

  it('is removed by the commands of its uninstall plan, and the server runs on', async () => {
    const [eject = '', look = '', remove = '', ...more] = await watcher.plannedCommands();
    expect(more).toEqual([]);
    await run('bash', ['-ec', eject]);
    await waitUntil('the finalizers are gone', 30, async () =>
      (await tryRun('bash', ['-c', look])).stdout === '' ? true : undefined,
    );
    await run('bash', ['-ec', remove]);
    expect((await tryRun('kubectl', ['get', 'namespace', watcher.namespace])).code).not.toBe(0);
    expect((await tryRun('kubectl', ['get', 'crd', 'mysqls.otus.homework'])).code).toBe(0);
    const { metadata } = await namespace.ready('shop');
    await namespace.kubectl(['delete', 'pod', 'shop-0']);
    await namespace.ready('shop', 120, metadata.uid);
    expect(await namespace.sql('shop', PASSWORD, 'select * from t')).toBe('7\n');
  });
});
