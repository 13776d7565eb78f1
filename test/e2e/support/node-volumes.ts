// The node's volumes from within: what is on them, a volume that becomes full, a byte that turns around.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { kubectl, run, type Namespace } from './kubectl.ts';
import { stringify } from './resource.ts';

/** Runs a program where the node's volumes are mounted. */
export async function inNode(...words: string[]): Promise<string> {
  const state = process.env['CLUSTER_DIR'] ?? '';
  const [pid = ''] = readFileSync(join(state, 'pids/node'), 'utf8').split(' ');
  return run('nsenter', ['--target', pid, '--mount', '--pid', '--', ...words]);
}

/** The folder of a claim's volume. */
export async function folderOf(namespace: Namespace, claim: string): Promise<string> {
  const bound = await namespace.get<{ spec: { volumeName: string } }>('pvc', claim);
  const path = 'jsonpath={.spec.local.path}{.spec.hostPath.path}';
  return kubectl(['get', 'pv', bound.spec.volumeName, '-o', path]);
}

/** The names within a folder of the node. */
export async function listNames(folder: string): Promise<string[]> {
  return (await inNode('ls', folder)).split('\n').filter((name) => name !== '' && name !== 'lost+found');
}

/** Turns one bit in the middle of a file around; a second time it is as it was. */
export async function flipByte(file: string): Promise<void> {
  const script = `
    at=$(( $(stat -c %s "$1") / 2 ))
    byte=$(od -An -tu1 -j "$at" -N 1 "$1")
    printf "\\\\x$(printf %x $((byte ^ 1)))" | dd of="$1" bs=1 seek="$at" conv=notrunc status=none`;
  await inNode('bash', '-ec', script, 'flip', file);
}

/** A PersistentVolume with a file system of its own, which can become full. */
export interface SmallVolume {
  readonly folder: string;
  readonly list: () => Promise<string[]>;
  /** @param size as mount knows it, such as 24M */
  readonly resize: (size: string) => Promise<void>;
  readonly remove: () => Promise<void>;
}

/** Makes a small volume of the class `small` for a claim. */
export async function createSmallVolume(namespace: Namespace, claim: string, size: string): Promise<SmallVolume> {
  const name = `${namespace.name}-${claim}`;
  const folder = await mkdtemp(join(process.env['CLUSTER_DIR'] ?? '', 'volumes', 'small-'));
  await inNode('mount', '-t', 'tmpfs', '-o', `size=${size},mode=777`, 'small', folder);
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Gi' },
      claimRef: { namespace: namespace.name, name: claim },
      local: { path: folder },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'Exists' }] }],
        },
      },
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: 'small',
    },
  };
  await kubectl(['apply', '-f', '-'], stringify(volume));
  return {
    folder,
    list: () => listNames(folder),
    resize: async (next) => {
      await inNode('mount', '-o', `remount,size=${next}`, folder);
    },
    remove: async () => {
      await kubectl(['delete', 'pv', name, '--wait=false']);
      await inNode('umount', '-l', folder);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
