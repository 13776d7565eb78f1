// The reflector behind connections and servers that fail: it never loses an object and is never dead.

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Connection } from '../../src/cluster/connect.ts';
import { isClusterError } from '../../src/cluster/errors.ts';
import { KINDS } from '../../src/cluster/kinds.ts';
import type { ReflectorFailure } from '../../src/cluster/reflection.ts';
import { startReflector, type Reflector, type ReflectorOptions } from '../../src/cluster/reflector.ts';
import { strip, type Change } from '../../src/cluster/store.ts';
import type { ConfigMap } from '../../src/cluster/types.ts';
import { clock, configMap, makeNamespace, openClient, until, type Client } from '../support/cluster-client.ts';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { restartApiServer } from './support/restart-api-server.ts';

/** Those of production, made shorter; a test says what they bound. */
const TIMING = { idleMs: 1500, timeoutMs: 2000, backoff: { firstMs: 50, capMs: 1000 } };
const selection = { labelSelector: 'test=yes' };
let client: Client;
let namespace: string;

beforeAll(async () => {
  client = openClient();
  namespace = await makeNamespace(client, 'reflector');
});
afterAll(async () => {
  await client.objects.delete(KINDS.Namespace, { name: namespace });
  await client.connection.close();
});

/** A reflector with a handler that builds its own copy from what it is told. */
interface Watched {
  readonly reflector: Reflector<ConfigMap>;
  readonly failures: ReflectorFailure[];
  /** uid → resource version, by the changes alone. */
  readonly told: Map<string, string>;
}

async function watch(connection: Connection, options: Partial<ReflectorOptions<ConfigMap>> = {}): Promise<Watched> {
  const told = new Map<string, string>();
  const failures: ReflectorFailure[] = [];
  const reflector = startReflector({
    connection,
    kind: KINDS.ConfigMap,
    selection: { ...selection, namespace },
    clock,
    random: Math.random,
    onChange: ({ kind, object: { metadata } }: Change<ConfigMap>) => {
      if (told.has(metadata.uid) === (kind === 'added')) throw new Error(`${kind} ${metadata.name} at the wrong time`);
      if (kind === 'deleted') told.delete(metadata.uid);
      else told.set(metadata.uid, metadata.resourceVersion);
    },
    onFailure: (failure) => failures.push(failure),
    ...options,
    timing: { ...TIMING, ...options.timing },
  });
  onTestFinished(() => reflector.stop());
  expect(await reflector.synced).toBe(true);
  return { reflector, failures, told };
}

async function throughProxy(): Promise<{ proxy: FaultProxy; connection: Connection }> {
  const proxy = await startFaultProxy();
  const { connection } = openClient(proxy.kubeconfig, 2000);
  onTestFinished(async () => {
    await connection.close();
    await proxy.close();
  });
  return { proxy, connection };
}

let turn = 0;

/** Makes, changes, deletes, and deletes and makes again. */
async function stir(): Promise<void> {
  const { objects } = client;
  const name = (what: string): string => `${what}-${String(++turn)}`;
  const [made, changed, again, gone] = ['made', 'changed', 'again', 'gone'].map(name) as [
    string,
    string,
    string,
    string,
  ];
  for (const each of [made, changed, again, gone]) await objects.create(KINDS.ConfigMap, configMap(namespace, each));
  const key = { namespace, name: changed };
  await objects.patch(KINDS.ConfigMap, key, { kind: 'merge', body: { data: { turn: String(turn) } } });
  for (const each of [again, gone]) await objects.delete(KINDS.ConfigMap, { namespace, name: each });
  await objects.create(KINDS.ConfigMap, configMap(namespace, again));
}

/** The copy, and what the handler was told, equal a fresh list. */
async function converges({ reflector, told }: Watched, withinMs: number): Promise<void> {
  const { items } = await client.objects.list(KINDS.ConfigMap, { ...selection, namespace });
  const fresh = JSON.stringify(items.map((item) => [item.metadata.uid, item.metadata.resourceVersion]).sort());
  await until('the copy equals a fresh list', withinMs, () => {
    const copy = reflector.list().map(({ metadata }) => [metadata.uid, metadata.resourceVersion]);
    return JSON.stringify(copy.sort()) === fresh && JSON.stringify([...told].sort()) === fresh;
  });
  const byName = (a: ConfigMap, b: ConfigMap): number => a.metadata.name.localeCompare(b.metadata.name);
  expect([...reflector.list()].sort(byName)).toEqual(items.map((item) => strip(item)).sort(byName));
}

const isWatch = ({ url }: { url: string }): boolean => url.includes('watch=true');
const isList = (request: { method: string; url: string }): boolean => request.method === 'GET' && !isWatch(request);

describe('an undisturbed reflector', () => {
  it('follows at once, without a request but the list and the watch', async () => {
    const { proxy, connection } = await throughProxy();
    const watched = await watch(connection);
    await stir();
    await converges(watched, 500);
    expect(proxy.seen).toHaveLength(2);
    expect(watched.failures).toEqual([]);
    expect(proxy.seen[1]?.url).toMatch(/allowWatchBookmarks=true&resourceVersion=\d+&timeoutSeconds=(3|4|5|6)\d\d&/);
  });

  it('begins its next watch where the last one ended, and lists again only when it is time', async () => {
    const { proxy, connection } = await throughProxy();
    const watched = await watch(connection, { timing: { watchSeconds: [1, 1], relistMs: 3000 } });
    await until('it listed again', 6000, () => proxy.seen.filter(isList).length === 2);
    expect(proxy.seen.filter(isWatch).length).toBeGreaterThanOrEqual(3);
    await stir();
    await converges(watched, 1000);
    expect(watched.failures).toEqual([]);
  });

  it('stops within a second, whatever it is doing', async () => {
    const { proxy, connection } = await throughProxy();
    const { reflector } = await watch(connection);
    const startedAt = performance.now();
    await reflector.stop();
    proxy.inject({ kind: 'stall' }, { times: 9 });
    const stalled = startReflector({ connection, kind: KINDS.ConfigMap, clock, random: Math.random });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await stalled.stop();
    expect(await stalled.synced).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  it('survives a handler and a transform that throw, now or later', async () => {
    const watched = await watch(client.connection, {
      onChange: ({ object }) => {
        if (object.metadata.name.length % 2) throw new Error('handler');
        return Promise.reject(new Error('later'));
      },
      transform: () => {
        throw new Error('transform');
      },
    });
    await stir();
    const { items } = await client.objects.list(KINDS.ConfigMap, { ...selection, namespace });
    await until('the copy is there', 1000, () => watched.reflector.list().length === items.length);
    expect(new Set(watched.failures.map(({ kind }) => kind))).toEqual(new Set(['handler']));
  });
});

describe('converges after', () => {
  it.each([
    ['a reset of the watch', 'reset', 1000],
    ['the end of the watch in the middle', 'end', 1000],
    // Found out about by the time without a bookmark.
    ['a watch on which nothing comes any more', 'stall', 1500 + 1500],
  ] as const)('%s', async (_, how, withinMs) => {
    const { proxy, connection } = await throughProxy();
    const watched = await watch(connection);
    await until('the watch is open', 1000, () => proxy.seen.some(isWatch));
    await stir();
    await converges(watched, 1000);
    expect(proxy.breakStreams(how)).toBe(1);
    await stir();
    await converges(watched, withinMs);
    expect(proxy.seen.filter(isList)).toHaveLength(1);
  });

  it('a watch that was cut off within an event', async () => {
    const { proxy, connection } = await throughProxy();
    const remove = proxy.inject({ kind: 'end', afterBytes: 700 }, { match: isWatch, times: 99 });
    const watched = await watch(connection);
    await stir();
    await until('it was cut off twice', 3000, () => proxy.seen.filter(isWatch).length >= 3);
    remove();
    await converges(watched, 3000);
  });

  it.each([
    ['429', { kind: 'status', code: 429, reason: 'TooManyRequests', retryAfter: 1 }],
    ['500', { kind: 'status', code: 500, reason: 'InternalError' }],
    ['503', { kind: 'status', code: 503, reason: 'ServiceUnavailable' }],
    ['403, as while RBAC is being changed', { kind: 'status', code: 403, reason: 'Forbidden' }],
    ['404, as while the CRD is gone', { kind: 'status', code: 404, reason: 'NotFound' }],
    ['resets before any answer', { kind: 'reset' }],
    ['an answer with another content', { kind: 'lines', edit: () => ['<html>'] }],
  ] as const)('%s to three lists and watches', async (_, fault) => {
    const { proxy, connection } = await throughProxy();
    const watched = await watch(connection);
    await until('the watch is open', 1000, () => proxy.seen.some(isWatch));
    const before = proxy.seen.length;
    proxy.inject(fault, { times: 3 });
    proxy.breakStreams('end');
    await stir();
    await until('the faults are over', 6000, () => proxy.seen.length > before + 3);
    await converges(watched, 3000);
  });

  it.each([
    ['as an answer', { kind: 'status', code: 410, reason: 'Expired' }],
    [
      'as an event',
      { kind: 'lines', edit: () => ['{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}'] },
    ],
  ] as const)('410 %s, by a list', async (_, fault) => {
    const { proxy, connection } = await throughProxy();
    proxy.inject(fault, { match: isWatch });
    const watched = await watch(connection);
    await stir();
    await converges(watched, 2000);
    expect(proxy.seen.filter(isList)).toHaveLength(2);
  });

  it('the API server itself knowing the moment no more', async () => {
    const { proxy, connection } = await throughProxy();
    const edit = (line: string): string[] => [line.replace(/"resourceVersion":"\d+"/, '"resourceVersion":"1"')];
    proxy.inject({ kind: 'lines', edit }, { match: isWatch });
    const watched = await watch(connection, { onChange: () => undefined });
    await stir();
    const hasHeard = (): boolean => watched.reflector.list().some(({ metadata }) => metadata.resourceVersion === '1');
    await until('it heard of the wrong moment', 1000, hasHeard);
    proxy.breakStreams('reset');
    const isGone = ({ error }: ReflectorFailure): boolean => isClusterError(error, 'Gone');
    await until('the server said 410', 3000, () => watched.failures.some(isGone));
    const { items } = await client.objects.list(KINDS.ConfigMap, { ...selection, namespace });
    await until('it listed', 2000, () => watched.reflector.list().length === items.length);
  });

  it('a stall of everything, without an answer to any request', async () => {
    const { proxy, connection } = await throughProxy();
    const watched = await watch(connection);
    const remove = proxy.inject({ kind: 'stall' }, { times: 99 });
    proxy.breakStreams('stall');
    await stir();
    await until('it noticed', 5000, () => watched.failures.length >= 1);
    remove();
    // The request that is under way, the pause, the list.
    await converges(watched, 2000 + 1000 + 1000);
  });

  it('a time without any server', async () => {
    const { proxy, connection } = await throughProxy();
    const watched = await watch(connection);
    await proxy.refuse();
    await stir();
    await until('it tried', 3000, () => watched.failures.length >= 3);
    expect(watched.reflector.silentMs()).toBeGreaterThan(100);
    await proxy.accept();
    await converges(watched, 2000);
  });

  it('events that came twice, late, or not at all', async () => {
    const { proxy, connection } = await throughProxy();
    let held: string | undefined;
    let count = 0;
    const edit = (line: string): string[] => {
      const late = held;
      held = undefined;
      count++;
      if (count % 7 === 0) return late ? [late] : [];
      if (count % 3 === 0 && late === undefined) {
        held = line;
        return [];
      }
      return [line, ...(late ? [late] : []), line];
    };
    proxy.inject({ kind: 'lines', edit }, { match: isWatch });
    const watched = await watch(connection, { timing: { relistMs: 2500 } });
    for (let time = 0; time < 3; time++) await stir();
    // What was lost is there again after the next list.
    await converges(watched, 5000);
  });

  it('a restart of the API server', async () => {
    const watched = await watch(client.connection);
    await stir();
    await restartApiServer(1);
    await stir();
    await converges(watched, 5000);
  });
});

describe('two thousand objects', () => {
  const COUNT = 2000;
  it('are listed in pages, followed, and found deleted after a time without a connection', async () => {
    const { proxy, connection } = await throughProxy();
    const names = Array.from({ length: COUNT }, (_, index) => `many-${String(index)}`);
    const { objects } = client;
    await Promise.all(names.map((name) => objects.create(KINDS.ConfigMap, configMap(namespace, name))));
    const watched = await watch(connection, { timing: { pageSize: 500, timeoutMs: 10_000 } });
    await converges(watched, 100);
    expect(proxy.seen.filter(isList).length).toBeGreaterThanOrEqual(5);
    await proxy.refuse();
    await Promise.all(names.map((name) => objects.delete(KINDS.ConfigMap, { namespace, name })));
    await proxy.accept();
    await converges(watched, 5000);
  });
});
