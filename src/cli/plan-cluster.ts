// kubectl mysql plan against a cluster: the resources as they are there, what a new one would find, and what the API server
// says to the rendered objects.

import { LAST_APPLIED_ANNOTATION } from '../api/names.ts';
import { isClusterError, type ClusterError } from '../cluster/errors.ts';
import type { Consequence } from '../model/consequence.ts';
import { isObject, type SourceObject } from '../parse/source.ts';
import { listDrift } from '../plan/drift.ts';
import { readStored } from '../plan/stored.ts';
import type { LiveFacts, PlanInput } from '../plan/plan.ts';
import { buildSide, type PlannedResource, type Side } from '../plan/side.ts';
import { renderManifests } from '../render/manifests.ts';
import { KINDS, type StoredMySQL } from '../cluster/kinds.ts';
import type { OptionValues } from './command.ts';
import type { Io } from './io.ts';
import { findLeftovers, readVolumes } from './leftovers.ts';
import { readLiveSecrets } from './live-secrets.ts';
import { openComparedCluster, type Cluster } from './open-cluster.ts';
import { rehearse, type Rehearsal } from './rehearse.ts';

/** Reads what a plan needs of a cluster. Nothing is written: the API server is asked by dry runs. */
export async function readCluster(objects: readonly SourceObject[], options: OptionValues, io: Io): Promise<PlanInput> {
  const cluster = openComparedCluster(options, io);
  try {
    return await readInput(objects, cluster, io);
  } finally {
    await cluster.connection.close();
  }
}

async function readInput(objects: readonly SourceObject[], cluster: Cluster, io: Io): Promise<PlanInput> {
  const after = buildSide(objects, cluster.namespace);
  const stored = new Map<string, StoredMySQL>();
  for (const [key, { model }] of after.resources) {
    const found = await cluster.objects.find(KINDS.MySQL, { namespace: model.namespace, name: model.name });
    if (found) stored.set(key, found);
  }
  const known = buildBefore(after, stored);
  const { secrets, isForbidden } = await readLiveSecrets(known, after, cluster);
  if (isForbidden)
    io.writeError(
      'warning: without the right to get Secrets the plan does not tell whether one of them holds another password',
    );
  const before = { ...known, secrets, namespaces: new Map() };
  const facts = await collectFacts({ before, after, stored }, cluster, io);
  return { before, after, facts };
}

function buildBefore(after: Side, stored: ReadonlyMap<string, StoredMySQL>): Pick<Side, 'resources'> {
  const living = [...stored].filter(([, { metadata }]) => metadata.deletionTimestamp === undefined);
  const resources = living.flatMap(([key, live]): [string, PlannedResource][] => {
    const wanted = after.resources.get(key);
    return wanted ? [[key, readStored(live, wanted, lastApplied(live))]] : [];
  });
  return { resources: new Map(resources) };
}

/** What `kubectl apply` remembers: by this a label that git has taken away is known from one that somebody else put on. */
function lastApplied({ metadata }: StoredMySQL): unknown {
  try {
    return JSON.parse(metadata.annotations?.[LAST_APPLIED_ANNOTATION] ?? 'null');
  } catch {
    return null;
  }
}

interface Sides {
  readonly before: Side;
  readonly after: Side;
  readonly stored: ReadonlyMap<string, StoredMySQL>;
}

async function collectFacts(
  { before, after, stored }: Sides,
  cluster: Cluster,
  io: Io,
): Promise<ReadonlyMap<string, LiveFacts>> {
  const isAllKnown = before.resources.size === after.resources.size;
  const volumes = isAllKnown ? [] : await readVolumes(cluster);
  const facts = new Map<string, LiveFacts>();
  let isForbidden = false;
  for (const [key, wanted] of after.resources) {
    const answers = await rehearse(cluster, renderManifests(wanted.model), undefined);
    isForbidden ||= answers.some(({ refusal }) => hasNoRight(refusal));
    const earlier = before.resources.get(key);
    const drift = earlier ? listDrift({ before: earlier, after: wanted }, answers) : [];
    const leftovers = earlier
      ? {}
      : { leftovers: await findLeftovers(wanted, { cluster, volumes, stored: stored.get(key) }) };
    facts.set(key, { more: [...listApiRefusals(answers), ...drift, ...describeGoing(stored.get(key))], ...leftovers });
  }
  if (isForbidden) {
    io.writeError(
      'warning: without the right to patch the API server does not say all: kubectl mysql diff names what may not be patched',
    );
  }
  return facts;
}

/** Refusals in the API server's words. What the CRD's rules say about the resource is known without it. */
function listApiRefusals(answers: readonly Rehearsal[]): Consequence[] {
  return answers.flatMap(({ manifest, refusal }): Consequence[] => {
    if (!isClusterError(refusal, 'Invalid', 'Forbidden') || hasNoRight(refusal)) return [];
    if (manifest.kind === 'MySQL' && !isDenied(refusal)) return [];
    const message = `the API server refuses the ${manifest.kind} ${manifest.name}: ${refusal.message}`;
    return [{ kind: 'refused', field: '', message, refusedBy: 'api-server' }];
  });
}

/**
 * Tells whoever may not ask from what nobody may do: a quota, a class whose volumes do not grow, a policy. Both are 403.
 * Source: k8s.io/apiserver/pkg/endpoints/handlers/responsewriters (forbiddenMessage).
 */
function hasNoRight(refusal: ClusterError | undefined): boolean {
  return isClusterError(refusal, 'Forbidden') && /\bcannot \S+ (?:resource|path)\b/.test(refusal.message);
}

/** An admission webhook or policy says no; it may do so with any code. */
function isDenied({ message }: ClusterError): boolean {
  return /denied (?:the )?request/.test(message);
}

function describeGoing(live: StoredMySQL | undefined): Consequence[] {
  if (live?.metadata.deletionTimestamp === undefined) return [];
  const { message } = isObject(live.status) ? live.status : {};
  const state = typeof message === 'string' && message !== '' ? ` (${message})` : '';
  return [
    {
      kind: 'create',
      field: '',
      message: `the one in the cluster is being deleted${state}; a new one is made after that`,
    },
  ];
}
