// What the watcher can do next. Each action is safe to repeat, and names by uid what it destroys.

import type { ChildNames } from '../api/names.ts';

/** The three one-shot Jobs. */
export type JobStep = keyof ChildNames['jobs'];

/** Which of the resource's two volumes. */
export type StorageRole = 'data' | 'backup';

/** How a server came to be, in the words of its message. */
export type Created = 'with restore-job' | 'without restore-job';

export type Action =
  | { readonly kind: 'add-finalizer' }
  | { readonly kind: 'remove-finalizer' }
  | { readonly kind: 'retain-volume'; readonly volume: string; readonly uid: string }
  | { readonly kind: 'set-aside-volume'; readonly volume: string; readonly uid: string }
  | { readonly kind: 'adopt-volume'; readonly volume: string; readonly uid: string }
  | { readonly kind: 'reserve-volume'; readonly volume: string; readonly claimUid: string }
  | { readonly kind: 'finish-volume'; readonly volume: string; readonly uid: string }
  | { readonly kind: 'make-claim'; readonly role: StorageRole; readonly volume: string }
  | { readonly kind: 'replace-claim'; readonly role: StorageRole; readonly uid: string; readonly volume: string }
  | { readonly kind: 'delete-claim'; readonly role: StorageRole; readonly uid: string }
  | {
      readonly kind: 'write-active';
      readonly change:
        'new' | 'first' | 'recover' | 'begin' | 'complete' | 'confirm' | 'withdraw' | 'discard' | 'reset';
    }
  | {
      readonly kind: 'open-gate';
      readonly expect: 'empty' | 'data';
      readonly claimUid: string;
      readonly created: Created;
    }
  | { readonly kind: 'expect-data'; readonly uid: string }
  | { readonly kind: 'close-gate'; readonly uid: string }
  | { readonly kind: 'delete-pod'; readonly name: string; readonly uid: string }
  | { readonly kind: 'delete-stateful-set'; readonly uid: string }
  | { readonly kind: 'release-stateful-set'; readonly uid: string }
  | { readonly kind: 'create-job'; readonly step: JobStep }
  | { readonly kind: 'delete-job'; readonly step: JobStep; readonly uid: string }
  | { readonly kind: 'delete-job-pods'; readonly step: JobStep; readonly uid: string }
  | {
      readonly kind: 'delete-child';
      readonly child: { readonly kind: string; readonly name: string; readonly uid: string };
    }
  | { readonly kind: 'record-skip' }
  | { readonly kind: 'forget-backup' }
  | { readonly kind: 'record-backup'; readonly volumeUid: string };

/** How far the resource is, in the words of kstatus. */
export type Progress = 'Ready' | 'Reconciling' | 'Stalled';

/** What to do now and why. Without actions the watcher waits for something to change. */
export interface Decision {
  readonly progress: Progress;
  /** CamelCase, for conditions and Events. */
  readonly reason: string;
  /** One sentence for people: what happens, or what it waits for and what to do. */
  readonly message: string;
  readonly actions: readonly Action[];
  /** Look again after this many milliseconds, even when nothing changes. */
  readonly again?: number;
}

/** A decision that moves on: something is to be done, or waited for. */
export function reconciling(reason: string, message: string, ...actions: Action[]): Decision {
  return { progress: 'Reconciling', reason, message, actions };
}

/** A decision that does not get on without people; the message says what they can do. */
export function stalled(reason: string, message: string, ...actions: Action[]): Decision {
  return { progress: 'Stalled', reason, message, actions };
}

/** A decision at rest. */
export function ready(reason: string, message: string): Decision {
  return { progress: 'Ready', reason, message, actions: [] };
}
