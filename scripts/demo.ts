// The main job on real input, told as a story: a database is delivered, filled, deleted with a backup, made again with its
// rows, and gets another password.
//
//   npm run demo                        on the embedded node (root on Debian), which is started when it is not up
//   npm run demo -- --context NAME      on a cluster of yours, by its name in your kubeconfig
//   npm run demo -- --clean             takes away what the demo made, and the embedded node

import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const NAMESPACE = 'mysql-demo';
const EXAMPLE = 'examples/seed.yaml';
const RESOURCE = 'mysql-instance';
const POD = `${RESOURCE}-0`;
const DATABASE = 'otus-database';
const PASSWORD = 'otuspassword';
const NEW_PASSWORD = 'another-password';
const WITHIN_SECONDS = 300;

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function execute(program: string, words: readonly string[], input = '', show = false): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ['pipe', 'pipe', show ? 'inherit' : 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code: code ?? 1, stdout, stderr });
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** Runs a command that must succeed. */
async function must(program: string, words: readonly string[], input = '', show = false): Promise<string> {
  const { code, stdout, stderr } = await execute(program, words, input, show);
  if (code === 0) return stdout;
  throw new Error(`\`${program} ${words.join(' ')}\` failed:\n${stderr.trim()}`);
}

/** kubectl against the cluster of the demo. */
interface Cluster {
  readonly kubectl: (words: readonly string[], input?: string) => Promise<string>;
  /** How a program of ours finds the cluster. */
  readonly flags: readonly string[];
  /** What a person types to look further with kubectl. */
  readonly hint: readonly string[];
}

async function connect(context: string | undefined): Promise<Cluster> {
  const place = ['--namespace', NAMESPACE];
  if (context !== undefined) {
    const flags = ['--context', context, ...place];
    return {
      kubectl: (words, input) => must('kubectl', [...flags, ...words], input),
      flags,
      hint: [`kubectl ${flags.join(' ')} `],
    };
  }
  const kubeconfig = (await must('bash', ['test/cluster/cluster', 'up'], '', true)).trim();
  const cache = process.env['CLUSTER_CACHE'] ?? join(homedir(), '.cache/kubectl-mysql-cluster');
  const bin = process.env['KUBE_BIN'] ?? join(cache, 'bin');
  const flags = ['--kubeconfig', kubeconfig, ...place];
  return {
    kubectl: (words, input) => must(join(bin, 'kubectl'), [...flags, ...words], input),
    flags,
    hint: [`export KUBECONFIG=${kubeconfig} PATH=${bin}:$PATH`, `kubectl -n ${NAMESPACE} `],
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Shows a command as a person would type it, and what it printed. */
function showStep(command: string, output: string): void {
  say(`\n$ ${command}`);
  if (output !== '') say(output.trimEnd());
}

async function prepare({ kubectl }: Cluster): Promise<void> {
  await kubectl(['apply', '--server-side', '-f', 'crds/']);
  await kubectl(['wait', '--for=condition=Established', 'crd/mysqls.otus.homework', '--timeout=60s']);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  await kubectl(['apply', '-f', '-'], JSON.stringify(namespace));
}

/** Renders the example and applies it, with another password where one is given. */
async function deliver({ kubectl }: Cluster, password = PASSWORD): Promise<void> {
  const source = (await readFile(EXAMPLE, 'utf8')).replace(PASSWORD, password);
  const words = ['dist/kubectl-mysql.js', 'render', '-f', '-', '-n', NAMESPACE];
  const applied = await kubectl(['apply', '-f', '-'], await must(process.execPath, words, source));
  const edit = password === PASSWORD ? '' : `sed s/${PASSWORD}/${password}/ ${EXAMPLE} | `;
  const file = password === PASSWORD ? EXAMPLE : '-';
  showStep(`${edit}kubectl mysql render -f ${file} -n ${NAMESPACE} | kubectl apply -f -`, applied);
}

/** The watcher for the time of the demo; `kubectl mysql install` puts it into the cluster for good. */
function startWatcher({ flags }: Cluster): ChildProcess {
  const words = ['watch', '--log-level', 'error', '--metrics-address', '0', ...flags];
  showStep('kubectl-mysql watch &', '');
  return spawn(process.execPath, ['dist/kubectl-mysql.js', ...words], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Shows each new message of the resource until it is the wanted one. */
async function waitForMessage({ kubectl }: Cluster, wanted: string): Promise<void> {
  say(`\nwaiting for "${wanted}"`);
  const start = performance.now();
  let last = '';
  for (;;) {
    const seconds = Math.round((performance.now() - start) / 1000);
    const message = await kubectl(['get', 'mysql', RESOURCE, '-o', 'jsonpath={.status.message}']);
    if (message !== last) say(`  ${String(seconds).padStart(3)} s  ${message}`);
    if (message === wanted) return;
    if (seconds > WITHIN_SECONDS) throw new Error(`not within ${String(WITHIN_SECONDS)} s: ${wanted}`);
    last = message;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function show({ kubectl }: Cluster, ...words: string[]): Promise<void> {
  showStep(`kubectl ${words.join(' ')}`, await kubectl(words));
}

async function query({ kubectl }: Cluster, statement: string, password = PASSWORD): Promise<void> {
  const output = await kubectl(['exec', POD, '--', 'mysql', `-p${password}`, '-e', statement, DATABASE]);
  showStep(`kubectl exec ${POD} -- mysql -p${password} -e '${statement}' ${DATABASE}`, output);
}

async function tellStory(cluster: Cluster): Promise<void> {
  await show(cluster, 'get', 'my');
  await waitForMessage(cluster, `${RESOURCE} created without restore-job`);
  await query(
    cluster,
    'create table test (id int primary key, v text); insert into test values (1, "one"), (2, "two")',
  );

  say('\nThe resource is deleted. That returns when the final backup is complete.');
  await show(cluster, 'delete', 'mysqls.otus.homework', RESOURCE, `--timeout=${String(WITHIN_SECONDS)}s`);
  await show(cluster, 'get', 'statefulsets,services,pvc,jobs');

  say('\nThe same file is applied again.');
  await deliver(cluster);
  await waitForMessage(cluster, `${RESOURCE} created with restore-job`);
  await query(cluster, 'select * from test');
  await show(cluster, 'get', 'jobs');

  say('\nThe password is changed in git.');
  await deliver(cluster, NEW_PASSWORD);
  await waitForMessage(cluster, 'mysql password changed!');
  await query(cluster, 'select count(*) from test', NEW_PASSWORD);
  await show(cluster, 'get', 'pods,jobs');
}

function conclude({ hint }: Cluster, context: string | undefined): void {
  const flags = context === undefined ? '' : ` --context ${context}`;
  const kubectl = hint.at(-1) ?? '';
  const lines = [
    ...hint.slice(0, -1),
    `${kubectl}get mysqls,statefulsets,pods,services,pvc,events`,
    `${kubectl}logs job/backup-${RESOURCE}-job`,
    `node dist/kubectl-mysql.js render -f ${EXAMPLE}`,
  ];
  say('\nThe watcher of the demo has stopped; the server runs on without it. Look further:');
  for (const line of lines) say(`  ${line}`);
  say(`Take it all away:\n  npm run demo --${flags} --clean`);
}

async function clean(context: string | undefined): Promise<void> {
  if (context === undefined) {
    await must('bash', ['test/cluster/cluster', 'down'], '', true);
    say('the embedded node and all that was on it are gone; what was built stays cached');
    return;
  }
  const cluster = await connect(context);
  const watcher = startWatcher(cluster);
  try {
    // Everything goes, the backups too.
    const patch = '{"spec":{"deletionPolicy":"Delete"}}';
    const exists = await cluster.kubectl(['get', 'mysql', RESOURCE, '--ignore-not-found', '-o', 'name']);
    if (exists !== '') await show(cluster, 'patch', 'mysql', RESOURCE, '--type=merge', '-p', patch);
    await show(cluster, 'delete', 'mysql', RESOURCE, '--ignore-not-found', `--timeout=${String(WITHIN_SECONDS)}s`);
    await must('kubectl', ['--context', context, 'delete', 'namespace', NAMESPACE, '--ignore-not-found']);
  } finally {
    watcher.kill('SIGTERM');
  }
  say(`the namespace ${NAMESPACE} is gone; the CRD mysqls.otus.homework stays, because others may use it`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { context: { type: 'string' }, clean: { type: 'boolean' } } });
  if (values.clean) {
    await clean(values.context);
    return;
  }
  const cluster = await connect(values.context);
  await prepare(cluster);
  await deliver(cluster);
  const watcher = startWatcher(cluster);
  try {
    await tellStory(cluster);
  } finally {
    watcher.kill('SIGTERM');
  }
  conclude(cluster, values.context);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
