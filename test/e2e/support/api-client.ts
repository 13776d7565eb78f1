// Talks to the API server of $KUBECONFIG as kubectl does, without a process for each request. Knows HTTPS and kubectl, and
// nothing about resources.

import { execFile, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { promisify } from 'node:util';

/** The answer of the API server. */
export interface ApiAnswer {
  readonly code: number;
  /** The object or, for a failure, the Status. */
  readonly body: Record<string, unknown>;
}

/** The answer of a process. */
export interface ProcessResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** An API server that is ready to be asked. */
export interface ApiClient {
  /**
   * @param path with its query
   * @param body JSON text
   */
  readonly send: (method: string, path: string, body?: string, contentType?: string) => Promise<ApiAnswer>;
  readonly close: () => void;
}

const KUBECTL = process.env['KUBECTL'] ?? 'kubectl';

interface KubeConfig {
  clusters: { cluster: Record<string, string | boolean> }[];
  users: { user: Record<string, string> }[];
}

/** Reads the server, its CA and the credentials from the kubeconfig's current context. */
export function createApiClient(): ApiClient {
  const text = execFileSync(KUBECTL, ['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json']);
  const config = JSON.parse(text.toString()) as KubeConfig;
  const cluster = config.clusters[0]?.cluster ?? {};
  const user = config.users[0]?.user ?? {};
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 8,
    rejectUnauthorized: cluster['insecure-skip-tls-verify'] !== true,
    ca: decode(cluster['certificate-authority-data']),
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data']),
  });
  const token =
    user['token'] ?? (user['tokenFile'] === undefined ? undefined : readFileSync(user['tokenFile'], 'utf8'));
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token.trim()}` };
  return {
    send: (method, path, body, contentType = 'application/json') =>
      new Promise((resolve, reject) => {
        const headers = { accept: 'application/json', 'content-type': contentType, ...authorization };
        const call = request(new URL(path, String(cluster['server'])), { method, headers, agent }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            resolve({ code: response.statusCode ?? 0, body: readBody(Buffer.concat(chunks).toString()) });
          });
        });
        call.on('error', reject);
        call.end(body);
      }),
    close: () => {
      agent.destroy();
    },
  };
}

function decode(base64: unknown): string | undefined {
  return typeof base64 === 'string' ? Buffer.from(base64, 'base64').toString() : undefined;
}

function readBody(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { message: text };
  }
}

/** Runs kubectl; a failure is a result like any other. */
export async function runKubectl(args: readonly string[], input = ''): Promise<ProcessResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(KUBECTL, args, { stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code: code ?? -1, stdout, stderr });
    });
    // A kubectl that refuses its arguments does not read.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** A namespace of a name that nobody has, and its end. */
export interface OwnNamespace {
  readonly name: string;
  readonly remove: () => Promise<void>;
}

/** Makes a namespace in which no pod can start: these tests are about objects, not about servers. */
export async function createNamespace(prefix: string): Promise<OwnNamespace> {
  const name = `${prefix}-${Math.random().toString(36).slice(2, 8)}`;
  const run = promisify(execFile);
  await run(KUBECTL, ['create', 'namespace', name]);
  await run(KUBECTL, ['create', 'quota', 'no-pods', '--hard=pods=0', '-n', name]);
  return {
    name,
    remove: async () => {
      await run(KUBECTL, ['delete', 'namespace', name, '--wait=false']);
    },
  };
}

/** Calls `work` for all items, a few at a time; the results are in the items' order. */
export async function mapConcurrently<A, B>(
  items: readonly A[],
  limit: number,
  work: (item: A) => Promise<B>,
): Promise<B[]> {
  const results: B[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index] as A);
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}

/** JSON with whole numbers beyond 2^53 written out. */
export function toJson(value: unknown): string {
  const mask = (_: string, item: unknown): unknown => (typeof item === 'bigint' ? `\u0000${String(item)}` : item);
  return JSON.stringify(value, mask).replace(/"\\u0000(-?[0-9]+)"/g, '$1');
}
