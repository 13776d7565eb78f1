// What must hold for every decision, whatever was seen: the invariants of docs/lifecycle.md as checks of one decision.

import type { Action, Decision } from '../../src/lifecycle/actions.ts';
import type {
  Observed,
  ObservedJob,
  ObservedResource,
  ObservedStorage,
  ObservedVolume,
} from '../../src/lifecycle/observed.ts';
import { findServer, ownersOf } from '../../src/lifecycle/pods.ts';
import { boundVolume } from '../../src/lifecycle/volumes.ts';

/** Checks one decision; gives the invariant that it breaks. */
export function violated(state: Observed, { progress, message, actions }: Decision): string | undefined {
  if (progress !== 'Ready' && message === '') return 'I8: it says why it is not Ready';
  for (const action of actions) {
    const broken = CHECKS.find(([, holds]) => !holds(action, state));
    if (broken) return `${broken[0]} (${action.kind})`;
  }
  return undefined;
}

function isSafe(storage: ObservedStorage): boolean {
  return boundVolume(storage)?.policy === 'Retain';
}

/** Whether a volume's data may be destroyed. */
function isGivenUp({ resource: owner, data }: Observed, { uid, resourceUid }: ObservedVolume): boolean {
  if (owner?.deletedAt === undefined || owner.deletionPolicy === 'Retain') return false;
  const isOwn = resourceUid === owner.uid;
  if (owner.deletionPolicy === 'Delete') return isOwn;
  if (!data.volumes.some((volume) => volume.uid === uid)) return false;
  return owner.status.backedUpVolume === uid || (isOwn && owner.skipFinalBackup && owner.status.skipRecorded);
}

/** A claim may go when what it is bound to outlives it, or may be destroyed. */
function mayLoseClaim(state: Observed, role: 'data' | 'backup'): boolean {
  const bound = boundVolume(state[role]);
  return bound === undefined || (bound.finished && bound.policy === 'Retain') || isGivenUp(state, bound);
}

/** After it the data, or what holds its backup, may be gone. */
function isEndOfData(action: Action): boolean {
  return (action.kind === 'delete-claim' && action.role === 'data') || action.kind === 'delete-job-pods';
}

function keepsBackup({ resource: owner, mayTouchVolumes, backup, data }: Observed): boolean {
  if (mayTouchVolumes || owner?.deletionPolicy !== 'Backup' || owner.skipFinalBackup) return true;
  const isSaved = owner.status.hasFinalBackup && owner.status.backedUpVolume === boundVolume(data)?.uid;
  return !isSaved || backup.claim?.deleting === false;
}

/** Nothing of this resource is on a volume that a deletion would take along. */
function mayLetGo(state: Observed): boolean {
  const { resource: owner, data, definitionDeleting } = state;
  if (!owner?.managed || definitionDeleting) return true;
  const own = data.volumes.filter(({ resourceUid, finished: done }) => resourceUid === owner.uid && !done);
  return own.every((volume) => isGivenUp(state, volume) || isKeptBy(owner, state, volume));
}

/** The data may stay on its volume without a backup. */
function isKeptBy(
  { deletionPolicy }: ObservedResource,
  { mayTouchVolumes, namespaceTerminating }: Observed,
  { policy }: ObservedVolume,
): boolean {
  // Where volumes may not be touched, the claim that stays is all that keeps one.
  if (deletionPolicy === 'Retain') return policy === 'Retain' || !mayTouchVolumes;
  return namespaceTerminating && (policy === 'Retain' || !mayTouchVolumes);
}

/** The server was let in anew since, and root's password may have been set offline before that. */
function isOutlived({ createdAt }: ObservedJob, owner: ObservedResource | undefined): boolean {
  return createdAt < (owner?.status.gateOpenedAt ?? -Infinity);
}

/** What a password Job has to tell before this is written. */
function isTold(change: string, { jobs, resource: owner }: Observed): boolean {
  if (['new', 'first', 'recover', 'begin', 'reset'].includes(change)) return true;
  const told = jobs['change-pass'];
  if (!told?.ours || isOutlived(told, owner)) return false;
  if (change === 'withdraw') return told.state === 'failed' && told.result?.['altered'] === false;
  return told.state === 'succeeded' && told.result?.outcome === 'done';
}

type Check = readonly [invariant: string, holds: (action: Action, state: Observed) => boolean];

const CHECKS: readonly Check[] = [
  [
    'I1: the resource goes only when its data is backed up, given up, or kept',
    (action, state) => action.kind !== 'remove-finalizer' || mayLetGo(state),
  ],
  [
    'I1: where volumes may not be kept, the data goes only while the claim with its backup stays',
    (action, state) => !isEndOfData(action) || keepsBackup(state),
  ],
  [
    'I1: a claim goes only when its volume outlives it or may be destroyed',
    (action, state) =>
      (action.kind !== 'delete-claim' && action.kind !== 'replace-claim') || mayLoseClaim(state, action.role),
  ],
  [
    'I1: the claim of a living resource goes only for a kept volume',
    (action, state) =>
      action.kind !== 'replace-claim' || state[action.role].volumes.some(({ name }) => name === action.volume),
  ],
  [
    'I1: no claim of a living resource is deleted for good',
    (action, state) => action.kind !== 'delete-claim' || state.resource?.deletedAt !== undefined,
  ],
  [
    'I1: a volume gets its own policy back only after its backup',
    (action, state) =>
      action.kind !== 'finish-volume' ||
      [...state.data.volumes, ...state.backup.volumes].some((one) => one.uid === action.uid && isGivenUp(state, one)),
  ],
  [
    'I1: a volume with data of a living resource is never set aside',
    (action, state) =>
      action.kind !== 'set-aside-volume' ||
      [...state.data.volumes, ...state.backup.volumes].some((one) => one.uid === action.uid && one.resourceUid === ''),
  ],
  [
    'I1: the final backup counts only while no server may be let in',
    (action, { gate }) => !(isEndOfData(action) || action.kind === 'record-backup') || gate === undefined,
  ],
  [
    'I1: a backup counts only where no other pod has the data open that it is of',
    (action, state) => {
      const ours = state.jobs.backup?.ours === true && !state.jobs.backup.deleting ? state.jobs.backup.uid : '';
      return action.kind !== 'record-backup' || ownersOf(state).every(({ jobUid }) => jobUid !== '' && jobUid === ours);
    },
  ],
  [
    'I1: what has the data open of which there is a backup is stopped only when that counts no more',
    (action, state) =>
      action.kind !== 'delete-pod' ||
      state.resource?.deletedAt === undefined ||
      state.resource.deletionPolicy !== 'Backup' ||
      state.jobs.backup?.ours !== true ||
      state.jobs.backup.deleting ||
      state.resource.status.backedUpVolume !== '' ||
      ownersOf(state).every(({ name }) => name !== action.name),
  ],
  [
    'I1: the gate of a resource that is being deleted is closed only where no earlier backup would count',
    (action, { resource: owner, jobs: { backup } }) =>
      action.kind !== 'close-gate' ||
      owner?.deletedAt === undefined ||
      owner.deletionPolicy !== 'Backup' ||
      (owner.status.backedUpVolume === '' && (backup?.ours !== true || backup.deleting)),
  ],
  [
    'I2: a restore starts only behind a closed gate',
    (action, state) => action.kind !== 'create-job' || action.step !== 'restore' || state.gate === undefined,
  ],
  [
    'I3: a password is in force only when the Job said so',
    (action, state) => action.kind !== 'write-active' || isTold(action.change, state),
  ],
  [
    'I3: the password that is in force is never written over',
    (action, state) =>
      action.kind !== 'write-active' ||
      !['new', 'first', 'recover'].includes(action.change) ||
      !state.passwords.hasActive,
  ],
  [
    'I4: a Job that opens the data starts only when nothing else has it open',
    (action, state) =>
      action.kind !== 'create-job' ||
      action.step === 'change-pass' ||
      (state.gate === undefined && ownersOf(state).length === 0),
  ],
  [
    'I4: the gate opens only when no Job has the data open',
    (action, state) =>
      action.kind !== 'open-gate' || state.jobs.restore?.ours !== true || state.jobs.restore.state !== 'running',
  ],
  [
    'I4: the gate opens without a Job only where nobody can decide otherwise',
    (action, state) =>
      action.kind !== 'open-gate' ||
      action.expect === 'data' ||
      state.jobs.restore?.state === 'succeeded' ||
      !state.passwords.hasActive ||
      state.passwords.newClaims.includes(action.claimUid),
  ],
  [
    'I9: the gate opens only for volumes that outlive their claims',
    (action, state) =>
      action.kind !== 'open-gate' || !state.mayTouchVolumes || (isSafe(state.data) && isSafe(state.backup)),
  ],
  [
    'the gate opens for a server that does not run only where nobody has taken the right to volumes away',
    (action, state) =>
      action.kind !== 'open-gate' || state.volumesLostSince === undefined || findServer(state) !== undefined,
  ],
  [
    'the gate opens only while the resource lives',
    (action, state) =>
      action.kind !== 'open-gate' || (state.resource !== undefined && state.resource.deletedAt === undefined),
  ],
  [
    'an empty volume is started where a server had run only when git asks for it',
    (action, state) =>
      action.kind !== 'open-gate' ||
      action.expect === 'data' ||
      state.resource?.status.server === undefined ||
      state.resource.restoreFrom === 'none' ||
      // A Job that was made for another word of git is not ours.
      state.jobs.restore?.result?.outcome === 'declined',
  ],
  [
    'while the definition is being deleted everything runs on',
    (action, state) => state.definitionDeleting !== true || LETTING_GO.has(action.kind),
  ],
  [
    'while nobody knows what is being deleted everything runs on',
    (action, state) =>
      state.definitionDeleting !== undefined || state.resource?.deletedAt === undefined || LETTING_GO.has(action.kind),
  ],
  [
    'nothing is made in a namespace that ends',
    (action, state) => !state.namespaceTerminating || !MAKING.has(action.kind),
  ],
  [
    'a Job of somebody else is left alone, and so are its pods',
    (action, state) =>
      (action.kind !== 'delete-job' && action.kind !== 'delete-job-pods') || state.jobs[action.step]?.foreign === false,
  ],
  [
    'a StatefulSet goes only with the resource, and never one that was made after that',
    (action, state) =>
      (action.kind !== 'delete-stateful-set' && action.kind !== 'release-stateful-set') ||
      (state.statefulSet?.createdAt ?? Infinity) <= (state.resource?.deletedAt ?? -Infinity),
  ],
  [
    'what was rendered goes only with the resource, and never where somebody makes it again',
    (action, state) =>
      action.kind !== 'delete-child' ||
      (state.statefulSet?.createdAt ?? -Infinity) <= (state.resource?.deletedAt ?? -Infinity),
  ],
  [
    'a server that is Ready is stopped only behind the closed gate',
    (action, state) =>
      action.kind !== 'delete-pod' ||
      state.gate === undefined ||
      state.pods.every(({ uid, ready, jobUid }) => uid !== action.uid || !ready || jobUid !== ''),
  ],
  [
    'data is not taken where people asked for an empty database',
    (action, state) =>
      (action.kind !== 'make-claim' && action.kind !== 'replace-claim') ||
      action.role === 'backup' ||
      state.resource?.deletedAt !== undefined ||
      state.resource?.restoreFrom !== 'none',
  ],
];

/** What may be done while nobody's data is to be touched. A namespace that ends lets the resource go with its volumes kept. */
const LETTING_GO = new Set<Action['kind']>(['remove-finalizer', 'retain-volume', 'reserve-volume']);
const MAKING = new Set<Action['kind']>(['create-job', 'open-gate', 'make-claim', 'replace-claim']);
