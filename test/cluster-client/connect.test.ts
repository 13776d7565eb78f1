// What a connection does with answers, and without any.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../src/cluster/clock.ts';
import { connect, type Connection } from '../../src/cluster/connect.ts';
import { isClusterError, type ClusterError } from '../../src/cluster/errors.ts';
import type { AnswerRecord } from '../../src/cluster/exchange.ts';
import { answer, refuse, startPlainServer, type PlainServer } from '../support/plain-server.ts';

let folder: string;
let server: PlainServer;
let connection: Connection;
let handle: (request: IncomingMessage, response: ServerResponse, count: number) => void;
let count = 0;
const records: AnswerRecord[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'connect-'));
  server = await startPlainServer(folder, (request, response) => {
    handle(request, response, ++count);
  });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});
afterEach(() => connection.close());

/** Everything is answered by `answerWith`, which is told the how-manyth request it is. */
function open(answerWith: typeof handle, timeoutMs = 2000, clock = createSystemClock()): Connection {
  handle = answerWith;
  count = 0;
  records.length = 0;
  const { kubeconfig } = server;
  const onAnswer = (record: AnswerRecord): number => records.push(record);
  connection = connect({ kubeconfig, environment: {}, version: '1.2.3', clock, timeoutMs, onAnswer });
  return connection;
}

const get = (path = '/x'): Promise<unknown> => connection.send({ method: 'GET', path });
const post = (body: unknown): Promise<unknown> => connection.send({ method: 'POST', path: '/x', body });

async function failureOf(call: Promise<unknown>): Promise<ClusterError> {
  const error: unknown = await call.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!isClusterError(error)) throw new Error(`no ClusterError: ${String(error)}`);
  return error;
}

describe('a request', () => {
  it('says who asks and with which token, and counts for the metrics', async () => {
    open(({ headers, method, url }, response) => {
      answer(response, 200, { agent: headers['user-agent'], token: headers.authorization, method, url });
    });
    expect(await connection.send({ method: 'GET', path: '/x', query: { a: 'b c', none: undefined } })).toEqual({
      agent: 'kubectl-mysql/1.2.3',
      token: 'Bearer first-token',
      method: 'GET',
      url: '/x?a=b+c',
    });
    expect(records).toMatchObject([{ method: 'GET', path: '/x', code: 200 }]);
    expect(connection.namespace).toBe('shop');
  });

  it('uses a connection again, and more of them at once up to the bound', async () => {
    const before = server.connections();
    open((_, response) => {
      setTimeout(() => {
        answer(response, 200, {});
      }, 5);
    });
    for (let time = 0; time < 20; time++) await get();
    // The next request may come before the connection is known to be free.
    expect(server.connections() - before).toBeLessThanOrEqual(2);
    await Promise.all(Array.from({ length: 100 }, () => get()));
    expect(server.connections() - before).toBeLessThanOrEqual(16);
  });

  it('reads a token again that was changed, as soon as the old one is refused', async () => {
    open(({ headers }, response) => {
      if (headers.authorization === 'Bearer second-token') answer(response, 200, { ok: true });
      else refuse(response, 401, { reason: 'Unauthorized', message: 'Unauthorized' });
    });
    expect((await failureOf(get())).kind).toBe('Unauthorized');
    await writeFile(join(folder, 'token'), 'second-token\n');
    expect(await get()).toEqual({ ok: true });
    await writeFile(join(folder, 'token'), 'first-token\n');
  });

  it('fails without its token file, and names it', async () => {
    open((_, response) => {
      answer(response, 200, {});
    });
    await rm(join(folder, 'token'));
    const { kind, message } = await failureOf(get());
    await writeFile(join(folder, 'token'), 'first-token\n');
    const expected = `the credentials for the API server: ${join(folder, 'token')} cannot be read (ENOENT)`;
    expect([kind, message]).toEqual(['Unavailable', expected]);
    expect(await get()).toEqual({});
  });
});

describe('a failure is of a kind', () => {
  it.each([
    [400, 'BadRequest', 'Invalid', false],
    [401, 'Unauthorized', 'Unauthorized', false],
    [403, 'Forbidden', 'Forbidden', false],
    [404, 'NotFound', 'NotFound', false],
    [409, 'Conflict', 'Conflict', false],
    [409, 'AlreadyExists', 'AlreadyExists', false],
    [410, 'Expired', 'Gone', false],
    [422, 'Invalid', 'Invalid', false],
    [500, 'InternalError', 'Unavailable', true],
    [501, 'NotImplemented', 'Unavailable', false],
    [503, 'ServiceUnavailable', 'Unavailable', true],
    [504, 'Timeout', 'Unavailable', true],
  ])('%d %s is %s, retryable: %s', async (code, reason, kind, retryable) => {
    open((_, response) => {
      refuse(response, code, { reason, message: 'the reason in words', details: { causes: [{ field: 'spec.x' }] } });
    });
    const error = await failureOf(get());
    expect(error).toMatchObject({ code, reason, kind, retryable, message: 'the reason in words', exitCode: 4 });
    expect(error.causes).toMatchObject([{ field: 'spec.x' }]);
  });

  it('without a Status the answer is not repeated: it may come from anybody on the way', async () => {
    open((_, response) => {
      response.writeHead(502).end('<html>secret token</html>');
    });
    expect((await failureOf(get())).message).toBe('the API server answers 502');
  });

  it('an answer that is no JSON', async () => {
    open((_, response) => response.end('<html>'));
    expect(await failureOf(get())).toMatchObject({ kind: 'Unavailable', reason: 'BadAnswer' });
  });
});

describe('a secret that the server repeats', () => {
  const echo = (text: string): void => {
    open((_, response) => {
      refuse(response, 422, { message: text, details: { causes: [{ message: text }] } });
    });
  };
  it.each([
    ['a password field', { spec: { password: 'hunter2' } }, 'spec.password: Invalid value: "hunter2"'],
    ['a Secret', { kind: 'Secret', stringData: { any: 'hunter2' } }, 'stringData: hunter2 is wrong'],
    ['a Secret, decoded', { kind: 'Secret', data: { any: 'aHVudGVyMg==' } }, 'data: hunter2 or aHVudGVyMg=='],
    ['escaped', { kind: 'Secret', stringData: { any: 'hun"ter2' } }, 'any: Invalid value: "hun\\"ter2"'],
    ['a patch of a field', [{ op: 'replace', path: '/spec/password', value: 'hunter2' }], 'Invalid value: "hunter2"'],
    ['one letter, in quotes', { spec: { password: 'x' } }, 'Invalid value: "x"'],
  ])('is not in the message: %s', async (_, body, text) => {
    echo(text);
    const { message, causes } = await failureOf(post(body));
    expect(`${message} ${JSON.stringify(causes)}`).not.toMatch(/hun|aHV|"x"/);
    expect(message).toContain('***');
  });

  it('is not in the message: a patch of a Secret, which does not say what it is', async () => {
    echo('data: hunter2');
    const body = [{ op: 'add', path: '/stringData/any', value: 'hunter2' }];
    const call = connection.send({ method: 'PATCH', path: '/x', body, secret: true });
    expect((await failureOf(call)).message).toBe('data: ***');
  });

  it('leaves everything else of the message', async () => {
    echo('spec.passwordSecretRef: Invalid value: "shop-root"');
    const body = { spec: { password: 'hunter2', passwordSecretRef: { name: 'shop-root' } } };
    expect((await failureOf(post(body))).message).toBe('spec.passwordSecretRef: Invalid value: "shop-root"');
  });
});

describe('a server in trouble', () => {
  it('that says 429 is asked again when it wants to be, also to write', async () => {
    open((_, response, time) => {
      if (time === 1) refuse(response, 429, { reason: 'TooManyRequests' }, { 'retry-after': '1' });
      else answer(response, 200, { time });
    });
    const startedAt = performance.now();
    expect(await post({})).toEqual({ time: 2 });
    expect(performance.now() - startedAt).toBeGreaterThan(950);
  });

  it('that says 429 for longer than we wait fails, and says when to come back', async () => {
    open((_, response) => {
      refuse(response, 429, { reason: 'TooManyRequests' }, { 'retry-after': '60' });
    });
    expect(await failureOf(get())).toMatchObject({ retryable: true, retryAfterMs: 60_000 });
    expect(count).toBe(1);
  });

  it('that says 429 is not written to later than we wait, although the process was held up before it asked again', async () => {
    const clock = createSystemClock();
    let heldUpMs = 0;
    const answerWith: typeof handle = (_, response) => {
      refuse(response, 429, { reason: 'TooManyRequests' }, { 'retry-after': '1' });
      setTimeout(() => (heldUpMs = 60_000), 300);
    };
    open(answerWith, 2000, { ...clock, elapsed: () => clock.elapsed() + heldUpMs });
    expect(await failureOf(post({}))).toMatchObject({ code: 429 });
    expect(count).toBe(1);
  });

  it('that says 500 or 503 is asked to write once only', async () => {
    open((_, response) => {
      refuse(response, 503, {}, { 'retry-after': '0' });
    });
    expect(await failureOf(post({}))).toMatchObject({ code: 503, retryable: true });
    expect(count).toBe(1);
  });

  it('that breaks a connection is asked again to read', async () => {
    open(({ socket }, response, time) => {
      if (time === 1) socket.resetAndDestroy();
      else answer(response, 200, { time });
    });
    expect(await get()).toEqual({ time: 2 });
  });

  it('that breaks a connection is not asked again to write: it may have been done', async () => {
    open(({ socket }) => {
      socket.resetAndDestroy();
    });
    expect(await failureOf(post({}))).toMatchObject({ kind: 'Unavailable', code: 0, retryable: true });
    expect(count).toBe(1);
  });

  it('that breaks off in the middle of an answer', async () => {
    open(({ socket }, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"half":');
      setTimeout(() => socket.end(), 20);
    });
    expect(await failureOf(post({}))).toMatchObject({ kind: 'Unavailable', retryable: true });
  });

  it('that does not answer is given up in time, and not over the same connection again', async () => {
    const stalled: IncomingMessage[] = [];
    open((request, response, time) => {
      if (time === 1) stalled.push(request);
      else if (stalled.some(({ socket }) => socket === request.socket)) return;
      else answer(response, 200, { time });
    }, 300);
    expect(await failureOf(get())).toMatchObject({ reason: 'Timeout', retryable: true });
    expect(await get()).toEqual({ time: 2 });
  });

  it('that begins to answer and does not end is given up in time', async () => {
    open((_, response) => {
      response.writeHead(200);
      response.write('{"half":');
    }, 300);
    expect(await failureOf(post({}))).toMatchObject({ reason: 'Timeout' });
  });

  it('that is not there', async () => {
    open(() => undefined);
    await server.close();
    const error = await failureOf(post({}));
    expect(error).toMatchObject({ reason: 'ECONNREFUSED', retryable: true, exitCode: 4 });
    expect(error.message).toContain(`POST http://127.0.0.1:${String(server.port)}/x: connect ECONNREFUSED`);
    server = await startPlainServer(folder, (request, response) => {
      handle(request, response, ++count);
    });
  });

  it('is not waited for by somebody who does not want to any more', async () => {
    open(() => undefined);
    const abort = new AbortController();
    setTimeout(() => {
      abort.abort();
    }, 50);
    const call = connection.send({ method: 'GET', path: '/x', signal: abort.signal });
    expect(await failureOf(call)).toMatchObject({ reason: 'Aborted', retryable: false });
  });
});

describe('a stream', () => {
  const stream = (idleMs: number, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> =>
    connection.stream({ method: 'GET', path: '/x', idleMs, signal });

  it('fails when nothing comes for too long', async () => {
    open((_, response) => {
      response.writeHead(200);
      response.write('one');
    });
    const chunks: string[] = [];
    const reading = (async () => {
      for await (const chunk of await stream(1500)) chunks.push(Buffer.from(chunk).toString());
    })();
    expect(await failureOf(reading)).toMatchObject({ reason: 'Timeout', retryable: true });
    expect(chunks).toEqual(['one']);
  });

  it('outlives the time that a call has, and ends when it is aborted', async () => {
    open((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 50);
      response.on('close', () => {
        clearInterval(timer);
      });
    }, 300);
    const abort = new AbortController();
    setTimeout(() => {
      abort.abort();
    }, 800);
    let length = 0;
    const reading = (async () => {
      for await (const chunk of await stream(5000, abort.signal)) length += chunk.length;
    })();
    expect(await failureOf(reading)).toMatchObject({ reason: 'Aborted' });
    expect(length).toBeGreaterThan(8);
  });

  it('ends its connection when nobody reads on', async () => {
    const closed = new Promise<void>((resolve) => {
      open((_, response) => {
        response.writeHead(200);
        response.write('one');
        response.on('close', resolve);
      });
    });
    for await (const _ of await stream(5000)) break;
    await closed;
  });
});
