// Makes a claim for a volume that holds data, in the place of one that is gone or bound elsewhere.

import { sleep, type Clock } from '../cluster/clock.ts';
import { KINDS } from '../cluster/kinds.ts';
import type { Manifest, Objects } from '../cluster/objects.ts';
import { buildModel, type Model } from '../model/model.ts';
import { compareQuantities, parseQuantity } from '../parse/quantity.ts';
import { parseYaml } from '../parse/yaml.ts';
import { renderManifests } from '../render/manifests.ts';
import type { Observation } from './observe.ts';

/** A claim that nothing has open is gone within a second. */
const GONE_TRIES = 50;
const GONE_INTERVAL_MS = 100;

/** A claim that somebody else makes first, or that something still holds, is looked at in the next round. */
export async function replaceClaim(
  { objects, clock }: { readonly objects: Objects; readonly clock: Clock },
  observation: Observation,
  { name, uid, volume }: { readonly name: string; readonly uid: string; readonly volume: string },
): Promise<void> {
  const key = { namespace: observation.key.namespace, name };
  await objects.delete(KINDS.PersistentVolumeClaim, key, { uid });
  for (let tries = 0; tries < GONE_TRIES; tries += 1) {
    const claim = await objects.find(KINDS.PersistentVolumeClaim, key);
    if (!claim) {
      await makeClaim(objects, observation, { name, volume });
      return;
    }
    if (claim.metadata.uid !== uid) return;
    await sleep(clock, GONE_INTERVAL_MS, new AbortController().signal);
  }
}

/** The claim as it is rendered, but bound to this volume, and never larger than it. */
export async function makeClaim(
  objects: Objects,
  observation: Observation,
  { name, volume }: { readonly name: string; readonly volume: string },
): Promise<void> {
  const model = modelOf(observation);
  const { spec } = await objects.get(KINDS.PersistentVolume, { name: volume });
  const rendered = renderManifests(model).find(
    (manifest) => manifest.kind === 'PersistentVolumeClaim' && manifest.name === name,
  );
  const claim = parseYaml(rendered?.yaml ?? '') as Manifest & { readonly spec: object };
  const { size } = name === model.names.dataClaim ? model.data : model.backup;
  const storage = smaller(size, spec?.capacity?.['storage'] ?? size);
  const bound = {
    volumeName: volume,
    storageClassName: spec?.storageClassName ?? '',
    resources: { requests: { storage } },
  };
  const manifest: Manifest = { ...claim, spec: { ...claim.spec, ...bound } } as Manifest;
  await objects.create(KINDS.PersistentVolumeClaim, manifest);
}

/** A claim that asks for more is not bound; one that asks for more than git does would block its delivery. */
function smaller(wanted: string, capacity: string): string {
  const [size, limit] = [parseQuantity(wanted), parseQuantity(capacity)];
  return size && limit && compareQuantities(size, limit) > 0 ? capacity : wanted;
}

/** The model of a resource that the API server has validated. */
function modelOf({ resource, key }: Observation): Model {
  if (!resource) throw new Error(`${key.name}: an action without its resource`);
  return buildModel(resource, key.namespace);
}
