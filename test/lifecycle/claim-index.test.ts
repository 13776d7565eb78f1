import { expect, it } from 'vitest';
import type { Change } from '../../src/cluster/store.ts';
import type { PersistentVolume } from '../../src/cluster/types.ts';
import { claimOfVolume, createClaimIndex } from '../../src/lifecycle/claim-index.ts';

const CLAIM = { namespace: 'shops', name: 'shop-pvc' };

function changed(kind: 'added' | 'deleted', name: string, claimRef?: typeof CLAIM): Change<PersistentVolume> {
  const metadata = { name, uid: name, resourceVersion: '1', creationTimestamp: '' };
  const spec = claimRef === undefined ? {} : { claimRef };
  return { kind, object: { apiVersion: 'v1', kind: 'PersistentVolume', metadata, spec, status: {} } };
}

it('names each volume of a claim once, until it is gone', () => {
  const index = createClaimIndex(claimOfVolume);
  index.note(changed('added', 'one', CLAIM));
  index.note(changed('added', 'two', CLAIM));
  index.note(changed('added', 'one', CLAIM));
  index.note(changed('added', 'other', { namespace: 'tills', name: 'shop-pvc' }));
  expect([...index.of(CLAIM)].sort()).toEqual(['one', 'two']);
  index.note(changed('deleted', 'one', CLAIM));
  expect(index.of(CLAIM)).toEqual(['two']);
  index.note(changed('deleted', 'two', CLAIM));
  expect(index.of(CLAIM)).toEqual([]);
});

it('does not forget a volume whose claim was taken off it', () => {
  const index = createClaimIndex(claimOfVolume);
  index.note(changed('added', 'one', CLAIM));
  index.note(changed('added', 'one'));
  expect(index.of(CLAIM)).toEqual(['one']);
});
