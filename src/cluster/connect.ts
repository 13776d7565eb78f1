// Requests to the API server: connected, authorised, bounded in time, repeated where that is safe, failing in one way.
// It knows HTTP and nothing about objects.

import { loadConfig, type ConfigSource } from './config.ts';
import { createAccessKeeper } from './access.ts';
import { ageOf, readMoment, sleep, type Clock } from './clock.ts';
import { ClusterError, isClusterError } from './errors.ts';
import {
  exchange,
  openStream,
  type AnswerRecord,
  type ApiRequest,
  type Exchange,
  type StreamRequest,
} from './exchange.ts';
import { createServerTime } from './server-time.ts';

/** The way to one API server. Every failure is a {@link ClusterError}. */
export interface Connection {
  readonly server: string;
  /** The context's namespace. */
  readonly namespace: string;
  /** The API server's time of day in milliseconds since 1970. */
  readonly now: () => number;
  /** Reads JSON; undefined for an empty answer. */
  readonly send: (request: ApiRequest) => Promise<unknown>;
  readonly readText: (request: ApiRequest) => Promise<string>;
  readonly stream: (request: StreamRequest) => Promise<AsyncIterable<Uint8Array>>;
  /** Breaks off everything. */
  readonly close: () => Promise<void>;
}

/** Where to connect to, and what with. */
export interface ConnectOptions extends ConfigSource {
  /** This program's version, for the User-Agent. */
  readonly version: string;
  readonly clock: Clock;
  /** At most so many calls at once, watches not counted. */
  readonly connections?: number;
  readonly timeoutMs?: number;
  readonly onAnswer?: (record: AnswerRecord) => void;
}

const TIMEOUT_MS = 30_000;
const ATTEMPTS = 6;

/**
 * Finds the cluster and makes ready to talk to it. Nothing is sent yet.
 *
 * @throws UsageError when no cluster is configured
 */
export function connect(options: ConnectOptions): Connection {
  const { clock, version, connections = 16, timeoutMs = TIMEOUT_MS, onAnswer = () => undefined } = options;
  const load = (): ReturnType<typeof loadConfig> => loadConfig(options);
  const config = load();
  const server = config.getCurrentCluster()?.server ?? '';
  const headers = { 'User-Agent': `kubectl-mysql/${version}`, Accept: 'application/json' };
  const keeper = createAccessKeeper({ load, clock, headers, connections });
  const time = createServerTime(clock);
  const context: Exchange = { keeper, base: new URL(server), clock, time, onAnswer };
  const repeated = <T>(request: ApiRequest, attempt: (remainingMs: number) => Promise<T>): Promise<T> =>
    repeat(context, { ...request, timeoutMs: request.timeoutMs ?? timeoutMs }, attempt);
  const readText = (request: ApiRequest): Promise<string> =>
    repeated(request, (remainingMs) => exchange(context, request, remainingMs, (body) => body.text()));
  return {
    server,
    namespace: config.getContextObject(config.currentContext)?.namespace ?? 'default',
    now: time.now,
    readText,
    send: async (request) => parseAnswer(await readText(request), request),
    stream: (request) =>
      repeated(request, (remainingMs) => exchange(context, request, remainingMs, openStream(context, request))),
    close: () => keeper.close(),
  };
}

/** Repeats what the server surely has not carried out, and reading calls once more when a connection broke. */
async function repeat<T>(
  { keeper, clock }: Exchange,
  { method, signal = new AbortController().signal, timeoutMs = TIMEOUT_MS }: ApiRequest,
  attempt: (remainingMs: number) => Promise<T>,
): Promise<T> {
  const begun = readMoment(clock);
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt(Math.max(1, timeoutMs - ageOf(begun, clock)));
    } catch (error) {
      const delayMs = delayBeforeNext(error, method, attempts);
      if (ageOf(begun, clock) + delayMs >= timeoutMs || signal.aborted) throw error;
      if (isClusterError(error, 'Unauthorized')) await keeper.renew().catch(() => undefined);
      await sleep(clock, delayMs, signal);
      // A process that was held up meanwhile, or slept with its machine, sends nothing more.
      if (ageOf(begun, clock) >= timeoutMs) throw error;
    }
  }
}

/** Infinity: not again. */
function delayBeforeNext(error: unknown, method: string, attempts: number): number {
  if (!isClusterError(error)) return Infinity;
  if (isBroken(error, method)) return attempts === 1 ? 0 : Infinity;
  return isRefusedForNow(error, method) && attempts < ATTEMPTS ? (error.retryAfterMs ?? 1000) : Infinity;
}

/** The connection or the token that we had is no good any more, which a new one is. */
function isBroken({ kind, code, retryable, reason }: ClusterError, method: string): boolean {
  return kind === 'Unauthorized' || (method === 'GET' && code === 0 && retryable && reason !== 'Timeout');
}

function isRefusedForNow({ code, retryAfterMs }: ClusterError, method: string): boolean {
  return code === 429 || (code === 503 && method === 'GET' && retryAfterMs !== undefined);
}

function parseAnswer(text: string, { method, path }: ApiRequest): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // What JSON.parse says repeats a piece of the text.
    throw new ClusterError({ code: 0, reason: 'BadAnswer', message: `${method} ${path}: the answer is not JSON` });
  }
}
