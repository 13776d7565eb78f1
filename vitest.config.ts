import { spawnSync } from 'node:child_process';
import { defineConfig } from 'vitest/config';

const unit = {
  test: {
    name: 'unit',
    include: [
      'test/{parse,validate,model,render,emit,cluster-client,lifecycle,report,watcher,cli,golden,fuzz}/**/*.test.ts',
    ],
    testTimeout: 300_000,
  },
};

const packed = {
  test: { name: 'package', include: ['test/package/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 300_000 },
};

const endToEnd = {
  test: {
    name: 'e2e',
    include: ['test/e2e/**/*.test.ts'],
    globalSetup: ['test/e2e/cluster-setup.ts'],
    // One node, and tests that take its power: one file at a time, the tests of a file at most eight together.
    fileParallelism: false,
    maxConcurrency: 8,
    testTimeout: 600_000,
    hookTimeout: 1_800_000,
  },
};

/** Why this machine cannot run the node that the end-to-end tests need; undefined when it can. */
function missingForNode(): string | undefined {
  const { status, stderr, error } = spawnSync('bash', ['test/cluster/cluster', 'check'], { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

const reason = missingForNode();
if (reason !== undefined) {
  const message = `the end-to-end tests did NOT run: this machine cannot run their Kubernetes node (${reason})`;
  if (process.env['CI']) throw new Error(message);
  process.stderr.write(`\n${message}\n\n`);
}

export default defineConfig({ test: { projects: reason === undefined ? [unit, packed, endToEnd] : [unit, packed] } });
