// Which volumes name which claim. A volume that was seen to name a claim is not forgotten before it is gone. Pure but for what
// it remembers.

import { KeyMap } from '../cluster/key-map.ts';
import type { Change } from '../cluster/store.ts';
import type { PersistentVolume } from '../cluster/types.ts';
import type { VolumesOf } from './observe-storage.ts';

export interface VolumeIndex {
  readonly note: (change: Change<PersistentVolume>) => void;
  readonly of: (claim: Parameters<VolumesOf>[0]) => readonly string[];
}

export function createVolumeIndex(): VolumeIndex {
  // Nearly always one volume names a claim.
  const names = new KeyMap<readonly string[]>();
  return {
    note({ kind, object: { metadata, spec } }) {
      const { namespace, name = '' } = spec?.claimRef ?? {};
      if (name === '') return;
      const claim = { namespace, name };
      const others = (names.get(claim) ?? []).filter((volume) => volume !== metadata.name);
      const known = kind === 'deleted' ? others : [...others, metadata.name];
      if (known.length > 0) names.set(claim, known);
      else names.delete(claim);
    },
    of: (claim) => names.get(claim) ?? [],
  };
}
