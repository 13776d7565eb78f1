// Jobs whose pods are killed, and Jobs that hang: they are tried again and end well, or say what to do, which then works.

import { expect } from 'vitest';
import { PASSWORD } from '../support/resource.ts';
import { pause, type Life, type Step } from '../support/life.ts';
import { waitUntil } from '../support/kubectl.ts';
import { untilMessage } from '../support/watcher.ts';
import type { FaultRow } from './row.ts';

type Kill = (life: Life, pod: string) => Promise<unknown>;

/** By force: the object is gone at once, the processes are not. */
const byForce: Kill = (life, pod) => life.forceDelete(pod);
const ofMysqld: Kill = (life, pod) => life.signal(pod, ['mysqld', 'mysql', 'mysqldump']);
/** All shells: the container ends. */
const ofScript: Kill = (life, pod) => life.signal(pod, ['bash']);
const KILLS = [byForce, ofMysqld, ofScript];

/** Kills, each with how long the pod may run before. */
type Plan = readonly (readonly [Kill, number])[];

/** So many different kills at moments that differ from run to run. */
function randomPlan(count: number, longest: number): Plan {
  const plan = Array.from({ length: count }, (_, index) => {
    const kill = KILLS[index % KILLS.length] ?? byForce;
    return [kill, Math.round(Math.random() * longest)] as const;
  });
  console.info(`kills after ${plan.map(([, delay]) => `${String(delay)} ms`).join(', ')}`);
  return plan;
}

/** Kills one pod of a Job after the other; a Job that is complete meanwhile is left in peace. */
async function killPods(life: Life, step: Step, plan: Plan, isOver: () => Promise<boolean>): Promise<void> {
  const seen: string[] = [];
  for (const [kill, delay] of plan) {
    const pod = await waitUntil(`another pod of ${life.job(step)} runs`, 180, async () => {
      const next = (await life.jobPods(step)).find(
        ({ metadata, status }) =>
          !seen.includes(metadata.uid) && status.containerStatuses?.[0]?.state.running !== undefined,
      );
      return next ?? ((await isOver()) ? 'over' : undefined);
    });
    if (pod === 'over') return;
    seen.push(pod.metadata.uid);
    await pause(delay);
    await kill(life, pod.metadata.name);
  }
}

const FILLER = 20_000;

async function prepare(life: Life): Promise<void> {
  await life.create('without');
  await life.fill(100, FILLER);
}

async function expectAll(life: Life): Promise<void> {
  expect((await life.rows()).length).toBe(100);
  expect(await life.sql('select count(*) from noise')).toBe(`${String(FILLER)}\n`);
}

const isGone = (life: Life) => async (): Promise<boolean> => (await life.uidOf('mysql', life.name)) === '';

async function killBackup(life: Life, plan: Plan): Promise<void> {
  await prepare(life);
  await life.requestDeletion();
  await killPods(life, 'backup', plan, isGone(life));
  await life.untilGone();
  await life.create('with');
  await expectAll(life);
}

async function killRestore(life: Life, plan: Plan): Promise<void> {
  await prepare(life);
  await life.remove();
  await life.deliver();
  await killPods(life, 'restore', plan, async () => (await life.uidOf('configmap', `${life.name}-gate`)) !== '');
  // One that was killed after its end has nothing to restore any more.
  await life.untilReady(300);
  await expectAll(life);
}

async function killPasswordChange(life: Life, plan: Plan): Promise<void> {
  await life.create('without');
  await life.fill(100);
  const server = await life.uidOf('pod', `${life.name}-0`);
  await life.deliver({ password: 'another-password' });
  const isChanged = async (): Promise<boolean> =>
    (await life.namespace.kubectl(['get', 'mysql', life.name, '-o', 'jsonpath={.status.message}'])) ===
    'mysql password changed!';
  await killPods(life, 'change-pass', plan, isChanged);
  await untilMessage(life.namespace, life.name, 'mysql password changed!', 240);
  for (const password of [PASSWORD, 'another-password'])
    expect(await life.sql('select count(*) from t', password)).toBe('100\n');
  expect(await life.uidOf('pod', `${life.name}-0`)).toBe(server);
}

/** Each of its pods is killed, until Kubernetes gives it up. */
async function killAlways(life: Life, step: 'backup' | 'restore', reason: string): Promise<void> {
  const plan: Plan = Array.from({ length: 4 }, () => [ofScript, 0] as const);
  await killPods(life, step, plan, () => Promise.resolve(false));
  const { message = '' } = await life.untilStalled(reason);
  expect(message).toContain(`kubectl delete job ${life.job(step)}`);
  await life.deleteJob(step);
}

export const KILL_ROWS: readonly FaultRow[] = [
  {
    title: 'a backup whose mysqld is killed, and whose next pod is deleted by force, is complete in the end',
    name: 'once-backup',
    inCi: true,
    run: (life) =>
      killBackup(life, [
        [ofMysqld, 1500],
        [byForce, 700],
      ]),
  },
  {
    title: 'a backup that is killed at random moments is complete in the end',
    name: 'random-backup',
    run: (life) => killBackup(life, randomPlan(3, 4000)),
  },
  {
    title: 'a restore that is deleted by force and killed begins again, and ends with all rows',
    name: 'once-restore',
    inCi: true,
    run: (life) =>
      killRestore(life, [
        [byForce, 2500],
        [ofMysqld, 2000],
      ]),
  },
  {
    title: 'a restore that is killed at random moments begins again, and ends with all rows',
    name: 'random-restore',
    run: (life) => killRestore(life, randomPlan(3, 8000)),
  },
  {
    title: 'a password change that is killed at random moments leaves passwords that work',
    name: 'random-password',
    run: (life) => killPasswordChange(life, randomPlan(3, 1500)),
  },
  {
    title: 'a backup that cannot succeed deletes nothing, says what to do, and that works',
    name: 'no-backup',
    run: async (life) => {
      await prepare(life);
      await life.requestDeletion();
      await killAlways(life, 'backup', 'BackupFailed');
      await life.untilGone();
      await life.create('with');
      await expectAll(life);
    },
  },
  {
    title: 'a restore that cannot succeed keeps the gate closed, says what to do, and that works',
    name: 'no-restore',
    run: async (life) => {
      await prepare(life);
      await life.remove();
      await life.deliver();
      await killAlways(life, 'restore', 'RestoreFailed');
      expect(await life.uidOf('configmap', `${life.name}-gate`)).toBe('');
      await life.untilCreated('with');
      await expectAll(life);
    },
  },
];
