// Reads what a report is made of. What the user may not read is noted, and everything else is read all the same.

import { RESOURCE_LABEL, childNames } from '../api/names.ts';
import { isClusterError } from '../cluster/errors.ts';
import { KINDS, type Kind, type StoredMySQL } from '../cluster/kinds.ts';
import type { Objects, ReadOptions, Selection } from '../cluster/objects.ts';
import type { Event, PersistentVolume, StoredObject } from '../cluster/types.ts';
import { wantDetails, type Wanted } from './details.ts';
import { NO_DETAILS, type Details, type Readable, type ResourceFacts, type WatcherFacts } from './facts.ts';
import { WATCHER_LEASE, WATCHER_SELECTOR } from './watcher.ts';

/** How to read. */
export interface CollectOptions extends ReadOptions {
  readonly objects: Objects;
  /** Also Events and logs of what is not well. */
  readonly details: boolean;
}

const LOG_LINES = 20;
const FEW = 20;

/** Which resources. */
export interface Scope {
  /** All namespaces without it. */
  readonly namespace: string | undefined;
  /** All of the namespace without it. */
  readonly names?: readonly string[];
}

/**
 * Reads resources and everything around them, in one list per kind.
 *
 * @throws ClusterError NotFound for a name that is not there; Forbidden where resources themselves may not be read
 */
export async function collectResources(scope: Scope, options: CollectOptions): Promise<ResourceFacts[]> {
  const { objects, details, ...reading } = options;
  const resources = await readResources(objects, scope, reading);
  if (resources.length === 0) return [];
  const [only] = resources;
  const labelSelector = resources.length === 1 && only ? `${RESOURCE_LABEL}=${only.metadata.name}` : RESOURCE_LABEL;
  const surroundings = await collectSurroundings(options, { namespace: scope.namespace, labelSelector });
  const selected = resources.map((resource) => selectFacts(resource, surroundings));
  const facts = await Promise.all(selected.map((each) => findGate(each, objects, reading)));
  if (!details) return facts;
  return Promise.all(
    facts.map(async (each) => ({ ...each, details: await readDetails(objects, wantDetails(each), reading) })),
  );
}

async function readResources(
  objects: Objects,
  { namespace, names }: Scope,
  reading: ReadOptions,
): Promise<readonly StoredMySQL[]> {
  if (names === undefined || names.length === 0) return (await objects.list(KINDS.MySQL, { namespace }, reading)).items;
  return Promise.all(names.map((name) => objects.get(KINDS.MySQL, { namespace, name }, reading)));
}

type Surroundings = Awaited<ReturnType<typeof collectSurroundings>>;

async function collectSurroundings(options: CollectOptions, labelled: Selection) {
  const { objects, details: _, ...reading } = options;
  const { namespace } = labelled;
  const unreadable: string[] = [];
  const list = async <T extends StoredObject>(kind: Kind<T>, selection: Selection): Promise<readonly T[]> => {
    const items = await listReadable(objects, kind, selection, reading);
    if (items !== 'forbidden') return items;
    unreadable.push(kind.plural);
    return [];
  };
  const [pods, jobs, gates, sets, claims, watcher, namespaces] = await Promise.all([
    list(KINDS.Pod, labelled),
    list(KINDS.Job, labelled),
    list(KINDS.ConfigMap, labelled),
    list(KINDS.StatefulSet, labelled),
    // One that the watcher made again for its volume has no label.
    list(KINDS.PersistentVolumeClaim, { namespace }),
    collectWatcher(options),
    readNamespaces(options, namespace),
  ]);
  const volumes = await readVolumes(options, claims.map(({ spec }) => spec?.volumeName ?? '').filter(Boolean));
  if (volumes === 'forbidden') unreadable.push(KINDS.PersistentVolume.plural);
  if (namespaces === 'forbidden') unreadable.push(KINDS.Namespace.plural);
  return { pods, jobs, gates, sets, claims, volumes, watcher, namespaces, unreadable };
}

/** Reads what tells whether a watcher runs. */
export async function collectWatcher({ objects, details: _, ...reading }: CollectOptions): Promise<WatcherFacts> {
  const [deployments, leases] = await Promise.all([
    listReadable(objects, KINDS.Deployment, { labelSelector: WATCHER_SELECTOR }, reading),
    listReadable(objects, KINDS.Lease, { fieldSelector: `metadata.name=${WATCHER_LEASE}` }, reading),
  ]);
  return { deployments, leases };
}

/** Volumes have no namespace: a few are read one by one, since a cluster may have many others. */
function readVolumes({ objects, details: _, ...reading }: CollectOptions, names: readonly string[]) {
  if (names.length > FEW) return listReadable(objects, KINDS.PersistentVolume, {}, reading);
  const found = Promise.all(names.map((name) => objects.find(KINDS.PersistentVolume, { name }, reading)));
  return unlessForbidden(found.then((volumes) => volumes.filter((volume) => volume !== undefined)));
}

async function readNamespaces({ objects, details: _, ...reading }: CollectOptions, name: string | undefined) {
  if (name === undefined) return listReadable(objects, KINDS.Namespace, {}, reading);
  return unlessForbidden(objects.find(KINDS.Namespace, { name }, reading).then((found) => (found ? [found] : [])));
}

/** Reads a list that the user may not be allowed to read. */
export function listReadable<T extends StoredObject>(
  objects: Objects,
  kind: Kind<T>,
  selection: Selection,
  reading: ReadOptions,
): Promise<Readable<T>> {
  return unlessForbidden(objects.list(kind, selection, reading).then(({ items }) => items));
}

/** That something may not be read is an answer, too. */
export async function unlessForbidden<T>(call: Promise<T>): Promise<T | 'forbidden'> {
  try {
    return await call;
  } catch (error) {
    if (isClusterError(error, 'Forbidden')) return 'forbidden';
    throw error;
  }
}

function selectFacts(resource: StoredMySQL, all: Surroundings): ResourceFacts {
  const { name, namespace } = resource.metadata;
  const names = childNames(name);
  const isOwn = ({ metadata }: StoredObject): boolean =>
    metadata.namespace === namespace && metadata.labels?.[RESOURCE_LABEL] === name;
  const isCalled =
    (child: string) =>
    ({ metadata }: StoredObject): boolean =>
      metadata.namespace === namespace && metadata.name === child;
  const claims = {
    data: all.claims.find(isCalled(names.dataClaim)),
    backup: all.claims.find(isCalled(names.backupClaim)),
  };
  return {
    resource,
    namespace:
      all.namespaces === 'forbidden' ? undefined : all.namespaces.find(({ metadata }) => metadata.name === namespace),
    pods: all.pods.filter(isOwn),
    jobs: all.jobs.filter(isOwn),
    statefulSet: all.sets.find(isCalled(names.server)),
    gate: all.gates.find(isCalled(names.gate)),
    claims,
    volumes: all.volumes === 'forbidden' ? 'forbidden' : boundVolumes(all.volumes, claims),
    watcher: all.watcher,
    details: NO_DETAILS,
    unreadable: all.unreadable,
  };
}

/** A gate that was made by hand may have no label. */
async function findGate(facts: ResourceFacts, objects: Objects, reading: ReadOptions): Promise<ResourceFacts> {
  const { namespace, name } = facts.resource.metadata;
  if (facts.gate || facts.unreadable.includes(KINDS.ConfigMap.plural)) return facts;
  const gate = await unlessForbidden(
    objects.find(KINDS.ConfigMap, { namespace, name: childNames(name).gate }, reading),
  );
  return gate === 'forbidden' ? facts : { ...facts, gate };
}

function boundVolumes(
  volumes: readonly PersistentVolume[],
  { data, backup }: ResourceFacts['claims'],
): PersistentVolume[] {
  const names = [data, backup].map((claim) => claim?.spec?.volumeName);
  return volumes.filter(({ metadata }) => names.includes(metadata.name));
}

async function readDetails(objects: Objects, { eventsOf, logsOf }: Wanted, reading: ReadOptions): Promise<Details> {
  const events = eventsOf.map(({ metadata: { namespace, uid } }) =>
    listReadable(objects, KINDS.Event, { namespace, fieldSelector: `involvedObject.uid=${uid}` }, reading),
  );
  const logs = logsOf.map(async ({ pod: { metadata }, previous }) => {
    const { namespace, name, uid } = metadata;
    const log = objects.readLog({ namespace, name }, { tailLines: LOG_LINES, previous, ...reading });
    // The log may be gone with its node; that is no reason to say nothing.
    return [uid, await log.catch(() => '')] as const;
  });
  const found: Readable<Event>[] = await Promise.all(events);
  return {
    events: found.flatMap((list) => (list === 'forbidden' ? [] : list)),
    logs: Object.fromEntries(await Promise.all(logs)),
  };
}
