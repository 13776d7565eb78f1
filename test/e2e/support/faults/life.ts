// A database's whole life in five stories, with a watcher that is disturbed: made, deleted, made again, given another
// password, its claim replaced, deleted. Whatever happens on the way, each story ends as it does undisturbed.

import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { KINDS } from '../../../../src/cluster/kinds.ts';
import { openClient, type Client } from '../../../support/cluster-client.ts';
import { startFaultProxy, type FaultProxy } from '../../../support/fault-proxy.ts';
import { Namespace, kubectl, waitUntil } from '../kubectl.ts';
import { IMAGE, stringify } from '../resource.ts';
import { CallCounter } from './calls.ts';
import type { Disturbance } from './disturbance.ts';
import { MortalWatcher } from './mortal-watcher.ts';
import { startMonitor, type Monitor } from './monitor.ts';

/** A database, its watchers, and what stands between them and the API server. */
export class Life {
  readonly name = `db${randomBytes(3).toString('hex')}`;
  readonly counter = new CallCounter();
  readonly secrets = new Set<string>();
  readonly client: Client = openClient();
  readonly namespace: Namespace;
  readonly watchers: readonly MortalWatcher[];
  readonly proxies: readonly FaultProxy[];
  readonly monitor: Monitor;
  readonly disturbance: Disturbance;
  password = '';
  storage = '1Gi';

  private constructor(namespace: Namespace, proxies: readonly FaultProxy[], disturbance: Disturbance) {
    this.namespace = namespace;
    this.proxies = proxies;
    this.disturbance = disturbance;
    const flags = disturbance.hasLease ? ['--leader-elect', '--lease-namespace', namespace.name] : [];
    this.watchers = proxies.map(({ kubeconfig }) => new MortalWatcher(namespace.name, kubeconfig, flags));
    const { client, name, secrets } = this;
    this.monitor = startMonitor({ client, namespace: namespace.name, name, secrets });
  }

  /** Makes the namespace and starts the watchers. */
  static async begin(disturbance: Disturbance): Promise<Life> {
    const namespace = await Namespace.create('faults');
    const count = disturbance.watchers ?? 1;
    const proxies = await Promise.all(Array.from({ length: count }, () => startFaultProxy()));
    const life = new Life(namespace, proxies, disturbance);
    disturbance.attach?.(life);
    for (const watcher of life.watchers) watcher.start();
    return life;
  }

  /** Ends everything, and takes away what outlives a namespace on purpose. */
  async end(): Promise<void> {
    await Promise.all(this.watchers.map((watcher) => watcher.kill()));
    await this.monitor.stop();
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
    await kubectl(['delete', 'mysql', '--all', '-n', this.namespace.name, '--wait=false']);
    const patch = ['--type=merge', '-p', '{"metadata":{"finalizers":null}}'];
    await this.namespace.kubectl(['patch', 'mysql', this.name, ...patch]).catch(() => undefined);
    await this.namespace.delete();
    const { items } = await this.client.objects.list(KINDS.PersistentVolume);
    const own = items.filter(({ spec }) => spec?.claimRef?.namespace === this.namespace.name);
    for (const { metadata } of own) await this.client.objects.delete(KINDS.PersistentVolume, metadata);
    await this.client.connection.close();
  }

  /** Puts a password that nobody has used yet into the Secret that the resource names. */
  async setPassword(): Promise<string> {
    const before = this.password;
    this.password = `pw-${randomBytes(12).toString('hex')}`;
    this.secrets.add(this.password);
    const metadata = { name: `${this.name}-git` };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { password: this.password } };
    await this.namespace.kubectl(['apply', '--server-side', '-f', '-'], stringify(secret));
    return before;
  }

  async deliver(): Promise<void> {
    await this.namespace.deliver({
      apiVersion: 'otus.homework/v1',
      kind: 'MySQL',
      metadata: { name: this.name },
      spec: {
        image: IMAGE,
        database: 'shop',
        passwordSecretRef: { name: `${this.name}-git`, key: 'password' },
        passwordOverlap: '0s',
        storage: { size: this.storage },
        config: { performance_schema: 'OFF' },
      },
    });
  }

  sql(statement: string): Promise<string> {
    return this.namespace.sql(this.name, this.password, statement);
  }

  /** Waits for a condition; a failure tells the end of the watchers' logs. */
  async waitUntil(what: string, seconds: number, ask: () => Promise<true | undefined>): Promise<void> {
    try {
      await waitUntil(what, seconds, ask);
    } catch (error) {
      throw new Error(`${String(error)}; ${this.describe()}`, { cause: error });
    }
  }

  /** Nothing that must not be was seen. */
  expectUnharmed(): void {
    const { violations } = this.monitor;
    expect(violations, `${violations.join('\n')}\n${this.describe()}`).toEqual([]);
  }

  /** For whoever looks why something failed. */
  describe(): string {
    const logs = this.watchers.map(({ text }) => text.split('\n').slice(-12).join('\n'));
    return `${this.disturbance.title}, ${this.namespace.name}/${this.name}, story ${this.counter.story}:\n${logs.join('\n--\n')}`;
  }

  /**
   * One story: something is asked for, the watcher is disturbed, and what was asked for comes about.
   *
   * @param isOver asked again and again; a text says what is missing, undefined that the story is over
   */
  async story(name: string, act: () => Promise<void>, isOver: () => Promise<string | undefined>): Promise<void> {
    this.counter.begin(name);
    const trouble = this.disturbance.begin?.(this) ?? Promise.resolve();
    await act();
    await trouble;
    if (this.disturbance.begin) await this.#expectToGetOn(isOver);
    let missing: string | undefined = '';
    try {
      await waitUntil(name, STORY_SECONDS, async () => {
        missing = await isOver();
        return missing === undefined ? true : undefined;
      });
    } catch (error) {
      throw new Error(`${name} does not end: ${missing}; ${this.describe()}`, { cause: error });
    }
    await this.disturbance.finish?.(this);
    this.expectUnharmed();
  }

  /** I6: the watcher looks at the resource again. What follows takes the time that servers take. */
  async #expectToGetOn(isOver: () => Promise<string | undefined>): Promise<void> {
    const before = this.proxies.map(({ seen }) => seen.length);
    const path = `/mysqls/${this.name}`;
    await this.waitUntil('the watcher gets on after the fault', GET_ON_SECONDS, async () => {
      const looks = this.proxies.some(({ seen }, at) => seen.slice(before[at]).some(({ url }) => url.includes(path)));
      return looks || (await isOver()) === undefined ? true : undefined;
    });
  }
}

const STORY_SECONDS = 600;
const GET_ON_SECONDS = 60;
