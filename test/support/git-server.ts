// A git server over HTTP with Basic authentication: git's own `http-backend` behind a small server on this machine.

import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { runProgram } from './process.ts';

/** A server, for the time of a test. */
export interface GitServer {
  /** `http://127.0.0.1:PORT`; the path behind it is one of the root folder. */
  readonly url: string;
  /** The Authorization headers that came, in their order; undefined for a request without one. */
  readonly seen: readonly (string | undefined)[];
}

/**
 * Serves the repositories of a folder.
 *
 * @param credentials `user:password`, without which everything is refused
 */
export async function serveGit(root: string, credentials: string): Promise<GitServer> {
  const wanted = `Basic ${Buffer.from(credentials).toString('base64')}`;
  const backend = `${(await runProgram('git', ['--exec-path'])).out.trim()}/git-http-backend`;
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    seen.push(authorization);
    if (authorization === wanted) runBackend({ backend, root, request, response });
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, seen };
}

interface Exchange {
  readonly backend: string;
  readonly root: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Answers by CGI (RFC 3875). */
function runBackend({ backend, root, request, response }: Exchange): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://localhost');
  const { headers } = request;
  const child = spawn(backend, {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      REMOTE_USER: 'tester',
      REQUEST_METHOD: request.method,
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: headers['content-type'] ?? '',
      CONTENT_LENGTH: headers['content-length'],
      HTTP_CONTENT_ENCODING: headers['content-encoding'],
      GIT_PROTOCOL: headers['git-protocol']?.toString(),
    },
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.on('close', () => {
    const answer = Buffer.concat(chunks);
    const end = answer.indexOf('\r\n\r\n');
    const lines = answer.subarray(0, end).toString().split('\r\n');
    const fields = lines.map((line) => line.split(/: (.*)/s)).map(([name = '', value = '']) => [name, value] as const);
    const status = Number.parseInt(fields.find(([name]) => name === 'Status')?.[1] ?? '200', 10);
    response.writeHead(status, Object.fromEntries(fields.filter(([name]) => name !== 'Status')));
    response.end(answer.subarray(end + 4));
  });
}
