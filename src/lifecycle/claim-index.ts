// Which objects name which claim. What was seen to name a claim is not forgotten before it is gone. Pure but for what it
// remembers.

import { KeyMap } from '../cluster/key-map.ts';
import type { NamespacedKey } from '../cluster/kinds.ts';
import type { Change } from '../cluster/store.ts';
import type { PersistentVolume, Pod, StoredObject } from '../cluster/types.ts';

export interface ClaimIndex<T> {
  readonly note: (change: Change<T>) => void;
  /** The names of the objects that name a claim. */
  readonly of: (claim: NamespacedKey) => readonly string[];
}

/** @param claimsOf the claims that an object names */
export function createClaimIndex<T extends StoredObject>(
  claimsOf: (object: T) => readonly NamespacedKey[],
): ClaimIndex<T> {
  // Nearly always one object names a claim.
  const names = new KeyMap<readonly string[]>();
  return {
    note({ kind, object }) {
      const { name } = object.metadata;
      for (const claim of claimsOf(object)) {
        const others = (names.get(claim) ?? []).filter((other) => other !== name);
        const known = kind === 'deleted' ? others : [...others, name];
        if (known.length > 0) names.set(claim, known);
        else names.delete(claim);
      }
    },
    of: (claim) => names.get(claim) ?? [],
  };
}

/** The claim that a volume is bound to, or reserved for. */
export function claimOfVolume({ spec }: PersistentVolume): readonly NamespacedKey[] {
  const { namespace = '', name = '' } = spec?.claimRef ?? {};
  return name === '' ? [] : [{ namespace, name }];
}

/** The claims that a pod mounts. */
export function claimsOfPod({ metadata: { namespace = '' }, spec }: Pod): readonly NamespacedKey[] {
  return (spec?.volumes ?? []).flatMap(({ persistentVolumeClaim }) =>
    persistentVolumeClaim ? [{ namespace, name: persistentVolumeClaim.claimName }] : [],
  );
}
