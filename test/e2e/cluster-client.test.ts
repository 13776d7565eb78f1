// Reading and writing objects at a real API server, and what it says when it refuses.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/cluster/connect.ts';
import { isClusterError } from '../../src/cluster/errors.ts';
import { KINDS, findKind } from '../../src/cluster/kinds.ts';
import { createObjects, FIELD_MANAGER } from '../../src/cluster/objects.ts';
import { clock, configMap, makeNamespace, openClient, until, type Client } from '../support/cluster-client.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { makeFolder } from '../support/folder.ts';
import { kubectl } from './support/kubectl.ts';

let client: Client;
let namespace: string;

beforeAll(async () => {
  client = openClient();
  namespace = await makeNamespace(client, 'client');
});
afterAll(async () => {
  await client.objects.delete(KINDS.Namespace, { name: namespace });
  await client.connection.close();
});

/** `Kind Reason` of the failure. */
async function failureOf(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!isClusterError(error)) throw new Error(`no ClusterError: ${String(error)}`);
  return `${error.kind} ${error.reason}`;
}

describe('an object', () => {
  it('is made, read, changed and deleted, under our own name', async () => {
    const { objects } = client;
    const key = { namespace, name: 'life' };
    const made = await objects.create(KINDS.ConfigMap, configMap(namespace, 'life', { a: '1' }));
    expect(made.data).toEqual({ a: '1' });
    expect(await objects.get(KINDS.ConfigMap, key)).toEqual(made);
    const merged = await objects.patch(KINDS.ConfigMap, key, { kind: 'merge', body: { data: { b: '2' } } });
    expect(merged.data).toEqual({ a: '1', b: '2' });
    const operations = [
      { op: 'test', path: '/data/b', value: '2' } as const,
      { op: 'remove', path: '/data/a' } as const,
    ];
    const patched = await objects.patch(KINDS.ConfigMap, key, { kind: 'json', operations });
    expect(patched.data).toEqual({ b: '2' });
    const applied = await objects.apply(KINDS.ConfigMap, configMap(namespace, 'life', { b: '3', c: '4' }));
    expect(applied.data).toEqual({ b: '3', c: '4' });
    const { managedFields } = applied.metadata as unknown as { managedFields: { manager: string }[] };
    expect(new Set(managedFields.map(({ manager }) => manager))).toEqual(new Set([FIELD_MANAGER]));
    expect(await objects.delete(KINDS.ConfigMap, key)).toBe('gone');
    expect(await objects.find(KINDS.ConfigMap, key)).toBeUndefined();
    expect(await objects.delete(KINDS.ConfigMap, key)).toBe('gone');
  });

  it('is not touched by a dry run', async () => {
    const { objects } = client;
    const manifest = configMap(namespace, 'dry');
    await objects.create(KINDS.ConfigMap, manifest, { dryRun: true });
    await objects.apply(KINDS.ConfigMap, manifest, { dryRun: true });
    const key = { namespace, name: 'dry' };
    expect(await objects.find(KINDS.ConfigMap, key)).toBeUndefined();
    await objects.create(KINDS.ConfigMap, manifest);
    await objects.patch(KINDS.ConfigMap, key, { kind: 'merge', body: { data: { a: '1' } } }, { dryRun: true });
    await objects.delete(KINDS.ConfigMap, key, { dryRun: true });
    expect((await objects.get(KINDS.ConfigMap, key)).data).toBeUndefined();
  });

  it('waits for its finalizers when it is deleted', async () => {
    const { objects } = client;
    const manifest = configMap(namespace, 'held');
    const metadata = { ...manifest.metadata, finalizers: ['otus.homework/test'] };
    await objects.create(KINDS.ConfigMap, { ...manifest, metadata });
    const key = { namespace, name: 'held' };
    expect(await objects.delete(KINDS.ConfigMap, key)).toBe('terminating');
    await objects.patch(KINDS.ConfigMap, key, { kind: 'merge', body: { metadata: { finalizers: null } } });
    expect(await objects.find(KINDS.ConfigMap, key)).toBeUndefined();
  });

  it('has a status that is written for itself', async () => {
    const { objects } = client;
    const spec = {
      image: 'mysql:8.4',
      database: 'shop',
      passwordSecretRef: { name: 's', key: 'k' },
      storage: { size: '1Gi' },
    };
    const { apiVersion, kind } = KINDS.MySQL;
    const made = await objects.create(
      KINDS.MySQL,
      Object.assign({ apiVersion, kind, metadata: { name: 'shop', namespace } }, { spec }),
    );
    const key = { namespace, name: 'shop' };
    const body = { spec: { image: 'other' }, status: { message: 'hello' } };
    const { uid } = made.metadata;
    const written = await objects.patch(KINDS.MySQL, key, { kind: 'merge', body }, { subresource: 'status', uid });
    expect([written.spec.image, written.metadata.generation]).toEqual(['mysql:8.4', 1]);
    await objects.delete(KINDS.MySQL, key);
  });

  it('of a kind that we do not know is found by asking', async () => {
    const { connection, objects } = client;
    const roles = await findKind(connection, 'rbac.authorization.k8s.io/v1', 'ClusterRole');
    expect(roles).toEqual({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      plural: 'clusterroles',
      namespaced: false,
    });
    // A name with a colon, as roles have.
    expect((await objects.get(roles, { name: 'system:node' })).metadata.name).toBe('system:node');
    expect(await failureOf(findKind(connection, 'v1', 'Nonsense'))).toBe('NotFound NotFound');
  });

  it('without a name or a namespace is refused before anything is asked: that would be all objects', async () => {
    const { objects } = client;
    for (const key of [
      { namespace, name: '' },
      { name: 'x' },
      { namespace: '', name: 'x' },
      { namespace, name: '..' },
    ]) {
      await expect((async () => objects.delete(KINDS.ConfigMap, key))()).rejects.toThrow(TypeError);
    }
  });
});

describe('preconditions', () => {
  const key = { namespace: '', name: 'conditions' };
  let uid: string;
  let stale: string;
  beforeAll(async () => {
    key.namespace = namespace;
    const made = await client.objects.create(KINDS.ConfigMap, configMap(namespace, key.name, { a: '1' }));
    uid = made.metadata.uid;
    stale = made.metadata.resourceVersion;
    await client.objects.patch(KINDS.ConfigMap, key, { kind: 'merge', body: { data: { a: '2' } } });
  });
  const merge = { kind: 'merge', body: { data: { b: '1' } } } as const;
  const json = { kind: 'json', operations: [{ op: 'add', path: '/data/b', value: '1' }] } as const;

  it.each([
    ['a merge patch of another uid', merge, { uid: 'other' }],
    ['a merge patch of an earlier version', merge, { resourceVersion: 'stale' }],
    ['a JSON patch of another uid', json, { uid: 'other' }],
    ['a JSON patch of an earlier version', json, { resourceVersion: 'stale' }],
  ])('refuse %s as a conflict', async (_, patch, conditions) => {
    const options = 'uid' in conditions ? conditions : { resourceVersion: stale };
    expect(await failureOf(client.objects.patch(KINDS.ConfigMap, key, patch, options))).toMatch(/^Conflict /);
    expect((await client.objects.get(KINDS.ConfigMap, key)).data).toEqual({ a: '2' });
  });

  it.each([
    ['a test that fails', [{ op: 'test', path: '/data/a', value: '1' }]],
    ['a path that is not there', [{ op: 'remove', path: '/data/none' }]],
  ] as const)('in a JSON patch are a conflict too: %s', async (_, operations) => {
    const call = client.objects.patch(KINDS.ConfigMap, key, { kind: 'json', operations });
    expect(await failureOf(call)).toBe('Conflict PatchDoesNotApply');
  });

  it('refuse a deletion', async () => {
    const { objects } = client;
    expect(await failureOf(objects.delete(KINDS.ConfigMap, key, { uid: 'other' }))).toBe('Conflict Conflict');
    expect(await failureOf(objects.delete(KINDS.ConfigMap, key, { resourceVersion: stale }))).toBe('Conflict Conflict');
    expect((await objects.get(KINDS.ConfigMap, key)).metadata.deletionTimestamp).toBeUndefined();
  });

  it('keep an apply from making an object again', async () => {
    const manifest = configMap(namespace, 'never');
    const metadata = { ...manifest.metadata, uid: 'other' };
    const call = client.objects.apply(KINDS.ConfigMap, { ...manifest, metadata });
    expect(await failureOf(call)).toBe('Conflict Conflict');
  });

  it('that hold change nothing', async () => {
    const { metadata } = await client.objects.get(KINDS.ConfigMap, key);
    const { resourceVersion } = metadata;
    const patched = await client.objects.patch(KINDS.ConfigMap, key, json, { uid, resourceVersion });
    expect(patched.data).toEqual({ a: '2', b: '1' });
    const now = patched.metadata.resourceVersion;
    expect(await client.objects.delete(KINDS.ConfigMap, key, { uid, resourceVersion: now })).toBe('gone');
  });
});

describe('a refusal', () => {
  beforeAll(() => client.objects.create(KINDS.ConfigMap, configMap(namespace, 'there')));

  it.each([
    ['NotFound NotFound', () => client.objects.get(KINDS.ConfigMap, { namespace, name: 'none' })],
    ['NotFound NotFound', () => client.objects.create(KINDS.ConfigMap, configMap('no-such-namespace', 'a'))],
    ['AlreadyExists AlreadyExists', () => client.objects.create(KINDS.ConfigMap, configMap(namespace, 'there'))],
    ['Invalid Invalid', () => client.objects.create(KINDS.ConfigMap, configMap(namespace, 'Bad_Name'))],
    [
      'Invalid BadRequest',
      () => client.objects.create(KINDS.ConfigMap, Object.assign(configMap(namespace, 'x'), { dta: 1 })),
    ],
  ])('is %s', async (expected, call) => {
    expect(await failureOf(call())).toBe(expected);
  });

  it('does not repeat a password that the schema refuses', async () => {
    const { apiVersion, kind } = KINDS.MySQL;
    const spec = { image: 'mysql:8.4', database: 'shop', password: `hunter2'`, storage_size: '1Gi' };
    const manifest = Object.assign({ apiVersion, kind, metadata: { name: 'shop', namespace } }, { spec });
    const error: unknown = await client.objects.create(KINDS.MySQL, manifest).catch((caught: unknown) => caught);
    expect(isClusterError(error, 'Invalid')).toBe(true);
    expect(JSON.stringify([error, (error as Error).message])).not.toContain('hunter2');
  });
});

describe('a service account', () => {
  it('is read from its folder, obeys RBAC, and its rotated token is taken at once', async () => {
    const account = ['-n', namespace, 'create'];
    await kubectl([...account, 'serviceaccount', 'reader']);
    await kubectl([...account, 'role', 'reader', '--verb=get,list,watch', '--resource=configmaps']);
    await kubectl([...account, 'rolebinding', 'reader', '--role=reader', `--serviceaccount=${namespace}:reader`]);
    const ca = await readFile(join(process.env['CLUSTER_DIR'] ?? '', 'pki/ca.crt'), 'utf8');
    const serviceAccount = await makeFolder({ 'ca.crt': ca, token: 'expired', namespace });
    const { hostname, port } = new URL(client.connection.server);
    const environment = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    const connection = connect({ environment, serviceAccount, version: 'test', clock });
    const objects = createObjects(connection);
    expect(connection.namespace).toBe(namespace);
    expect(await failureOf(objects.list(KINDS.ConfigMap, { namespace }))).toBe('Unauthorized Unauthorized');
    await writeFile(join(serviceAccount, 'token'), await kubectl([...account, 'token', 'reader']));
    expect((await objects.list(KINDS.ConfigMap, { namespace })).items).toBeDefined();
    expect(await failureOf(objects.list(KINDS.Secret, { namespace }))).toBe('Forbidden Forbidden');
    await connection.close();
  });
});

describe('lists', () => {
  const COUNT = 1200;
  beforeAll(async () => {
    const names = Array.from({ length: COUNT }, (_, index) => `many-${String(index)}`);
    await Promise.all(names.map((name) => client.objects.create(KINDS.ConfigMap, configMap(namespace, name))));
  });

  it('come in pages, whole, and say what they hold', async () => {
    const proxy = await startFaultProxy();
    const { objects, connection } = openClient(proxy.kubeconfig);
    const { items } = await objects.list(KINDS.ConfigMap, { namespace, labelSelector: 'test=yes' }, { pageSize: 250 });
    expect(new Set(items.map(({ metadata }) => metadata.uid)).size).toBe(items.length);
    expect(items.filter(({ metadata }) => metadata.name.startsWith('many-'))).toHaveLength(COUNT);
    expect(items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    expect(proxy.seen.length).toBeGreaterThanOrEqual(5);
    await connection.close();
    await proxy.close();
  });

  it('whose pages expire meanwhile come in one piece', async () => {
    const proxy = await startFaultProxy();
    const { objects, connection } = openClient(proxy.kubeconfig);
    const match = ({ url }: { url: string }): boolean => url.includes('continue=');
    proxy.inject({ kind: 'status', code: 410, reason: 'Expired' }, { match });
    const { items } = await objects.list(KINDS.ConfigMap, { namespace }, { pageSize: 500 });
    expect(items.length).toBeGreaterThanOrEqual(COUNT);
    expect(proxy.seen).toHaveLength(3);
    await connection.close();
    await proxy.close();
  });

  it('of names alone come at once, with nothing else', async () => {
    const proxy = await startFaultProxy();
    const { objects, connection } = openClient(proxy.kubeconfig);
    const { items } = await objects.list(KINDS.ConfigMap, { namespace, namesOnly: true });
    const names = items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('many-'));
    expect(new Set(names).size).toBe(COUNT);
    expect(Object.keys(items[0] ?? {})).toEqual(['metadata', 'apiVersion', 'kind']);
    expect(proxy.seen).toHaveLength(1);
    await objects.list(KINDS.MySQL, { namespace, namesOnly: true });
    await connection.close();
    await proxy.close();
  });

  it('can be selected by field', async () => {
    const { items } = await client.objects.list(KINDS.ConfigMap, { namespace, fieldSelector: 'metadata.name=many-7' });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['many-7']);
  });
});

describe('an answer that is lost', () => {
  it('is not asked for again when it was about a write, which is done', async () => {
    const proxy = await startFaultProxy();
    const { objects, connection } = openClient(proxy.kubeconfig);
    proxy.inject({ kind: 'reset', carriedOut: true }, { match: ({ method }) => method === 'POST' });
    expect(await failureOf(objects.create(KINDS.ConfigMap, configMap(namespace, 'lost')))).toMatch(/^Unavailable /);
    expect(proxy.seen).toHaveLength(1);
    await until(
      'it was made',
      1000,
      async () => (await client.objects.find(KINDS.ConfigMap, { namespace, name: 'lost' })) !== undefined,
    );
    await connection.close();
    await proxy.close();
  });
});
