// The HTTP side of the watcher: metrics and health, for GET and HEAD, and nothing else.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CommandError } from '../errors.ts';
import type { Address } from './address.ts';

/** One answer. */
export interface Page {
  readonly code: number;
  readonly type: string;
  readonly text: string;
}

export type Routes = Readonly<Record<string, () => Page | Promise<Page>>>;

/** A server that listens. */
export interface HttpServer {
  readonly port: number;
  /** Ends it at once. */
  readonly close: () => Promise<void>;
}

const TEXT = 'text/plain; charset=utf-8';

/** A page of one line. */
export function textPage(code: number, text: string): Page {
  return { code, type: TEXT, text: `${text}\n` };
}

/**
 * Starts to listen.
 *
 * @throws CommandError where the address is taken or is not of this machine
 */
export async function startHttpServer({ host, port }: Address, routes: Routes): Promise<HttpServer> {
  const server = createServer((request, response) => {
    void answer(request, response, routes);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
      reject(new CommandError(`--metrics-address ${host ?? ''}:${String(port)}: cannot listen (${code})`));
    });
    server.listen({ port, ...(host === undefined ? {} : { host }) }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function answer({ method, url = '' }: IncomingMessage, response: ServerResponse, routes: Routes): Promise<void> {
  const [path = ''] = url.split('?');
  const { code, type, text } = await readPage(method, Object.hasOwn(routes, path) ? routes[path] : undefined);
  response.writeHead(code, { 'Content-Type': type, 'Cache-Control': 'no-store' });
  response.end(method === 'HEAD' ? undefined : text);
}

async function readPage(method: string | undefined, route: Routes[string] | undefined): Promise<Page> {
  if (!route) return textPage(404, 'not found');
  if (method !== 'GET' && method !== 'HEAD') return textPage(405, 'only GET and HEAD');
  try {
    return await route();
  } catch {
    return textPage(500, 'a defect of kubectl-mysql');
  }
}
