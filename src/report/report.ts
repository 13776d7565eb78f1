// What `kubectl mysql status` tells, as `-o json` prints it: docs/status.md describes it. Times are RFC 3339; what is not
// known is null.

import type { Condition } from '../lifecycle/conditions.ts';

/** What a resource is doing, in one word. */
export type Phase =
  | 'Ready'
  | 'Paused'
  | 'NotManaged'
  | 'Starting'
  | 'Restoring'
  | 'ChangingPassword'
  | 'Deleting'
  | 'Working'
  | 'Waiting'
  | 'Stalled';

/** What a person can do now. */
export interface NextStep {
  readonly text: string;
  /** A command that can be copied. */
  readonly command: string | null;
}

/** Something that keeps the resource from going on. */
export interface Obstacle {
  /** CamelCase, stable. */
  readonly reason: string;
  readonly message: string;
  /** The object that tells it, for example `pod/shop-0`. */
  readonly object: string | null;
  readonly since: string | null;
  /** What the cluster says about it: an Event, a termination message, the last line of a log, a Job's result. */
  readonly evidence: readonly Evidence[];
  readonly next: NextStep | null;
}

export interface Evidence {
  readonly kind: 'event' | 'termination' | 'log' | 'result' | 'condition';
  readonly text: string;
}

export type WatcherState = 'Running' | 'NotReady' | 'NotFound' | 'Unknown';

/** Whether somebody acts on the resource, and how that is known. */
export interface WatcherReport {
  readonly state: WatcherState;
  readonly evidence: string;
  /** The version of its image's tag, where that is known. */
  readonly version: string | null;
}

export interface ServerReport {
  readonly image: string | null;
  readonly version: string | null;
  readonly pod: string | null;
  readonly node: string | null;
  readonly ready: boolean;
  readonly restarts: number;
  readonly startedAt: string | null;
}

export interface PasswordReport {
  readonly state: 'InSync' | 'Changing' | 'Overlap' | 'Missing' | 'Unknown';
  /** Until when the previous password works, too. */
  readonly overlapUntil: string | null;
}

export interface VolumeReport {
  readonly role: 'data' | 'backup';
  readonly claim: string;
  /** Of the claim; `Missing` without one. */
  readonly phase: string;
  readonly size: string | null;
  readonly className: string | null;
  readonly volume: string | null;
  /** Retain or Delete; null where volumes may not be read. */
  readonly reclaimPolicy: string | null;
}

export interface BackupReport {
  readonly name: string;
  readonly time: string | null;
  readonly bytes: number | null;
  readonly serverVersion: string | null;
  readonly source: string | null;
}

/** One resource. */
export interface StatusReport {
  readonly namespace: string;
  readonly name: string;
  readonly phase: Phase;
  readonly message: string;
  readonly since: string | null;
  readonly createdAt: string;
  readonly deletionRequestedAt: string | null;
  readonly waitingFor: readonly Obstacle[];
  readonly next: NextStep | null;
  readonly watcher: WatcherReport;
  readonly server: ServerReport;
  readonly password: PasswordReport;
  readonly volumes: readonly VolumeReport[];
  readonly lastBackup: BackupReport | null;
  readonly restoredFrom: string | null;
  readonly conditions: readonly Condition[];
  readonly unreadable: readonly string[];
}
