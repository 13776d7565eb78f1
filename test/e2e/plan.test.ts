// `kubectl mysql plan` and `diff` against a real API server: what they say is what it does, and they write nothing.

import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Namespace, kubectl, run, tryRun, type Outcome } from './support/kubectl.ts';
import { PASSWORD, mysql, stringify } from './support/resource.ts';

const PROGRAM = 'dist/kubectl-mysql.js';

interface Planned {
  readonly summary: Readonly<Record<string, number>>;
  readonly resources: readonly {
    readonly change: string;
    readonly consequences: readonly { readonly message: string }[];
  }[];
}

function cli(namespace: Namespace, words: readonly string[], ...objects: readonly object[]): Promise<Outcome> {
  const input = objects.map((object) => `---\n${stringify(object)}`).join('');
  const [command = '', ...more] = words;
  return tryRun(process.execPath, [PROGRAM, command, '-f', '-', '-n', namespace.name, ...more], input);
}

async function plan(namespace: Namespace, resource: object): Promise<Planned & Outcome> {
  const outcome = await cli(namespace, ['plan', '--live', '-o', 'json'], resource);
  expect(outcome.stdout + outcome.stderr).not.toContain(PASSWORD);
  return { ...outcome, ...(JSON.parse(outcome.stdout) as Planned) };
}

function messagesOf({ resources }: Planned): string {
  return resources.flatMap(({ consequences }) => consequences.map(({ message }) => message)).join('\n');
}

/** The state of a namespace: every object that could have been written, by its version. */
async function versions(namespace: Namespace): Promise<string> {
  const kinds = 'mysqls,statefulsets,persistentvolumeclaims,configmaps,secrets,services,networkpolicies,jobs';
  const path = '{range .items[*]}{.kind}/{.metadata.name} {.metadata.uid} {.metadata.generation}{"\\n"}{end}';
  return namespace.kubectl(['get', kinds, '-o', `jsonpath=${path}`]);
}

describe('a resource that kubectl apply delivered', () => {
  let namespace: Namespace;
  beforeAll(async () => {
    namespace = await Namespace.create('plan');
    await namespace.deliver(mysql('shop', { podLabels: { team: 'a' }, labels: { tier: 'x' } }));
  });
  afterAll(() => namespace.delete());
  const same = mysql('shop', { podLabels: { team: 'a' }, labels: { tier: 'x' } });

  it('has no difference, and nothing is planned', async () => {
    expect(await cli(namespace, ['diff'], same)).toMatchObject({ code: 0, stdout: '' });
    expect(await plan(namespace, same)).toMatchObject({ code: 0, summary: {} });
  });

  it('restarts by another image, and both say so', async () => {
    const changed = mysql('shop', { podLabels: { team: 'a' }, labels: { tier: 'x' }, image: 'mysql:9.7.5' });
    const { code, stdout } = await cli(namespace, ['diff'], changed);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^\+ {10}image: "mysql:9\.7\.5"$/m);
    expect(await plan(namespace, changed)).toMatchObject({ code: 0, summary: { restart: 1 } });
  });

  it('loses what is not in git any more, as kubectl apply would take it away', async () => {
    const changed = mysql('shop', { labels: { tier: 'x' } });
    const { stdout } = await cli(namespace, ['diff'], changed);
    expect(stdout).toMatch(/^- +team: "a"$/m);
    const kubectlSays = await tryRun(
      'kubectl',
      ['-n', namespace.name, 'diff', '-f', '-'],
      await namespace.render(changed),
    );
    expect(kubectlSays.stdout).toMatch(/^- +team: a$/m);
  });

  it('gets another password, which nobody sees', async () => {
    const changed = mysql('shop', { podLabels: { team: 'a' }, labels: { tier: 'x' }, password: 'ganz-geheim' });
    const { code, stdout } = await cli(namespace, ['diff'], changed);
    expect([code, stdout.includes('ganz-geheim'), stdout.includes(btoa('ganz-geheim'))]).toEqual([1, false, false]);
    expect(stdout).toContain('-  password: "*** (before)"\n+  password: "*** (after)"\n');
    expect(await plan(namespace, changed)).toMatchObject({ code: 0, summary: { password: 1 } });
  });

  it('is refused what the API server refuses, in its words', async () => {
    const changed = mysql('shop', { podLabels: { team: 'a' }, labels: { tier: 'x' }, database: 'other' });
    const planned = await plan(namespace, changed);
    expect([planned.code, planned.summary['refused']]).toEqual([3, 1]);
    const applied = await tryRun('kubectl', ['-n', namespace.name, 'apply', '-f', '-'], stringify(changed));
    expect(applied.stderr).toContain('the database cannot be renamed here');
    expect(planned.stderr).toContain('the database cannot be renamed here');
    const { code, stdout, stderr } = await cli(namespace, ['diff'], changed);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain('error: MySQL shop: ');
  });

  it('is put right where somebody changed an object by hand', async () => {
    const patch = JSON.stringify({
      spec: { template: { spec: { containers: [{ name: 'mysql', image: 'mysql:0' }] } } },
    });
    await namespace.kubectl(['patch', 'statefulset', 'shop', '-p', patch]);
    const planned = await plan(namespace, same);
    expect(planned.summary).toEqual({ restart: 1 });
    expect(messagesOf(planned)).toBe(
      'the StatefulSet shop was changed in the cluster, and so was its pod: it is put right',
    );
    // Nor may another change, which restarts nothing by itself, hide it.
    const labelled = mysql('shop', { podLabels: { team: 'a' }, labels: { tier: 'y' } });
    expect((await plan(namespace, labelled)).summary).toEqual({ restart: 1, config: 1 });
    await namespace.deliver(same);
    expect(await plan(namespace, same)).toMatchObject({ summary: {} });
  });

  it('is compared by another program, as kubectl does', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plan-'));
    const script = join(folder, 'compare');
    await writeFile(script, '#!/bin/sh\nls "$1" "$2" | sort\nexit 1\n');
    await chmod(script, 0o755);
    const changed = stringify(mysql('shop', { podLabels: { team: 'b' }, labels: { tier: 'x' } }));
    const environment = { KUBECTL_EXTERNAL_DIFF: script };
    const words = ['env', `KUBECTL_EXTERNAL_DIFF=${environment.KUBECTL_EXTERNAL_DIFF}`, process.execPath, PROGRAM];
    const { code, stdout } = await tryRun(
      words[0] ?? '',
      [...words.slice(1), 'diff', '-f', '-', '-n', namespace.name],
      changed,
    );
    expect(code).toBe(1);
    expect(stdout).toContain(`apps.v1.StatefulSet.${namespace.name}.shop`);
    expect(stdout).toMatch(/LIVE/);
    await rm(folder, { recursive: true });
  });

  it('stays as it is: every request that could write is a dry run', async () => {
    const before = await versions(namespace);
    const requests: string[] = [];
    const proxy = await startProxy(requests);
    try {
      const folder = await mkdtemp(join(tmpdir(), 'plan-'));
      const address = proxy.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      const kubeconfig = join(folder, 'config');
      await writeFile(kubeconfig, kubeconfigOf(`http://127.0.0.1:${String(port)}`));
      const changed = mysql('shop', { storage_size: '2Gi', networkPolicy: {}, config: { max_connections: 7 } });
      for (const command of ['plan', 'diff'])
        await cli(namespace, [command, '--kubeconfig', kubeconfig], changed, mysql('new'));
      await rm(folder, { recursive: true });
    } finally {
      proxy.close();
    }
    const writing = requests.filter((request) => !request.startsWith('GET '));
    expect(writing.length).toBeGreaterThan(10);
    expect(writing.filter((request) => !/^PATCH .*[?&]dryRun=All(&|$)/.test(request))).toEqual([]);
    expect(await versions(namespace)).toBe(before);
  });
});

/** kubectl's proxy has the rights; ours writes down what passes. */
async function startProxy(requests: string[]): Promise<Server> {
  const { server, ca, cert, key } = await readAccess();
  const { request } = await import('node:https');
  const proxy = createServer((incoming, answer) => {
    requests.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`);
    const headers = { ...incoming.headers, host: new URL(server).host };
    const options = { method: incoming.method, headers, ca, cert, key };
    const outgoing = request(new URL(incoming.url ?? '/', server), options, (response) => {
      answer.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(answer);
    });
    outgoing.on('error', () => answer.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve);
  });
  return proxy;
}

async function readAccess(): Promise<{ server: string; ca: Buffer; cert: Buffer; key: Buffer }> {
  const { clusters, users } = JSON.parse(
    await kubectl(['config', 'view', '--raw', '--flatten', '--minify', '-o', 'json']),
  ) as {
    clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
    users: [{ user: { 'client-certificate-data': string; 'client-key-data': string } }];
  };
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64');
  const { cluster } = clusters[0];
  const { user } = users[0];
  return {
    server: cluster.server,
    ca: bytes(cluster['certificate-authority-data']),
    cert: bytes(user['client-certificate-data']),
    key: bytes(user['client-key-data']),
  };
}

function kubeconfigOf(server: string): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'a', cluster: { server } }],
    users: [{ name: 'a', user: {} }],
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    'current-context': 'a',
  };
  return JSON.stringify(config);
}

describe('a resource that was applied by server-side apply', () => {
  it('has no difference, and what its manager does not say any more goes', async () => {
    const namespace = await Namespace.create('plan');
    try {
      const manifests = await namespace.render(mysql('shop', { podLabels: { team: 'a' } }));
      await namespace.kubectl(['apply', '--server-side', '--field-manager', 'argocd-controller', '-f', '-'], manifests);
      expect(await cli(namespace, ['diff'], mysql('shop', { podLabels: { team: 'a' } }))).toMatchObject({ code: 0 });
      const { code, stdout } = await cli(namespace, ['diff'], mysql('shop'));
      expect(code).toBe(1);
      expect(stdout).toMatch(/^- +team: "a"$/m);
      const stranger = await cli(namespace, ['diff', '--field-manager', 'somebody'], mysql('shop'));
      expect(stranger.stdout).not.toMatch(/^- +team: "a"$/m);
    } finally {
      await namespace.delete();
    }
  });
});

describe('a resource that is not there', () => {
  let namespace: Namespace;
  beforeAll(async () => {
    namespace = await Namespace.create('plan');
  });
  afterAll(() => namespace.delete());

  it('is made, with nothing to restore', async () => {
    const planned = await plan(namespace, mysql('shop'));
    expect(planned).toMatchObject({ code: 0, summary: { create: 1, policy: 1 }, resources: [{ change: 'added' }] });
    expect((await cli(namespace, ['diff'], mysql('shop'))).code).toBe(1);
  });

  it('is refused where a quota leaves no room, which is no matter of rights', async () => {
    await namespace.kubectl(['create', 'quota', 'small', '--hard=requests.storage=1Mi']);
    const planned = await plan(namespace, mysql('shop'));
    await namespace.kubectl(['delete', 'quota', 'small']);
    expect([planned.code, planned.summary['refused']]).toEqual([3, 1]);
    expect(messagesOf(planned)).toMatch(/the API server refuses the PersistentVolumeClaim shop-pvc: .* quota/);
    expect(planned.stderr).not.toContain('without the right');
  });

  it('is restored from the backups that an earlier one left, and the plan says how old they are', async () => {
    const [, claim] = (await namespace.render(mysql('shop')))
      .split('---\n')
      .filter((text) => /kind: "?PersistentVolumeClaim/.test(text));
    await namespace.kubectl(['apply', '-f', '-'], claim ?? '');
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a' }] } };
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'backup-shop-job' },
      spec: { suspend: true, template },
    };
    await namespace.kubectl(['apply', '-f', '-'], JSON.stringify(job));
    const at = new Date(Date.now() - 3 * 86_400_000).toISOString().replace(/\.\d+Z$/, 'Z');
    const condition = { status: 'True', reason: 'CompletionsReached', lastTransitionTime: at };
    const conditions = ['SuccessCriteriaMet', 'Complete'].map((type) => ({ type, ...condition }));
    const status = { succeeded: 1, startTime: at, completionTime: at, conditions };
    await namespace.kubectl([
      'patch',
      'job',
      'backup-shop-job',
      '--subresource=status',
      '--type=merge',
      '-p',
      JSON.stringify({ status }),
    ]);
    const planned = await plan(namespace, mysql('shop'));
    expect(planned.summary).toEqual({ create: 1, restore: 1, policy: 1 });
    expect(messagesOf(planned)).toContain('restores the newest backup (3 days old) from backup-shop-pvc');
  });

  it('which is being deleted: the plan says so, with the backup of its status', async () => {
    const finalizers = ['otus.homework/final-backup'];
    await namespace.kubectl(
      ['apply', '-f', '-'],
      stringify({ ...mysql('gone'), metadata: { name: 'gone', finalizers } }),
    );
    const time = new Date(Date.now() - 2 * 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z');
    const tell = (status: object): Promise<string> => {
      const words = ['patch', 'mysql', 'gone', '--subresource=status', '--type=merge', '-p'];
      return namespace.kubectl([...words, JSON.stringify({ status })]);
    };
    await tell({ message: 'starts the final backup', lastBackup: { name: '20261123', time } });
    await namespace.kubectl(['delete', 'mysql', 'gone', '--wait=false']);
    const text = messagesOf(await plan(namespace, mysql('gone')));
    expect(text).toContain(
      'the one in the cluster is being deleted (starts the final backup); a new one is made after that',
    );
    expect(text).toContain('restores the final backup, which is still to be made, from backup-gone-pvc');
    const made = { type: 'BackedUp', status: 'True', reason: 'FinalBackup', message: '', lastTransitionTime: time };
    await tell({ conditions: [made] });
    const later = messagesOf(await plan(namespace, mysql('gone')));
    expect(later).toContain('restores the backup 20261123 (2 hours old) from backup-gone-pvc');
    await namespace.kubectl([
      'patch',
      'mysql',
      'gone',
      '--type=json',
      '-p',
      '[{"op":"remove","path":"/metadata/finalizers"}]',
    ]);
  });
});

it('passes other objects on to the comparison, and names a kind that the cluster does not know', async () => {
  const namespace = await Namespace.create('plan');
  try {
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { a: 'b' } };
    const made = await cli(namespace, ['diff'], config, mysql('shop'));
    expect([made.code, made.stdout.includes(`v1.ConfigMap.${namespace.name}.a`)]).toEqual([1, true]);
    const strange = await cli(namespace, ['diff'], {
      apiVersion: 'example.com/v1',
      kind: 'Strange',
      metadata: { name: 'a' },
    });
    expect(strange.code).toBe(4);
    await run('kubectl', ['get', 'namespace', namespace.name]);
  } finally {
    await namespace.delete();
  }
});
