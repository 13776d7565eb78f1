// The parts of a report that say how things are: server, volumes, last backup.

import { childNames } from '../api/names.ts';
import type { PersistentVolumeClaim, Pod } from '../cluster/types.ts';
import type { ResourceFacts } from './facts.ts';
import { isManaged } from './obstacle.ts';
import { containerOf, findServerPod, holds } from './pods.ts';
import type { BackupReport, ServerReport, VolumeReport } from './report.ts';

export function describeServer({ resource, pods }: ResourceFacts): ServerReport {
  const last = (resource.status?.['server'] ?? {}) as Readonly<Record<string, unknown>>;
  const pod = findServerPod(pods, resource.metadata.name);
  const none = { image: resource.spec.image, pod: null, node: null, ready: false, restarts: 0, startedAt: null };
  return { ...none, version: readText(last['version']), ...(pod ? describePod(pod) : {}) };
}

function describePod(pod: Pod): Omit<ServerReport, 'version'> {
  const { containers = [], nodeName: node = null } = pod.spec ?? {};
  const image = containers[0]?.image ?? null;
  return { image, pod: pod.metadata.name, node, ready: holds(pod, 'Ready'), ...describeRun(pod) };
}

function describeRun(pod: Pod): Pick<ServerReport, 'restarts' | 'startedAt'> {
  const { restartCount: restarts = 0, state } = containerOf(pod) ?? {};
  return { restarts, startedAt: state?.running?.startedAt ?? null };
}

export function describeVolumes(facts: ResourceFacts): VolumeReport[] {
  const names = childNames(facts.resource.metadata.name);
  const roles = isManaged(facts) || facts.claims.backup ? (['data', 'backup'] as const) : (['data'] as const);
  return roles.map((role) => {
    const claim = facts.claims[role];
    if (claim) return { role, claim: claim.metadata.name, ...describeClaim(facts, claim) };
    const name = role === 'data' ? names.dataClaim : names.backupClaim;
    return { role, claim: name, phase: 'Missing', size: null, className: null, volume: null, reclaimPolicy: null };
  });
}

function describeClaim(
  facts: ResourceFacts,
  { metadata, spec = {}, status = {} }: PersistentVolumeClaim,
): Omit<VolumeReport, 'role' | 'claim'> {
  const { storageClassName: className = null, volumeName: volume = null, resources } = spec;
  const { phase: told = 'Pending', capacity = resources?.requests } = status;
  const phase = metadata.deletionTimestamp === undefined ? told : 'Terminating';
  return { phase, size: readText(capacity?.['storage']), className, volume, reclaimPolicy: policyOf(facts, volume) };
}

function policyOf({ volumes }: ResourceFacts, name: string | null): string | null {
  if (volumes === 'forbidden') return null;
  const volume = volumes.find(({ metadata }) => metadata.name === name);
  return volume?.spec?.persistentVolumeReclaimPolicy ?? null;
}

export function describeBackup(value: unknown): BackupReport | null {
  if (typeof value !== 'object' || value === null) return null;
  const { name, time, bytes, serverVersion, source } = value as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string') return null;
  return {
    name,
    time: readText(time),
    bytes: typeof bytes === 'number' ? bytes : null,
    serverVersion: readText(serverVersion),
    source: readText(source),
  };
}

export function readText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** When the last backup was made, in milliseconds since 1970. */
export function readBackupTime({ status }: ResourceFacts['resource']): number | undefined {
  const time = Date.parse(describeBackup(status?.['lastBackup'])?.time ?? '');
  return Number.isNaN(time) ? undefined : time;
}
