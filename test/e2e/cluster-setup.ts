// Brings up the embedded node for the end-to-end tests and takes it down after them. It is a cluster of its own, so that
// one that somebody uses on this machine is not disturbed. KEEP_CLUSTER=1 leaves it for a look.

import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CLUSTER_DIR = process.env['E2E_CLUSTER_DIR'] ?? '/var/tmp/kubectl-mysql-e2e';

export async function setup(): Promise<() => Promise<void>> {
  process.env['CLUSTER_DIR'] = CLUSTER_DIR;
  const kubeconfig = await cluster('up', ...(process.env['CI'] ? ['--fresh'] : []));
  const cache = process.env['CLUSTER_CACHE'] ?? join(homedir(), '.cache/kubectl-mysql-cluster');
  const bin = process.env['KUBE_BIN'] ?? join(cache, 'bin');
  process.env['KUBECONFIG'] = kubeconfig.trim();
  process.env['PATH'] = `${bin}:${process.env['PATH'] ?? ''}`;
  await run('kubectl', ['apply', '--server-side', '-f', 'crds/']);
  await run('kubectl', ['wait', '--for=condition=Established', 'crd/mysqls.otus.homework', '--timeout=60s']);
  await loadOwnImage();
  return async () => {
    if (!process.env['KEEP_CLUSTER']) await cluster('down');
  };
}

/** The image of our own code, from the packed tarball, as everybody else gets it. */
async function loadOwnImage(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kubectl-mysql-image-'));
  try {
    await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder]);
    const [tarball = ''] = await readdir(folder);
    const image = await command('bash', 'test/cluster/build-own-image', join(folder, tarball));
    await cluster('load', image.trim().split('\n').at(-1) ?? '');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function cluster(...words: string[]): Promise<string> {
  return command('bash', 'test/cluster/cluster', ...words);
}

/** Runs a command whose progress the user should see. */
function command(program: string, ...words: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${[program, ...words].join(' ')} failed with exit code ${String(code)}`));
    });
  });
}
