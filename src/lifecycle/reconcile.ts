// One round for one resource: look, decide, tell, act. It may be cut off anywhere; the next round starts from what is.

import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../cluster/clock.ts';
import { isClusterError } from '../cluster/errors.ts';
import { KINDS } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import type { Decision } from './actions.ts';
import type { Applied, Applier } from './apply-rendered.ts';
import { buildStatus } from './conditions.ts';
import { decide } from './decide.ts';
import { execute } from './execute.ts';
import { mergePatch } from './merge-patch.ts';
import type { Refusals } from './refusals.ts';
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
  /** The API server's time, in milliseconds since 1970. */
  readonly now: () => number;
  /** What earlier rounds were refused. */
  readonly refusals: Refusals;
  /** With it what is rendered is delivered. */
  readonly applier?: Applier | undefined;
  /** Called when the status is written, and before the first action. */
  readonly onRound?: (round: Round) => void;
}

/**
 * Carries out one round.
 *
 * @throws ClusterError what the API server refuses; Conflict only means that something changed meanwhile
 */
export async function reconcile(key: ResourceKey, context: ReconcileContext): Promise<Round> {
  const { refusals } = context;
  const now = context.now();
  const { observation, applied } = await observeDelivered(key, context, now);
  const decided = tellRefusal(decide(observation.observed, now), applied);
  const id = `${key.namespace}/${key.name}`;
  const round = { key, observation, decision: refusals.tell(id, decided) };
  await writeStatus(round, applied, context, now);
  context.onRound?.(round);
  try {
    await carryOut(round, context, now);
    refusals.note(id, decided, undefined);
  } catch (error) {
    refusals.note(id, decided, error);
    throw error;
  }
  return round;
}

async function carryOut(
  { decision, observation }: Round,
  { objects, clock }: ReconcileContext,
  now: number,
): Promise<void> {
  for (const action of decision.actions) {
    await execute(action, observation, { objects, clock, now: new Date(now).toISOString() });
  }
}

/** With `--render` what is rendered is delivered first, and then everything looked at again. */
async function observeDelivered(
  key: ResourceKey,
  { objects, applier }: ReconcileContext,
  now: number,
): Promise<{ readonly observation: Observation; readonly applied: Applied }> {
  const observation = await observe(objects, key, now);
  const applied = (await applier?.apply(objects, observation, now)) ?? { changed: false };
  return { observation: applied.changed ? await observe(objects, key, now) : observation, applied };
}

/** A refusal is told when there is nothing else to do: it must not keep data from being made safe. */
function tellRefusal(decision: Decision, { refusal }: Applied): Decision {
  if (refusal === undefined || decision.actions.length > 0) return decision;
  return { ...decision, progress: 'Stalled', reason: 'ApplyRefused', message: refusal };
}

/** Writes only what changed; a resource without the finalizer is not ours to write to. */
async function writeStatus(
  { key, observation, decision }: Round,
  { hash }: Applied,
  { objects }: ReconcileContext,
  now: number,
): Promise<void> {
  const { resource, observed } = observation;
  if (!resource || !observed.resource?.managed) return;
  const earlier = resource.status ?? {};
  const facts = hash === undefined ? {} : { renderedHash: hash };
  const status = { ...buildStatus({ observed, decision, earlier, now }), ...facts };
  if (isDeepStrictEqual(earlier, status)) return;
  try {
    const { uid } = resource.metadata;
    const body = { status: mergePatch(earlier, status) };
    await objects.patch(KINDS.MySQL, key, { kind: 'merge', body }, { uid, subresource: 'status' });
  } catch (error) {
    if (!isClusterError(error, 'NotFound')) throw error;
  }
}
