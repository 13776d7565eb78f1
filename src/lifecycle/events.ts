// Which Events a round gives: one for each change of what the watcher does or waits for, and one for each fact that
// somebody may want to find later. Pure. This table is all there is.

import { API_VERSION, KIND } from '../api/names.ts';
import { formatTime } from '../cluster/clock.ts';
import type { EventNote } from '../cluster/event-entries.ts';
import type { Action, Decision } from './actions.ts';
import type { Condition } from './conditions.ts';
import type { Observed, ObservedResource } from './observed.ts';
import { boundVolume } from './volumes.ts';

/** What the Events of a round depend on. */
export interface EventInput {
  readonly namespace: string;
  readonly observed: Observed;
  readonly decision: Decision;
  /** The status before the round. */
  readonly earlier: Readonly<Record<string, unknown>>;
}

type Fact = Pick<EventNote, 'type' | 'reason' | 'message'>;
type FactOf<K extends Action['kind']> = (action: Extract<Action, { kind: K }>, input: EventInput) => Fact | undefined;

/** Facts that an action makes. An action that is not here is told by its decision's reason alone. */
const FACTS: { readonly [K in Action['kind']]?: FactOf<K> } = {
  'add-finalizer': (_, { earlier }) =>
    earlier['observedGeneration'] === undefined
      ? undefined
      : normal('FinalizerPutBack', 'somebody took the finalizer off; without it nothing would be backed up'),
  'reserve-volume': ({ volume }) =>
    normal('VolumeReserved', `the volume ${volume} is kept for the next claim of its name`),
  'open-gate': (_, { observed }) => describeOpening(observed),
  'record-backup': (_, { observed }) => {
    const result = observed.jobs.backup?.result;
    return result?.backup === undefined
      ? normal('NothingToBackUp', 'the volume holds no database; there is nothing to back up')
      : normal(
          'BackupComplete',
          `the final backup ${result.backup}${sizeOf(result['bytes'])} is complete and verified`,
        );
  },
  'forget-backup': () =>
    warning('BackupOutdated', 'a server was let in after the final backup; another one is made when it has stopped'),
  'record-skip': () => warning('BackupSkipped', 'the final backup is left out, as the annotation asks; the data goes'),
  'write-active': ({ change }) =>
    change === 'complete' ? normal('PasswordChanged', 'the new password is in force') : undefined,
  'finish-volume': ({ volume }) => normal('VolumeFinished', `the volume ${volume} is given up`),
};

/** The Events of a round. */
export function listEvents(input: EventInput): EventNote[] {
  const { namespace, observed, decision } = input;
  const { name, resource } = observed;
  if (!resource?.managed) return [];
  const subject = { apiVersion: API_VERSION, kind: KIND, name, namespace, uid: resource.uid };
  return [...tellChange(input), ...decision.actions.flatMap((action) => tellFact(action, input))].map((fact) => ({
    subject,
    ...fact,
  }));
}

/** That a resource makes no progress, as an Event. */
export function describeNoProgress(
  { namespace, observed, decision }: EventInput,
  resource: ObservedResource,
): EventNote {
  const message = `the same step is done again and again without effect, now more seldom: ${decision.message}`;
  const subject = { apiVersion: API_VERSION, kind: KIND, name: observed.name, namespace, uid: resource.uid };
  return { subject, ...warning('NoProgress', message) };
}

function tellChange({ decision, earlier }: EventInput): Fact[] {
  const { progress, reason, message, actions } = decision;
  // The server that starts then is told of in a moment, and where its data came from is a fact of its own.
  if (actions.some(({ kind }) => kind === 'open-gate') && progress !== 'Stalled') return [];
  const conditions = (earlier['conditions'] ?? []) as readonly Condition[];
  const before = conditions.find(({ type }) => type === 'Ready');
  if (before?.reason === reason || message === '') return [];
  return [progress === 'Stalled' ? warning(reason, message) : normal(reason, message)];
}

function tellFact(action: Action, input: EventInput): Fact[] {
  const tell = FACTS[action.kind] as FactOf<Action['kind']> | undefined;
  const fact = tell?.(action, input);
  return fact ? [fact] : [];
}

/** Where the data came from. */
function describeOpening({ resource, data, jobs }: Observed): Fact | undefined {
  const result = jobs.restore?.ours ? jobs.restore.result : undefined;
  if (result?.outcome === 'restored') return normal('Restored', `restored from the backup ${result.backup ?? ''}`);
  const volume = boundVolume(data);
  if (!resource || !volume || volume.createdAt >= resource.createdAt) return undefined;
  const since = formatTime(volume.createdAt);
  return normal('VolumeAdopted', `goes on with the volume ${volume.name} of ${since}`);
}

function sizeOf(bytes: unknown): string {
  return typeof bytes === 'number' ? ` (${String(bytes)} bytes)` : '';
}

function normal(reason: string, message: string): Fact {
  return { type: 'Normal', reason, message };
}

function warning(reason: string, message: string): Fact {
  return { type: 'Warning', reason, message };
}
