// Whether a watcher runs. Nothing says so for sure: it may run in a Deployment, or elsewhere with a Lease, or elsewhere without
// one; so the answer says how it is known.

import { FINALIZER } from '../api/names.ts';
import type { StoredMySQL } from '../cluster/kinds.ts';
import { FIELD_MANAGER } from '../cluster/objects.ts';
import type { Deployment, Lease } from '../cluster/types.ts';
import type { Time, WatcherFacts } from './facts.ts';
import type { WatcherReport } from './report.ts';
import { formatAge } from './text.ts';

/** How the Deployment and the Lease of a watcher are found. */
export const WATCHER_SELECTOR = 'app.kubernetes.io/name=kubectl-mysql';
export const WATCHER_LEASE = 'kubectl-mysql';

/** How a watcher is installed; its image is in a registry of the user's. */
export const INSTALL = 'kubectl mysql install --image IMAGE | kubectl apply --server-side -f -';

/** A Lease is renewed every few seconds; clocks may differ by the rest. */
const FRESH_MS = 60_000;

/** Tells whether a watcher looks after a namespace. */
export function judgeWatcher({ deployments, leases }: WatcherFacts, namespace: string, now: Time): WatcherReport {
  const all = deployments === 'forbidden' ? [] : deployments;
  const found = all.filter((each) => covers(each, namespace));
  const ready = found.find((each) => readyReplicas(each) > 0);
  if (ready) return report('Running', describeDeployment(ready), ready);
  const lease = leases === 'forbidden' ? undefined : leases.find((each) => isFresh(each, now) && !isOfAny(each, all));
  if (lease) return report('Running', describeLease(lease, now));
  const [down] = found;
  if (down) return report('NotReady', describeDeployment(down), down);
  if (deployments === 'forbidden' || leases === 'forbidden') {
    const what = [deployments === 'forbidden' && 'Deployments', leases === 'forbidden' && 'Leases'].filter(Boolean);
    return report('Unknown', `${what.join(' and ')} of other namespaces may not be read`);
  }
  return report('NotFound', 'there is no Deployment of it that looks after this namespace, and no fresh Lease');
}

/** A Lease beside a Deployment is that one's, which has been judged. */
function isOfAny({ metadata }: Lease, deployments: readonly Deployment[]): boolean {
  return deployments.some((each) => each.metadata.namespace === metadata.namespace);
}

/**
 * The same for one resource, whose traces may prove a watcher that runs somewhere else: what it wrote within the last
 * minute.
 */
export function judgeWatcherOf(facts: WatcherFacts, resource: StoredMySQL, now: Time): WatcherReport {
  const judged = judgeWatcher(facts, resource.metadata.namespace ?? '', now);
  if (judged.state === 'Running' || judged.state === 'NotReady') return judged;
  const wroteAt = lastWrite(resource);
  if (wroteAt === undefined) return judged;
  const wrote = `it wrote to this resource ${formatAge(now - wroteAt)} ago`;
  if (now - wroteAt <= FRESH_MS) return { ...judged, state: 'Running', evidence: wrote };
  return { ...judged, evidence: `${judged.evidence}; ${wrote}` };
}

/** A watcher has seen the resource as it is now. */
export function isObserved({ metadata, status }: StoredMySQL): boolean {
  const hasFinalizer = metadata.finalizers?.includes(FINALIZER) ?? false;
  return hasFinalizer && status?.['observedGeneration'] === metadata.generation;
}

function lastWrite({ metadata }: StoredMySQL): Time | undefined {
  const times = (metadata.managedFields ?? [])
    .filter(({ manager }) => manager === FIELD_MANAGER)
    .map(({ time }) => Date.parse(time ?? ''))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.max(...times);
}

function report(state: WatcherReport['state'], evidence: string, deployment?: Deployment): WatcherReport {
  return { state, evidence, version: deployment ? versionOf(deployment) : null };
}

/** It looks after this namespace: the one that it is told, or without a word about it all of them. */
export function covers(deployment: Deployment, namespace: string): boolean {
  const watched = watchedNamespace(deployment);
  return watched === undefined || watched === namespace;
}

/** The only namespace that it looks after; undefined for all. */
export function watchedNamespace({ spec }: Deployment): string | undefined {
  const words = spec?.template.spec?.containers.flatMap(({ command = [], args = [] }) => [...command, ...args]) ?? [];
  const given = words.flatMap((word, at) => {
    if (word.startsWith('--namespace=')) return [word.slice('--namespace='.length)];
    return word === '--namespace' || word === '-n' ? [words[at + 1] ?? ''] : [];
  });
  return given.find((namespace) => namespace !== 'all');
}

export function readyReplicas({ status }: Deployment): number {
  return status?.readyReplicas ?? 0;
}

/** The tag of its image; null for a digest or no tag. */
export function versionOf({ spec }: Deployment): string | null {
  const image = spec?.template.spec?.containers[0]?.image ?? '';
  return /:([^:/@]+)(@|$)/.exec(image)?.[1] ?? null;
}

export function isFresh({ spec }: Lease, now: Time): boolean {
  const renewed = Date.parse(spec?.renewTime ?? '');
  return Boolean(spec?.holderIdentity) && now - renewed <= FRESH_MS;
}

function describeDeployment(deployment: Deployment): string {
  const { metadata, spec } = deployment;
  const where = `Deployment ${metadata.name} in the namespace ${metadata.namespace ?? ''}`;
  return `${where}: ${String(readyReplicas(deployment))} of ${String(spec?.replicas ?? 1)} ready`;
}

function describeLease({ metadata, spec }: Lease, now: Time): string {
  const age = formatAge(now - Date.parse(spec?.renewTime ?? ''));
  const where = `Lease ${metadata.name} in the namespace ${metadata.namespace ?? ''}`;
  return `${where}: held by ${spec?.holderIdentity ?? ''}, renewed ${age} ago`;
}
