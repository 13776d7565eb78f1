// What the status says, and what of it a later round reads back.

import { describe, expect, it } from 'vitest';
import { buildStatus, type Condition, type Status } from '../../src/lifecycle/conditions.ts';
import { decide } from '../../src/lifecycle/decide.ts';
import { mergePatch } from '../../src/lifecycle/merge-patch.ts';
import type { Observed } from '../../src/lifecycle/observed.ts';
import { NOW, RAN, finished, job, observed, pod, resource, running, volume, claim } from '../support/observed.ts';

type Fields = Readonly<Record<string, unknown>>;
const TIME = '1970-01-12T13:46:40Z';

function statusOf(state: Observed, earlier: Fields = {}): Status {
  return buildStatus({ observed: state, decision: decide(state, NOW), earlier, now: NOW });
}

/** `status/reason` of a condition. */
function conditionOf(state: Observed, type: string, earlier: Fields = {}): string {
  const { status = '', reason = '' } = statusOf(state, earlier).conditions.find((one) => one.type === type) ?? {};
  return `${status}/${reason}`;
}

const passwords = running().passwords;
const dying = resource({ deletedAt: NOW - 5000 });

describe('the message', () => {
  it.each<[string, Observed, string]>([
    [
      'of a server that was made anew',
      running({ gate: { uid: 'g', expect: 'data', claimUid: 'data-claim', created: 'without restore-job' } }),
      'shop created without restore-job',
    ],
    [
      'of a server that was restored',
      running({ gate: { uid: 'g', expect: 'data', claimUid: 'data-claim', created: 'with restore-job' } }),
      'shop created with restore-job',
    ],
    [
      'of a server whose password was changed',
      running({ passwords: { ...passwords, wasChanged: true } }),
      'mysql password changed!',
    ],
    [
      'of a server whose Secret is gone: what is missing, and what follows',
      running({ passwords: { ...passwords, hasDesired: false, desiredIsCurrent: false } }),
      'the Secret with the password is missing; the server runs on with the password in force, and gets no other one until that Secret is there: create it, or deliver it by your secrets tool',
    ],
    [
      'of a server whose previous password works',
      running({ passwords: { ...passwords, wasChanged: true, previousSince: NOW } }),
      'mysql password changed!',
    ],
    [
      'of a server whose next password waits for the end of the previous one',
      running({ passwords: { ...passwords, wasChanged: true, previousSince: NOW, desiredIsCurrent: false } }),
      'a newer password waits until the previous one is discarded',
    ],
    [
      'of whatever waits: why',
      observed({ passwords: { ...passwords, hasDesired: false, hasActive: false } }),
      'waits for the Secret with the password; create it, or deliver it by your secrets tool',
    ],
  ])('%s', (...[, state, message]) => {
    expect(statusOf(state)['message']).toBe(message);
  });
});

describe('a gate', () => {
  it('that was opened for an earlier resource of the name counts as opened now, since it has let pods in', () => {
    expect(statusOf(running())).toMatchObject({ gateOpenedAt: TIME });
  });

  it('that the status knows keeps its time', () => {
    expect(statusOf(running(), { gateOpenedAt: 'earlier' })).toMatchObject({ gateOpenedAt: 'earlier' });
  });

  it('forgets a backup beside which a gate was opened, and with that its Job, which was made for an earlier opening', () => {
    const saved = resource({ deletedAt: NOW - 5000, status: { ...RAN, backedUpVolume: 'data-volume' } });
    const status = statusOf(running({ resource: saved }), { gateOpenedAt: 'earlier', backedUpVolume: 'data-volume' });
    expect(status).toMatchObject({ gateOpenedAt: TIME });
    expect(status).not.toHaveProperty('backedUpVolume');
  });
});

describe('since when the reason holds', () => {
  const ready = (reason: string): Fields => ({
    type: 'Ready',
    status: 'False',
    reason,
    lastTransitionTime: 'long ago',
  });

  it.each<[string, Fields, string]>([
    ['is now when it is another one', { since: 'earlier', conditions: [ready('Starting')] }, TIME],
    ['stays while it holds', { since: 'earlier', conditions: [ready('Opening')] }, 'earlier'],
    ['is as old as the status where nobody wrote it down', { conditions: [ready('Opening')] }, 'long ago'],
    ['is now for a new resource', {}, TIME],
  ])('%s', (...[, earlier, since]) => {
    expect(statusOf(observed(), earlier)['since']).toBe(since);
  });
});

describe('a condition', () => {
  it.each<[string, string, Observed, string]>([
    ['of a server that is Ready', 'Ready', running(), 'True/Ready'],
    ['of one that is at work', 'Reconciling', observed(), 'True/Opening'],
    [
      'of one that cannot go on',
      'Stalled',
      running({
        resource: dying,
        gate: undefined,
        pods: [],
        jobs: { backup: job({ state: 'failed' }) },
        statefulSet: undefined,
      }),
      'True/BackupFailed',
    ],
    ['of the password at rest', 'PasswordInSync', running(), 'True/InSync'],
    [
      'of a password that is changed',
      'PasswordInSync',
      running({ passwords: { ...passwords, hasNext: true } }),
      'False/Changing',
    ],
    [
      'of a password that waits',
      'PasswordInSync',
      running({ passwords: { ...passwords, desiredIsCurrent: false } }),
      'False/Pending',
    ],
    [
      'of two passwords that work',
      'PasswordInSync',
      running({ passwords: { ...passwords, previousSince: NOW } }),
      'True/Overlap',
    ],
    [
      'of a password that is not there',
      'PasswordInSync',
      running({ passwords: { ...passwords, hasDesired: false } }),
      'Unknown/PasswordMissing',
    ],
    ['of volumes that outlive their claims', 'VolumesProtected', running(), 'True/Retained'],
    [
      'of volumes that do not yet',
      'VolumesProtected',
      running({ data: { claim: claim('data'), volumes: [volume('data', { policy: 'Delete' })] } }),
      'Unknown/Pending',
    ],
    ['of volumes that may not be touched', 'VolumesProtected', running({ mayTouchVolumes: false }), 'False/Forbidden'],
    [
      'of volumes that may not be touched any more',
      'VolumesProtected',
      running({ mayTouchVolumes: false, volumesLostSince: NOW }),
      'False/RightLost',
    ],
    ['of a database that was not restored', 'Restored', running(), 'False/NothingRestored'],
    ['of a database that may not run yet', 'Restored', observed(), 'Unknown/Pending'],
    ['of the backup while the resource lives', 'BackedUp', running(), 'Unknown/NotDeleted'],
    ['of the backup before it is made', 'BackedUp', running({ resource: dying }), 'False/Pending'],
  ])('%s', (...[, type, state, wanted]) => {
    expect(conditionOf(state, type)).toBe(wanted);
  });

  it('keeps the time of its last change', () => {
    const before: Condition = {
      type: 'Ready',
      status: 'True',
      reason: 'Ready',
      message: '',
      observedGeneration: 1,
      lastTransitionTime: '1970-01-01T00:00:00Z',
    };
    const times = (state: Observed): string | undefined =>
      statusOf(state, { conditions: [before] }).conditions.find(({ type }) => type === 'Ready')?.lastTransitionTime;
    expect(times(running())).toBe('1970-01-01T00:00:00Z');
    expect(times(observed())).toBe(TIME);
  });
});

describe('a fact', () => {
  it('is the image of the pod that is Ready, whatever git names', () => {
    const state = running({
      resource: resource({ image: 'mysql:broken' }),
      pods: [pod({ started: true, ready: true, image: 'mysql:9.7' })],
    });
    expect(statusOf(state)['server']).toEqual({ image: 'mysql:9.7' });
  });

  it('is the version that a Job has told, until the image changes', () => {
    const told = running({
      jobs: { restore: finished('data', { result: { outcome: 'data', reason: '', serverVersion: '9.7.4' } }) },
    });
    expect(statusOf(told)['server']).toEqual({ image: 'mysql:9.7', version: '9.7.4' });
    const earlier = { server: { image: 'mysql:9.7', version: '9.7.4' } };
    expect(statusOf(running(), earlier)['server']).toEqual(earlier.server);
    expect(statusOf(running(), { server: { image: 'mysql:8.4', version: '8.4.0' } })['server']).toEqual({
      image: 'mysql:9.7',
    });
  });

  it('is the final backup, and the volume that it looked at', () => {
    const result = { outcome: 'done', reason: '', backup: 'b', time: 't', bytes: 1, sha256: 's', serverVersion: 'v' };
    const state = running({
      resource: dying,
      gate: undefined,
      pods: [],
      statefulSet: undefined,
      jobs: { backup: finished('done', { result }) },
    });
    expect(statusOf(state)).toMatchObject({
      backedUpVolume: 'data-volume',
      lastBackup: { name: 'b', time: 't', bytes: 1, sha256: 's', serverVersion: 'v', source: 'final' },
    });
  });

  it('is what a restore took', () => {
    const result = {
      outcome: 'restored',
      reason: '',
      backup: 'b',
      time: 't',
      bytes: 1,
      sha256: 's',
      serverVersion: 'v',
    };
    const state = observed({ passwords: { ...passwords }, jobs: { restore: finished('restored', { result }) } });
    const status = statusOf(state);
    const lastBackup = { name: 'b', time: 't', bytes: 1, sha256: 's', serverVersion: 'v', source: 'final' };
    expect(status).toMatchObject({ restoredFrom: 'b', gateOpenedAt: TIME, lastBackup });
    const later = running({ resource: dying, gate: undefined, pods: [] });
    expect(conditionOf(later, 'BackedUp', status)).toBe('False/Pending');
    // The backup's server may have been an older one.
    expect(statusOf(running({ jobs: { restore: finished('restored', { result }) } }))['server']).toEqual({
      image: 'mysql:9.7',
    });
  });

  it('is what an annotation asked for, from its first sight to its end', () => {
    const asked = running({ resource: resource({ rotateNow: true }), passwords: { ...passwords, previousSince: NOW } });
    const { requests } = statusOf(asked);
    expect(requests).toEqual({ rotateNow: TIME });
    expect(statusOf(running({ resource: resource({ rotateNow: true }) }), { requests })['requests']).toBeUndefined();
    expect(statusOf(running({ resource: { ...dying, skipFinalBackup: true } }))['requests']).toEqual({
      skipFinalBackup: TIME,
    });
    expect(statusOf(running({ resource: resource({ skipFinalBackup: true }) }))['requests']).toBeUndefined();
  });
});

describe('at rest', () => {
  it('the status is the one that was there', () => {
    const earlier = statusOf(running());
    expect(statusOf(running(), earlier)).toEqual(earlier);
  });
});

describe('a merge patch', () => {
  it.each<[string, Fields, Fields, Fields]>([
    ['holds what differs', { a: 1, b: 2 }, { a: 1, b: 3 }, { b: 3 }],
    ['takes away what is gone', { a: 1, b: { c: 1, d: 2 } }, { b: { c: 1 } }, { a: null, b: { d: null } }],
    ['replaces lists', { a: [1, 2] }, { a: [2] }, { a: [2] }],
    ['is empty when nothing changed', { a: { b: [1] } }, { a: { b: [1] } }, {}],
  ])('%s', (...[, before, after, patch]) => {
    expect(mergePatch(before, after)).toEqual(patch);
  });
});
