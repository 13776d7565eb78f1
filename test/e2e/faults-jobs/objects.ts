// Objects around the Jobs that are missing, wrong, or somebody else's.

import { expect } from 'vitest';
import { waitUntil } from '../support/kubectl.ts';
import { IMAGE, stringify } from '../support/resource.ts';
import type { Life, Step } from '../support/life.ts';
import { untilMessage } from '../support/watcher.ts';
import type { FaultRow } from './row.ts';

const NO_IMAGE = 'localhost/there-is-no-such-image:1';

async function prepare(life: Life): Promise<void> {
  await life.create('without');
  await life.fill(100);
}

async function expectRestored(life: Life): Promise<void> {
  await life.create('with');
  expect((await life.rows()).length).toBe(100);
}

/** A Job of one of our names that somebody else made, and that runs for long. */
async function makeForeignJob(life: Life, step: Step): Promise<string> {
  const container = {
    name: 'foreign',
    image: IMAGE,
    command: ['sleep', '3600'],
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      runAsNonRoot: true,
      runAsUser: 999,
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
  const spec = { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers: [container] };
  const metadata = { name: life.job(step) };
  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { template: { spec } } };
  await life.namespace.kubectl(['create', '-f', '-'], stringify(job));
  await life.untilJobRuns(step);
  return life.uidOf('job', life.job(step));
}

/** It is told about, left alone, and no longer in the way once it was deleted. */
async function expectLeftAlone(life: Life, step: Step, uid: string): Promise<void> {
  const { message } = await life.untilStalled('JobNameTaken');
  expect(message).toContain(`the Job ${life.job(step)} was not made by the watcher`);
  expect(await life.uidOf('job', life.job(step))).toBe(uid);
  expect(await life.jobPods(step)).toHaveLength(1);
  await life.deleteJob(step);
}

/** Waits until a thing that was deleted is there again. */
function untilAgain(life: Life, kind: string, name: string, before: string): Promise<string> {
  return waitUntil(`${kind}/${name} is there again`, 60, async () => {
    const uid = await life.uidOf(kind, name);
    return uid !== '' && uid !== before ? uid : undefined;
  });
}

/** Deletes an object of a running server; it comes back and the server runs on, for that reason Ready. */
async function expectBack(life: Life, kind: string, child: string, reason = 'Ready'): Promise<void> {
  await prepare(life);
  const server = await life.namespace.ready(life.name);
  const before = await life.uidOf(kind, child);
  await life.namespace.kubectl(['delete', kind, child]);
  await untilAgain(life, kind, child, before);
  await life.untilCondition('it is Ready', 'Ready', reason, 240);
  const after = await life.namespace.ready(life.name);
  expect(after.metadata.uid).toBe(server.metadata.uid);
  expect(after.status.containerStatuses?.[0]?.restartCount).toBe(0);
  expect((await life.rows()).length).toBe(100);
}

export const OBJECT_ROWS: readonly FaultRow[] = [
  {
    title: 'an image that cannot start in the last commit is not used for the final backup',
    name: 'last-commit',
    inCi: true,
    run: async (life) => {
      await prepare(life);
      await life.deliver({ image: NO_IMAGE });
      await life.untilStalled('ServerFailing');
      await life.remove();
      await life.deliver();
      const { message } = await life.untilStalled('JobNotStarting');
      expect(message).toContain('Image');
      await life.deliver({ image: IMAGE });
      await life.untilCreated('with');
      expect((await life.rows()).length).toBe(100);
    },
  },
  {
    title: 'a final backup needs no ConfigMap, Service or Secret',
    name: 'bare',
    run: async (life) => {
      await prepare(life);
      const children = [`configmap/${life.name}-config`, `service/${life.name}`];
      const secrets = [`secret/${life.name}-active`, `secret/${life.name}-root`];
      await life.requestDeletion();
      await life.namespace.kubectl(['delete', '--wait=false', '--ignore-not-found', ...children, ...secrets]);
      await life.untilGone();
      await expectRestored(life);
    },
  },
  {
    title: 'a server whose ConfigMap is gone and that was killed is backed up all the same',
    name: 'no-config',
    run: async (life) => {
      await prepare(life);
      await life.namespace.kubectl(['delete', 'configmap', `${life.name}-config`]);
      await life.namespace.kubectl(['delete', 'pod', `${life.name}-0`, '--wait=false']);
      await life.remove();
      await expectRestored(life);
    },
  },
  {
    title: 'a backup Job that somebody deletes in the middle is made again',
    name: 'deleted-job',
    run: async (life) => {
      await life.create('without');
      await life.fill(100, 20_000);
      await life.requestDeletion();
      await life.untilJobRuns('backup');
      await life.deleteJob('backup');
      await life.untilGone();
      await expectRestored(life);
    },
  },
  {
    title: 'a restore Job that somebody deletes in the middle is made again',
    name: 'deleted-restore',
    run: async (life) => {
      await life.create('without');
      await life.fill(100, 20_000);
      await life.remove();
      await life.deliver();
      await life.untilJobRuns('restore');
      await life.deleteJob('restore');
      await life.untilReady();
      expect((await life.rows()).length).toBe(100);
    },
  },
  {
    title: "a Job of somebody else under the backup Job's name is left alone, and told about",
    name: 'foreign',
    inCi: true,
    run: async (life) => {
      await prepare(life);
      const uid = await makeForeignJob(life, 'backup');
      await life.requestDeletion();
      await expectLeftAlone(life, 'backup', uid);
      await life.untilGone();
      await expectRestored(life);
    },
  },
  {
    title: "a Job of somebody else under the restore Job's name is left alone, and told about",
    name: 'foreign-restore',
    run: async (life) => {
      await prepare(life);
      await life.remove();
      const uid = await makeForeignJob(life, 'restore');
      await life.deliver();
      await expectLeftAlone(life, 'restore', uid);
      await life.untilCreated('with');
      expect((await life.rows()).length).toBe(100);
    },
  },
  {
    title: "a Job of somebody else under the password Job's name is left alone, and told about",
    name: 'foreign-password',
    run: async (life) => {
      await prepare(life);
      const uid = await makeForeignJob(life, 'change-pass');
      await life.deliver({ password: 'another-password' });
      await expectLeftAlone(life, 'change-pass', uid);
      await untilMessage(life.namespace, life.name, 'mysql password changed!');
      await makeForeignJobGone(life);
    },
  },
  {
    title: 'the Secret with the password in force comes back under a running server',
    name: 'no-active',
    // Beside the password that is found to be in force an earlier one may work, of which nobody knows any more.
    run: (life) => expectBack(life, 'secret', `${life.name}-active`, 'PasswordOverlap'),
  },
  {
    title: 'a gate that somebody deletes comes back under a running server',
    name: 'no-gate',
    run: (life) => expectBack(life, 'configmap', `${life.name}-gate`),
  },
  {
    title: 'a gate that somebody deletes before the server restarts comes back after a look at the volume',
    name: 'no-gate-no-pod',
    run: async (life) => {
      await prepare(life);
      await life.deliver({ paused: true });
      await life.untilCondition('it is paused', 'Ready', 'Paused');
      await waitUntil('the pod is gone', 120, async () => ((await life.namespace.pod(life.name)) ? undefined : true));
      const gate = await life.uidOf('configmap', `${life.name}-gate`);
      await life.namespace.kubectl(['delete', 'configmap', `${life.name}-gate`]);
      await untilAgain(life, 'configmap', `${life.name}-gate`, gate);
      await life.deliver({ paused: false });
      await life.namespace.ready(life.name);
      expect((await life.rows()).length).toBe(100);
    },
  },
  {
    title: 'the finished pods of Jobs do not hold a claim that somebody deletes',
    name: 'finished-pod',
    run: async (life) => {
      await prepare(life);
      await life.remove();
      await expectRestored(life);
      expect((await life.jobPods('restore')).map(({ status }) => status.phase)).toEqual(['Succeeded']);
      const claim = await life.uidOf('pvc', `${life.name}-pvc`);
      await life.namespace.kubectl(['delete', 'pvc', `${life.name}-pvc`, '--wait=false']);
      await life.untilStalled('ClaimDeleting');
      await life.namespace.kubectl(['delete', 'pod', `${life.name}-0`]);
      await waitUntil('the claim is gone', 60, async () =>
        (await life.uidOf('pvc', `${life.name}-pvc`)) === claim ? undefined : true,
      );
      await life.deliver();
      await life.untilReady();
      expect((await life.rows()).length).toBe(100);
    },
  },
];

/** The resource's own Job is labelled for it. */
async function makeForeignJobGone(life: Life): Promise<void> {
  const path = 'jsonpath={.metadata.labels.otus\\.homework/mysql}';
  expect(await life.namespace.kubectl(['get', 'job', life.job('change-pass'), '-o', path])).toBe(life.name);
}
