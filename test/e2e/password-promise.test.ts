// The promise of a password change: whoever asks NAME-active at each login never fails, nor does the old password until the
// message, nor the new one after it. The clients log in over the network ten times a second.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiClient, type ApiClient } from './support/api-client.ts';
import { Namespace, waitUntil } from './support/kubectl.ts';
import { ALL_FAULTS, Life, endNamespace, pause } from './support/life.ts';
import { LoginRefused, logIn } from './support/mysql-login.ts';
import { PASSWORD } from './support/resource.ts';
import { Watcher, conditionOf, untilMessage, untilStatus, type SeenStatus } from './support/watcher.ts';

const ROTATE = 'otus.homework/rotate-now';

let namespace: Namespace;
let watcher: Watcher;
let api: ApiClient;
beforeAll(async () => {
  namespace = await Namespace.create('promise');
  watcher = new Watcher(namespace);
  watcher.start();
  api = createApiClient();
});
afterAll(async () => {
  api.close();
  await endNamespace(namespace, watcher);
});

interface Passwords {
  readonly current?: string;
  readonly previous?: string;
}

/** What NAME-active says now. */
async function readActive(name: string): Promise<Passwords> {
  const { code, body } = await api.send('GET', `/api/v1/namespaces/${namespace.name}/secrets/${name}-active`);
  if (code !== 200) throw new Error(`${name}-active cannot be read: ${String(code)}`);
  const decode = (text: string): string => Buffer.from(text, 'base64').toString();
  const { data } = body as { readonly data: Record<string, string> };
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, decode(text)]));
}

/** A client that logs in ten times a second until it is stopped. */
class Client {
  readonly failures: string[] = [];
  logins = 0;
  #stopped = false;
  readonly #ended: Promise<void>;

  constructor(host: string, password: () => Promise<string> | string) {
    this.#ended = this.#run(host, password);
  }

  async #run(host: string, password: () => Promise<string> | string): Promise<void> {
    while (!this.#stopped) {
      const next = pause(100);
      const since = new Date().toISOString();
      try {
        await logIn(host, await password());
      } catch (error) {
        this.failures.push(`${since}: ${String(error)}`);
      }
      this.logins += 1;
      await next;
    }
  }

  /** After a second at least, also where the change takes less. */
  async stop(): Promise<void> {
    while (this.logins < 10) await pause(100);
    this.#stopped = true;
    await this.#ended;
    expect(this.failures).toEqual([]);
  }
}

async function addressOf(name: string): Promise<string> {
  return namespace.kubectl(['get', 'pod', `${name}-0`, '-o', 'jsonpath={.status.podIP}']);
}

/** Waits until NAME-active says so. */
async function untilActive(name: string, what: string, holds: (active: Passwords) => boolean): Promise<void> {
  await waitUntil(`NAME-active: ${what}`, 400, async () => (holds(await readActive(name)) ? true : undefined));
}

/** Ends the overlap: by waiting for it, or at once. */
async function endOverlap(life: Life): Promise<void> {
  if (!ALL_FAULTS) await life.annotate(`${ROTATE}=true`);
  await untilActive(life.name, 'no previous password', ({ previous }) => previous === undefined);
  await life.annotate(`${ROTATE}-`);
}

describe.concurrent('a password change', () => {
  it('fails no client, ends the old password after the overlap, and a newer one waits until then', async () => {
    const life = new Life(namespace, 'kept', ALL_FAULTS ? { passwordOverlap: '2m' } : {});
    await life.create('without');
    const server = await namespace.ready('kept');
    const host = await addressOf('kept');
    await expect(logIn(host, 'wrong')).rejects.toThrow(LoginRefused);

    const asking = new Client(host, async () => (await readActive('kept')).current ?? '');
    const old = new Client(host, () => PASSWORD);
    await life.deliver({ password: 'second' });
    await untilMessage(namespace, 'kept', 'mysql password changed!');
    await old.stop();
    const fresh = new Client(host, () => 'second');
    await endOverlap(life);
    await expect(logIn(host, PASSWORD)).rejects.toThrow(LoginRefused);
    await fresh.stop();

    await life.deliver({ password: 'third' });
    await untilActive('kept', 'the third password is in force', ({ current }) => current === 'third');
    const third = new Client(host, () => 'third');
    await life.deliver({ password: 'fourth' });
    const what = 'the fourth password waits';
    const waits = {
      what,
      holds: (status: SeenStatus) => conditionOf(status, 'PasswordInSync', 'reason') === 'Pending',
    };
    await untilStatus(namespace, 'kept', waits);
    expect(await readActive('kept')).toEqual({ current: 'third', previous: 'second' });
    await logIn(host, 'second');
    await third.stop();
    await endOverlap(life);
    await untilActive('kept', 'the fourth password is in force', ({ current }) => current === 'fourth');
    await logIn(host, 'fourth');
    await asking.stop();

    const after = await namespace.ready('kept');
    expect(after.metadata.uid).toBe(server.metadata.uid);
    expect(after.status.containerStatuses?.[0]?.restartCount).toBe(0);
    console.info(`${String(asking.logins)} logins by what NAME-active says`);
  });

  it('without an overlap ends the old password at once', async () => {
    const life = new Life(namespace, 'at-once', { passwordOverlap: '0s' });
    await life.create('without');
    const host = await addressOf('at-once');
    await life.deliver({ password: 'second' });
    await untilActive('at-once', 'the change is complete', (active) => active.current === 'second' && !active.previous);
    await logIn(host, 'second');
    await expect(logIn(host, PASSWORD)).rejects.toThrow(LoginRefused);
  });
});

describe('the watcher', () => {
  it('has told no password', () => {
    for (const text of [PASSWORD, '"second"', '"third"', '"fourth"']) expect(watcher.logText).not.toContain(text);
  });
});
