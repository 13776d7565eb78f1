// The stories of a life, and how each ends.

import { expect } from 'vitest';
import { KINDS, type Kind } from '../../../../src/cluster/kinds.ts';
import { waitUntil } from '../kubectl.ts';
import type { Life } from './life.ts';
import { startLogins } from './login-client.ts';
import { areTrue, type SeenStatus } from './mortal-watcher.ts';

const ROWS = '1\tone\n2\ttwo\n';

/** All stories in their order. */
export async function liveThrough(life: Life): Promise<void> {
  await start(life);
  await remove(life);
  await makeAgain(life);
  await changePassword(life);
  await replaceClaim(life);
  await remove(life);
}

async function start(life: Life): Promise<void> {
  const { name } = life;
  await life.setPassword();
  await life.story(
    'first start',
    () => life.deliver(),
    () => missing(life, `${name} created without restore-job`),
  );
  const rows = "create table t(id int primary key, v text); insert into t values (1,'one'),(2,'two')";
  await life.sql(`${rows}; create user app@'%' identified by 'x'; grant select on shop.* to app@'%'`);
}

async function remove(life: Life): Promise<void> {
  const { name, namespace, monitor, client } = life;
  const key = { namespace: namespace.name, name };
  const { metadata } = await client.objects.get(KINDS.MySQL, key);
  await life.story(
    'deletion',
    async () => {
      await namespace.kubectl(['delete', 'mysql', name, '--wait=false']);
    },
    async () => {
      const resource = await client.objects.find(KINDS.MySQL, key);
      return resource ? `the message ${String(resource.status?.['message'])}` : undefined;
    },
  );
  await waitUntil('the monitor has looked at the backup', 30, () =>
    Promise.resolve(monitor.gone.has(metadata.uid) ? true : undefined),
  );
  expect(await listLeft(life), life.describe()).toEqual([
    `PersistentVolumeClaim backup-${name}-pvc`,
    `Secret ${name}-git`,
  ]);
  const job = await client.objects.get(KINDS.Job, { ...key, name: `backup-${name}-job` });
  expect(job.status?.conditions?.some(({ type, status }) => type === 'Complete' && status === 'True')).toBe(true);
}

async function makeAgain(life: Life): Promise<void> {
  await life.story(
    're-creation',
    () => life.deliver(),
    () => missing(life, `${life.name} created with restore-job`),
  );
  await expectRows(life);
}

async function changePassword(life: Life): Promise<void> {
  const { namespace, name, client } = life;
  const endLogins = startLogins(client, namespace.name, name);
  let before = '';
  await life.story(
    'password change',
    async () => {
      before = await life.setPassword();
    },
    async () => {
      const active = await client.objects.get(KINDS.Secret, { namespace: namespace.name, name: `${name}-active` });
      const keys = Object.keys(active.data ?? {}).join(', ');
      const isOver = Buffer.from(active.data?.['current'] ?? '', 'base64').toString() === life.password;
      return isOver && keys === 'current' ? missing(life, 'mysql password changed!') : `NAME-active holds ${keys}`;
    },
  );
  const { logins, failures } = await endLogins();
  expect(failures, `I3: of ${String(logins)} logins; ${life.describe()}`).toEqual([]);
  expect(logins).toBeGreaterThan(10);
  await expectRows(life);
  await expect(namespace.sql(name, before, 'do 1')).rejects.toThrow('Access denied');
}

/** Somebody deletes the claim, and a tool makes a larger one at once: the volume with the data is found again. */
async function replaceClaim(life: Life): Promise<void> {
  const { namespace, name, client } = life;
  const key = { namespace: namespace.name, name: `${name}-pvc` };
  const { metadata, spec } = await client.objects.get(KINDS.PersistentVolumeClaim, key);
  await life.story(
    'claim replaced',
    async () => {
      await namespace.kubectl(['delete', 'pvc', key.name, '--wait=false']);
      await namespace.kubectl(['delete', 'pod', `${name}-0`, '--wait=false']);
      await life.waitUntil('the claim is gone', 180, async () => {
        const claim = await client.objects.find(KINDS.PersistentVolumeClaim, key);
        return claim?.metadata.uid === metadata.uid ? undefined : true;
      });
      life.storage = '2Gi';
      await life.deliver();
    },
    async () => {
      const claim = await client.objects.find(KINDS.PersistentVolumeClaim, key);
      if (!claim) return 'there is no claim';
      if (claim.metadata.uid === metadata.uid) return 'the old claim is still there';
      if (claim.spec?.volumeName !== spec?.volumeName) return `the claim is bound to ${String(claim.spec?.volumeName)}`;
      return missing(life, 'mysql password changed!');
    },
  );
  await expectRows(life);
}

async function expectRows(life: Life): Promise<void> {
  expect(await life.sql('select * from t order by id')).toBe(ROWS);
  expect(await life.sql("show grants for app@'%'")).toContain('GRANT SELECT ON `shop`.*');
}

/** What is missing until the server is Ready, and the resource at rest with this message. */
async function missing({ client, namespace, name }: Life, message: string): Promise<string | undefined> {
  const resource = await client.objects.find(KINDS.MySQL, { namespace: namespace.name, name });
  const status = (resource?.status ?? {}) as SeenStatus;
  const isOver = status.message === message && areTrue(status, 'Ready', 'PasswordInSync', 'VolumesProtected');
  const gate = await client.objects.find(KINDS.ConfigMap, { namespace: namespace.name, name: `${name}-gate` });
  if (isOver && gate?.data?.['expect'] === 'data') return undefined;
  return `the message is "${String(status.message)}" and the gate expects ${String(gate?.data?.['expect'])}`;
}

const LEFT: readonly Kind[] = [
  KINDS.PersistentVolumeClaim,
  KINDS.StatefulSet,
  KINDS.Service,
  KINDS.ConfigMap,
  KINDS.Secret,
  KINDS.Pod,
];

/** What is left of a deleted resource; finished Jobs tell people what was done. */
async function listLeft({ client, namespace }: Life): Promise<string[]> {
  const lists = await Promise.all(LEFT.map((kind) => client.objects.list(kind, { namespace: namespace.name })));
  return lists
    .flatMap(({ items }) => items)
    .filter(({ kind, metadata }) => kind !== 'Pod' || metadata.deletionTimestamp === undefined)
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    .filter((text) => text !== 'ConfigMap kube-root-ca.crt')
    .sort();
}
