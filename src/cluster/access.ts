// Headers and connections for calls: who we are, kept current, and TLS connections that are used again. client-node makes
// a new connection for every call; here one dispatcher lives as long as the certificates.

import { createHash } from 'node:crypto';
import type { AgentOptions, RequestOptions } from 'node:https';
import { HttpMethod, RequestContext, type KubeConfig } from '@kubernetes/client-node';
import { Agent, ProxyAgent, type Dispatcher, type buildConnector } from 'undici';
import type { Clock } from './clock.ts';

/** What a call needs besides its path. */
export interface Access {
  readonly headers: Readonly<Record<string, string>>;
  /** For calls that end: a bounded number of connections. */
  readonly calls: Dispatcher;
  /** For watches, of which each holds a connection. */
  readonly watches: Dispatcher;
}

/** Access that is kept current. */
export interface AccessKeeper {
  readonly current: () => Promise<Access>;
  /** The server does not know us any more: reads everything again, files and tokens. */
  readonly renew: () => Promise<Access>;
  /** A connection does not answer: the next call takes a new one. What is under way goes on. */
  readonly reconnect: (stalled: Dispatcher) => void;
  readonly close: () => Promise<void>;
}

/** Dependencies and measures of a keeper. */
export interface AccessOptions {
  /** Reads the configuration; called again after {@link AccessKeeper.renew}. */
  readonly load: () => KubeConfig;
  readonly clock: Clock;
  readonly headers: Readonly<Record<string, string>>;
  /** At most so many calls at once; more wait. */
  readonly connections: number;
}

/** So long a token or certificate file is not looked at again. */
const CURRENT_MS = 10_000;

/** Go's servers close a connection that was idle for 90 s; ours must be the first to do so. */
const POOL = { keepAliveTimeout: 60_000, keepAliveMaxTimeout: 60_000, pipelining: 1 } as const;
const CONNECT_TIMEOUT_MS = 5_000;

interface State {
  readonly access: Access;
  readonly fingerprint: string;
  readonly readAt: number;
}

export function createAccessKeeper({ load, clock, headers, connections }: AccessOptions): AccessKeeper {
  let config = load();
  let state: State | undefined;
  let reading: Promise<State> | undefined;

  async function read(): Promise<State> {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const fingerprint = fingerprintOf(config, options);
    const identity = { ...headers, ...authorizationOf(options) };
    const same = state?.fingerprint === fingerprint ? state.access : undefined;
    const calls = same?.calls ?? (await createDispatcher(config, options, connections));
    const watches = same?.watches ?? (await createDispatcher(config, options));
    if (state && !same) retire(state.access.calls, state.access.watches);
    return { access: { headers: identity, calls, watches }, fingerprint, readAt: clock.elapsed() };
  }

  async function readOnce(): Promise<Access> {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    state = await reading;
    return state.access;
  }

  return {
    async current() {
      if (state && clock.elapsed() - state.readAt < CURRENT_MS) return state.access;
      try {
        return await readOnce();
      } catch (error) {
        // A file that is just being replaced: what we have may still be good.
        if (state) return state.access;
        throw error;
      }
    },
    renew: async () => {
      await reading?.catch(() => undefined);
      config = load();
      return readOnce();
    },
    reconnect(stalled) {
      if (state?.access.calls !== stalled) return;
      // Another fingerprint than any: the next call makes new dispatchers.
      state = { ...state, fingerprint: '', readAt: -Infinity };
    },
    close: async () => {
      await reading?.catch(() => undefined);
      await Promise.all([state?.access.calls.destroy(), state?.access.watches.destroy()]);
    },
  };
}

/** Idle connections end now, those under way when they are done. */
function retire(...dispatchers: readonly Dispatcher[]): void {
  for (const dispatcher of dispatchers) dispatcher.close().catch(() => undefined);
}

function authorizationOf({ headers, auth }: RequestOptions): Record<string, string> {
  const basic = auth ? { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  // client-node makes no list of them. A token's file may end with a line break, which no header may hold.
  const given = Object.entries((headers ?? {}) as Record<string, string>);
  return { ...basic, ...Object.fromEntries(given.map(([key, value]) => [key, value.trim()])) };
}

function fingerprintOf(config: KubeConfig, { ca, cert, key }: RequestOptions): string {
  const parts = JSON.stringify([config.getCurrentCluster(), ca, cert, key]);
  return createHash('sha256').update(parts).digest('hex');
}

async function createDispatcher(
  config: KubeConfig,
  options: RequestOptions,
  connections?: number,
): Promise<Dispatcher> {
  // The same TLS options in three libraries' types.
  const made = config.createDispatcherOptions(config.getCurrentCluster(), options as AgentOptions);
  const pool = { ...POOL, ...(connections === undefined ? {} : { connections }) };
  switch (made.type) {
    case 'agent':
      return new Agent({
        ...pool,
        connect: { ...(made.connect as buildConnector.BuildOptions), timeout: CONNECT_TIMEOUT_MS },
      });
    case 'proxy':
      return new ProxyAgent({ ...pool, uri: made.uri, requestTls: made.requestTls as buildConnector.BuildOptions });
    case 'none':
      return new Agent({ ...pool, connect: { timeout: CONNECT_TIMEOUT_MS } });
    case 'socks':
      return createSocksDispatcher(config);
  }
}

/** Only client-node knows how to speak to a SOCKS proxy, and gives that away for a call only. */
async function createSocksDispatcher(config: KubeConfig): Promise<Dispatcher> {
  const call = new RequestContext(config.getCurrentCluster()?.server ?? '', HttpMethod.GET);
  await config.applySecurityAuthentication(call);
  const dispatcher = call.getDispatcher();
  if (!dispatcher) throw new Error('client-node made no dispatcher for a SOCKS proxy');
  return dispatcher;
}
