// Checks of what is there once: the definition, the watcher, and who may do what.

import type { Deployment } from '../cluster/types.ts';
import { conclude, count, finding, ok, unread, type Check, type Finding } from './check.ts';
import type { AccountRights, Definition, DoctorFacts } from './doctor-facts.ts';
import type { WatcherFacts } from './facts.ts';
import { isManaged, next } from './obstacle.ts';
import { describeRight } from './rights.ts';
import { INSTALL, isFresh, judgeWatcher, readyReplicas, versionOf } from './watcher.ts';

const REINSTALL = 'kubectl mysql install --image IMAGE | kubectl apply --server-side --force-conflicts -f -';
/** Without them it would be another installation: of another image, or for all namespaces. */
const SAME_FLAGS = 'with the flags of the installation';

/** The CRD is there, is this program's, and stays. */
export function checkDefinition({ definition, expected, version }: DoctorFacts): Check[] {
  if (definition === 'forbidden') return unread('definition', 'CustomResourceDefinitions');
  if (definition === 'missing') {
    const step = next('install it', INSTALL);
    return conclude('definition', [finding('fail', 'the CRD mysqls.otus.homework is not there', { next: step })], '');
  }
  const findings: Finding[] = [];
  if (definition.metadata.deletionTimestamp !== undefined) {
    const step = next('servers run on without it; install it again', INSTALL);
    findings.push(finding('fail', 'the CRD is being deleted, so no resource is looked after', { next: step }));
  }
  if (!isSame(definition, expected)) {
    const step = next(`install the one of this version, ${SAME_FLAGS}`, REINSTALL);
    const message = `the CRD is not the one of version ${version}: fields may be dropped or refused`;
    findings.push(finding('warn', message, { next: step }));
  }
  return conclude('definition', findings, `the CRD is the one of version ${version}`);
}

/** What is served and stored, and how it is checked and shown. */
function isSame(served: Definition, expected: Definition): boolean {
  const select = ({ spec }: Definition): unknown =>
    spec?.versions?.map(({ name, served: isServed, storage, schema, subresources, additionalPrinterColumns }) => ({
      name,
      isServed,
      storage,
      schema,
      subresources,
      additionalPrinterColumns,
    }));
  return canonical(select(served)) === canonical(select(expected));
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

/** A watcher runs for every namespace with managed resources, in this program's version. */
export function checkWatcher(facts: DoctorFacts, now: number): Check[] {
  const { deployments, leases } = facts.watcher;
  const found = deployments === 'forbidden' ? [] : deployments;
  const findings = [...findUnwatched(facts, now), ...found.flatMap((each) => describeDeployment(facts, each, now))];
  if (findings.length > 0) return conclude('watcher', findings, '');
  if (found.length > 0) return [ok('watcher', found.map(describeReady).join('; '))];
  if (deployments === 'forbidden' && leases === 'forbidden') return unread('watcher', 'Deployments and Leases');
  if (leases !== 'forbidden' && leases.some((each) => isFresh(each, now))) {
    return [ok('watcher', 'it runs outside of a Deployment, and its Lease is fresh')];
  }
  const where = facts.namespace === undefined ? 'in the cluster' : `in the namespace ${facts.namespace}`;
  const message = `no watcher was found, and no resource ${where} needs one yet`;
  return conclude(
    'watcher',
    [finding('warn', message, { next: next('install it before the first resource', INSTALL) })],
    '',
  );
}

function findUnwatched({ resources, watcher }: DoctorFacts, now: number): Finding[] {
  const managed = resources === 'forbidden' ? [] : resources.filter(isManaged);
  const namespaces = [...new Set(managed.map(({ resource }) => resource.metadata.namespace ?? ''))].sort();
  const unwatched = namespaces.filter((namespace) => judgeWatcher(watcher, namespace, now).state === 'NotFound');
  if (unwatched.length === 0) return [];
  const message = `no watcher was found for ${unwatched.join(', ')}: no backup, no restore, no password change there`;
  return [finding('fail', message, { next: next('install it', INSTALL) })];
}

function describeDeployment({ version, watcher }: DoctorFacts, deployment: Deployment, now: number): Finding[] {
  const { name, namespace = '' } = deployment.metadata;
  const object = `deployment/${name}`;
  const findings: Finding[] = [];
  const wanted = deployment.spec?.replicas ?? 1;
  if (readyReplicas(deployment) < wanted || wanted === 0) {
    const command = `kubectl -n ${namespace} describe deployment ${name}`;
    const message = `${name} in ${namespace}: ${String(readyReplicas(deployment))} of ${String(wanted)} replicas are ready`;
    const level = readyReplicas(deployment) === 0 ? 'fail' : 'warn';
    findings.push(finding(level, message, { object, next: next('see why', command) }));
  }
  const running = versionOf(deployment);
  if (running !== null && running !== version) {
    const message = `${name} in ${namespace} has the version ${running}, this program ${version}`;
    findings.push(
      finding('warn', message, { object, next: next(`install the same version, ${SAME_FLAGS}`, REINSTALL) }),
    );
  }
  return [...findings, ...(readyReplicas(deployment) === 0 ? [] : describeLease(deployment, watcher.leases, now))];
}

/** One that elects a leader and is ready holds a Lease in its namespace. */
function describeLease({ metadata, spec }: Deployment, leases: WatcherFacts['leases'], now: number): Finding[] {
  const words = spec?.template.spec?.containers.flatMap(({ args = [] }) => args) ?? [];
  if (leases === 'forbidden' || !words.includes('--leader-elect')) return [];
  const { name, namespace = '' } = metadata;
  if (leases.some((lease) => lease.metadata.namespace === namespace && isFresh(lease, now))) return [];
  const step = next('see what it says', `kubectl -n ${namespace} logs deployment/${name}`);
  return [finding('warn', `nobody holds the Lease ${name} in ${namespace}, so no replica acts`, { next: step })];
}

function describeReady(deployment: Deployment): string {
  const { name, namespace = '' } = deployment.metadata;
  const version = versionOf(deployment) ?? 'unknown version';
  return `${name} in ${namespace}, ${version}, ${count(readyReplicas(deployment), 'replica')} ready`;
}

/** The caller may read what reports are made of. */
export function checkCaller({ callerRights }: DoctorFacts): Check[] {
  const missing = callerRights.filter(({ allowed }) => !allowed).map(describeRight);
  const message = `you may not ${missing.join(', ')}: status and doctor say less`;
  const step = next('nothing, or ask for the role view and for reading volumes and classes of the cluster');
  const findings = missing.length === 0 ? [] : [finding('warn', message, { next: step })];
  return conclude('your rights', findings, 'you may read all that status and doctor look at');
}

/** The watcher's account may do what the watcher does. */
export function checkAccounts({ watcherRights }: DoctorFacts): Check[] {
  return watcherRights.flatMap(({ account, rights }) => {
    if (rights === 'forbidden') return unread('watcher rights', 'the rights of others');
    return conclude('watcher rights', describeMissing(account, rights), `${account} may do all that a watcher does`);
  });
}

function describeMissing(account: string, rights: Exclude<AccountRights['rights'], 'forbidden'>): Finding[] {
  const missing = rights.filter(({ allowed }) => !allowed);
  const volumes = missing.filter(({ resource }) => resource === 'persistentvolumes');
  const others = missing.filter(({ resource }) => resource !== 'persistentvolumes').map(describeRight);
  const protect = next('install it with --protect-volumes, or use classes whose reclaimPolicy is Retain', null);
  const broken = `${account} may not ${others.join(', ')}`;
  const endangered = `${account} may not change volumes: deleting a claim or namespace destroys its data`;
  return [
    ...(others.length === 0
      ? []
      : [finding('fail', broken, { next: next(`install its roles again, ${SAME_FLAGS}`, REINSTALL) })]),
    ...(volumes.length === 0 ? [] : [finding('warn', endangered, { next: protect })]),
  ];
}
