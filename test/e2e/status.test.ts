// `kubectl mysql status` and `doctor` on a real node: what waits there waits for real, and the report must say why.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../src/report/check.ts';
import type { Obstacle, StatusReport } from '../../src/report/report.ts';
import { Namespace, kubectl, run, tryRun, waitUntil, type Outcome } from './support/kubectl.ts';
import { IMAGE, PASSWORD, mysql } from './support/resource.ts';

const PROGRAM = 'dist/kubectl-mysql.js';

function cli(...words: readonly string[]): Promise<Outcome> {
  return tryRun(process.execPath, [PROGRAM, ...words]);
}

/** One resource as JSON, the inline password nowhere in it. */
async function read(namespace: Namespace, name: string): Promise<StatusReport> {
  const text = await run(process.execPath, [PROGRAM, 'status', '-n', namespace.name, name, '-o', 'json']);
  expect(text).not.toContain(PASSWORD);
  return JSON.parse(text) as StatusReport;
}

function waitFor(namespace: Namespace, name: string, reason: string): Promise<Obstacle> {
  return waitUntil(`${name} waits for ${reason}`, 120, async () =>
    (await read(namespace, name)).waitingFor.find((each) => each.reason === reason),
  );
}

async function checks(...words: readonly string[]): Promise<{ readonly code: number; readonly checks: Check[] }> {
  const { code, stdout } = await cli('doctor', '-o', 'json', ...words);
  return { code, ...(JSON.parse(stdout) as { checks: Check[] }) };
}

/** The findings of one check. */
async function findings(namespace: Namespace, check: string): Promise<string[]> {
  const all = await checks('-n', namespace.name);
  return all.checks.filter((each) => each.check === check).map(({ level, message }) => `${level} ${message}`);
}

/** The watcher of one namespace, in a process of its own. */
function startWatcher(namespace: Namespace): ChildProcess {
  const lease = ['--leader-elect', '--lease-namespace', namespace.name];
  const words = [PROGRAM, 'watch', '-n', namespace.name, '--metrics-address', '0', ...lease];
  return spawn(process.execPath, words, { stdio: 'ignore' });
}

async function stop(child: ChildProcess): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  return ended;
}

describe('without a watcher', () => {
  let namespace: Namespace;
  beforeAll(async () => {
    namespace = await Namespace.create('status');
    await namespace.deliver(mysql('shop'));
    await namespace.deliver(
      mysql('classless', { storage_size: undefined, storage: { size: '1Gi', className: 'nowhere' } }),
    );
    await namespace.deliver(mysql('imageless', { image: 'mysql:0.0.1', lifecycle: 'None' }));
  });
  afterAll(() => namespace.delete());

  it('the gate is closed, and the page begins with that and with what to do', async () => {
    await waitFor(namespace, 'shop', 'NoWatcher');
    const { code, stdout, stderr } = await cli('status', '-n', namespace.name, 'mysql/shop');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^shop in the namespace ${namespace.name}: Waiting for `));
    expect(stdout).toContain('no watcher runs: the gate is closed, and only a watcher opens it');
    expect(stdout).toContain('  $ kubectl mysql install --image IMAGE | kubectl apply --server-side -f -\n');
    expect(stdout).not.toContain('\u001b');
  });

  it('a claim of a class that is not there tells its Event', async () => {
    const { message, evidence } = await waitUntil('the Event of the claim', 120, async () => {
      const found = await waitFor(namespace, 'classless', 'ClaimPending');
      return found.evidence.length > 0 ? found : undefined;
    });
    expect(message).toBe('the claim classless-pvc is not bound to a volume of the class nowhere');
    expect(evidence[0]).toMatchObject({
      kind: 'event',
      text: expect.stringContaining('"nowhere" not found') as string,
    });
  });

  it('an image that cannot be pulled is told with what the node says', async () => {
    const { message, object, evidence } = await waitFor(namespace, 'imageless', 'ImagePull');
    expect([message, object]).toEqual(['the node cannot get the image mysql:0.0.1', 'pod/imageless-0']);
    expect(evidence[0]?.text).toContain('mysql:0.0.1');
  });

  it('a failed Job tells the last line of its log, its result, and the way out', async () => {
    const { metadata } = await namespace.get<{ metadata: { uid: string } }>('mysql', 'shop');
    await namespace.kubectl(['apply', '-f', '-'], JSON.stringify(failingJob(metadata.uid)));
    const { message, evidence, next } = await waitFor(namespace, 'shop', 'JobFailed');
    expect(message).toBe('the Job restore-shop-job failed: the backup is damaged');
    expect(evidence).toContainEqual({ kind: 'log', text: 'sha256sum: 1 line is damaged' });
    expect(evidence).toContainEqual({ kind: 'result', text: '{"outcome":"refused","reason":"the backup is damaged"}' });
    expect(next?.command).toBe(`kubectl -n ${namespace.name} delete job restore-shop-job`);
  });

  it('a server that crashes tells its last words', async () => {
    await namespace.deliver(mysql('crash', { lifecycle: 'None', config: { nonsense: 'yes' } }));
    const { evidence, next } = await waitFor(namespace, 'crash', 'CrashLoop');
    expect(evidence[0]?.kind).toBe('termination');
    expect(next?.command).toBe(`kubectl -n ${namespace.name} logs crash-0 --previous`);
  });

  it('a table has one line for each resource, and -A the namespaces', async () => {
    const table = await cli('status', '-n', namespace.name);
    expect(table.stdout).toMatch(/^NAME +STATE +SINCE +SERVER +LAST BACKUP +MESSAGE\n/);
    expect(table.stdout).toMatch(/\nshop +Waiting +/);
    const all = await cli('status', '-A');
    expect(all.stdout).toMatch(new RegExp(`\n${namespace.name} +shop +Waiting +`));
    const { items } = JSON.parse((await cli('status', '-A', '-o', 'json')).stdout) as { items: StatusReport[] };
    expect(items.filter((each) => each.namespace === namespace.name)).toHaveLength(4);
  });

  it('a name that is not there is exit code 4, an empty namespace is not', async () => {
    const missing = await cli('status', '-n', namespace.name, 'nobody');
    expect([missing.code, missing.stdout]).toEqual([4, '']);
    expect(missing.stderr).toContain('mysqls.otus.homework "nobody" not found');
    const empty = await cli('status', '-n', 'kube-public');
    expect(empty).toEqual({ code: 0, stdout: '', stderr: 'no MySQL resources found in the namespace kube-public\n' });
  });

  it('the role view is enough; what it may not read is said', async () => {
    const { code, stdout, stderr } = await asViewer(namespace, ['status', 'shop']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^shop in the namespace ${namespace.name}: Waiting`));
    expect(stdout).toContain('WatcherUnknown');
    expect(stdout).toContain('May not be read: persistentvolumes');
  });

  it('doctor fails, because nobody looks after the data', async () => {
    const { code, checks: all } = await checks('-n', namespace.name);
    expect(code).toBe(1);
    expect(all.filter(({ level }) => level === 'fail').map(({ check }) => check)).toEqual(['watcher']);
    expect(await findings(namespace, 'storage classes')).toContain(
      'warn the class nowhere is not there: new claims of it stay pending',
    );
  });

  it('doctor tells a CRD of another version, and is content with ours', async () => {
    expect(await findings(namespace, 'definition')).toEqual(['ok the CRD is the one of version 0.1.0']);
    const path = '/spec/versions/0/additionalPrinterColumns/-';
    const value = { name: 'Extra', type: 'string', jsonPath: '.spec.image' };
    const patch = (operation: object): Promise<string> =>
      kubectl(['patch', 'crd', 'mysqls.otus.homework', '--type=json', '-p', JSON.stringify([operation])]);
    await patch({ op: 'add', path, value });
    try {
      expect((await findings(namespace, 'definition'))[0]).toMatch(/^warn the CRD is not the one of version/);
    } finally {
      await kubectl(['apply', '--server-side', '--force-conflicts', '-f', 'crds/']);
      const crd = await kubectl(['get', 'crd', 'mysqls.otus.homework', '-o', 'json']);
      const { spec } = JSON.parse(crd) as { spec: { versions: [{ additionalPrinterColumns: { name: string }[] }] } };
      const at = spec.versions[0].additionalPrinterColumns.findIndex(({ name }) => name === 'Extra');
      if (at !== -1) await patch({ op: 'remove', path: `/spec/versions/0/additionalPrinterColumns/${String(at)}` });
    }
  });
});

describe('with a watcher', () => {
  let namespace: Namespace;
  let watcher: ChildProcess;
  beforeAll(async () => {
    namespace = await Namespace.create('doctor');
    watcher = startWatcher(namespace);
    await namespace.deliver(mysql('shop'));
  });
  afterAll(async () => {
    await stop(watcher);
    await namespace.delete();
  });

  it('-w tells what changes until it is interrupted, which is no failure', async () => {
    const words = [PROGRAM, 'status', '-n', namespace.name, 'shop', '-w', '-o', 'json'];
    const follower = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    follower.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    const lines = (): StatusReport[] =>
      out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as StatusReport);
    await waitUntil('the resource is Ready', 180, () =>
      Promise.resolve(lines().some(({ phase }) => phase === 'Ready') || undefined),
    );
    expect(await stop(follower)).toBe(0);
    expect(new Set(lines().map((line) => JSON.stringify({ ...line, watcher: '' }))).size).toBe(lines().length);
  });

  it('a resource at rest waits for nothing', async () => {
    const report = await read(namespace, 'shop');
    expect(report).toMatchObject({
      phase: 'Ready',
      message: 'shop created without restore-job',
      waitingFor: [],
      next: null,
      watcher: { state: 'Running' },
      server: { image: IMAGE, pod: 'shop-0', ready: true },
      password: { state: 'InSync' },
      unreadable: [],
    });
    expect(report.volumes.map(({ role, phase, reclaimPolicy }) => [role, phase, reclaimPolicy])).toEqual([
      ['data', 'Bound', 'Retain'],
      ['backup', 'Bound', 'Retain'],
    ]);
  });

  it('doctor has nothing to say', async () => {
    const { code, checks: all } = await checks('-n', namespace.name);
    expect(all.filter(({ level }) => level !== 'ok')).toEqual([]);
    expect(code).toBe(0);
  });

  it('doctor tells a claim without protection, a tool that replaces, and a gate without its resource', async () => {
    await namespace.kubectl(['annotate', 'pvc', 'shop-pvc', 'helm.sh/resource-policy-']);
    await namespace.kubectl(['annotate', 'mysql', 'shop', 'argocd.argoproj.io/sync-options=Replace=true']);
    await namespace.kubectl(['create', 'configmap', 'blog-gate']);
    await namespace.kubectl(['label', 'configmap', 'blog-gate', 'otus.homework/mysql=blog']);
    const { code, checks: all } = await checks('-n', namespace.name);
    expect(code).toBe(1);
    expect(all.filter(({ level }) => level !== 'ok').map(({ level, check, object }) => [level, check, object])).toEqual(
      [
        ['warn', 'claims', 'persistentvolumeclaim/shop-pvc'],
        ['warn', 'gates', 'configmap/blog-gate'],
        ['fail', 'delivery', 'mysql/shop'],
      ],
    );
  });

  it('doctor tells a volume with data that goes with its claim', async () => {
    await stop(watcher);
    const name = await namespace.kubectl(['get', 'pvc', 'shop-pvc', '-o', 'jsonpath={.spec.volumeName}']);
    const patch = (policy: string): Promise<string> =>
      kubectl(['patch', 'pv', name, '-p', JSON.stringify({ spec: { persistentVolumeReclaimPolicy: policy } })]);
    await patch('Delete');
    expect(await findings(namespace, 'retain')).toEqual([
      `fail the volume ${name} of ${namespace.name}/shop-pvc goes with its claim`,
    ]);
    await patch('Retain');
  });

  it('a deletion without a watcher says what it waits for', async () => {
    await namespace.kubectl(['delete', 'mysql', 'shop', '--wait=false']);
    const message = 'no watcher runs: the deletion waits for the final backup, which a watcher makes';
    // The Lease was given back; what the watcher wrote counts for a minute.
    const report = await waitUntil('the deletion waits', 120, async () => {
      const now = await read(namespace, 'shop');
      return now.message === message ? now : undefined;
    });
    expect(report.phase).toBe('Deleting');
    expect(report.deletionRequestedAt).not.toBeNull();
  });

  it('a deletion with a watcher ends, and doctor tells the backups that stay', async () => {
    watcher = startWatcher(namespace);
    await namespace.kubectl(['wait', '--for=delete', 'mysql/shop', '--timeout=180s']);
    const [left = ''] = await findings(namespace, 'leftovers');
    expect(left).toContain(`warn the claim ${namespace.name}/backup-shop-pvc (1Gi, of `);
    expect(left).toContain('holds the backups of shop, which is gone');
  });
});

/** A restore Job of the resource that refuses, as ours do. */
function failingJob(uid: string): object {
  const labels = { 'otus.homework/mysql': 'shop', 'otus.homework/step': 'restore', 'otus.homework/resource-uid': uid };
  const result = JSON.stringify({ outcome: 'refused', reason: 'the backup is damaged' });
  const script = `echo first >&2; echo 'sha256sum: 1 line is damaged' >&2; echo '${result}' >/dev/termination-log; exit 3`;
  const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'restore-shop-job', labels },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          securityContext: { runAsNonRoot: true, runAsUser: 999, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [{ name: 'restore', image: IMAGE, command: ['bash', '-c', script], securityContext }],
        },
      },
    },
  };
}

/** Runs a command with a kubeconfig of somebody who has the role view in the namespace, and nothing else. */
async function asViewer(namespace: Namespace, words: readonly string[]): Promise<Outcome> {
  const roles = (await run(process.execPath, [PROGRAM, 'install']))
    .split(/^---$/m)
    .filter((text) => /^ {2}name: "?kubectl-mysql-view"?$/m.test(text));
  expect(roles).toHaveLength(1);
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], roles[0]);
  await namespace.kubectl(['create', 'serviceaccount', 'viewer']);
  const account = `--serviceaccount=${namespace.name}:viewer`;
  await namespace.kubectl(['create', 'rolebinding', 'viewer', '--clusterrole=view', account]);
  const token = (await namespace.kubectl(['create', 'token', 'viewer'])).trim();
  const config = JSON.parse(await kubectl(['config', 'view', '--raw', '--minify', '-o', 'json'])) as {
    users: { user: object }[];
    contexts: { context: { namespace?: string } }[];
  };
  for (const each of config.users) each.user = { token };
  for (const { context } of config.contexts) context.namespace = namespace.name;
  const folder = await mkdtemp(join(tmpdir(), 'kubectl-mysql-viewer-'));
  try {
    const file = join(folder, 'config');
    await writeFile(file, JSON.stringify(config));
    // The role is made up of others by a controller, which takes a moment.
    await waitUntil('the role view counts', 30, async () => {
      const { code } = await tryRun('kubectl', ['--kubeconfig', file, 'get', 'mysqls']);
      return code === 0 ? true : undefined;
    });
    return await cli(...words, '--kubeconfig', file);
  } finally {
    await rm(folder, { recursive: true });
  }
}
