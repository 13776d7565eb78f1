// `watch --render`: the watcher delivers what it renders, by server-side apply, so that the resource alone is enough. It
// writes only what is missing or differs, and nothing of a resource that is being deleted.

import { createHash } from 'node:crypto';
import { RESOURCE_LABEL, childNames } from '../api/names.ts';
import { isClusterError } from '../cluster/errors.ts';
import { KINDS, idOf, type Kind } from '../cluster/kinds.ts';
import { FIELD_MANAGER, type Manifest, type Objects } from '../cluster/objects.ts';
import type { PersistentVolumeClaim, StoredObject } from '../cluster/types.ts';
import { buildModel } from '../model/model.ts';
import { parseYaml } from '../parse/yaml.ts';
import { renderManifests } from '../render/manifests.ts';
import { contains } from './contains.ts';
import type { Observation } from './observe.ts';

/** What became of the rendered manifests. */
export interface Applied {
  /** Something was written: what was observed before is old. */
  readonly changed: boolean;
  /** What the API server refused, in its words. */
  readonly refusal?: string;
  /** Of the manifests that are all applied; for `status.renderedHash`. */
  readonly hash?: string;
}

/** Applies what is rendered for one resource after the other. */
export interface Applier {
  /** @param now milliseconds since 1970 */
  readonly apply: (objects: Objects, observation: Observation, now: number) => Promise<Applied>;
  readonly forget: (key: string) => void;
}

/** So often everything is compared although nothing tells of a difference. */
const COMPARE_MS = 600_000;
/** So often what was refused is tried again. */
const REFUSED_MS = 60_000;

interface Memory {
  readonly hash: string;
  readonly comparedAt: number;
  readonly refusal: string | undefined;
}

const NOTHING: Applied = { changed: false };

export function createApplier(): Applier {
  const memories = new Map<string, Memory>();
  return {
    forget: (key) => {
      memories.delete(key);
    },
    async apply(objects, observation, now) {
      const { key } = observation;
      if (!isToBeDelivered(observation)) return NOTHING;
      const manifests = renderObjects(observation);
      if (!manifests) return { changed: false, refusal: 'it cannot be rendered; kubectl mysql validate says why' };
      const hash = hashOf(manifests);
      const id = idOf(key);
      // After the first comparison by this process, or the word of an earlier one in the status.
      const memory = memories.get(id) ?? recall(observation, hash, now);
      if (memory && !isDue(memory, { observation, hash, now })) {
        return memory.refusal === undefined ? { changed: false, hash } : { changed: false, refusal: memory.refusal };
      }
      const isAsApplied = memory?.hash === hash && memory.refusal === undefined;
      const { changed, refusal } = await applyAll(objects, observation, { manifests, isAsApplied });
      memories.set(id, { hash, comparedAt: now, refusal });
      return refusal === undefined ? { changed, hash } : { changed, refusal };
    },
  };
}

/** Only what lives, is ours and has the finalizer: without it the resource could go and leave behind what is made now. */
function isToBeDelivered({ observed }: Observation): boolean {
  const { resource, definitionDeleting, namespaceTerminating } = observed;
  if (!resource?.managed || resource.deletedAt !== undefined) return false;
  return resource.hasFinalizer && !definitionDeleting && !namespaceTerminating;
}

/** Undefined for a resource that the API server accepted and that makes no sense to us. */
function renderObjects({ resource, key }: Observation): readonly Manifest[] | undefined {
  if (!resource) return undefined;
  try {
    const [, ...children] = renderManifests(buildModel(resource, key.namespace));
    return children.map(({ yaml }) => parseYaml(yaml) as Manifest);
  } catch {
    // What is thrown may repeat a value of the resource.
    return undefined;
  }
}

function hashOf(manifests: readonly Manifest[]): string {
  return createHash('sha256').update(JSON.stringify(manifests)).digest('hex');
}

/** What an earlier watcher applied. */
function recall({ resource }: Observation, hash: string, now: number): Memory | undefined {
  return resource?.status?.['renderedHash'] === hash ? { hash, comparedAt: now, refusal: undefined } : undefined;
}

/** Something of it differs for sure, or it was not compared for a while. */
function isDue(
  { hash, comparedAt, refusal }: Memory,
  now: { readonly observation: Observation; readonly hash: string; readonly now: number },
): boolean {
  if (hash !== now.hash || now.now - comparedAt >= COMPARE_MS) return true;
  if (refusal !== undefined) return now.now - comparedAt >= REFUSED_MS;
  const { data, backup, statefulSet } = now.observation.observed;
  return data.claim === undefined || backup.claim === undefined || statefulSet === undefined;
}

/** What is delivered. */
interface Delivery {
  readonly manifests: readonly Manifest[];
  /** The very same was applied before: what holds all of it needs no write. */
  readonly isAsApplied: boolean;
}

async function applyAll(
  objects: Objects,
  observation: Observation,
  { manifests, isAsApplied }: Delivery,
): Promise<Pick<Applied, 'changed' | 'refusal'>> {
  let changed = false;
  let refusal: string | undefined;
  for (const manifest of manifests) {
    try {
      if (!(await applyOne(objects, observation, { manifest, isAsApplied }))) continue;
      changed = true;
    } catch (error) {
      // The others are applied all the same: a claim that cannot shrink must not keep a configuration back.
      refusal ??= explainRefusal(manifest, error);
    }
  }
  const removed = await removeLeftovers(objects, observation, manifests);
  return { changed: changed || removed, ...(refusal === undefined ? {} : { refusal }) };
}

/** @throws what is no refusal: the round is repeated */
function explainRefusal({ kind, metadata }: Manifest, error: unknown): string {
  if (!isClusterError(error, 'Invalid', 'Forbidden', 'NotFound')) throw error;
  return `${kind} ${metadata.name ?? ''} is refused: ${error.message}`;
}

/**
 * Whether it was changed. A manifest that is new is always applied: only the API server knows which fields an earlier one had
 * that this one has not.
 */
async function applyOne(
  objects: Objects,
  observation: Observation,
  { manifest, isAsApplied }: { readonly manifest: Manifest; readonly isAsApplied: boolean },
): Promise<boolean> {
  const kind = kindOf(manifest);
  const key = { namespace: manifest.metadata.namespace, name: manifest.metadata.name ?? '' };
  const live = await objects.find(kind, key);
  if (live && (isUnready(live) || (isAsApplied && contains(live, manifest)))) return false;
  // A child that is made anew must not outlive a resource that is deleted at this moment.
  if (!live && (await isGoing(objects, observation))) return false;
  const { metadata } = await objects.apply(kind, manifest);
  return metadata.resourceVersion !== live?.metadata.resourceVersion;
}

function kindOf({ kind }: Manifest): Kind {
  const known: Readonly<Record<string, Kind>> = KINDS;
  const found = known[kind];
  if (!found) throw new Error(`${kind} is rendered and not known`);
  return found;
}

/** An object that goes, or a claim that is not bound yet, may not be changed; the latter may be one that we made smaller. */
function isUnready(live: StoredObject): boolean {
  if (live.metadata.deletionTimestamp !== undefined) return true;
  return live.kind === 'PersistentVolumeClaim' && (live as PersistentVolumeClaim).status?.phase !== 'Bound';
}

async function isGoing(objects: Objects, { key, resource }: Observation): Promise<boolean> {
  const live = await objects.find(KINDS.MySQL, key);
  return live?.metadata.uid !== resource?.metadata.uid || live?.metadata.deletionTimestamp !== undefined;
}

/** What is not rendered any more and was applied by us. */
async function removeLeftovers(
  objects: Objects,
  { key }: Observation,
  manifests: readonly Manifest[],
): Promise<boolean> {
  const { namespace, name } = key;
  const names = childNames(name);
  const optional: (readonly [Kind, string])[] = [
    [KINDS.NetworkPolicy, names.server],
    [KINDS.Secret, names.rootSecret],
  ];
  let removed = false;
  for (const [kind, child] of optional) {
    if (manifests.some((manifest) => manifest.kind === kind.kind && manifest.metadata.name === child)) continue;
    // A read of its own: what many share comes without who wrote it.
    const live = await objects.find(kind, { namespace, name: child }, {});
    if (!live || live.metadata.labels?.[RESOURCE_LABEL] !== name || !isAppliedByUs(live)) continue;
    await objects.delete(kind, { namespace, name: child }, { uid: live.metadata.uid });
    removed = true;
  }
  return removed;
}

function isAppliedByUs({ metadata }: StoredObject): boolean {
  const { managedFields = [] } = metadata as {
    readonly managedFields?: readonly { readonly manager?: string; readonly operation?: string }[];
  };
  return managedFields.some(({ manager, operation }) => manager === FIELD_MANAGER && operation === 'Apply');
}
