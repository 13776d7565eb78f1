// An API server by itself: etcd and kube-apiserver on loopback, and nothing that would act on what they store.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What is built or installed once. */
export const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kubectl-mysql-bench');

/** Those that are compared. */
export const TOOLS = ['ours', 'kopf', 'writes'] as const;
export type Tool = (typeof TOOLS)[number];

/** Who asks: those, and the script that plays the rest of the cluster. */
export const USERS = [...TOOLS, 'world'] as const;
export type User = (typeof USERS)[number];

/** A running API server. */
export interface ApiServer {
  readonly url: string;
  /** A kubeconfig for each user; the token is the user's name. */
  readonly kubeconfig: (user: User) => string;
  readonly auditLog: string;
  readonly stop: () => Promise<void>;
}

/** Every answered request of the compared programs is one line: who, what, when. A watch is a line when it begins. */
const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - {level: Metadata, users: [${TOOLS.join(', ')}]}
  - {level: None}
`;

function findProgram(name: string): string {
  const bin = process.env['KUBE_BIN'] ?? join(homedir(), '.cache/kubectl-mysql-cluster/bin');
  const file = join(bin, name);
  if (existsSync(file)) return file;
  throw new Error(`${file} is not there: "npm run cluster -- up" builds it`);
}

/** What Kubernetes 1.35 is released with. Before 3.5.13 every list of the API server, however small, is read from etcd whole. */
const ETCD = '3.6.6';

/** Builds etcd from its Go module, once. */
function buildEtcd(): string {
  const folder = join(CACHE, `etcd-${ETCD}`);
  const program = join(folder, 'etcd');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'go.mod'), `module etcd\n\nrequire go.etcd.io/etcd/server/v3 v${ETCD}\n`);
  const imports = ['os', 'go.etcd.io/etcd/server/v3/etcdmain'].map((path) => `import "${path}"\n`).join('');
  writeFileSync(join(folder, 'main.go'), `package main\n\n${imports}\nfunc main() { etcdmain.Main(os.Args) }\n`);
  const env = { ...process.env, CGO_ENABLED: '0' };
  for (const words of [
    ['mod', 'tidy'],
    ['build', '-o', program, '.'],
  ]) {
    execFileSync('go', words, { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  return program;
}

async function findPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts both, with state in a folder. Logs are beside it. */
export async function startApiServer(folder: string): Promise<ApiServer> {
  mkdirSync(folder, { recursive: true });
  const file = (name: string): string => join(folder, name);
  const [port, store, peer] = [await findPort(), await findPort(), await findPort()];
  const url = `https://127.0.0.1:${String(port)}`;
  writeFileSync(file('audit.yaml'), AUDIT_POLICY);
  writeFileSync(file('tokens.csv'), USERS.map((user) => `${user},${user},${user},system:masters\n`).join(''));
  execFileSync('openssl', ['genrsa', '-out', file('accounts.key'), '2048'], { stdio: 'ignore' });
  const at = (number: number): string => `http://127.0.0.1:${String(number)}`;
  const etcd = start(folder, 'etcd', [
    buildEtcd(),
    ...['--data-dir', file('etcd'), '--unsafe-no-fsync', '--quota-backend-bytes=4294967296'],
    ...['--listen-client-urls', at(store), '--advertise-client-urls', at(store)],
    ...[
      '--listen-peer-urls',
      at(peer),
      '--initial-advertise-peer-urls',
      at(peer),
      '--initial-cluster',
      `default=${at(peer)}`,
    ],
  ]);
  const api = start(folder, 'kube-apiserver', [
    findProgram('kube-apiserver'),
    ...[`--etcd-servers=${at(store)}`, '--bind-address=127.0.0.1', `--secure-port=${String(port)}`],
    ...[`--cert-dir=${file('pki')}`, `--token-auth-file=${file('tokens.csv')}`, '--authorization-mode=AlwaysAllow'],
    ...[
      `--service-account-key-file=${file('accounts.key')}`,
      `--service-account-signing-key-file=${file('accounts.key')}`,
    ],
    ...['--service-account-issuer=https://kubernetes.default.svc', '--service-cluster-ip-range=10.214.0.0/16'],
    // What controllers would have to follow up.
    '--disable-admission-plugins=ServiceAccount,StorageObjectInUseProtection',
    ...[`--audit-policy-file=${file('audit.yaml')}`, `--audit-log-path=${file('audit.log')}`],
  ]);
  const stop = async (): Promise<void> => {
    await end(api);
    await end(etcd);
  };
  try {
    await untilReady(url, api);
  } catch (error) {
    await stop();
    throw error;
  }
  for (const user of USERS) writeFileSync(file(`${user}.conf`), formatKubeconfig(url, user), { mode: 0o600 });
  return { url, kubeconfig: (user) => file(`${user}.conf`), auditLog: file('audit.log'), stop };
}

function start(folder: string, name: string, [program = '', ...words]: readonly string[]): ChildProcess {
  const log = join(folder, `${name}.log`);
  appendFileSync(log, '');
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr.on('data', (chunk: Buffer) => {
    appendFileSync(log, chunk);
  });
  return child;
}

/** Ends a child that we started, by force after 10 s. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(force);
}

async function untilReady(url: string, api: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (api.exitCode !== null) throw new Error('the API server ended; its log says why');
    const answer = readReady(url);
    if (answer === 'ok') return;
    await sleep(200);
  }
  throw new Error('the API server is not ready after a minute');
}

function readReady(url: string): string {
  const words = ['--silent', '--insecure', '--max-time', '2', '-H', 'Authorization: Bearer world', `${url}/readyz`];
  try {
    return execFileSync('curl', words, { encoding: 'utf8' });
  } catch {
    return '';
  }
}

function formatKubeconfig(server: string, user: User): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': user,
    clusters: [{ name: 'bench', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: user, user: { token: user } }],
    contexts: [{ name: user, context: { cluster: 'bench', user } }],
  });
}

/** What the audit log tells of one user's requests. */
export interface Requests {
  readonly all: number;
  readonly writes: number;
  /** By verb and kind. */
  readonly byKind: Readonly<Record<string, number>>;
}

/** Counts a user's requests since a position of the log. */
export function countRequests(auditLog: string, user: User, from = 0): Requests {
  const byKind: Record<string, number> = {};
  let all = 0;
  let writes = 0;
  // The last line may still be being written.
  for (const line of readFrom(auditLog, from).split('\n').slice(0, -1)) {
    if (!line.includes(`"username":"${user}"`)) continue;
    const { verb, objectRef = {} } = JSON.parse(line) as {
      readonly verb: string;
      readonly objectRef?: { readonly resource?: string; readonly subresource?: string };
    };
    const what = `${verb} ${objectRef.resource ?? ''}${objectRef.subresource ? `/${objectRef.subresource}` : ''}`;
    byKind[what] = (byKind[what] ?? 0) + 1;
    all += 1;
    if (!['get', 'list', 'watch'].includes(verb)) writes += 1;
  }
  return { all, writes, byKind };
}

/** A log grows to hundreds of megabytes, and is read again and again. */
function readFrom(file: string, from: number): string {
  const log = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(log).size - from));
    return bytes.subarray(0, readSync(log, bytes, 0, bytes.length, from)).toString();
  } finally {
    closeSync(log);
  }
}
