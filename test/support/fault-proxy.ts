// A proxy before the test node's API server that does to connections and answers what networks and servers do. It ends TLS
// with the API server's own certificate, so a client needs only another address.

import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpsServer, Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A request that came through. */
export interface SeenRequest {
  readonly method: string;
  /** With its query. */
  readonly url: string;
}

/**
 * What happens to a request. With `carriedOut` the API server gets it first, and only its answer is lost.
 *
 * - status: answered so, with a Status
 * - reset: the connection is reset (RST)
 * - close: the connection ends (FIN) without an answer
 * - end: the connection ends (FIN) in the middle of the answer, after so many bytes of the body
 * - stall: nothing comes, for ever
 * - delay: later
 * - lines: each line of the answer, a watch event, becomes any number of lines
 */
export type Fault =
  | {
      readonly kind: 'status';
      readonly code: number;
      readonly reason?: string;
      readonly retryAfter?: number;
      readonly carriedOut?: true;
    }
  | { readonly kind: 'reset' | 'close' | 'stall'; readonly carriedOut?: true }
  | { readonly kind: 'end'; readonly afterBytes: number }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'lines'; readonly edit: (line: string) => readonly string[] };

export interface FaultProxy {
  /** A kubeconfig that leads through the proxy. */
  readonly kubeconfig: string;
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  /** Lets something happen to the next `times` (1) requests that match (all). The result takes that back. */
  readonly inject: (
    fault: Fault,
    options?: { readonly times?: number; readonly match?: (request: SeenRequest) => boolean },
  ) => () => void;
  /** Does that to every answer that is under way, which in general are watches; returns to how many. */
  readonly breakStreams: (how: 'reset' | 'end' | 'stall') => number;
  /** Connections are refused until `accept`; those that there are get reset. */
  readonly refuse: () => Promise<void>;
  readonly accept: () => Promise<void>;
  /** Called before a request is passed on and after its answer came, which is held back meanwhile; `drop` ends it there. */
  tap: ((request: SeenRequest, phase: 'before' | 'after') => Promise<Tapped> | Tapped) | undefined;
  readonly close: () => Promise<void>;
}

type Tapped = 'drop' | undefined;

interface Rule {
  readonly fault: Fault;
  readonly match: (request: SeenRequest) => boolean;
  left: number;
}

/** One request with its two sides. */
interface Exchange {
  readonly request: SeenRequest;
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly raw: Socket;
}

/** @param clusterDir the node's state folder */
export async function startFaultProxy(clusterDir = process.env['CLUSTER_DIR'] ?? ''): Promise<FaultProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'fault-proxy-'));
  const admin = await readFile(join(clusterDir, 'admin.conf'), 'utf8');
  const upstream = /https:\/\/[^"\s]+/.exec(admin)?.[0] ?? '';
  const pki = (name: string): string => readFileSync(join(clusterDir, 'pki', name), 'utf8');
  const asAdmin = new Agent({ keepAlive: true, ca: pki('ca.crt'), cert: pki('admin.crt'), key: pki('admin.key') });
  const asCaller = new Agent({ keepAlive: true, ca: pki('ca.crt') });
  const sockets = new Map<number, Socket>();
  const rules: Rule[] = [];
  const seen: SeenRequest[] = [];
  const streams = new Set<{ readonly exchange: Exchange; readonly answer: IncomingMessage }>();

  const secure = createHttpsServer({ cert: pki('apiserver.crt'), key: pki('apiserver.key') }, (incoming, response) => {
    const raw = sockets.get(incoming.socket.remotePort ?? 0);
    const request = { method: incoming.method ?? '', url: incoming.url ?? '' };
    seen.push(request);
    response.on('error', () => undefined);
    if (raw) void serve({ request, incoming, response, raw });
  });
  secure.on('tlsClientError', () => undefined);
  // TLS hides the socket that could be reset.
  const listener = createServer((raw) => {
    const port = raw.remotePort ?? 0;
    sockets.set(port, raw);
    raw.on('error', () => undefined);
    raw.on('close', () => sockets.delete(port));
    secure.emit('connection', raw);
  });

  function nextFault(request: SeenRequest): Fault | undefined {
    const rule = rules.find(({ match, left }) => left > 0 && match(request));
    if (rule) rule.left--;
    return rule?.fault;
  }

  async function serve(exchange: Exchange): Promise<void> {
    const { request, incoming } = exchange;
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const fault = nextFault(request);
    if (fault?.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    if (fault && isAtOnce(fault)) {
      perform(exchange, fault);
      return;
    }
    await carryOut(exchange, Buffer.concat(chunks), fault);
  }

  async function carryOut(exchange: Exchange, body: Buffer, fault: Fault | undefined): Promise<void> {
    const { request, raw } = exchange;
    if ((await proxy.tap?.(request, 'before')) === 'drop') {
      raw.destroy();
      return;
    }
    const answer = await forward(exchange, body).catch(() => undefined);
    const isDropped = (await proxy.tap?.(request, 'after')) === 'drop';
    if (!answer || isDropped) raw.destroy();
    else if (fault && 'carriedOut' in fault) {
      answer.resume();
      perform(exchange, fault);
    } else passOn(exchange, answer, fault);
  }

  function forward({ incoming, response }: Exchange, body: Buffer): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { method, url = '', headers } = incoming;
      const agent = headers.authorization === undefined ? asAdmin : asCaller;
      const call = httpsRequest(new URL(url, upstream), { method, headers, agent }, resolve);
      call.on('error', reject);
      response.once('close', () => {
        // The caller has gone away.
        if (!response.writableFinished) call.destroy();
      });
      call.end(body);
    });
  }

  function passOn(exchange: Exchange, answer: IncomingMessage, fault: Fault | undefined): void {
    const { response, raw } = exchange;
    const stream = { exchange, answer };
    streams.add(stream);
    answer.on('close', () => streams.delete(stream));
    answer.on('error', () => raw.destroy());
    answer.on('aborted', () => raw.destroy());
    const { 'content-length': _, ...headers } = answer.headers;
    response.writeHead(answer.statusCode ?? 500, headers);
    response.flushHeaders();
    let left = fault?.kind === 'end' ? fault.afterBytes : Infinity;
    const edit = fault?.kind === 'lines' ? createLineEditor(fault.edit) : (chunk: Buffer): Buffer => chunk;
    answer.on('data', (chunk: Buffer) => {
      response.write(edit(chunk.subarray(0, left)));
      left -= chunk.length;
      if (left <= 0) setTimeout(() => raw.end(), 20);
    });
    answer.on('end', () => response.end());
  }

  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => {
      listener.listen(port, '127.0.0.1', resolve);
    });
  await listen(0);
  const { port } = listener.address() as AddressInfo;
  const url = `https://127.0.0.1:${String(port)}`;
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, admin.replace(upstream, url), { mode: 0o600 });

  const resetAll = (): void => {
    for (const raw of sockets.values()) raw.resetAndDestroy();
  };
  const proxy: FaultProxy = {
    kubeconfig,
    url,
    seen,
    tap: undefined,
    inject(fault, { times = 1, match = () => true } = {}) {
      const rule = { fault, match, left: times };
      rules.push(rule);
      return () => {
        rule.left = 0;
      };
    },
    breakStreams(how) {
      const broken = [...streams];
      for (const { exchange, answer } of broken) {
        answer.removeAllListeners('data').pause();
        if (how === 'reset') exchange.raw.resetAndDestroy();
        if (how === 'end') exchange.raw.end();
      }
      return broken.length;
    },
    refuse: () =>
      new Promise((resolve) => {
        listener.close(() => {
          resolve();
        });
        resetAll();
      }),
    accept: () => listen(port),
    close: async () => {
      resetAll();
      listener.close();
      asAdmin.destroy();
      asCaller.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return proxy;
}

function isAtOnce(fault: Fault): boolean {
  return ['status', 'reset', 'close', 'stall'].includes(fault.kind) && !('carriedOut' in fault);
}

function perform({ raw, response }: Exchange, fault: Fault): void {
  if (fault.kind === 'reset') raw.resetAndDestroy();
  if (fault.kind === 'close') raw.end();
  if (fault.kind !== 'status') return;
  const { code, reason, retryAfter } = fault;
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: 'made by the test' };
  response.writeHead(code, {
    'content-type': 'application/json',
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
  });
  response.end(JSON.stringify(status));
}

function createLineEditor(edit: (line: string) => readonly string[]): (chunk: Buffer) => Buffer {
  let pending = '';
  return (chunk) => {
    const lines = (pending + chunk.toString()).split('\n');
    pending = lines.pop() ?? '';
    return Buffer.from(
      lines
        .flatMap((line) => edit(line))
        .map((line) => `${line}\n`)
        .join(''),
    );
  };
}
