// Observations for the tests of the lifecycle: a resource that was just made, and small changes to it.

import type {
  Observed,
  ObservedClaim,
  ObservedJob,
  ObservedPod,
  ObservedResource,
  ObservedStatus,
  ObservedVolume,
} from '../../src/lifecycle/observed.ts';

/** The time of all observations, and of the resource's making ten minutes earlier. */
export const NOW = 1_000_000_000;
export const MADE = NOW - 600_000;

/** Nothing was written down yet. */
export const STATUS: ObservedStatus = {
  server: undefined,
  backedUpVolume: '',
  hasFinalBackup: false,
  skipRecorded: false,
  gateOpenedAt: undefined,
  openingSince: undefined,
  notReadySince: undefined,
  resetSince: '',
};
/** A server was Ready. */
export const RAN: ObservedStatus = { ...STATUS, server: { image: 'mysql:9.7' } };

export function claim(role: 'data' | 'backup', change: Partial<ObservedClaim> = {}): ObservedClaim {
  return {
    name: role === 'data' ? 'shop-pvc' : 'backup-shop-pvc',
    uid: `${role}-claim`,
    createdAt: MADE + 1000,
    deleting: false,
    deletingSince: undefined,
    phase: 'Bound',
    volumeName: `pvc-${role}-claim`,
    className: 'standard',
    requested: 1024,
    hasDataSource: false,
    ...change,
  };
}

export function volume(role: 'data' | 'backup', change: Partial<ObservedVolume> = {}): ObservedVolume {
  return {
    name: `pvc-${role}-claim`,
    uid: `${role}-volume`,
    createdAt: MADE + 2000,
    phase: 'Bound',
    phaseSince: MADE + 3000,
    policy: 'Retain',
    className: 'standard',
    capacity: 1024,
    claimUid: `${role}-claim`,
    provisioned: true,
    resourceUid: 'shop-uid',
    retainedAt: '2001-09-09T01:46:40Z',
    finished: false,
    ...change,
  };
}

export function resource(change: Partial<ObservedResource> = {}): ObservedResource {
  return {
    uid: 'shop-uid',
    generation: 1,
    createdAt: MADE,
    deletedAt: undefined,
    hasFinalizer: true,
    managed: true,
    paused: false,
    image: 'mysql:9.7',
    deletionPolicy: 'Backup',
    restoreFrom: 'latest',
    passwordOverlap: 300,
    skipFinalBackup: false,
    rotateNow: false,
    resetPassword: false,
    status: STATUS,
    ...change,
  };
}

export function pod(change: Partial<ObservedPod> = {}): ObservedPod {
  return {
    name: 'shop-0',
    uid: 'pod',
    createdAt: NOW - 1000,
    started: false,
    terminating: false,
    endsBy: undefined,
    ended: false,
    ready: false,
    settlesAt: undefined,
    node: 'node-1',
    image: 'mysql:9.7',
    trouble: '',
    jobUid: '',
    ...change,
  };
}

export function job(change: Partial<ObservedJob> = {}): ObservedJob {
  return {
    uid: 'job',
    createdAt: NOW - 60_000,
    ours: true,
    foreign: false,
    deleting: false,
    state: 'running',
    hasPods: true,
    trouble: '',
    outdated: false,
    result: undefined,
    ...change,
  };
}

/** A finished Job of ours that told its outcome. */
export function finished(outcome: string, change: Partial<ObservedJob> = {}): ObservedJob {
  return job({ state: 'succeeded', hasPods: true, result: { outcome, reason: 'because' }, ...change });
}

/** Volumes bound and safe, no gate, no password written: the moment before the first start. */
export function observed(change: Partial<Observed> = {}): Observed {
  return {
    name: 'shop',
    resource: resource(),
    definitionDeleting: false,
    namespaceTerminating: false,
    mayTouchVolumes: true,
    volumesLostSince: undefined,
    data: { claim: claim('data'), volumes: [volume('data')] },
    backup: { claim: claim('backup'), volumes: [volume('backup')] },
    pods: [],
    gate: undefined,
    statefulSet: { uid: 'set', createdAt: MADE + 3000, deleting: false, awaitsPods: false },
    jobs: {},
    passwords: {
      hasDesired: true,
      isUnusable: false,
      hasActive: false,
      newClaims: [],
      hasNext: false,
      nextIsCurrent: false,
      previousSince: undefined,
      desiredIsCurrent: false,
      desiredIsNext: false,
      wasChanged: false,
    },
    children: [],
    ...change,
  };
}

/** A server that is Ready, with everything at rest. */
export function running(change: Partial<Observed> = {}): Observed {
  return observed({
    gate: { uid: 'gate', expect: 'data', claimUid: 'data-claim', created: 'without restore-job' },
    pods: [pod({ started: true, ready: true })],
    passwords: { ...observed().passwords, hasActive: true, desiredIsCurrent: true },
    ...change,
  });
}
