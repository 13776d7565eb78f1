// What a resource is doing, in one word and one sentence, and since when: the watcher's own words where they are about the
// resource as it is now, else what is seen.

import {
  conditionsOf,
  isDeleting,
  isManaged,
  leadingCondition,
  toldSince,
  type Condition,
  type Situation,
} from './obstacle.ts';
import { findServerPod, holds } from './pods.ts';
import type { Obstacle, Phase } from './report.ts';

interface Leading {
  readonly phase: Phase;
  readonly message: string;
  readonly since: string | null;
}

/** Words of the watcher that have a phase of their own. */
const PHASES: Readonly<Record<string, Phase>> = {
  Starting: 'Starting',
  Retaining: 'Starting',
  Reserving: 'Starting',
  Opening: 'Starting',
  ServerStarting: 'Starting',
  Initialised: 'Starting',
  Adopting: 'Starting',
  Restoring: 'Restoring',
  PasswordChanging: 'ChangingPassword',
  PasswordResetting: 'ChangingPassword',
};

/** Obstacles that only say how far it is. A server that runs goes on with its old password. */
const PROGRESS = new Set(['ServerStarting']);

/** Tells what a resource is doing. */
export function readPhase(situation: Situation, obstacles: readonly Obstacle[]): Leading {
  const isReady = leadingCondition(situation)?.type === 'Ready';
  const [first] = obstacles.filter(({ reason }) => !PROGRESS.has(reason) && !(isReady && reason === 'PasswordMissing'));
  if (isDeleting(situation)) return readDeletion(situation, first);
  if (!isManaged(situation)) return readUnmanaged(situation, first);
  return readLife(situation, first);
}

function readLife(situation: Situation, first: Obstacle | undefined): Leading {
  const condition = leadingCondition(situation);
  const told = toldSince(situation);
  if (first) {
    const phase = condition?.type === 'Stalled' ? 'Stalled' : 'Waiting';
    return { phase, message: first.message, since: first.since ?? told };
  }
  const since = situation.resource.metadata.creationTimestamp;
  if (!condition) return { phase: 'Starting', message: toldMessage(situation) || 'it is new', since };
  return { phase: phaseOf(situation, condition), message: toldMessage(situation), since: told };
}

/** The watcher's own sentence. */
function toldMessage({ resource }: Situation): string {
  const message = resource.status?.['message'];
  return typeof message === 'string' ? message : '';
}

function phaseOf(situation: Situation, { type, reason = '' }: Condition): Phase {
  if (type === 'Ready') return situation.resource.spec.paused ? 'Paused' : 'Ready';
  return PHASES[reason] ?? 'Working';
}

function readDeletion(situation: Situation, first: Obstacle | undefined): Leading {
  const { deletionTimestamp = null } = situation.resource.metadata;
  const stalled = conditionsOf(situation).some(({ type, status }) => type === 'Stalled' && status === 'True');
  const message = first?.message ?? (toldMessage(situation) || 'it is being deleted');
  return { phase: stalled ? 'Stalled' : 'Deleting', message, since: deletionTimestamp };
}

function readUnmanaged({ resource, pods }: Situation, first: Obstacle | undefined): Leading {
  const pod = findServerPod(pods, resource.metadata.name);
  const isReady = pod !== undefined && holds(pod, 'Ready');
  const state = isReady ? 'the server is Ready' : (first?.message ?? 'the server is not Ready');
  const message = `lifecycle is None, so no watcher looks after it; ${state}`;
  return { phase: 'NotManaged', message, since: resource.metadata.creationTimestamp };
}
