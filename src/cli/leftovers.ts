// What the cluster has of an earlier resource of a name: volumes with data, backups, and how old the newest one is.

import { FINISHED_ANNOTATION, RESOURCE_UID_ANNOTATION, SKIP_BACKUP_ANNOTATION } from '../api/names.ts';
import { isClusterError } from '../cluster/errors.ts';
import { KINDS, type StoredMySQL } from '../cluster/kinds.ts';
import type { PersistentVolume } from '../cluster/types.ts';
import type { Leftovers } from '../model/life.ts';
import { buildPolicy } from '../model/policy.ts';
import { isObject } from '../parse/source.ts';
import { describeBackup } from '../plan/age.ts';
import type { PlannedResource } from '../plan/side.ts';
import { conditionsOf } from '../report/obstacle.ts';
import type { Cluster } from './open-cluster.ts';

/** All volumes; none where they may not be seen. */
export async function readVolumes({ objects }: Cluster): Promise<readonly PersistentVolume[]> {
  try {
    return (await objects.list(KINDS.PersistentVolume)).items;
  } catch (error) {
    if (isClusterError(error, 'Forbidden')) return [];
    throw error;
  }
}

interface Seen {
  readonly cluster: Cluster;
  readonly volumes: readonly PersistentVolume[];
  /** The resource that is being deleted. */
  readonly stored: StoredMySQL | undefined;
}

/** Looks for what a new resource would find: what is there, less what a deletion that is under way takes away. */
export async function findLeftovers(wanted: PlannedResource, { cluster, volumes, stored }: Seen): Promise<Leftovers> {
  const { namespace, names } = wanted.model;
  const policy = stored && buildPolicy(stored.spec).deletionPolicy;
  if (policy === 'Delete') return { hasData: false, hasClaim: false, hasBackups: false };
  const hasClaim = async (name: string): Promise<boolean> =>
    (await cluster.objects.find(KINDS.PersistentVolumeClaim, { namespace, name })) !== undefined;
  const isKept = (name: string): boolean => volumes.some((volume) => isReserved(volume, namespace, name));
  const staysData = policy !== 'Backup';
  return {
    hasData: staysData && isKept(names.dataClaim),
    hasClaim: staysData && (await hasClaim(names.dataClaim)),
    hasBackups: policy === 'Backup' || isKept(names.backupClaim) || (await hasClaim(names.backupClaim)),
    backup: await findBackup(wanted, cluster, stored),
  };
}

/** A volume that the watcher keeps for the claim of a name. */
function isReserved(
  { metadata: { annotations = {} }, spec }: PersistentVolume,
  namespace: string,
  name: string,
): boolean {
  const isOurs = annotations[RESOURCE_UID_ANNOTATION] !== undefined && annotations[FINISHED_ANNOTATION] === undefined;
  return isOurs && spec?.claimRef?.namespace === namespace && spec.claimRef.name === name;
}

/** The status tells of the newest backup; once the resource is gone, only its Job does. */
async function findBackup(
  { model: { namespace, names } }: PlannedResource,
  { objects, clock }: Cluster,
  stored: StoredMySQL | undefined,
): Promise<string | undefined> {
  if (stored && isBackupToCome(stored)) return 'the final backup, which is still to be made,';
  const { name, time } = isObject(stored?.status?.['lastBackup']) ? stored.status['lastBackup'] : {};
  if (time !== undefined) return describeBackup({ name, time }, clock.now());
  const job = await objects.find(KINDS.Job, { namespace, name: names.jobs.backup });
  return describeBackup({ name, time: job?.status?.succeeded ? job.status.completionTime : undefined }, clock.now());
}

/** Until then the status tells of the backup before it. */
function isBackupToCome(stored: StoredMySQL): boolean {
  const isSkipped = stored.metadata.annotations?.[SKIP_BACKUP_ANNOTATION] === 'true';
  return buildPolicy(stored.spec).deletionPolicy === 'Backup' && !isSkipped && !isBackedUp(stored);
}

function isBackedUp(stored: StoredMySQL): boolean {
  return conditionsOf({ resource: stored }).some(({ type, status }) => type === 'BackedUp' && status === 'True');
}
