// Writes the status of a resource.

import { isDeepStrictEqual } from 'node:util';
import { isClusterError } from '../cluster/errors.ts';
import { KINDS, type NamespacedKey, type StoredMySQL } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import type { Decision } from './actions.ts';
import { buildStatus } from './conditions.ts';
import { mergePatch } from './merge-patch.ts';
import type { Observation } from './observe.ts';

/**
 * Writes only what changed; a resource without the finalizer is not ours to write to.
 *
 * @param told what was delivered with `--render`, and the API server's time in milliseconds since 1970
 * @throws ClusterError what the API server refuses; that the resource is gone is no failure
 */
export async function writeStatus(
  objects: Objects,
  { key, observed, resource }: Observation,
  decision: Decision,
  told: { readonly hash?: string | undefined; readonly now: number },
): Promise<void> {
  if (!resource || !observed.resource?.managed) return;
  const { hash, now } = told;
  const earlier = resource.status ?? {};
  const facts = hash === undefined ? {} : { renderedHash: hash };
  const status = { ...buildStatus({ observed, decision, earlier, now }), ...facts };
  await patchStatus(objects, key, resource, status);
}

/**
 * Makes this the status of a resource, if it is another one.
 *
 * @throws ClusterError what the API server refuses; that the resource is gone is no failure
 */
export async function patchStatus(
  objects: Objects,
  key: NamespacedKey,
  { metadata: { uid }, status: earlier = {} }: StoredMySQL,
  status: NonNullable<StoredMySQL['status']>,
): Promise<void> {
  if (isDeepStrictEqual(earlier, status)) return;
  try {
    const body = { status: mergePatch(earlier, status) };
    await objects.patch(KINDS.MySQL, key, { kind: 'merge', body }, { uid, subresource: 'status' });
  } catch (error) {
    if (!isClusterError(error, 'NotFound')) throw error;
  }
}
