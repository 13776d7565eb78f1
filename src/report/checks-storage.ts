// Checks of volumes and claims: they can grow, they outlive their claims, and what nobody needs any more is named.

import {
  CLAIM_ANNOTATIONS,
  FINISHED_ANNOTATION,
  RESOURCE_LABEL,
  RESOURCE_UID_ANNOTATION,
  RETAINED_AT_ANNOTATION,
  childNames,
} from '../api/names.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../cluster/types.ts';
import { conclude, count, finding, isCalled, unread, type Check, type Finding } from './check.ts';
import type { DoctorFacts } from './doctor-facts.ts';
import type { ResourceFacts } from './facts.ts';
import { isDeleting, isManaged, next } from './obstacle.ts';

const SURELY = 'when surely nobody needs it,';

/** The classes of the claims let volumes grow. */
export function checkClasses({ resources, classes }: DoctorFacts): Check[] {
  if (resources === 'forbidden') return [];
  const used = new Set(resources.flatMap(listClaims).map(({ spec }) => spec?.storageClassName ?? ''));
  const names = [...used].filter((name) => name !== '').sort();
  if (names.length === 0) return [];
  if (classes === 'forbidden') return unread('storage classes', 'StorageClasses');
  const findings = names.flatMap((name): Finding[] => {
    const found = classes.find(({ metadata }) => metadata.name === name);
    const object = `storageclass/${name}`;
    if (!found) {
      const step = next('put a class into git that is there', 'kubectl get storageclasses');
      return [finding('warn', `the class ${name} is not there: new claims of it stay pending`, { object, next: step })];
    }
    if (found.allowVolumeExpansion) return [];
    const step = next('where the driver can, set allowVolumeExpansion: true on the class');
    return [finding('warn', `volumes of the class ${name} cannot grow`, { object, next: step })];
  });
  return conclude('storage classes', findings, `volumes of ${count(names.length, 'class')} in use can grow`);
}

/** A volume with data outlives its claim. */
export function checkRetain({ resources }: DoctorFacts): Check[] {
  const managed = resources === 'forbidden' ? [] : resources.filter(isManaged);
  if (managed.length === 0) return [];
  if (managed.some(({ volumes }) => volumes === 'forbidden')) return unread('retain', 'PersistentVolumes');
  // Before the gate there is nothing to lose.
  const started = managed.filter((facts) => facts.gate !== undefined && !isDeleting(facts));
  const volumes = started.flatMap(({ volumes: bound }) => (bound === 'forbidden' ? [] : bound));
  const findings = volumes
    .filter(({ spec }) => spec?.persistentVolumeReclaimPolicy !== 'Retain')
    .map((volume) => {
      const { name } = volume.metadata;
      const patch = `'{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'`;
      const message = `the volume ${name} of ${describeOwner(volume)} goes with its claim`;
      const step = next('make it Retain', `kubectl patch persistentvolume ${name} -p ${patch}`);
      return finding('fail', message, { object: `persistentvolume/${name}`, next: step });
    });
  return conclude(
    'retain',
    findings,
    volumes.length === 0 ? 'no volume holds data yet' : `${count(volumes.length, 'volume')} with data: all Retain`,
  );
}

/** Claims carry what keeps delivery tools from deleting them. */
export function checkProtection({ resources }: DoctorFacts): Check[] {
  if (resources === 'forbidden' || resources.length === 0) return [];
  const findings = resources.flatMap((facts) =>
    listClaims(facts).flatMap((claim): Finding[] => {
      const missing = Object.entries(CLAIM_ANNOTATIONS).filter(
        ([key, value]) => claim.metadata.annotations?.[key] !== value,
      );
      if (missing.length === 0) return [];
      const { name, namespace = '' } = claim.metadata;
      const message = `the claim ${namespace}/${name} lacks ${missing.map(([key]) => key).join(', ')}: a delivery tool may delete it`;
      const words = missing.map(([key, value]) => `${key}=${value}`).join(' ');
      const command = `kubectl -n ${namespace} annotate --overwrite persistentvolumeclaim ${name} ${words}`;
      return [
        finding('warn', message, {
          object: `persistentvolumeclaim/${name}`,
          next: next('apply the rendered manifests, or annotate it', command),
        }),
      ];
    }),
  );
  return conclude('claims', findings, 'all carry what keeps delivery tools from deleting them');
}

/** Volumes and backups whose resource is gone. */
export function checkLeftovers(facts: DoctorFacts): Check[] {
  const { claims, volumes } = facts;
  const findings = [
    ...(volumes === 'forbidden' ? [] : volumes.flatMap((volume) => describeVolume(facts, volume))),
    ...(claims === 'forbidden' ? [] : claims.flatMap((claim) => describeBackups(facts, claim))),
  ];
  if (findings.length === 0 && volumes === 'forbidden') return unread('leftovers', 'PersistentVolumes');
  return conclude('leftovers', findings, 'no volume is left over');
}

function describeVolume({ namespace }: DoctorFacts, volume: PersistentVolume): Finding[] {
  const { annotations = {}, name, creationTimestamp } = volume.metadata;
  if (annotations[RESOURCE_UID_ANNOTATION] === undefined || !isFree(volume, namespace)) return [];
  const object = `persistentvolume/${name}`;
  const what = `the volume ${name} (${sizeOf(volume.spec?.capacity)})`;
  const remove = `kubectl delete persistentvolume ${name}`;
  const finished = annotations[FINISHED_ANNOTATION];
  if (finished !== undefined) {
    if (isGoing(volume)) return [];
    const step = next('delete it, and what its driver keeps behind it', remove);
    return [finding('warn', `${what} of ${describeOwner(volume)} was given up on ${finished}`, { object, next: step })];
  }
  const since = annotations[RETAINED_AT_ANNOTATION] ?? creationTimestamp;
  const message = `${what} holds data of ${describeOwner(volume)}, retained since ${since}`;
  const step = next(`make the resource of that name again to get the data back; or, ${SURELY} delete it`, remove);
  return [finding('warn', message, { object, next: step })];
}

function isFree({ spec, status }: PersistentVolume, namespace: string | undefined): boolean {
  if (namespace !== undefined && spec?.claimRef?.namespace !== namespace) return false;
  return ['Released', 'Available', 'Failed'].includes(status?.phase ?? '');
}

/** Its own policy takes it away, unless that has failed. */
function isGoing({ spec, status }: PersistentVolume): boolean {
  return spec?.persistentVolumeReclaimPolicy === 'Delete' && status?.phase === 'Released';
}

function sizeOf(capacity: Readonly<Record<string, string>> | undefined): string {
  return capacity?.['storage'] ?? 'unknown size';
}

/** Backups that stay when a resource goes are as they should be; somebody should know of them. */
function describeBackups({ resources }: DoctorFacts, { metadata, status }: PersistentVolumeClaim): Finding[] {
  const { name, namespace = '', creationTimestamp, labels = {} } = metadata;
  const owner = labels[RESOURCE_LABEL] ?? '';
  if (resources === 'forbidden' || childNames(owner).backupClaim !== name) return [];
  if (resources.some(({ resource }) => isCalled(resource, namespace, owner))) return [];
  const what = `the claim ${namespace}/${name} (${sizeOf(status?.capacity)}, of ${creationTimestamp})`;
  const remove = `kubectl -n ${namespace} delete persistentvolumeclaim ${name}`;
  const step = next(`apply the resource again to restore it; or, ${SURELY} delete the claim`, remove);
  const message = `${what} holds the backups of ${owner}, which is gone`;
  return [finding('warn', message, { object: `persistentvolumeclaim/${name}`, next: step })];
}

function listClaims({ claims }: ResourceFacts): PersistentVolumeClaim[] {
  return [claims.data, claims.backup].filter((claim) => claim !== undefined);
}

function describeOwner({ spec }: PersistentVolume): string {
  const { namespace = '', name = 'no claim' } = spec?.claimRef ?? {};
  return `${namespace}/${name}`;
}
