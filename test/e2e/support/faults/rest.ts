// Resources at rest, each in another state: nothing is written, no Event either, for as long as nobody changes anything.

import { expect } from 'vitest';
import { startFaultProxy, type FaultProxy } from '../../../support/fault-proxy.ts';
import { Namespace, waitUntil } from '../kubectl.ts';
import { IMAGE, mysql, stringify } from '../resource.ts';
import { MortalWatcher, type SeenStatus } from './mortal-watcher.ts';

const REST_MS = 90_000;
const QUIET_MS = 10_000;

/** Brings a resource into a state and waits until it rests there. */
type Reach = (namespace: Namespace) => Promise<void>;

/** Waits for the reason of the condition Ready, which every state has. */
async function rests(namespace: Namespace, name: string, reason: string): Promise<void> {
  let seen = '';
  await waitUntil(`${name}: ${reason}`, 400, async () => {
    const text = await namespace.kubectl(['get', 'mysql', name, '-o', 'jsonpath={.status}']);
    const { conditions = [] } = (text === '' ? {} : JSON.parse(text)) as SeenStatus;
    seen = conditions.find(({ type }) => type === 'Ready')?.reason ?? '';
    return seen === reason ? true : undefined;
  }).catch((error: unknown) => {
    throw new Error(`${name} rests with ${reason}: it is at ${seen}`, { cause: error });
  });
}

const STATES: Readonly<Record<string, Reach>> = {
  ready: async (namespace) => {
    await namespace.deliver(mysql('ready'));
    await rests(namespace, 'ready', 'Ready');
  },
  paused: async (namespace) => {
    await namespace.deliver(mysql('paused'));
    await rests(namespace, 'paused', 'Ready');
    await namespace.deliver(mysql('paused', { paused: true }));
    await rests(namespace, 'paused', 'Paused');
  },
  overlap: async (namespace) => {
    await namespace.deliver(mysql('overlap', { passwordOverlap: '1h' }));
    await rests(namespace, 'overlap', 'Ready');
    await namespace.deliver(mysql('overlap', { passwordOverlap: '1h', password: 'another' }));
    await rests(namespace, 'overlap', 'PasswordOverlap');
  },
  waiting: async (namespace) => {
    const secret = { name: 'not-there', key: 'password' };
    const spec = { image: IMAGE, database: 'shop', storage_size: '1Gi', passwordSecretRef: secret };
    await namespace.deliver({ apiVersion: 'otus.homework/v1', kind: 'MySQL', metadata: { name: 'waiting' }, spec });
    await rests(namespace, 'waiting', 'PasswordMissing');
  },
  failing: async (namespace) => {
    await namespace.deliver(mysql('failing', { image: 'mysql:9.7.0-not-there' }));
    await rests(namespace, 'failing', 'ServerFailing');
  },
  deleted: async (namespace) => {
    await namespace.deliver(mysql('deleted'));
    await rests(namespace, 'deleted', 'Ready');
    // Somebody else's Job has the name that the final backup needs.
    const container = { name: 'x', image: IMAGE, command: ['sleep', '1'] };
    const template = { spec: { restartPolicy: 'Never', containers: [container] } };
    const metadata = { name: 'backup-deleted-job' };
    const job = { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { suspend: true, template } };
    await namespace.kubectl(['apply', '-f', '-'], stringify(job));
    await namespace.kubectl(['delete', 'mysql', 'deleted', '--wait=false']);
    await rests(namespace, 'deleted', 'JobNameTaken');
  },
};

/** The states that {@link expectNoWritesAtRest} looks at. */
export const RESTING = Object.keys(STATES).join(', ');

/** Brings a resource into each state, waits until nothing is written any more, and then for 90 s of silence. */
export async function expectNoWritesAtRest(): Promise<void> {
  const namespace = await Namespace.create('faults-rest');
  const proxy = await startFaultProxy();
  const watcher = new MortalWatcher(namespace.name, proxy.kubeconfig);
  watcher.start();
  try {
    await Promise.all(Object.values(STATES).map((reach) => reach(namespace)));
    await untilQuiet(proxy);
    const before = proxy.seen.length;
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    const written = proxy.seen.slice(before).filter(({ method }) => method !== 'GET');
    expect(written, watcher.text.split('\n').slice(-20).join('\n')).toEqual([]);
    // It is alive, and it looks.
    expect(proxy.seen.length).toBeGreaterThan(before);
  } finally {
    await watcher.kill();
    await proxy.close();
    const patch = ['--type=merge', '-p', '{"metadata":{"finalizers":null}}'];
    for (const name of Object.keys(STATES)) {
      await namespace.kubectl(['patch', 'mysql', name, ...patch]).catch(() => undefined);
    }
    await namespace.delete();
  }
}

async function untilQuiet({ seen }: FaultProxy): Promise<void> {
  let last = { writes: -1, at: 0 };
  await waitUntil('the watcher has nothing more to write', 180, () => {
    const writes = seen.filter(({ method }) => method !== 'GET').length;
    if (writes !== last.writes) last = { writes, at: performance.now() };
    return Promise.resolve(performance.now() - last.at > QUIET_MS ? true : undefined);
  });
}
