// One round for one resource: look, decide, tell, act. It may be cut off anywhere; the next round starts from what is.

import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../cluster/clock.ts';
import { isClusterError } from '../cluster/errors.ts';
import { KINDS } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import type { Decision } from './actions.ts';
import { buildStatus } from './conditions.ts';
import { decide } from './decide.ts';
import { execute } from './execute.ts';
import { mergePatch } from './merge-patch.ts';
import { observe, type Observation, type ResourceKey } from './observe.ts';

/** What a round saw and what it is about to do. */
export interface Round {
  readonly key: ResourceKey;
  readonly observation: Observation;
  readonly decision: Decision;
}

/** Dependencies of a round. */
export interface ReconcileContext {
  readonly objects: Objects;
  readonly clock: Clock;
  /** Called when the status is written, and before the first action. */
  readonly onRound?: (round: Round) => void;
}

/**
 * Carries out one round.
 *
 * @throws ClusterError what the API server refuses; Conflict only means that something changed meanwhile
 */
export async function reconcile(key: ResourceKey, context: ReconcileContext): Promise<Round> {
  const { objects, clock } = context;
  const now = clock.now();
  const observation = await observe(objects, key, now);
  const decision = decide(observation.observed, now);
  const round = { key, observation, decision };
  await writeStatus(observation, decision, context, now);
  context.onRound?.(round);
  for (const action of decision.actions) {
    await execute(action, observation, { objects, clock, now: new Date(now).toISOString() });
  }
  return round;
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
    const body = { status: mergePatch(earlier, status) };
    await objects.patch(KINDS.MySQL, key, { kind: 'merge', body }, { uid, subresource: 'status' });
  } catch (error) {
    if (!isClusterError(error, 'NotFound')) throw error;
  }
}
