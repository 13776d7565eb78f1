// The pages of the watcher, over HTTP.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHttpServer, textPage, type HttpServer } from '../../src/watcher/http-server.ts';

let server: HttpServer;
beforeAll(async () => {
  const routes = {
    '/ok': () => textPage(200, 'ok'),
    '/broken': () => Promise.reject(new Error('secret')),
  };
  server = await startHttpServer({ host: '127.0.0.1', port: 0 }, routes);
});
afterAll(() => server.close());

describe('a page', () => {
  it.each([
    ['that is there', 'GET', '/ok', 200, 'ok\n'],
    ['with a query', 'GET', '/ok?verbose', 200, 'ok\n'],
    ['of which only the head is wanted', 'HEAD', '/ok', 200, ''],
    ['that is not there', 'GET', '/nothing', 404, 'not found\n'],
    ['called as a field of every object', 'GET', '/constructor', 404, 'not found\n'],
    ['that somebody wants to change', 'POST', '/ok', 405, 'only GET and HEAD\n'],
    ['with a defect, which is not told', 'GET', '/broken', 500, 'a defect of kubectl-mysql\n'],
  ])('%s', async (...[, method, path, code, text]) => {
    const answer = await fetch(`http://127.0.0.1:${String(server.port)}${path}`, { method });
    expect([answer.status, await answer.text()]).toEqual([code, text]);
  });
});

it('an address that is taken is one clear error', async () => {
  const taken = startHttpServer({ host: '127.0.0.1', port: server.port }, {});
  await expect(taken).rejects.toThrow(`--metrics-address 127.0.0.1:${String(server.port)}: cannot listen (EADDRINUSE)`);
});
