// What a Job sees, or does not: what cannot be read is not empty, what was seen long ago is not what is there, and a password
// that was refused is not in force.

import { expect } from 'vitest';
import { waitUntil } from '../support/kubectl.ts';
import { pause, type Life, type Step } from '../support/life.ts';
import { folderOf, inNode, listNames } from '../support/node-volumes.ts';
import { PASSWORD, mysql } from '../support/resource.ts';
import { untilMessage } from '../support/watcher.ts';
import type { FaultRow } from './row.ts';

async function prepare(life: Life): Promise<void> {
  await life.create('without');
  await life.fill(100);
}

/** Stops the server without a deletion. */
async function stopServer(life: Life): Promise<void> {
  await life.deliver({ paused: true });
  await life.untilCondition('it is paused', 'Ready', 'Paused');
  await waitUntil('the pod is gone', 120, async () => ((await life.namespace.pod(life.name)) ? undefined : true));
}

async function expectRows(life: Life): Promise<void> {
  await life.deliver({ paused: false });
  await life.namespace.ready(life.name);
  await life.untilReady();
  expect((await life.rows()).length).toBe(100);
}

/** Makes a folder of the data volume one that only the node's root may read; gives back how it is repaired. */
async function lockFolder(life: Life, folder: string): Promise<() => Promise<void>> {
  const path = `${await folderOf(life.namespace, `${life.name}-pvc`)}/${folder}`;
  const owner = (await inNode('stat', '-c', '%u:%g %a', path)).trim();
  const [user = '', mode = ''] = owner.split(' ');
  await inNode('bash', '-ec', 'chown 0:0 "$1"; chmod 700 "$1"', 'lock', path);
  return async () => {
    await inNode('bash', '-ec', 'chown "$2" "$1"; chmod "$3" "$1"', 'unlock', path, user, mode);
  };
}

/** The Job says what it could not read, and is tried again when that was put right. */
async function expectUnread(life: Life, step: Step, reason: string, unlock: () => Promise<void>): Promise<void> {
  const { message } = await life.untilStalled(reason, 400);
  expect(message).toContain('cannot be read');
  expect(await life.uidOf('pvc', `${life.name}-pvc`)).not.toBe('');
  expect(await life.uidOf('configmap', `${life.name}-gate`)).toBe('');
  await unlock();
  await life.deleteJob(step);
}

/** A gate that is gone has the volume looked at. */
async function deleteGate(life: Life): Promise<string> {
  const gate = await life.uidOf('configmap', `${life.name}-gate`);
  await life.namespace.kubectl(['delete', 'configmap', `${life.name}-gate`]);
  return gate;
}

async function untilNewGate(life: Life, before: string): Promise<void> {
  await waitUntil('the gate is there again', 120, async () => {
    const uid = await life.uidOf('configmap', `${life.name}-gate`);
    return uid !== '' && uid !== before ? true : undefined;
  });
}

/** Claims that are older than the resource are looked at before its first start. */
async function deliverClaims({ namespace, name }: Life): Promise<void> {
  const manifests = (await namespace.render(mysql(name))).split(/^---$/m);
  const claims = manifests.filter((text) => /^kind: "?PersistentVolumeClaim"?$/m.test(text));
  expect(claims).toHaveLength(2);
  await namespace.kubectl(['apply', '-f', '-'], claims.join('---'));
  // Times of day are known to the second.
  await pause(2000);
}

async function backUpUnread(life: Life, folder: string): Promise<void> {
  await prepare(life);
  await stopServer(life);
  const unlock = await lockFolder(life, folder);
  await life.requestDeletion();
  await expectUnread(life, 'backup', 'BackupFailed', unlock);
  await life.untilGone();
  await life.deliver({ paused: false });
  await life.untilCreated('with');
  expect((await life.rows()).length).toBe(100);
}

export const LOOK_ROWS: readonly FaultRow[] = [
  {
    title: 'a data volume of which the marks cannot be read is not taken for empty by the final backup',
    name: 'unread-state',
    run: (life) => backUpUnread(life, 'state'),
  },
  {
    title: 'a data volume of which the data cannot be read is not taken for empty by the final backup',
    name: 'unread-data',
    run: (life) => backUpUnread(life, 'data'),
  },
  {
    title: 'a data volume that cannot be read is not taken for empty when a server is to start on it',
    name: 'unread-start',
    run: async (life) => {
      await prepare(life);
      await stopServer(life);
      const unlock = await lockFolder(life, 'state');
      const gate = await deleteGate(life);
      await expectUnread(life, 'restore', 'RestoreFailed', unlock);
      await untilNewGate(life, gate);
      await expectRows(life);
    },
  },
  {
    title: 'a restore that was begun from a backup that is gone is not ended with an empty database',
    name: 'lost-backup',
    run: async (life) => {
      await prepare(life);
      await stopServer(life);
      const folder = await folderOf(life.namespace, `${life.name}-pvc`);
      const hide = 'mv "$1/data" "$1/state/data"; mv "$1/state" "$1.hidden"; mkdir -m 777 "$1/state"';
      await inNode('bash', '-ec', `${hide}; echo backup=0009-20260101-000000 >"$1/state/restoring"`, 'hide', folder);
      await deleteGate(life);
      const { message } = await life.untilStalled('RestoreFailed', 400);
      expect(message).toContain('the backup is not there any more');
      expect(await life.uidOf('configmap', `${life.name}-gate`)).toBe('');
      expect(await listNames(`${folder}/state`)).toContain('restoring');
      const show = 'rm -r "$1/state"; mv "$1.hidden" "$1/state"; mv "$1/state/data" "$1/data"';
      await inNode('bash', '-ec', show, 'show', folder);
      await life.deleteJob('restore');
      await untilNewGate(life, '');
      await expectRows(life);
    },
  },
  {
    title: 'what a restore Job saw before a server was let in says nothing about what is there now',
    name: 'earlier-look',
    run: async (life) => {
      await deliverClaims(life);
      await prepare(life);
      expect(await life.uidOf('job', life.job('restore'))).not.toBe('');
      await stopServer(life);
      const gate = await deleteGate(life);
      await untilNewGate(life, gate);
      await expectRows(life);
    },
  },
  {
    title: 'a password that the server refused makes room for another one',
    name: 'refused-password',
    run: async (life) => {
      await prepare(life);
      await life.sql("install component 'file://component_validate_password'");
      const password = life.spec.password ?? PASSWORD;
      await life.deliver({ password: 'weak' });
      const { message } = await life.untilStalled('PasswordChangeFailed', 400);
      expect(message).toContain('put another password into the Secret');
      expect(await life.sql('select count(*) from t', password)).toBe('100\n');
      await life.deliver({ password: 'Another-passw0rd' });
      await untilMessage(life.namespace, life.name, 'mysql password changed!', 300);
      expect((await life.rows()).length).toBe(100);
    },
  },
];
