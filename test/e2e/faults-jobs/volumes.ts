// What is wrong with a volume, or with what is on it: nothing is lost, nothing starts empty, and the way out works.

import { expect } from 'vitest';
import { spawn } from 'node:child_process';
import { createSmallVolume, flipByte, folderOf, listNames } from '../support/node-volumes.ts';
import type { Life } from '../support/life.ts';
import type { FaultRow } from './row.ts';

const SKIP = 'otus.homework/skip-final-backup=true';

/** A backup volume that has room for a backup of the first rows, and not for more. */
async function fillDisk(life: Life, wayOut: (resize: (size: string) => Promise<void>) => Promise<void>): Promise<void> {
  const volume = await createSmallVolume(life.namespace, `backup-${life.name}-pvc`, '24M');
  try {
    await life.create('without');
    await life.fill(100, 12_000);
    await life.remove();
    const kept = await volume.list();
    expect(kept).toHaveLength(1);
    await life.create('with');
    await life.sql('insert into noise (b) select n.b from noise n, (select 1 union select 2) two');
    await life.requestDeletion();
    const { message } = await life.untilStalled('BackupFailed', 300);
    expect(message).toContain('the backup volume is too small');
    expect(await volume.list()).toEqual(kept);
    await wayOut(volume.resize);
    await life.untilGone();
  } finally {
    await volume.remove();
  }
}

/** Makes a backup and damages it; gives back how it is repaired. */
async function damageBackup(life: Life): Promise<() => Promise<void>> {
  await life.create('without');
  await life.fill(100);
  await life.remove();
  const folder = await folderOf(life.namespace, `backup-${life.name}-pvc`);
  const [backup = ''] = await listNames(folder);
  const damage = (): Promise<void> => flipByte(`${folder}/${backup}/data-0001.sql.zst`);
  await damage();
  await life.deliver();
  const { message } = await life.untilStalled('RestoreFailed');
  expect(message).toContain('is damaged');
  expect(await life.uidOf('configmap', `${life.name}-gate`)).toBe('');
  expect(await listNames(await folderOf(life.namespace, `${life.name}-pvc`))).toEqual([]);
  return damage;
}

/** Clients that write rows one by one and note each that the server has acknowledged. */
function startWriters(
  life: Life,
  count: number,
): { readonly acknowledged: Set<number>; readonly ended: Promise<unknown> } {
  const acknowledged = new Set<number>();
  const clients = Array.from({ length: count }, (_, client) => {
    const words = [
      '-n',
      life.namespace.name,
      'exec',
      '-i',
      `${life.name}-0`,
      '--',
      'mysql',
      '-potuspassword',
      '-nN',
      'shop',
    ];
    const child = spawn('kubectl', words, { stdio: ['pipe', 'pipe', 'ignore'] });
    const ids = Array.from({ length: 50_000 }, (__, index) => 1000 + index * count + client);
    child.stdin.on('error', () => undefined);
    child.stdin.end(ids.map((id) => `insert into t values (${String(id)}); select ${String(id)};\n`).join(''));
    let rest = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) acknowledged.add(Number(line));
    });
    return new Promise((resolve) => child.on('close', resolve));
  });
  return { acknowledged, ended: Promise.all(clients) };
}

async function killUnderWriters(life: Life, deleteFirst: boolean): Promise<void> {
  await life.create('without');
  await life.fill(100);
  const { acknowledged, ended } = startWriters(life, 4);
  await life.until('the clients have written', () => acknowledged.size > 200);
  if (deleteFirst) await life.requestDeletion();
  expect(await life.signal(`${life.name}-0`, ['mysqld'])).toBe(1);
  if (!deleteFirst) await life.requestDeletion();
  await ended;
  await life.untilGone();
  await life.create('with');
  const rows = new Set(await life.rows());
  expect([...acknowledged].filter((id) => !rows.has(id))).toEqual([]);
  expect(rows.size).toBeGreaterThanOrEqual(acknowledged.size + 100);
  console.info(`${life.name}: ${String(acknowledged.size)} rows acknowledged, ${String(rows.size - 100)} there`);
}

export const VOLUME_ROWS: readonly FaultRow[] = [
  {
    title: 'a server that is killed under its clients just before the deletion keeps every acknowledged row',
    name: 'writers',
    inCi: true,
    run: (life) => killUnderWriters(life, false),
  },
  {
    title: 'a server that is killed under its clients just after the deletion keeps every acknowledged row',
    name: 'late-writers',
    run: (life) => killUnderWriters(life, true),
  },
  {
    title: 'a damaged backup is refused, and restored when it was repaired and the Job deleted',
    name: 'repaired',
    inCi: true,
    run: async (life) => {
      const repair = await damageBackup(life);
      await repair();
      await life.deleteJob('restore');
      await life.untilCreated('with');
      expect((await life.rows()).length).toBe(100);
    },
  },
  {
    title: 'a damaged backup is refused, and stays where it is when git asks for an empty database',
    name: 'declined',
    run: async (life) => {
      const repair = await damageBackup(life);
      await life.deliver({ restore: { from: 'none' } });
      await life.untilCreated('without');
      expect(await life.sql('show tables')).toBe('');
      await repair();
      expect(await listNames(await folderOf(life.namespace, `backup-${life.name}-pvc`))).toHaveLength(1);
    },
  },
  {
    title: 'a full backup volume keeps data and earlier backup, until it is larger and the Job was deleted',
    name: 'full',
    spec: { backup: { size: '1Gi', className: 'small' } },
    run: async (life) => {
      await fillDisk(life, async (resize) => {
        await resize('200M');
        await life.deleteJob('backup');
      });
    },
  },
  {
    title: 'a full backup volume keeps data and earlier backup, until the data is given up',
    name: 'given-up',
    spec: { backup: { size: '1Gi', className: 'small' } },
    run: async (life) => {
      await fillDisk(life, () => life.annotate(SKIP));
    },
  },
];
