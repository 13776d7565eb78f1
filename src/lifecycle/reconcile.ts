// One round for one resource: look, decide, tell, act. It may be cut off anywhere; the next round starts from what is.

import { isDeepStrictEqual } from 'node:util';
import { isClusterError } from '../cluster/errors.ts';
import { KINDS } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import type { Decision } from './actions.ts';
import { buildStatus } from './conditions.ts';
import { decide } from './decide.ts';
import { execute } from './execute.ts';
import { observe, type Observation, type ResourceKey } from './observe.ts';

/** Dependencies of a round. */
export interface ReconcileContext {
  readonly objects: Objects;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onDecision?: (key: ResourceKey, decision: Decision) => void;
}

/** So often a resource that waits for something is looked at although nothing told of a change. */
const WAITING_MS = 5_000;
const AT_REST_MS = 60_000;

/**
 * Carries out one round.
 *
 * @returns after how many milliseconds the resource wants to be looked at again
 * @throws ClusterError what the API server refuses; Conflict only means that something changed meanwhile
 */
export async function reconcile(key: ResourceKey, context: ReconcileContext): Promise<number> {
  const { objects } = context;
  const now = context.now();
  const observation = await observe(objects, key, now);
  const decision = decide(observation.observed, now);
  context.onDecision?.(key, decision);
  await writeStatus(observation, decision, context, now);
  for (const action of decision.actions) {
    await execute(action, observation, { objects, now: new Date(now).toISOString() });
  }
  if (decision.actions.length > 0) return decision.again ?? 0;
  return Math.min(decision.again ?? Infinity, decision.progress === 'Ready' ? AT_REST_MS : WAITING_MS);
}

/** Writes only what changed; a resource without the finalizer is not ours to write to. */
async function writeStatus(
  { key, resource, observed }: Observation,
  decision: Decision,
  { objects }: ReconcileContext,
  now: number,
): Promise<void> {
  if (!resource || !observed.resource?.managed) return;
  const earlier = resource.status ?? {};
  const status = buildStatus({ observed, decision, earlier, now });
  if (isDeepStrictEqual(earlier, status)) return;
  try {
    const { uid } = resource.metadata;
    await objects.patch(KINDS.MySQL, key, { kind: 'merge', body: { status } }, { uid, subresource: 'status' });
  } catch (error) {
    if (!isClusterError(error, 'NotFound')) throw error;
  }
}
