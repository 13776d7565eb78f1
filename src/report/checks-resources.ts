// Checks of resources: none hangs, none lost its gate's owner, backups are young, delivery tools are told to be careful.

import { RESOURCE_ANNOTATIONS, RESOURCE_LABEL, childNames } from '../api/names.ts';
import type { StoredObject } from '../cluster/types.ts';
import { buildReport } from './build-report.ts';
import { conclude, count, finding, isCalled, unread, type Check, type Finding } from './check.ts';
import { readBackupTime } from './describe.ts';
import type { DoctorFacts, Kustomization } from './doctor-facts.ts';
import type { ResourceFacts } from './facts.ts';
import { conditionsOf, isDeleting, isManaged, next } from './obstacle.ts';
import { formatAge } from './text.ts';

/** A deletion in which nothing has moved for so long needs somebody. */
const STALE_MS = 10 * 60_000;
/** A backup that is older says little about today. */
const OLD_MS = 7 * 24 * 3_600_000;

const TRACKED_BY_FLUX = 'kustomize.toolkit.fluxcd.io/name';
const SYNC_OPTIONS = 'argocd.argoproj.io/sync-options';
const FLUX_FORCE = 'kustomize.toolkit.fluxcd.io/force';

/** Resources may be read at all. */
export function checkReadable({ resources, namespace }: DoctorFacts): Check[] {
  if (resources !== 'forbidden') return [];
  const where = namespace === undefined ? 'of the cluster' : `in ${namespace}`;
  return conclude('resources', [finding('fail', `MySQL resources ${where} may not be read`)], '');
}

/** Nothing waits for a finalizer that nobody takes off. */
export function checkDeletions({ resources }: DoctorFacts, now: number): Check[] {
  if (resources === 'forbidden') return [];
  const stale = resources.filter((facts) => isDeleting(facts) && now - lastChange(facts) > STALE_MS);
  const findings = stale.map((facts) => {
    const { name, namespace = '', deletionTimestamp = '' } = facts.resource.metadata;
    const report = buildReport(facts, now);
    const age = formatAge(now - Date.parse(deletionTimestamp));
    const step = report.next ?? next('see what it waits for', `kubectl mysql status -n ${namespace} ${name}`);
    const message = `${namespace}/${name} is being deleted for ${age}: ${report.message}`;
    return finding('fail', message, { object: `mysql/${name}`, next: step });
  });
  return conclude('deletions', findings, 'none hangs');
}

function lastChange(facts: ResourceFacts): number {
  const times = conditionsOf(facts).map(({ lastTransitionTime = '' }) => Date.parse(lastTransitionTime));
  const deleted = Date.parse(facts.resource.metadata.deletionTimestamp ?? '');
  return Math.max(deleted, ...times.filter((time) => !Number.isNaN(time)));
}

/** A gate whose resource is gone lets a server start that nobody looks after. */
export function checkGates({ resources, configMaps }: DoctorFacts): Check[] {
  if (resources === 'forbidden') return [];
  if (configMaps === 'forbidden') return unread('gates', 'ConfigMaps');
  const findings = configMaps.flatMap(({ metadata }): Finding[] => {
    const { name, namespace = '', labels = {} } = metadata;
    const owner = labels[RESOURCE_LABEL] ?? '';
    const isGate = childNames(owner).gate === name;
    const isThere = resources.some(({ resource }) => isCalled(resource, namespace, owner));
    if (!isGate || isThere) return [];
    const message = `the gate ${namespace}/${name} is open, but its resource ${owner} is gone: nobody backs that server up`;
    const step = next('apply the resource again; it takes the server over as it runs');
    return [finding('warn', message, { object: `configmap/${name}`, next: step })];
  });
  return conclude('gates', findings, 'each belongs to a resource');
}

/** How old the last backups are. */
export function checkBackups({ resources }: DoctorFacts, now: number): Check[] {
  const managed = resources === 'forbidden' ? [] : resources.filter(isManaged);
  if (managed.length === 0) return [];
  const times = managed.map((facts) => [facts, readBackupTime(facts.resource)] as const);
  const findings = times.flatMap(([{ resource }, time]): Finding[] => {
    if (time === undefined || now - time <= OLD_MS) return [];
    const { name, namespace = '' } = resource.metadata;
    const message = `the last backup of ${namespace}/${name} is ${formatAge(now - time)} old`;
    const step = next('the next one is made when the resource is deleted; until then dump what you cannot lose');
    return [finding('warn', message, { object: `mysql/${name}`, next: step })];
  });
  const without = times.filter(([, time]) => time === undefined).length;
  const young = managed.length - without;
  const parts = [
    young > 0 ? `${count(young, 'resource')} with a backup of the last 7 days` : undefined,
    without > 0 ? `${count(without, 'resource')} without one: a final backup is made on deletion` : undefined,
  ];
  return conclude('backups', findings, parts.filter((part) => part !== undefined).join('; '));
}

/** Settings of delivery tools that replace objects instead of changing them. */
export function checkDelivery({ resources, kustomizations }: DoctorFacts): Check[] {
  if (resources === 'forbidden' || resources.length === 0) return [];
  const findings = resources.flatMap((facts) => {
    const { data, backup } = facts.claims;
    const objects: StoredObject[] = [facts.resource, data, backup].filter((object) => object !== undefined);
    return [...objects.flatMap(describeForce), ...describeFlux(facts)];
  });
  findings.push(...kustomizations.flatMap(describeForcing));
  return conclude('delivery', findings, 'no object asks a delivery tool to replace it');
}

function describeForce({ kind, metadata }: StoredObject): Finding[] {
  const { annotations = {}, name, namespace = '' } = metadata;
  const options = (annotations[SYNC_OPTIONS] ?? '').split(',').map((option) => option.trim());
  const found = [
    ...options.filter((option) => option === 'Replace=true' || option === 'Force=true'),
    ...(annotations[FLUX_FORCE] === 'enabled' ? [`${FLUX_FORCE}: enabled`] : []),
  ];
  if (found.length === 0) return [];
  const message = `${namespace}/${name} carries ${found.join(', ')}: replacing drops the finalizer and can delete a claim`;
  const object = `${kind.toLowerCase()}/${name}`;
  return [finding('fail', message, { object, next: next('take it out of git') })];
}

function describeForcing({ metadata: { name, namespace = '' }, spec }: Kustomization): Finding[] {
  if (spec?.force !== true) return [];
  const message = `the Kustomization ${namespace}/${name} of Flux has force: true: a change that the API server refuses deletes the database, which is backed up before`;
  const step = next('take spec.force out of it');
  return [finding('warn', message, { object: `kustomization/${name}`, next: step })];
}

function describeFlux({ resource }: ResourceFacts): Finding[] {
  const { annotations = {}, labels = {}, name, namespace = '' } = resource.metadata;
  if (labels[TRACKED_BY_FLUX] === undefined) return [];
  const missing = Object.entries(RESOURCE_ANNOTATIONS).filter(([key, value]) => annotations[key] !== value);
  if (missing.length === 0) return [];
  const message = `${namespace}/${name} is delivered by Flux without ${missing.map((pair) => pair.join(': ')).join(', ')}: Flux takes the finalizer off`;
  return [
    finding('warn', message, { object: `mysql/${name}`, next: next('deliver what kubectl mysql render prints') }),
  ];
}
