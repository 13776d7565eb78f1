// One HTTP exchange with the API server: within its time, and with one kind of failure.

import type { Dispatcher } from 'undici';
import type { Access, AccessKeeper } from './access.ts';
import type { Clock } from './clock.ts';
import { ClusterError } from './errors.ts';
import { failureOfAnswer, failureOfCredentials, failureOfNetwork, retryAfterMs } from './failures.ts';
import { collectSecrets } from './redact.ts';
import type { ServerTime } from './server-time.ts';

/** One call. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Encoded, without the query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  /** The form of the answer, where it is not the object as it is. */
  readonly accept?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For the whole call, waiting for a free connection and all attempts included; for a stream until the answer begins. */
  readonly timeoutMs?: number | undefined;
  /** Values of Secrets are in the body, whatever it looks like. */
  readonly secret?: boolean;
}

/** A call whose answer goes on. */
export interface StreamRequest extends ApiRequest {
  /** The answer fails when nothing came for so long. */
  readonly idleMs: number;
}

/** One answer, for metrics. */
export interface AnswerRecord {
  readonly method: string;
  readonly path: string;
  /** 0 when no answer came. */
  readonly code: number;
  readonly ms: number;
}

/** What exchanges share. */
export interface Exchange {
  readonly keeper: AccessKeeper;
  readonly base: URL;
  readonly clock: Clock;
  readonly time: ServerTime;
  readonly onAnswer: (record: AnswerRecord) => void;
}

type Answer = Awaited<ReturnType<Dispatcher['request']>>;

/**
 * Sends once and gives the answer's body to `read`, which counts as part of the time.
 *
 * @throws ClusterError
 */
export async function exchange<T>(
  context: Exchange,
  request: ApiRequest,
  timeoutMs: number,
  read: (body: Answer['body']) => Promise<T> | T,
): Promise<T> {
  const { keeper, base, clock, time, onAnswer } = context;
  const { method, path, signal } = request;
  const access = await readAccess(keeper);
  const dispatcher = isStream(request) ? access.watches : access.calls;
  const { abort, release } = abortWith(signal);
  const cancelTimer = clock.startTimer(timeoutMs, () => {
    abort.abort(new DOMException(`no answer within ${String(Math.ceil(timeoutMs / 1000))} s`, 'TimeoutError'));
    keeper.reconnect(dispatcher);
  });
  const startedAt = clock.elapsed();
  let code = 0;
  try {
    const answer = await dispatcher.request({ ...optionsOf(base, access, request), signal: abort.signal });
    code = answer.statusCode;
    time.note(answer.headers['date']);
    if (isStream(request)) answer.body.once('close', release);
    if (code >= 300) throw await readFailure(answer, request);
    return await read(answer.body);
  } catch (error) {
    throw error instanceof ClusterError ? error : failureOfNetwork(error, `${method} ${base.origin}${path}`, signal);
  } finally {
    cancelTimer();
    // A stream that goes on can still be ended from outside.
    if (!isStream(request) || code === 0) release();
    onAnswer({ method, path, code, ms: clock.elapsed() - startedAt });
  }
}

/** Bytes as they come; whoever stops reading ends the call. */
export function openStream(
  { base }: Exchange,
  request: StreamRequest,
): (body: Answer['body']) => AsyncIterable<Uint8Array> {
  const { method, path, signal } = request;
  return async function* (body) {
    try {
      for await (const chunk of body) yield chunk as Uint8Array;
    } catch (error) {
      throw failureOfNetwork(error, `${method} ${base.origin}${path}`, signal);
    } finally {
      body.destroy();
    }
  };
}

async function readAccess(keeper: AccessKeeper): Promise<Access> {
  try {
    return await keeper.current();
  } catch (error) {
    throw failureOfCredentials(error);
  }
}

function isStream(request: ApiRequest): request is StreamRequest {
  return 'idleMs' in request;
}

/** AbortSignal.any keeps what it made for as long as its sources live, which for a watcher is for ever. */
function abortWith(signal: AbortSignal | undefined): { readonly abort: AbortController; readonly release: () => void } {
  const abort = new AbortController();
  const forward = (): void => {
    abort.abort(signal?.reason);
  };
  if (signal?.aborted) forward();
  signal?.addEventListener('abort', forward);
  return {
    abort,
    release: () => {
      signal?.removeEventListener('abort', forward);
    },
  };
}

function optionsOf(base: URL, { headers }: Access, request: ApiRequest): Dispatcher.RequestOptions {
  const { method, path, query = {}, body, contentType = 'application/json' } = request;
  const set = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const search = set.length > 0 ? `?${new URLSearchParams(set).toString()}` : '';
  return {
    origin: base.origin,
    path: `${base.pathname.replace(/\/$/, '')}${path}${search}`,
    method,
    headers: {
      ...headers,
      ...(request.accept === undefined ? {} : { Accept: request.accept }),
      ...(body === undefined ? {} : { 'Content-Type': contentType }),
    },
    body: body === undefined ? null : JSON.stringify(body),
    headersTimeout: 0,
    bodyTimeout: isStream(request) ? request.idleMs : 0,
  };
}

async function readFailure({ statusCode, headers, body }: Answer, request: ApiRequest): Promise<ClusterError> {
  const secrets = collectSecrets(request.body, request.secret ?? false);
  return failureOfAnswer(statusCode, await body.text(), retryAfterMs(headers['retry-after']), secrets);
}
