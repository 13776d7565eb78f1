// The Events of a round, one row each.

import { describe, expect, it } from 'vitest';
import type { Action, Decision } from '../../src/lifecycle/actions.ts';
import { listEvents } from '../../src/lifecycle/events.ts';
import type { Observed } from '../../src/lifecycle/observed.ts';
import { finished, observed, resource, running, volume } from '../support/observed.ts';

const before = (reason: string): object => ({ observedGeneration: 1, conditions: [{ type: 'Ready', reason }] });
const decision = (given: Partial<Decision>): Decision => ({
  progress: 'Reconciling',
  reason: 'Same',
  message: 'what happens',
  actions: [],
  ...given,
});

/** The Events in short: `Type Reason: message`. */
function summarise(state: Observed, made: Decision, earlier: object = before('Same')): string[] {
  const notes = listEvents({ namespace: 'shop', observed: state, decision: made, earlier: { ...earlier } });
  return notes.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
}

describe('a change of the reason', () => {
  it.each([
    ['is an Event', 'Reconciling', 'Normal New: what happens'],
    ['is a Warning where nothing goes on without people', 'Stalled', 'Warning New: what happens'],
    ['is an Event at the end, too', 'Ready', 'Normal New: what happens'],
  ] as const)('%s', (_, progress, event) => {
    expect(summarise(running(), decision({ progress, reason: 'New' }))).toEqual([event]);
  });

  it('is none when the reason stays and the message alone changes', () => {
    expect(summarise(running(), decision({ message: 'another one' }))).toEqual([]);
  });

  it('is none for the gate that opens: the server that starts is one', () => {
    const open: Action = { kind: 'open-gate', expect: 'empty', claimUid: 'x', created: 'without restore-job' };
    expect(summarise(running(), decision({ reason: 'New', actions: [open] }))).toEqual([]);
  });

  it('counts for a resource without a status', () => {
    expect(summarise(running(), decision({}), {})).toEqual(['Normal Same: what happens']);
  });
});

describe('no Event', () => {
  it('is made without a resource', () => {
    expect(summarise(observed({ resource: undefined }), decision({ reason: 'New' }))).toEqual([]);
  });

  it('is made of a resource that is not managed', () => {
    const state = observed({ resource: resource({ managed: false }) });
    expect(summarise(state, decision({ reason: 'New' }))).toEqual([]);
  });
});

describe('a fact', () => {
  const restored = { restore: finished('restored', { result: { outcome: 'restored', reason: 'ok', backup: '0007' } }) };
  const saved = { backup: finished('done', { result: { outcome: 'done', reason: 'ok', backup: '0008', bytes: 12 } }) };
  const empty = { backup: finished('nothing') };
  const older = running({ data: { ...running().data, volumes: [volume('data', { createdAt: 0 })] } });
  const open: Action = { kind: 'open-gate', expect: 'data', claimUid: 'x', created: 'without restore-job' };
  const record: Action = { kind: 'record-backup', volumeUid: 'x' };
  it.each<readonly [string, Observed, Action, RegExp]>([
    ['a finalizer that somebody took off', running(), { kind: 'add-finalizer' }, /^Normal FinalizerPutBack: /],
    [
      'a reserved volume',
      running(),
      { kind: 'reserve-volume', volume: 'pv-1', claimUid: 'x' },
      /^Normal VolumeReserved: .*pv-1/,
    ],
    ['a restore, with the backup', running({ jobs: restored }), open, /^Normal Restored: .*0007$/],
    ['an adopted volume, with its date', older, open, /^Normal VolumeAdopted: .* of 1970-01-01T00:00:00Z$/],
    [
      'a backup, with its name and size',
      running({ jobs: saved }),
      record,
      /^Normal BackupComplete: .*0008 \(12 bytes\)/,
    ],
    ['that there was nothing to back up', running({ jobs: empty }), record, /^Normal NothingToBackUp: /],
    ['an opt-out', running(), { kind: 'record-skip' }, /^Warning BackupSkipped: /],
    ['a new password', running(), { kind: 'write-active', change: 'complete' }, /^Normal PasswordChanged: /],
    [
      'a volume that is given up',
      running(),
      { kind: 'finish-volume', volume: 'pv-1', uid: 'x' },
      /^Normal VolumeFinished: .*pv-1/,
    ],
  ])('%s', (_, state, action, event) => {
    expect(summarise(state, decision({ actions: [action] }))).toEqual([expect.stringMatching(event)]);
  });

  it('the first finalizer is none', () => {
    const first = decision({ actions: [{ kind: 'add-finalizer' }], message: '' });
    expect(summarise(running(), first, {})).toEqual([]);
  });
});
