// An HTTP server for what a real API server does too seldom, and a kubeconfig that leads to it.

import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface PlainServer {
  readonly port: number;
  readonly kubeconfig: string;
  /** So many connections were made. */
  readonly connections: () => number;
  readonly close: () => Promise<void>;
}

/** @param folder for the kubeconfig */
export async function startPlainServer(
  folder: string,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<PlainServer> {
  const server = createServer(handle);
  let connections = 0;
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const kubeconfig = join(folder, `kubeconfig-${String(port)}`);
  const config = {
    'current-context': 'plain',
    contexts: [{ name: 'plain', context: { cluster: 'plain', user: 'plain', namespace: 'shop' } }],
    clusters: [{ name: 'plain', cluster: { server: `http://127.0.0.1:${String(port)}/` } }],
    users: [{ name: 'plain', user: { tokenFile: 'token' } }],
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  await writeFile(join(folder, 'token'), 'first-token\n');
  return {
    port,
    kubeconfig,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** Answers with JSON. */
export function answer(
  response: ServerResponse,
  code: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** Answers with a failure, as the API server does. */
export function refuse(
  response: ServerResponse,
  code: number,
  status: object,
  headers: Record<string, string> = {},
): void {
  answer(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, ...status }, headers);
}
