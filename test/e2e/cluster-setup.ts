// Brings up the embedded nodes for the end-to-end tests and takes them down after them: one for each worker, so that a test
// may take its node's power or its API server's life. They are clusters of their own: one that somebody uses on this
// machine is not disturbed, nor are those of another run of the tests. KEEP_CLUSTER=1 leaves them for a look.

import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { tryLock } from './support/lock.ts';

/** What a worker's tests find in their environment: see `use-cluster.ts`. */
export interface ClusterEnvironment {
  readonly CLUSTER_DIR: string;
  readonly KUBECONFIG: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** As many as there are workers. */
    readonly clusters: readonly ClusterEnvironment[];
  }
}

const run = promisify(execFile);
const FOLDER = process.env['E2E_CLUSTER_DIR'] ?? '/var/tmp/kubectl-mysql-e2e';
/** As many as the cluster has networks. */
const MOST_FOLDERS = 10;

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cache = process.env['CLUSTER_CACHE'] ?? join(homedir(), '.cache/kubectl-mysql-cluster');
  const bin = process.env['KUBE_BIN'] ?? join(cache, 'bin');
  process.env['PATH'] = `${bin}:${process.env['PATH'] ?? ''}`;
  const folders = await takeFolders(project.config.maxWorkers);
  const leave = async (): Promise<void> => {
    for (const { folder, release } of folders) {
      if (!process.env['KEEP_CLUSTER']) await cluster(folder, 'down');
      release();
    }
  };
  try {
    const clusters: ClusterEnvironment[] = [];
    // One after the other: the first one builds what the others use.
    for (const { folder } of folders) clusters.push(await bringUp(folder));
    const image = await buildOwnImage();
    for (const { folder } of folders) await cluster(folder, 'load', image);
    project.provide('clusters', clusters);
  } catch (error) {
    await leave();
    throw error;
  }
  return leave;
}

interface Taken {
  readonly folder: string;
  readonly release: () => void;
}

/** Takes folders that no other run of the tests uses; one that a killed run has left is used again. */
async function takeFolders(count: number): Promise<readonly Taken[]> {
  const taken: Taken[] = [];
  for (let number = 1; taken.length < count; number += 1) {
    if (number > MOST_FOLDERS) throw new Error(`${FOLDER}-1 to -${String(MOST_FOLDERS)} are in use by other runs`);
    const folder = `${FOLDER}-${String(number)}`;
    const release = await tryLock(`${folder}.lock`);
    if (release) taken.push({ folder, release });
  }
  return taken;
}

async function bringUp(folder: string): Promise<ClusterEnvironment> {
  const KUBECONFIG = (await cluster(folder, 'up', ...(process.env['CI'] ? ['--fresh'] : []))).trim();
  const kubectl = (...words: string[]): Promise<unknown> => run('kubectl', ['--kubeconfig', KUBECONFIG, ...words]);
  await kubectl('apply', '--server-side', '-f', 'crds/');
  await untilEstablished(kubectl);
  return { CLUSTER_DIR: folder, KUBECONFIG };
}

/** A definition that nobody has looked at yet has no conditions, which `kubectl wait` takes for an error. */
async function untilEstablished(kubectl: (...words: string[]) => Promise<unknown>, attempts = 30): Promise<void> {
  try {
    await kubectl('wait', '--for=condition=Established', 'crd/mysqls.otus.homework', '--timeout=60s');
  } catch (error) {
    if (attempts === 1 || !String(error).includes('accessor error')) throw error;
    await setTimeout(1000);
    await untilEstablished(kubectl, attempts - 1);
  }
}

/** Makes the image of our own code, from the packed tarball, as everybody else gets it; gives the archive's path. */
async function buildOwnImage(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kubectl-mysql-image-'));
  try {
    await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder]);
    const [tarball = ''] = await readdir(folder);
    const output = await command('bash', ['test/cluster/build-own-image', join(folder, tarball)]);
    return output.trim().split('\n').at(-1) ?? '';
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function cluster(folder: string, ...words: string[]): Promise<string> {
  return command('bash', ['test/cluster/cluster', ...words], { CLUSTER_DIR: folder });
}

/** Runs a command whose progress the user should see. */
function command(
  program: string,
  words: readonly string[],
  environment: Partial<ClusterEnvironment> = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...environment };
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'], env });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${[program, ...words].join(' ')} failed with exit code ${String(code)}`));
    });
  });
}
