// A decision as a status: kstatus conditions, the message, and the facts that a later round needs.

import type { Decision } from './actions.ts';
import type { JobResult, Observed, Time } from './observed.ts';

/** A condition of the status. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
}

/** The status as the watcher writes it. */
export type Status = Readonly<Record<string, unknown>> & { readonly conditions: readonly Condition[] };

/** What the status is made of, besides the decision. */
export interface StatusInput {
  readonly observed: Observed;
  readonly decision: Decision;
  readonly earlier: Readonly<Record<string, unknown>>;
  readonly now: Time;
}

/** The next status. It is equal to the earlier one where nothing changed, so that a resource at rest is never written. */
export function buildStatus({ observed, decision, earlier, now }: StatusInput): Status {
  const generation = observed.resource?.generation ?? 0;
  const time = new Date(now).toISOString().replace(/\.[0-9]+Z$/, 'Z');
  const known = (earlier['conditions'] ?? []) as readonly Condition[];
  const conditions = listConditions(observed, decision).map(([type, status, reason, message]): Condition => {
    const before = known.find((condition) => condition.type === type);
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : time;
    return { type, status, reason, message, observedGeneration: generation, lastTransitionTime };
  });
  return {
    ...earlier,
    ...recordFacts(observed, decision, earlier, time),
    observedGeneration: generation,
    message: messageOf(observed, decision),
    conditions,
  };
}

type Row = readonly [type: string, status: Condition['status'], reason: string, message: string];

function listConditions({ mayTouchVolumes, passwords }: Observed, { progress, reason, message }: Decision): Row[] {
  const flag = (value: boolean): Condition['status'] => (value ? 'True' : 'False');
  const isInSync = passwords.desiredIsCurrent && !passwords.hasNext;
  const volumes: Row = mayTouchVolumes
    ? ['VolumesProtected', 'True', 'Retained', 'the volumes outlive their claims']
    : ['VolumesProtected', 'False', 'Forbidden', 'deleting a claim or the namespace destroys its data'];
  return [
    ['Ready', flag(progress === 'Ready'), reason, message],
    ['Reconciling', flag(progress === 'Reconciling'), reason, message],
    ['Stalled', flag(progress === 'Stalled'), reason, message],
    ['PasswordInSync', flag(isInSync), isInSync ? 'InSync' : 'Pending', ''],
    volumes,
  ];
}

/** At rest the message tells the last thing that happened. */
function messageOf({ name, gate, passwords }: Observed, { progress, reason, message }: Decision): string {
  if (progress !== 'Ready' || reason === 'Paused' || gate === undefined) return message;
  return passwords.wasChanged ? 'mysql password changed!' : `${name} created ${gate.created}`;
}

function recordFacts(
  observed: Observed,
  { actions, progress, reason }: Decision,
  earlier: Readonly<Record<string, unknown>>,
  time: string,
): Readonly<Record<string, unknown>> {
  const { gateOpenedAt: opened = '', gateClosedAt: closed = '' } = earlier as Readonly<Record<string, string>>;
  const isUnrecorded = opened !== '' && closed < opened;
  const facts = actions.map((action) => {
    switch (action.kind) {
      case 'open-gate':
        return { gateOpenedAt: time, ...restoredFrom(observed.jobs.restore?.result) };
      case 'record-backup':
        return { backedUpVolume: action.volumeUid, ...lastBackup(observed.jobs.backup?.result) };
      case 'record-skip':
        return { skipRecorded: true };
      default:
        return {};
    }
  });
  const isServing = progress === 'Ready' && (reason === 'Ready' || reason === 'PasswordOverlap');
  return Object.assign(
    {},
    isUnrecorded && observed.gate === undefined ? { gateClosedAt: time } : {},
    isServing ? { server: { image: observed.resource?.image } } : {},
    ...facts,
  ) as Readonly<Record<string, unknown>>;
}

function restoredFrom(result: JobResult | undefined): Readonly<Record<string, unknown>> {
  return result?.outcome === 'restored' && result.backup !== undefined ? { restoredFrom: result.backup } : {};
}

function lastBackup(result: JobResult | undefined): Readonly<Record<string, unknown>> {
  if (result?.backup === undefined) return {};
  const { backup: name, time, bytes, sha256, serverVersion } = result;
  return { lastBackup: { name, time, bytes, sha256, serverVersion } };
}
