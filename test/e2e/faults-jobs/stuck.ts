// A final backup in which nothing moves any more. The watcher's own Job waits for half an hour; so that the test need not, it
// makes the very Job that the watcher is about to make, with less patience, and the watcher takes it for its own.

import { expect } from 'vitest';
import type { MySQLResource } from '../../../src/api/resource.ts';
import { hashInput } from '../../../src/lifecycle/observe-jobs.ts';
import { buildModel } from '../../../src/model/model.ts';
import { renderJob } from '../../../src/render/jobs.ts';
import { Namespace, kubectl, waitUntil } from '../support/kubectl.ts';
import { Life, endNamespace } from '../support/life.ts';
import { mysql } from '../support/resource.ts';
import { Watcher } from '../support/watcher.ts';
import type { FaultRow } from './row.ts';

/** What the watcher has done when it would make the Job. */
async function stopServer(life: Life): Promise<void> {
  await life.requestDeletion();
  await life.namespace.kubectl(['delete', 'configmap', `${life.name}-gate`]);
  await life.namespace.kubectl(['delete', 'statefulset', life.name, '--cascade=foreground', '--timeout=120s']);
}

async function makeImpatientJob(life: Life): Promise<void> {
  const { namespace, name } = life;
  const volume = await namespace.kubectl(['get', 'pvc', `${name}-pvc`, '-o', 'jsonpath={.spec.volumeName}']);
  const volumeUid = await kubectl(['get', 'pv', volume, '-o', 'jsonpath={.metadata.uid}']);
  const openedAt = await namespace.kubectl(['get', 'mysql', name, '-o', 'jsonpath={.status.gateOpenedAt}']);
  const claims = [await life.uidOf('pvc', `${name}-pvc`), await life.uidOf('pvc', `backup-${name}-pvc`)];
  const { yaml } = renderJob(buildModel(mysql(name) as MySQLResource, namespace.name), 'backup', {
    resourceUid: await life.uidOf('mysql', name),
    inputHash: hashInput('backup', volumeUid, ...claims, String(Date.parse(openedAt))),
    keep: 3,
    final: true,
    volumeUid,
    noProgressSeconds: 10,
  });
  await namespace.kubectl(['create', '-f', '-'], yaml);
}

async function backUpStuck(): Promise<void> {
  const namespace = await Namespace.create('faults-stuck');
  const watcher = new Watcher(namespace);
  const life = new Life(namespace, 'stuck');
  watcher.start();
  await life.create('without');
  await life.fill(100);
  await watcher.kill();
  await stopServer(life);
  await makeImpatientJob(life);
  const job = await life.uidOf('job', life.job('backup'));
  const pod = await life.untilJobRuns('backup');
  await waitUntil('mysqld runs', 60, async () =>
    (await life.signal(pod.metadata.name, ['mysqld'], 'SIGSTOP')) > 0 ? true : undefined,
  );
  watcher.start();
  const what = ['wait', `pod/${pod.metadata.name}`, '--for=jsonpath={.status.phase}=Failed', '--timeout=120s'];
  await namespace.kubectl(what);
  await life.untilGone();
  expect(await life.uidOf('job', life.job('backup'))).toBe(job);
  await life.create('with');
  expect((await life.rows()).length).toBe(100);
  await endNamespace(namespace, watcher);
}

export const STUCK_ROWS: readonly FaultRow[] = [
  { title: 'a backup in which nothing moves is stopped, tried again, and complete', name: 'stuck', run: backUpStuck },
];
