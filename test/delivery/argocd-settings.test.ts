// The health check and the actions of deploy/argocd, run by Argo CD itself.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildStatus, type Status } from '../../src/lifecycle/conditions.ts';
import { decide } from '../../src/lifecycle/decide.ts';
import type { Observed } from '../../src/lifecycle/observed.ts';
import { GROUPS } from '../lifecycle/rows.ts';
import { install, judgeResource } from '../support/argocd/installation.ts';
import { makeFolder } from '../support/folder.ts';
import { runProgram } from '../support/process.ts';
import { NOW, finished, job, observed, resource, running } from '../support/observed.ts';

let home = '';
beforeAll(async () => {
  ({ home } = await install());
}, 1_800_000);

/** The object of an observed resource, as the API server holds it after the watcher has written its status. */
function objectOf(state: Observed, change: object = {}): object {
  const { generation = 1, deletedAt, managed = true } = state.resource ?? {};
  const deletion = deletedAt === undefined ? {} : { deletionTimestamp: '2026-01-01T00:00:00Z' };
  return {
    apiVersion: 'otus.homework/v1',
    kind: 'MySQL',
    metadata: { name: state.name, generation, ...deletion },
    spec: managed ? {} : { lifecycle: 'None' },
    status: statusOf(state),
    ...change,
  };
}

function statusOf(state: Observed): Status {
  return buildStatus({ observed: state, decision: decide(state, NOW), earlier: {}, now: NOW });
}

async function run(words: readonly string[], object: object): Promise<string> {
  // Not for the time of a test: of tests that run at once another one's end would take it away.
  const folder = await mkdtemp(join(tmpdir(), 'kubectl-mysql-test-'));
  try {
    const file = join(folder, 'resource.json');
    await writeFile(file, JSON.stringify(object));
    const [verb = '', ...rest] = words;
    const { code, out, err } = await judgeResource(home, [verb, file, ...rest]);
    if (code !== 0) throw new Error(err);
    return out;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function healthOf(object: object): Promise<{ status: string; message: string }> {
  const [, status = '', message = ''] = /^STATUS: (.*)\nMESSAGE: (.*)\n$/s.exec(await run(['health'], object)) ?? [];
  return { status, message };
}

const ROWS = GROUPS.flatMap(([group, rows]) =>
  rows.flatMap(([title, state]) => (state.resource ? [{ title: `${group} ${title}`, state }] : [])),
);

/** What Argo CD is to say of a state. */
function wanted(state: Observed): string {
  const { progress, reason } = decide(state, NOW);
  // Argo CD itself says so of whatever is being deleted, and asks no check.
  if (state.resource?.deletedAt !== undefined) return 'Progressing';
  if (reason === 'Paused') return 'Suspended';
  return { Ready: 'Healthy', Reconciling: 'Progressing', Stalled: 'Degraded' }[progress];
}

describe('the health of', () => {
  it.concurrent.each(ROWS)('$title', async ({ state }) => {
    const { status, message } = await healthOf(objectOf(state));
    expect(status).toBe(wanted(state));
    if (state.resource?.deletedAt !== undefined) expect(message).toBe('Pending deletion');
    else if (state.resource?.managed) expect(message).toBe(statusOf(state)['message']);
  });

  it.each<[string, object, string]>([
    ['a resource that no watcher has seen', { status: undefined }, 'Progressing'],
    ['a resource with an empty status', { status: {} }, 'Progressing'],
    ['a resource whose change was not seen yet', { metadata: { name: 'shop', generation: 2 } }, 'Progressing'],
    ['a resource of a watcher that wrote no conditions', { status: { observedGeneration: 1 } }, 'Progressing'],
    [
      'a resource with lifecycle None that no watcher has seen',
      { spec: { lifecycle: 'None' }, status: undefined },
      'Healthy',
    ],
  ])('%s', async (_, change, status) => {
    expect((await healthOf(objectOf(running(), change))).status).toBe(status);
  });
});

const { passwords } = running();
const failed = running({
  passwords: { ...passwords, hasNext: true },
  jobs: { 'change-pass': job({ state: 'failed' }) },
});
const dying = resource({ deletedAt: NOW - 5000 });
const stopped = { gate: undefined, pods: [], statefulSet: undefined };

describe('an action', () => {
  it.each<[string, Observed, string | undefined]>([
    ['is offered for none at rest', running(), undefined],
    ['is offered for none while it starts', observed(), undefined],
    ['rotates while two passwords work', running({ passwords: { ...passwords, previousSince: NOW } }), 'rotate-now'],
    ['resets a password that could not be changed', failed, 'reset-password'],
    [
      'gives the data up when the final backup failed',
      running({ resource: dying, ...stopped, jobs: { backup: job({ state: 'failed' }) } }),
      'skip-final-backup',
    ],
    [
      'gives no data up while the final backup goes well',
      running({ resource: dying, ...stopped, jobs: { backup: finished('done') } }),
      undefined,
    ],
  ])('%s', async (_, state, offered) => {
    const lines = (await run(['list-actions'], objectOf(state))).trim().split('\n').slice(1);
    const list = Object.fromEntries(lines.map((line) => line.trim().split(/\s+/) as [string, string]));
    const states = ['reset-password', 'rotate-now', 'skip-final-backup'].map((name) => [
      name,
      String(name !== offered),
    ]);
    expect(list).toEqual(Object.fromEntries(states));
  });

  it('is offered for a resource without a status, too', async () => {
    expect(await run(['list-actions'], objectOf(running(), { status: undefined }))).not.toContain('false');
  });

  it.each(['rotate-now', 'reset-password', 'skip-final-backup'])('%s sets its annotation alone', async (name) => {
    const added = (await run(['run-action', name], objectOf(running())))
      .split('\n')
      .filter((line) => /^[<>]/.test(line));
    expect(added.map((line) => line.replace(/\s+/g, ' '))).toEqual([
      '> annotations:',
      `> otus.homework/${name}: "true"`,
    ]);
  });
});

describe("the example's role operator", () => {
  it.each([
    ['get', 'Yes'],
    ['sync', 'Yes'],
    ['action/otus.homework/MySQL/rotate-now', 'Yes'],
    ['action/otus.homework/MySQL/skip-final-backup', 'No'],
    ['delete', 'No'],
  ])('%s: %s', async (action, answer) => {
    const project = await readFile('deploy/argocd/example/project.yaml', 'utf8');
    const policy = [...project.matchAll(/^ +- (p, .*)$/gm)].map(([, line]) => line).join('\n');
    // The program wants to know a cluster, which it does not ask.
    const folder = await makeFolder({ policy, kubeconfig: JSON.stringify(NOWHERE) });
    const words = ['proj:databases:operator', action, 'applications', 'databases/databases'];
    const { out } = await runProgram(
      join(home, 'argocd'),
      ['admin', 'settings', 'rbac', 'can', ...words, '--policy-file', join(folder, 'policy')],
      { env: { KUBECONFIG: join(folder, 'kubeconfig') } },
    );
    expect(out.trim()).toBe(answer);
  });
});

const NOWHERE = {
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'none', cluster: { server: 'https://127.0.0.1:9' } }],
  users: [{ name: 'none', user: { token: 'none' } }],
  contexts: [{ name: 'none', context: { cluster: 'none', user: 'none' } }],
  'current-context': 'none',
};
