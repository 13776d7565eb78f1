// What the API server would make of objects, by server-side apply as a dry run: nothing is written.

import { findKind, type Kind } from '../cluster/kinds.ts';
import type { Manifest as AppliedManifest } from '../cluster/objects.ts';
import { FIELD_MANAGER } from '../cluster/objects.ts';
import { isClusterError, type ClusterError } from '../cluster/errors.ts';
import type { StoredObject } from '../cluster/types.ts';
import { parseYaml } from '../parse/yaml.ts';
import { takeAway } from '../plan/take-away.ts';
import type { Manifest } from '../render/manifests.ts';
import { LAST_APPLIED_ANNOTATION } from '../api/names.ts';
import type { Cluster } from './open-cluster.ts';

/** One object: as it is, and as it would be. */
export interface Rehearsal {
  readonly manifest: Manifest;
  readonly namespace: string;
  /** Undefined when it is not there. */
  readonly live: StoredObject | undefined;
  /** Undefined when the API server refuses. */
  readonly merged: unknown;
  readonly refusal?: ClusterError;
}

/** So many objects are asked about at once. */
const WIDTH = 12;

/** Asks about all objects, in their order. Refusals are part of the answer; what fails otherwise ends the command. */
export async function rehearse(
  cluster: Cluster,
  manifests: readonly Manifest[],
  fieldManager: string | undefined,
): Promise<Rehearsal[]> {
  const answers: Rehearsal[] = [];
  const kinds = new Map<string, Promise<Kind>>();
  for (let at = 0; at < manifests.length; at += WIDTH) {
    const some = manifests.slice(at, at + WIDTH);
    answers.push(...(await Promise.all(some.map((each) => rehearseOne(cluster, each, { kinds, fieldManager })))));
  }
  return answers;
}

interface Asked {
  readonly kinds: Map<string, Promise<Kind>>;
  readonly fieldManager: string | undefined;
}

async function rehearseOne(
  { connection, objects, namespace: given }: Cluster,
  manifest: Manifest,
  { kinds, fieldManager }: Asked,
): Promise<Rehearsal> {
  const { apiVersion, kind: name } = manifest;
  const id = `${apiVersion}/${name}`;
  const asked = kinds.get(id) ?? findKind(connection, apiVersion, name);
  kinds.set(id, asked);
  const kind = await asked;
  const wanted = placeWithin(parseYaml(manifest.yaml) as AppliedManifest, kind, given);
  const namespace = kind.namespaced ? (wanted.metadata.namespace ?? '') : '';
  const live = await objects.find(kind, { namespace, name: manifest.name });
  try {
    const manager = fieldManager ?? managerOf(live) ?? FIELD_MANAGER;
    const merged = await objects.apply(kind, wanted, { dryRun: true, fieldManager: manager });
    return { manifest, namespace, live, merged: takeAway(merged, lastAppliedOf(live), wanted) };
  } catch (error) {
    if (!isClusterError(error, 'Invalid', 'Forbidden', 'NotFound', 'Conflict')) throw error;
    return { manifest, namespace, live, merged: undefined, refusal: error };
  }
}

/** As `kubectl apply` does: what names no namespace goes to the one of -n, or of the context. */
function placeWithin(manifest: AppliedManifest, { namespaced }: Kind, namespace = 'default'): AppliedManifest {
  if (!namespaced || manifest.metadata.namespace !== undefined) return manifest;
  return { ...manifest, metadata: { ...manifest.metadata, namespace } };
}

/** Whoever applied the object by server-side apply owns our label; in another name nothing would ever be taken away. */
function managerOf(live: StoredObject | undefined): string | undefined {
  const fields = (live?.metadata.managedFields ?? []) as readonly {
    readonly manager?: string;
    readonly operation?: string;
    readonly fieldsV1?: unknown;
  }[];
  const owns = (value: unknown): boolean =>
    JSON.stringify(value ?? {}).includes('"f:app.kubernetes.io/managed-by"') || live?.kind === 'MySQL';
  return fields.find(({ operation, fieldsV1 }) => operation === 'Apply' && owns(fieldsV1))?.manager;
}

/** What `kubectl apply` remembers of its last time: only by this it knows what to take away. */
function lastAppliedOf(live: StoredObject | undefined): unknown {
  const text = live?.metadata.annotations?.[LAST_APPLIED_ANNOTATION];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
