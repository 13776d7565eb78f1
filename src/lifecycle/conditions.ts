// A decision as a status: kstatus conditions, the message, and beside them the facts.

import { formatTime } from '../cluster/clock.ts';
import type { Decision } from './actions.ts';
import { recordFacts } from './facts.ts';
import type { Observed, Time } from './observed.ts';
import { RIGHT_LOST, isFinalBackup } from './status.ts';
import { PROTECT_VOLUMES, boundVolume } from './volumes.ts';

/** A condition of the status. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** The status as the watcher writes it. */
export type Status = Fields & { readonly conditions: readonly Condition[] };

/** What the status is made of, besides the decision. */
export interface StatusInput {
  readonly observed: Observed;
  readonly decision: Decision;
  readonly earlier: Fields;
  readonly now: Time;
}

/** The next status. It is equal to the earlier one where nothing changed, so that a resource at rest is never written. */
export function buildStatus({ observed, decision, earlier, now }: StatusInput): Status {
  const generation = observed.resource?.generation ?? 0;
  const time = formatTime(now);
  const facts = { ...earlier, ...recordFacts(observed, decision, earlier, time) };
  const conditions = turnConditions(listConditions(observed, decision, facts), earlier, { generation, time });
  const message = messageOf(observed, decision);
  const since = reasonSince(decision, earlier, time);
  const status = { ...facts, observedGeneration: generation, message, since, conditions };
  return Object.fromEntries(
    Object.entries(status).filter(([, value]: [string, unknown]) => value !== undefined),
  ) as Status;
}

/** The same status for a resource that cannot be looked at: all that is known of it is why. */
export function buildBlindStatus(decision: Decision, earlier: Fields, seen: { generation: number; now: Time }): Status {
  const { generation, now } = seen;
  const time = formatTime(now);
  const rows = listProgress(decision);
  const told = new Set(rows.map(([type]) => type));
  const others = ((earlier['conditions'] ?? []) as readonly Condition[]).filter(({ type }) => !told.has(type));
  const conditions = [...turnConditions(rows, earlier, { generation, time }), ...others];
  return { ...earlier, message: decision.message, since: reasonSince(decision, earlier, time), conditions };
}

/** The time of a condition is that of the last change of its status. */
function turnConditions(
  rows: readonly Row[],
  { conditions }: Fields,
  { generation, time }: { readonly generation: number; readonly time: string },
): Condition[] {
  const known = (conditions ?? []) as readonly Condition[];
  return rows.map(([type, status, reason, message]) => {
    const before = known.find((condition) => condition.type === type);
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : time;
    return { type, status, reason, message, observedGeneration: generation, lastTransitionTime };
  });
}

/** A condition's own time tells only since when its status holds, and Reconciling goes from reason to reason. */
function reasonSince({ reason }: Decision, { since, conditions }: Fields, time: string): unknown {
  const known = (conditions ?? []) as readonly Condition[];
  const before = known.find(({ type }) => type === 'Ready');
  return before?.reason === reason ? (since ?? before.lastTransitionTime) : time;
}

type Row = readonly [type: string, status: Condition['status'], reason: string, message: string];

function flag(value: boolean): Condition['status'] {
  return value ? 'True' : 'False';
}

function listProgress({ progress, reason, message }: Decision): Row[] {
  return (['Ready', 'Reconciling', 'Stalled'] as const).map((type) => [type, flag(progress === type), reason, message]);
}

function listConditions(observed: Observed, decision: Decision, facts: Fields): Row[] {
  return [
    ...listProgress(decision),
    describePassword(observed),
    describeVolumes(observed),
    describeRestore(observed, facts),
    describeBackup(observed, facts),
  ];
}

function describePassword({ passwords, resource }: Observed): Row {
  const row = (status: Condition['status'], reason: string, message: string): Row => [
    'PasswordInSync',
    status,
    reason,
    message,
  ];
  if (!passwords.hasDesired) return row('Unknown', 'PasswordMissing', 'the Secret with the password is not there');
  if (passwords.hasNext) return row('False', 'Changing', 'the password is being changed; the old one works');
  if (!passwords.desiredIsCurrent) return row('False', 'Pending', 'the password in git is not in force yet');
  if (passwords.previousSince === undefined) return row('True', 'InSync', 'the password in git is the one in force');
  const until = formatTime(passwords.previousSince + (resource?.passwordOverlap ?? 0) * 1000);
  return row('True', 'Overlap', `the password in git is the one in force; the previous one works until ${until}`);
}

function describeVolumes(observed: Observed): Row {
  if (observed.volumesLostSince !== undefined) {
    const message = `the watcher may not read or change volumes any more; those that it kept outlive their claims. ${PROTECT_VOLUMES}`;
    return ['VolumesProtected', 'False', RIGHT_LOST, message];
  }
  if (!observed.mayTouchVolumes) {
    const message = 'the watcher may not change volumes: deleting a claim or the namespace destroys its data';
    return ['VolumesProtected', 'False', 'Forbidden', message];
  }
  const isRetained = [observed.data, observed.backup].every((storage) => boundVolume(storage)?.policy === 'Retain');
  return isRetained
    ? ['VolumesProtected', 'True', 'Retained', 'the volumes outlive their claims']
    : ['VolumesProtected', 'Unknown', 'Pending', 'a claim is not bound, or its volume is not kept yet'];
}

function describeRestore({ gate }: Observed, { restoredFrom }: Fields): Row {
  if (!gate) return ['Restored', 'Unknown', 'Pending', 'no server may run yet'];
  return gate.created === 'with restore-job'
    ? ['Restored', 'True', 'BackupRestored', `the data came from the backup ${String(restoredFrom)}`]
    : ['Restored', 'False', 'NothingRestored', 'the volume was new, or its data was kept'];
}

function describeBackup({ resource, data }: Observed, facts: Fields): Row {
  const { lastBackup, backedUpVolume } = facts;
  const { name } = (lastBackup ?? {}) as Fields;
  if (resource?.deletedAt === undefined) {
    const message = 'the final backup is made when the resource is deleted';
    return ['BackedUp', 'Unknown', 'NotDeleted', message];
  }
  if (isFinalBackup(facts)) return ['BackedUp', 'True', 'FinalBackup', `the final backup is ${String(name)}`];
  if (backedUpVolume !== undefined) return ['BackedUp', 'True', 'NothingToBackUp', 'the volume held no database'];
  return ['BackedUp', 'False', data.claim ? 'Pending' : 'NoVolume', 'there is no final backup yet'];
}

/** At rest, with the password that git names in force, the message tells the last thing that happened. */
function messageOf({ name, gate, passwords }: Observed, { reason, message }: Decision): string {
  if (!AT_REST.includes(reason) || gate === undefined || !passwords.desiredIsCurrent) return message;
  return passwords.wasChanged ? 'mysql password changed!' : `${name} created ${gate.created}`;
}

const AT_REST = ['Ready', 'PasswordOverlap'];
