// The part of the status that the watcher reads back.

import type { StoredMySQL } from '../cluster/kinds.ts';
import type { ObservedStatus, Time } from './observed.ts';

/** What an earlier round wrote down. */
export interface StoredStatus extends ObservedStatus {
  readonly gateClosedAt: Time | undefined;
  /** Whether they were kept when they could last be read, and since when that is not so. */
  readonly volumes: { readonly areKept: boolean; readonly lostSince: Time | undefined };
  /** What annotations asked for; it counts although the annotation is gone. */
  readonly requests: { readonly skipFinalBackup: boolean; readonly rotateNow: boolean };
}

/** Reads the status; what is missing or odd counts as not written. */
export function readStatus(resource: StoredMySQL | undefined): StoredStatus {
  const { server, backedUpVolume, skipRecorded, gateOpenedAt, gateClosedAt, requests, conditions, since } =
    resource?.status ?? {};
  const { image } = (server ?? {}) as Record<string, unknown>;
  const { skipFinalBackup, rotateNow, resetPassword } = (requests ?? {}) as Record<string, unknown>;
  return {
    server: typeof image === 'string' ? { image } : undefined,
    hasFinalBackup: isFinalBackup(resource?.status ?? {}),
    backedUpVolume: typeof backedUpVolume === 'string' ? backedUpVolume : '',
    skipRecorded: skipRecorded === true,
    resetSince: typeof resetPassword === 'string' ? resetPassword : '',
    requests: { skipFinalBackup: skipFinalBackup !== undefined, rotateNow: rotateNow !== undefined },
    notReadySince: readNotReady(conditions),
    volumes: readVolumes(conditions),
    openingSince: readOpening(conditions, since),
    gateOpenedAt: readTime(gateOpenedAt),
    gateClosedAt: readTime(gateClosedAt),
  };
}

/** Whether the newest backup is the one that the deletion made; before that it is the one that the data came from. */
export function isFinalBackup({
  lastBackup,
  restoredFrom,
  backedUpVolume,
}: Readonly<Record<string, unknown>>): boolean {
  const { name } = (lastBackup ?? {}) as Readonly<Record<string, unknown>>;
  return backedUpVolume !== undefined && typeof name === 'string' && name !== restoredFrom;
}

/**
 * When a gate that is gone was closed at the latest; undefined when there was never one. Without a word about its end it was
 * this moment. The status knows whole seconds: within the same one the opening may have come last.
 */
export function closedSince(
  { gateOpenedAt, gateClosedAt }: Pick<StoredStatus, 'gateOpenedAt' | 'gateClosedAt'>,
  now: Time,
): Time | undefined {
  if (gateOpenedAt === undefined) return gateClosedAt;
  return gateClosedAt !== undefined && gateClosedAt > gateOpenedAt ? gateClosedAt : now;
}

type StoredCondition = Readonly<Record<string, unknown>>;

function findCondition(conditions: unknown, wanted: string): StoredCondition | undefined {
  if (!Array.isArray(conditions)) return undefined;
  return (conditions as readonly StoredCondition[]).find(({ type }) => type === wanted);
}

function readNotReady(conditions: unknown): Time | undefined {
  const ready = findCondition(conditions, 'Ready');
  return ready?.['status'] === 'False' ? readTime(ready['lastTransitionTime']) : undefined;
}

function readOpening(conditions: unknown, since: unknown): Time | undefined {
  return findCondition(conditions, 'Ready')?.['reason'] === 'Opening' ? readTime(since) : undefined;
}

/** The reason of VolumesProtected where the watcher had the right to volumes, and has it no more. */
export const RIGHT_LOST = 'RightLost';

function readVolumes(conditions: unknown): StoredStatus['volumes'] {
  const { status, reason, lastTransitionTime } = findCondition(conditions, 'VolumesProtected') ?? {};
  return { areKept: status === 'True', lostSince: reason === RIGHT_LOST ? readTime(lastTransitionTime) : undefined };
}

function readTime(text: unknown): Time | undefined {
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
