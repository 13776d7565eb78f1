// The main job on real input: renders an example, applies it, waits for the server, writes and reads rows.
//
//   npm run demo                        on the embedded node (root on Debian), which is started when it is not up
//   npm run demo -- --context NAME      on a cluster of yours, by its name in your kubeconfig
//   npm run demo -- --clean             takes away what the demo made, and the embedded node

import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const NAMESPACE = 'mysql-demo';
const EXAMPLE = 'examples/seed.yaml';
const RESOURCE = 'mysql-instance';
const POD = `${RESOURCE}-0`;
const DATABASE = 'otus-database';
const PASSWORD = 'otuspassword';
const READY_WITHIN_SECONDS = 300;

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
  /** What a person types to look further with kubectl. */
  readonly hint: readonly string[];
}

async function connect(context: string | undefined): Promise<Cluster> {
  const place = ['--namespace', NAMESPACE];
  if (context !== undefined) {
    const flags = ['--context', context, ...place];
    return {
      kubectl: (words, input) => must('kubectl', [...flags, ...words], input),
      hint: [`kubectl ${flags.join(' ')} `],
    };
  }
  const kubeconfig = (await must('bash', ['test/cluster/cluster', 'up'], '', true)).trim();
  const cache = process.env['CLUSTER_CACHE'] ?? join(homedir(), '.cache/kubectl-mysql-cluster');
  const bin = process.env['KUBE_BIN'] ?? join(cache, 'bin');
  const flags = ['--kubeconfig', kubeconfig, ...place];
  return {
    kubectl: (words, input) => must(join(bin, 'kubectl'), [...flags, ...words], input),
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

async function deliver({ kubectl }: Cluster): Promise<void> {
  await kubectl(['apply', '--server-side', '-f', 'crds/']);
  await kubectl(['wait', '--for=condition=Established', 'crd/mysqls.otus.homework', '--timeout=60s']);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  await kubectl(['apply', '-f', '-'], JSON.stringify(namespace));
  const manifests = await must(process.execPath, ['dist/kubectl-mysql.js', 'render', '-f', EXAMPLE, '-n', NAMESPACE]);
  const applied = await kubectl(['apply', '-f', '-'], manifests);
  showStep(`kubectl mysql render -f ${EXAMPLE} -n ${NAMESPACE} | kubectl apply -f -`, applied);
}

/** Tells in words what the pod is doing. */
async function describePod({ kubectl }: Cluster): Promise<string> {
  const text = await kubectl(['get', 'pods', '-l', `app=${RESOURCE}`, '-o', 'json']);
  const [pod] = (JSON.parse(text) as { items: PodStatus[] }).items;
  if (!pod) return 'no pod yet';
  const { conditions = [], containerStatuses = [], phase } = pod.status;
  if (conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) return 'Ready';
  const waiting = containerStatuses[0]?.state.waiting;
  if (waiting) return `${waiting.reason}${waiting.message === undefined ? '' : `: ${waiting.message}`}`;
  return phase === 'Running' ? 'Running; the first start initialises the database' : phase;
}

interface PodStatus {
  readonly status: {
    readonly phase: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly state: { readonly waiting?: { reason: string; message?: string } };
    }[];
  };
}

async function waitForServer(cluster: Cluster): Promise<void> {
  say('\nwaiting for the server');
  const start = performance.now();
  let last = '';
  for (;;) {
    const seconds = Math.round((performance.now() - start) / 1000);
    const now = await describePod(cluster);
    if (now !== last) say(`  ${String(seconds).padStart(3)} s  ${now}`);
    if (now === 'Ready') return;
    if (seconds > READY_WITHIN_SECONDS)
      throw new Error(`the server is not Ready after ${String(READY_WITHIN_SECONDS)} s`);
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function writeAndRead({ kubectl }: Cluster): Promise<void> {
  const fill =
    'create table if not exists test (id int primary key, v text); replace into test values (1, "one"), (2, "two");';
  for (const statement of [fill, 'select * from test;']) {
    const output = await kubectl(['exec', POD, '--', 'mysql', `-p${PASSWORD}`, '-e', statement, DATABASE]);
    showStep(`kubectl exec ${POD} -- mysql -p${PASSWORD} -e '${statement}' ${DATABASE}`, output);
  }
}

function conclude({ hint }: Cluster, context: string | undefined): void {
  const flags = context === undefined ? '' : ` --context ${context}`;
  const kubectl = hint.at(-1) ?? '';
  const lines = [
    ...hint.slice(0, -1),
    `${kubectl}get mysqls,statefulsets,pods,services,pvc`,
    `${kubectl}logs ${POD}`,
    `node dist/kubectl-mysql.js render -f ${EXAMPLE}`,
  ];
  say(`\nA MySQL resource of ${EXAMPLE} became plain manifests, and those a server with two rows.\nLook further:`);
  for (const line of lines) say(`  ${line}`);
  say(`Take it all away:\n  npm run demo --${flags} --clean`);
}

async function clean(context: string | undefined): Promise<void> {
  if (context === undefined) {
    await must('bash', ['test/cluster/cluster', 'down'], '', true);
    say('the embedded node and all that was on it are gone; what was built stays cached');
    return;
  }
  await must('kubectl', ['--context', context, 'delete', 'namespace', NAMESPACE, '--ignore-not-found']);
  say(`the namespace ${NAMESPACE} is gone; the CRD mysqls.otus.homework stays, because others may use it`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { context: { type: 'string' }, clean: { type: 'boolean' } } });
  if (values.clean) {
    await clean(values.context);
    return;
  }
  const cluster = await connect(values.context);
  await deliver(cluster);
  await waitForServer(cluster);
  await writeAndRead(cluster);
  conclude(cluster, values.context);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
