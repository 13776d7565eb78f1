import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** With real git, many processes of it. */
const GIT = ['docs', 'faults', 'http', 'publish', 'ssh'].map((name) => `test/publish/${name}.test.ts`);
const SSH = ['test/publish/ssh.test.ts'];
const publish = { test: { name: 'publish', include: GIT, exclude: SSH, testTimeout: 300_000 } };
/** With a real sshd, which the first run fetches. */
const ssh = { test: { name: 'ssh', include: SSH, testTimeout: 300_000 } };

const unit = {
  test: {
    name: 'unit',
    include: [
      'test/{parse,validate,model,render,emit,plan,cluster-client,lifecycle,report,watcher,git,publish,cli,golden,fuzz}/**/*.test.ts',
    ],
    exclude: GIT,
    testTimeout: 300_000,
  },
};

const packed = {
  test: { name: 'package', include: ['test/package/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 300_000 },
};

/** With the real Argo CD and Flux, which take minutes to build: `npm run argocd` and `npm run flux` run them. */
const ON_DEMAND = ['test/delivery/argocd*.test.ts', 'test/e2e/{argocd,flux}*.test.ts'];

/** With the real kustomize, which the first run builds. */
const delivery = {
  test: {
    name: 'delivery',
    include: ['test/delivery/**/*.test.ts'],
    exclude: ON_DEMAND,
    testTimeout: 120_000,
    hookTimeout: 1_800_000,
  },
};

/** They take long: `npm run faults` runs them, with all faults. */
const LONG = ['faults-rows', 'orders-*', 'in-cluster-*', 'plan-truth', 'random-stories'].map(
  (name) => `test/e2e/${name}.test.ts`,
);

/** How many nodes the end-to-end tests have. */
const CLUSTERS = Number(process.env['E2E_CLUSTERS'] ?? Math.max(2, Math.floor(availableParallelism() / 2)));

const endToEnd = {
  test: {
    name: 'e2e',
    include: ['test/e2e/**/*.test.ts'],
    exclude: [...ON_DEMAND, ...(process.env['FAULTS'] === 'all' ? [] : LONG)],
    globalSetup: ['test/e2e/cluster-setup.ts'],
    setupFiles: ['test/e2e/use-cluster.ts'],
    // Every worker has a node of its own, and runs one file at a time, the tests of a file at most eight together. Two nodes
    // even on two cores, since the tests wait for servers and Jobs more than half of their time.
    maxWorkers: CLUSTERS,
    sequence: { groupOrder: 1 },
    maxConcurrency: 8,
    testTimeout: 600_000,
    hookTimeout: 1_800_000,
  },
};

const onDemand = { test: { ...endToEnd.test, name: 'on-demand', include: ON_DEMAND, exclude: [] } };

/** Why this machine cannot run some of the tests; undefined when it can. */
function findReason(...check: string[]): string | undefined {
  const { status, stderr, error } = spawnSync('bash', check, { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

/** The projects that need something of the machine: what has to be there, and what is said when it is not. */
const demanding = [
  {
    project: ssh,
    reason: findReason('test/support/sshd', 'check'),
    message: 'the tests with SSH did NOT run: this machine has no sshd and cannot fetch it',
  },
  {
    project: delivery,
    reason: findReason('test/delivery/build-tools', 'check', 'kustomize'),
    message: 'the tests with kustomize did NOT run: this machine has none and cannot build it',
  },
  {
    project: endToEnd,
    reason: findReason('test/cluster/cluster', 'check'),
    message: 'the end-to-end tests did NOT run: this machine cannot run their Kubernetes node',
  },
];
for (const { reason, message } of demanding) {
  if (reason === undefined) continue;
  if (process.env['CI']) throw new Error(`${message} (${reason})`);
  process.stderr.write(`\n${message} (${reason})\n\n`);
}
const able = demanding.flatMap(({ project, reason }) => (reason === undefined ? [project] : []));

const demanded = process.env['ON_DEMAND'] === '1' ? [onDemand] : [];

export default defineConfig({ test: { projects: [unit, publish, packed, ...able, ...demanded] } });
