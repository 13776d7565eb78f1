// Objects of one resource as the API server has them.

import { FINALIZER, RESOURCE_UID_ANNOTATION } from '../../src/api/names.ts';
import type { StoredObject } from '../../src/cluster/types.ts';

export const TIME = '2026-11-23T10:00:00Z';
export const NOW = Date.parse(TIME) + 5_000;

export function object(kind: string, name: string, body: object = {}, metadata: object = {}): StoredObject {
  const identity = { name, uid: `${name}-uid`, resourceVersion: '1', creationTimestamp: TIME };
  return { apiVersion: 'v1', kind, metadata: { ...identity, ...metadata }, ...body };
}

function claim(name: string): StoredObject {
  const spec = { volumeName: `pvc-${name}-uid`, storageClassName: 'fast', resources: { requests: { storage: '1Gi' } } };
  return object('PersistentVolumeClaim', name, { spec, status: { phase: 'Bound' } });
}

export function volume(name: string, claimName: string, owner: string, claimUid = `${claimName}-uid`): StoredObject {
  const claimRef = { namespace: 'a', name: claimName, uid: claimUid };
  const spec = {
    claimRef,
    storageClassName: 'fast',
    capacity: { storage: '1Gi' },
    persistentVolumeReclaimPolicy: 'Retain',
  };
  const annotations = { 'pv.kubernetes.io/provisioned-by': 'x', [RESOURCE_UID_ANNOTATION]: owner };
  return object('PersistentVolume', name, { spec, status: { phase: 'Bound' } }, { annotations });
}

/** A resource whose two new volumes are made safe: what is missing is the gate. */
export const BEFORE_GATE = [
  object(
    'MySQL',
    'shop',
    { spec: { image: 'mysql:8.4', database: 'shop', password: 'x', storage_size: '1Gi' } },
    { finalizers: [FINALIZER], generation: 1 },
  ),
  claim('shop-pvc'),
  claim('backup-shop-pvc'),
  volume('pvc-shop-pvc-uid', 'shop-pvc', 'shop-uid'),
  volume('pvc-backup-shop-pvc-uid', 'backup-shop-pvc', 'shop-uid'),
];
/** Which volumes name each claim. */
export const VOLUMES: Readonly<Record<string, string[]>> = {
  'shop-pvc': ['pvc-shop-pvc-uid'],
  'backup-shop-pvc': ['pvc-backup-shop-pvc-uid'],
};

/** The server's pod, or another one that mounts the data claim. */
export function pod(name: string, phase: string, isReady = false): StoredObject {
  return object('Pod', name, {
    spec: {
      containers: [{ name: 'mysql', image: 'mysql:8.4' }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'shop-pvc' } }],
    },
    status: { phase, conditions: isReady ? [{ type: 'Ready', status: 'True' }] : [] },
  });
}

/** What a resource at rest has besides. */
export const AT_REST = [
  ...BEFORE_GATE,
  object('ConfigMap', 'shop-gate', { data: { expect: 'data', claim: 'shop-pvc-uid' } }),
  object('Secret', 'shop-active', { data: { current: Buffer.from('x').toString('base64') } }),
  object('StatefulSet', 'shop'),
  pod('shop-0', 'Running', true),
];
