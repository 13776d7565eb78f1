// One round for one resource: look, decide, tell, act. It may be cut off anywhere; the next round starts from what is.

import { ageOf, readMoment, type Clock, type Moment } from '../cluster/clock.ts';
import { idOf, type NamespacedKey } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import type { Action, Decision } from './actions.ts';
import type { Applied, Applier } from './apply-rendered.ts';
import { decide } from './decide.ts';
import { execute } from './execute.ts';
import { refuseLateWrites } from './fresh-writes.ts';
import { isLearnable, learn } from './learn.ts';
import type { VolumesOf } from './observe-storage.ts';
import { observe, type Observation } from './observe.ts';
import type { StraysOf } from './observe-pods.ts';
import type { Known } from './read-ahead.ts';
import type { Refusals } from './refusals.ts';
import { STOPS, isSure } from './sure.ts';
import { writeStatus } from './write-status.ts';

/** What a round saw and what it is about to do. */
export interface Round {
  readonly key: NamespacedKey;
  readonly observation: Observation;
  readonly decision: Decision;
  /** When the look began. */
  readonly seenAt: Moment;
  /** What follows is done in the same round, and told by its status. */
  readonly isStep?: boolean;
}

/** A round goes on with what the API server answers for so long; then everything is looked at again. */
const GOES_ON_MS = 2_000;
const MOST_STEPS = 4;
/**
 * A process that was held up for longer may not act on what it saw: others have taken its place, and the whole life of a
 * resource may have passed meanwhile. A look is a handful of calls one after the other, which take a second.
 */
const OLD_MS = 120_000;

/** Dependencies of a round. */
export interface ReconcileContext {
  readonly objects: Objects;
  readonly clock: Clock;
  /** The API server's time, in milliseconds since 1970. */
  readonly now: () => number;
  /** What earlier rounds were refused. */
  readonly refusals: Refusals;
  readonly volumesOf?: VolumesOf;
  readonly straysOf?: StraysOf;
  /** What watches have told. */
  readonly known?: Known;
  /** Whether others may have taken our place; never by default. */
  readonly isDeposed?: (() => boolean) | undefined;
  /** With it what is rendered is delivered. */
  readonly applier?: Applier | undefined;
  /** Called when the status is written and before the first action, and before each step on the way. */
  readonly onRound?: (round: Round) => void;
}

/**
 * Carries out one round.
 *
 * @throws ClusterError what the API server refuses; Conflict only means that something changed meanwhile
 */
export async function reconcile(key: NamespacedKey, context: ReconcileContext): Promise<Round> {
  const { observation, seenAt, applied } = await observeDelivered(key, context, context.now());
  const look = (seen: Observation, since: Moment): Round => ({
    key,
    observation: seen,
    seenAt: since,
    decision: tellRefusal(decide(seen.observed, context.now()), applied),
  });
  const makeSure = async (round: Round): Promise<Round> => {
    if (isSure(round)) return round;
    const since = readMoment(context.clock);
    return look(await lookAtAll(key, context), since);
  };
  const lookedAt = readMoment(context.clock);
  let round = await makeSure(look(observation, seenAt));
  for (let steps = 0; steps < MOST_STEPS && goesOn(round, context); steps += 1) {
    const next = look(await takeStep(round, context), round.seenAt);
    const isLate = ageOf(lookedAt, context.clock) > GOES_ON_MS;
    // Which pods there are was read while the gate was open: that is enough to stop a server, and for nothing else.
    if (isLate || (isStopping(round) && !isStopping(next))) return round;
    round = await makeSure(next);
  }
  return conclude(round, applied, context);
}

function lookAtAll(key: NamespacedKey, { objects, now, volumesOf }: ReconcileContext): Promise<Observation> {
  return observe(key, { objects, now: now(), whole: true, ...(volumesOf ? { volumesOf } : {}) });
}

function isStopping({ decision: { actions } }: Round): boolean {
  return actions.some(({ kind }) => kind === 'close-gate' || kind === 'delete-stateful-set');
}

/** What is refused again and again is told as such. */
function tellRefused(round: Round, { refusals }: ReconcileContext): Round {
  return { ...round, decision: refusals.tell(idOf(round.key), round.decision) };
}

/**
 * Whether what follows can be decided from the answers. What is told first is a refusal, that somebody took our finalizer off,
 * and a gate that the status knows nothing of: who may have been let in would be forgotten with it.
 */
function goesOn(round: Round, context: ReconcileContext): boolean {
  const { observation, decision } = round;
  const { actions } = decision;
  if (tellRefused(round, context).decision !== decision) return false;
  const { status } = observation;
  const isKnown = observation.resource?.status?.['observedGeneration'] !== undefined;
  const isTold: Readonly<Partial<Record<Action['kind'], boolean>>> = {
    'add-finalizer': !isKnown,
    'close-gate': status.gateOpenedAt !== undefined,
  };
  return actions.length > 0 && actions.every((action) => isLearnable(action) && isTold[action.kind] !== false);
}

async function takeStep(round: Round, context: ReconcileContext): Promise<Observation> {
  context.onRound?.({ ...round, isStep: true });
  let { observation } = round;
  const { objects } = whileFresh(context, round.seenAt);
  await act(round, context, async (action) => {
    const answer = await execute(action, observation, { ...context, objects, now: formatTime(context.now()) });
    observation = learn(observation, action, answer);
  });
  return observation;
}

/** Whatever is written on what was seen then is not written later than is right. */
function whileFresh(context: ReconcileContext, seenAt: Moment): ReconcileContext {
  const { objects, clock, isDeposed = () => false } = context;
  return { ...context, objects: refuseLateWrites(objects, () => ageOf(seenAt, clock) > OLD_MS || isDeposed()) };
}

/** None of these waits for another one of the same decision. */
const SIDE_BY_SIDE: readonly Action['kind'][] = ['retain-volume', 'delete-child', ...STOPS];

/** Carries out a decision, and remembers what was refused. */
async function act(
  round: Round,
  { refusals }: ReconcileContext,
  carryOut: (action: Action) => Promise<unknown>,
): Promise<void> {
  const { actions } = round.decision;
  try {
    if (actions.every(({ kind }) => SIDE_BY_SIDE.includes(kind))) await allOf(actions.map(carryOut));
    else for (const action of actions) await carryOut(action);
    refusals.note(idOf(round.key), round.decision, undefined);
  } catch (error) {
    refusals.note(idOf(round.key), round.decision, error);
    throw error;
  }
}

/** Waits for the end of all of them, then fails with the first failure. */
async function allOf(calls: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(calls);
  await Promise.all(calls);
}

/** The status tells what is about to be done before it is done: some of its facts must not get lost. */
async function conclude(round: Round, applied: Applied, anyTime: ReconcileContext): Promise<Round> {
  const { observation, decision } = round;
  const context = whileFresh(anyTime, round.seenAt);
  const now = context.now();
  const finish = (): Promise<void> =>
    act(round, context, (action) => execute(action, observation, { ...context, now: formatTime(now) }));
  const told = tellRefused(round, context);
  // A Job that is made leaves its own traces.
  const isJob = decision.actions.length > 0 && decision.actions.every(({ kind }) => kind === 'create-job');
  const isFirst = isJob && told.decision === decision;
  if (isFirst) await finish();
  await writeStatus(context.objects, observation, told.decision, { hash: applied.hash, now });
  context.onRound?.(told);
  if (!isFirst) await finish();
  return told;
}

function formatTime(now: number): string {
  return new Date(now).toISOString();
}

/** With `--render` what is rendered is delivered first, and then everything looked at again. */
async function observeDelivered(
  key: NamespacedKey,
  around: ReconcileContext,
  now: number,
): Promise<Pick<Round, 'observation' | 'seenAt'> & { readonly applied: Applied }> {
  const { objects, applier, volumesOf, straysOf, known, clock } = around;
  const told = { ...(volumesOf && { volumesOf }), ...(straysOf && { straysOf }), ...(known && { known }) };
  const context = { objects, now, render: applier !== undefined, ...told };
  const seenAt = readMoment(clock);
  const observation = await observe(key, context);
  const applied = (await applier?.apply(whileFresh(around, seenAt).objects, observation, now)) ?? { changed: false };
  if (!applied.changed) return { observation, seenAt, applied };
  const again = readMoment(clock);
  return { observation: await observe(key, context), seenAt: again, applied };
}

/** A refusal is told when there is nothing else to do: it must not keep data from being made safe. */
function tellRefusal(decision: Decision, { refusal }: Applied): Decision {
  if (refusal === undefined || decision.actions.length > 0) return decision;
  return { ...decision, progress: 'Stalled', reason: 'ApplyRefused', message: refusal };
}
