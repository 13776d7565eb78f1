// From the facts about a resource to its report. Pure; it takes field by field, so that no secret of the resource's spec or
// annotations gets into it.

import type { Condition as StatusCondition } from '../lifecycle/conditions.ts';
import type { ResourceFacts, Time } from './facts.ts';
import { conditionsOf, isManaged, type Rule, type Situation } from './obstacle.ts';
import {
  claims,
  foreignFinalizers,
  namespaceTerminating,
  noWatcher,
  passwordMissing,
  stalled,
  needsWatcher,
} from './obstacles-around.ts';
import { failedJobs, podMissing, serverStarting, troubledPods } from './obstacles-pods.ts';
import { describePassword } from './password.ts';
import { readPhase } from './phase.ts';
import { describeBackup, describeServer, describeVolumes, readText } from './describe.ts';
import type { Obstacle, StatusReport } from './report.ts';
import { escapeControls } from './text.ts';
import { judgeWatcherOf } from './watcher.ts';

/** In the order of causes: what stands earlier may be why something later waits. */
const RULES: readonly Rule[] = [
  namespaceTerminating,
  noWatcher,
  passwordMissing,
  claims,
  podMissing,
  troubledPods,
  failedJobs,
  foreignFinalizers,
  stalled,
  serverStarting,
];

/** A watcher needs a moment. */
const PATIENCE_MS = 60_000;

/** Builds the report of one resource. */
export function buildReport(facts: ResourceFacts, now: Time): StatusReport {
  const { resource } = facts;
  const { metadata, status = {} } = resource;
  const judgedWatcher = judgeWatcherOf(facts.watcher, resource, now);
  const situation: Situation = { ...facts, judgedWatcher, now };
  const waitingFor = findObstacles(situation);
  const { phase, message, since } = readPhase(situation, waitingFor);
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    phase,
    message: escapeControls(message),
    since,
    createdAt: metadata.creationTimestamp,
    deletionRequestedAt: metadata.deletionTimestamp ?? null,
    waitingFor,
    next: waitingFor.find(({ next }) => next !== null)?.next ?? null,
    watcher: tellWatcher(situation),
    server: describeServer(facts),
    password: describePassword(facts),
    volumes: describeVolumes(facts),
    lastBackup: describeBackup(status['lastBackup']),
    restoredFrom: readText(status['restoredFrom']),
    conditions: conditionsOf(facts) as readonly StatusCondition[],
    unreadable: facts.unreadable,
  };
}

/** One that runs without a Deployment and a Lease leaves no trace while there is nothing to do. */
function tellWatcher(situation: Situation): StatusReport['watcher'] {
  const { judgedWatcher, watcher } = situation;
  const isAtRest = isManaged(situation) && !needsWatcher(situation) && !isOverlapOver(situation);
  const isSilent = judgedWatcher.state === 'NotFound' && isAtRest;
  if (!isSilent || watcher.leases === 'forbidden' || watcher.leases.length > 0) return judgedWatcher;
  const evidence = `${judgedWatcher.evidence}; one that runs elsewhere without a Lease would have nothing to do now`;
  return { ...judgedWatcher, state: 'Unknown', evidence };
}

/** The old password is still there, which only a watcher discards. */
function isOverlapOver(situation: Situation): boolean {
  return Date.parse(describePassword(situation).overlapUntil ?? '') + PATIENCE_MS < situation.now;
}

/** What was told with its object and what it says there is not told again in the watcher's words. */
function findObstacles(situation: Situation): Obstacle[] {
  const found = RULES.flatMap((rule) => rule(situation));
  const told = new Set(found.filter(({ object }) => object !== null).map(({ reason }) => reason));
  const isTold = (reason: string): boolean => (SAME[reason] ?? [reason]).some((other) => told.has(other));
  return found.filter(({ reason, object }) => object !== null || !isTold(reason));
}

const POD = ['ImagePull', 'Unschedulable', 'CreateContainerConfigError', 'CreateContainerError', 'ContainerCreating'];

/** The watcher's word for what is seen at an object. */
const SAME: Readonly<Record<string, readonly string[]>> = {
  BackupFailed: ['JobFailed'],
  RestoreFailed: ['JobFailed'],
  PasswordChangeFailed: ['JobFailed'],
  ServerFailing: ['CrashLoop', ...POD],
  JobNotStarting: [...POD, 'PodTerminating'],
  PodStuck: ['PodTerminating'],
  VolumeLost: ['ClaimLost'],
};
