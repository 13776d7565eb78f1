// Which volumes name which claim. A volume that was seen to name a claim is not forgotten before it is gone. Pure but for what
// it remembers.

import { idOf } from '../cluster/kinds.ts';
import type { Change } from '../cluster/store.ts';
import type { PersistentVolume } from '../cluster/types.ts';
import type { VolumesOf } from './observe-storage.ts';

export interface VolumeIndex {
  readonly note: (change: Change<PersistentVolume>) => void;
  readonly of: (claim: Parameters<VolumesOf>[0]) => readonly string[];
}

export function createVolumeIndex(): VolumeIndex {
  const names = new Map<string, Set<string>>();
  return {
    note({ kind, object: { metadata, spec } }) {
      const { namespace, name = '' } = spec?.claimRef ?? {};
      if (name === '') return;
      const id = idOf({ namespace, name });
      const known = names.get(id) ?? new Set();
      if (kind === 'deleted') known.delete(metadata.name);
      else known.add(metadata.name);
      if (known.size > 0) names.set(id, known);
      else names.delete(id);
    },
    of: (claim) => [...(names.get(idOf(claim)) ?? [])],
  };
}
