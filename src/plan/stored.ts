// A resource of a cluster as the earlier form of one in git: without what only the cluster put on it.

import type { MySQLResource } from '../api/resource.ts';
import { buildModel } from '../model/model.ts';
import { isObject, type JsonObject } from '../parse/source.ts';
import type { PlannedResource } from './side.ts';

/** A resource as the API server has it. */
export interface StoredResource extends MySQLResource {
  readonly status?: JsonObject;
}

/**
 * Reads a stored resource.
 *
 * @param wanted its form in git
 * @param applied what `kubectl apply` applied last
 */
export function readStored(stored: StoredResource, wanted: PlannedResource, applied: unknown): PlannedResource {
  const { metadata } = wanted.resource;
  const maps = (['labels', 'annotations'] as const).flatMap((field) => {
    const known = keptOf(stored.metadata[field] ?? {}, [metadata[field], fieldOf(applied, field)]);
    return metadata[field] === undefined && Object.keys(known).length === 0 ? [] : [[field, known] as const];
  });
  const { ownerReferences } = metadata;
  const finalizers = keptFinalizers(stored, metadata.finalizers, applied);
  const resource: MySQLResource = {
    apiVersion: stored.apiVersion,
    kind: stored.kind,
    metadata: {
      name: metadata.name,
      namespace: wanted.model.namespace,
      ...Object.fromEntries(maps),
      ...(finalizers ? { finalizers } : {}),
      ...(ownerReferences ? { ownerReferences } : {}),
    },
    spec: stored.spec,
  };
  const runningImage = imageOf(stored.status);
  return {
    resource,
    model: buildModel(resource, wanted.model.namespace),
    file: 'the cluster',
    line: 1,
    positionOf: () => ({ line: 1, column: 1 }),
    ...(runningImage === undefined ? {} : { runningImage }),
  };
}

/** Labels and annotations that git has, or had; the others are somebody else's. */
function keptOf(
  stored: Readonly<Record<string, string>>,
  known: readonly (Readonly<Record<string, unknown>> | undefined)[],
): Record<string, string> {
  return Object.fromEntries(Object.entries(stored).filter(([key]) => known.some((map) => map?.[key] !== undefined)));
}

/** Finalizers that git has, or had; the watcher's own is not git's matter. */
function keptFinalizers(
  { metadata: { finalizers = [] } }: StoredResource,
  wanted: readonly string[] | undefined,
  applied: unknown,
): readonly string[] | undefined {
  const metadata = isObject(applied) ? applied['metadata'] : undefined;
  const earlier: unknown = isObject(metadata) ? metadata['finalizers'] : undefined;
  const known: readonly unknown[] = [...(wanted ?? []), ...(Array.isArray(earlier) ? (earlier as unknown[]) : [])];
  const kept = finalizers.filter((each) => known.includes(each));
  return wanted === undefined && kept.length === 0 ? undefined : kept;
}

function fieldOf(applied: unknown, field: string): Readonly<Record<string, unknown>> | undefined {
  const metadata = isObject(applied) ? applied['metadata'] : undefined;
  const map = isObject(metadata) ? metadata[field] : undefined;
  return isObject(map) ? map : undefined;
}

/** The data is of the server that was last Ready, whatever git has asked for since. */
function imageOf(status: JsonObject | undefined): string | undefined {
  const server = status?.['server'];
  const image = isObject(server) ? server['image'] : undefined;
  return typeof image === 'string' ? image : undefined;
}
