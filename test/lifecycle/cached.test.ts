// What stays of an object in the caches: nothing that is secret, and little of all else.

import { describe, expect, it } from 'vitest';
import type { StoredMySQL } from '../../src/cluster/kinds.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod, Secret } from '../../src/cluster/types.ts';
import {
  describeResource,
  keepClaim,
  keepIdentity,
  keepPod,
  keepResource,
  keepVolume,
} from '../../src/lifecycle/cached.ts';
import { claimsOfPod } from '../../src/lifecycle/claim-index.ts';
import { toClaim, toVolume } from '../../src/lifecycle/observe-storage.ts';
import { createSecretUsers } from '../../src/lifecycle/secret-users.ts';

const metadata = {
  name: 'x',
  namespace: 'shop',
  uid: 'u',
  resourceVersion: '7',
  creationTimestamp: '2026-01-01T00:00:00Z',
};

function mysql(name: string, secret?: string, more: object = {}): StoredMySQL {
  const spec = { image: 'mysql:9.7', database: 'shop', password: 'secret' };
  const reference = secret === undefined ? {} : { passwordSecretRef: { name: secret, key: 'password' } };
  const object: object = {
    apiVersion: 'otus.homework/v1',
    kind: 'MySQL',
    metadata: { ...metadata, name },
    spec: { ...spec, ...reference },
    ...more,
  };
  return object as StoredMySQL;
}

/** A pod with the label of the resource `shop`. */
function mounting(...claims: readonly string[]): Pod {
  const labels = { 'otus.homework/mysql': 'shop' };
  const volumes = claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } }));
  const spec = { containers: [], volumes: [...volumes, { name: 'config', configMap: { name: 'shop-config' } }] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, labels }, spec, status: {} };
}

describe('kept is', () => {
  it('of a pod that mounts what its label says who it is, and of any other one also its claims', () => {
    expect(keepPod(mounting('shop-pvc', 'backup-shop-pvc'))).not.toHaveProperty('spec');
    expect(claimsOfPod(keepPod(mounting('shop-pvc', 'till-pvc')))).toEqual([{ namespace: 'shop', name: 'till-pvc' }]);
  });

  it('of a Secret who it is and whose, without its values', () => {
    const labels = { 'otus.homework/mysql': 'shop', other: 'label' };
    const secret: object = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { ...metadata, labels },
      data: { a: 'c2VjcmV0' },
    };
    expect(keepIdentity(secret as Secret)).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { ...metadata, creationTimestamp: '', labels: { 'otus.homework/mysql': 'shop' } },
    });
  });

  it('of a volume and its claim all that a look makes of them, and no more', () => {
    const annotations = {
      'otus.homework/resource-uid': 'r',
      'pv.kubernetes.io/provisioned-by': 'p',
      other: 'annotation',
    };
    const volume: object = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { ...metadata, annotations },
      spec: {
        claimRef: { namespace: 'shop', name: 'x-pvc', uid: 'c', apiVersion: 'v1' },
        capacity: { storage: '1Gi' },
        persistentVolumeReclaimPolicy: 'Retain',
        storageClassName: 'fast',
        hostPath: { path: '/x' },
      },
      status: { phase: 'Bound', lastPhaseTransitionTime: '2026-01-02T00:00:00Z' },
    };
    const kept = keepVolume(volume as PersistentVolume);
    expect(toVolume(kept)).toEqual(toVolume(volume as PersistentVolume));
    expect(kept.metadata.annotations).not.toHaveProperty('other');
    const claim: object = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { ...metadata, deletionTimestamp: '2026-01-02T00:00:00Z' },
      spec: {
        volumeName: 'x',
        storageClassName: 'fast',
        resources: { requests: { storage: '1Gi' } },
        dataSource: { kind: 'VolumeSnapshot', name: 's' },
        accessModes: ['ReadWriteOnce'],
      },
      status: { phase: 'Bound', accessModes: ['ReadWriteOnce'] },
    };
    const keptClaim = keepClaim(claim as PersistentVolumeClaim);
    expect(toClaim(keptClaim)).toEqual(toClaim(claim as PersistentVolumeClaim));
    expect(JSON.stringify(keptClaim)).not.toContain('accessModes');
  });

  it('of a resource the Secret that it names, and what metrics tell; no password', () => {
    const deletion = {
      ...metadata,
      deletionTimestamp: '2026-01-02T00:00:00Z',
      finalizers: ['a', 'otus.homework/final-backup'],
    };
    const status = { lastBackup: { time: '2026-01-01T10:00:00Z' }, message: 'x' };
    const kept = keepResource(mysql('x', 'root', { metadata: deletion, status }));
    expect(JSON.stringify(kept)).not.toContain('"secret"');
    expect(describeResource(kept)).toEqual({
      namespace: 'shop',
      name: 'x',
      lastBackupAt: Date.parse('2026-01-01T10:00:00Z'),
      pendingSince: Date.parse('2026-01-02T00:00:00Z'),
    });
  });

  it('a resource that waits for others, not for us, is not pending', () => {
    const deletion = { ...metadata, deletionTimestamp: '2026-01-02T00:00:00Z', finalizers: ['another'] };
    expect(describeResource(keepResource(mysql('x', undefined, { metadata: deletion }))).pendingSince).toBeUndefined();
  });
});

describe('a Secret that git names', () => {
  it('concerns the resources that name it, and no others', () => {
    const users = createSecretUsers();
    users.note({ kind: 'added', object: mysql('a', 'root') });
    users.note({ kind: 'added', object: mysql('b', 'root') });
    users.note({ kind: 'added', object: mysql('c') });
    expect(users.of('shop', 'root')).toEqual(['shop/a', 'shop/b']);
    expect(users.of('other', 'root')).toEqual([]);
  });

  it('concerns them no more when they name another one, or are gone', () => {
    const users = createSecretUsers();
    users.note({ kind: 'added', object: mysql('a', 'root') });
    users.note({ kind: 'updated', object: mysql('a', 'new'), previous: mysql('a', 'root') });
    expect([users.of('shop', 'root'), users.of('shop', 'new')]).toEqual([[], ['shop/a']]);
    users.note({ kind: 'deleted', object: mysql('a', 'new') });
    expect(users.of('shop', 'new')).toEqual([]);
  });
});
