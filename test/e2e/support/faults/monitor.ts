// Watches one namespace from outside, all the time, without a line of the watcher's code: what must never be seen.

import { KINDS } from '../../../../src/cluster/kinds.ts';
import type { Job, PersistentVolume, Pod } from '../../../../src/cluster/types.ts';
import type { Client } from '../../../support/cluster-client.ts';
import { checkNewestBackup } from './backups.ts';
import { listServerProcesses, opensDirectory, type ServerProcess } from './processes.ts';

/** A monitor of one database. */
export interface Monitor {
  /** What was seen and must not be. */
  readonly violations: readonly string[];
  /** Resources that are gone, by uid; the backup of each was looked at. */
  readonly gone: ReadonlySet<string>;
  /** What Jobs and pods looked like, for a search for secrets. */
  readonly seenText: () => string;
  readonly stop: () => Promise<void>;
}

/** What to look at. */
export interface MonitorOptions {
  readonly client: Client;
  readonly namespace: string;
  readonly name: string;
  /** Passwords that nothing may tell. */
  readonly secrets: ReadonlySet<string>;
}

const INTERVAL_MS = 500;
const RESOURCE_UID = 'otus.homework/resource-uid';

/** What was seen in earlier rounds. */
interface Memory {
  readonly violations: Set<string>;
  /** uid of a Job → what it was made for. */
  readonly jobs: Map<string, string>;
  readonly restored: Map<string, Set<string>>;
  readonly texts: Map<string, string>;
  /** uids of resources that are there. */
  readonly living: Set<string>;
  readonly gone: Set<string>;
}

export function startMonitor(options: MonitorOptions): Monitor {
  const memory: Memory = {
    violations: new Set(),
    jobs: new Map(),
    restored: new Map(),
    texts: new Map(),
    living: new Set(),
    gone: new Set(),
  };
  const abort = new AbortController();
  const running = watchOn(options, memory, abort.signal);
  return {
    get violations() {
      return [...memory.violations];
    },
    gone: memory.gone,
    seenText: () => [...memory.texts.values()].join('\n'),
    stop: async () => {
      abort.abort();
      await running;
    },
  };
}

async function watchOn(options: MonitorOptions, memory: Memory, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await look(options, memory);
      lookAtProcesses(options, memory);
    } catch (error) {
      memory.violations.add(`the monitor could not look: ${String(error)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}

async function look(options: MonitorOptions, memory: Memory): Promise<void> {
  const { client, namespace, name } = options;
  const { objects } = client;
  await lookForResource(options, memory);
  const [{ items: pods }, { items: jobs }, { items: volumes }] = await Promise.all([
    objects.list(KINDS.Pod, { namespace }),
    objects.list(KINDS.Job, { namespace }),
    objects.list(KINDS.PersistentVolume),
  ]);
  lookAtPods(pods, name, memory);
  for (const { metadata, spec, status } of pods) {
    memory.texts.set(metadata.uid, JSON.stringify({ metadata, spec, status }));
  }
  await readLogs(options, pods, memory);
  for (const job of jobs) lookAtJob(job, pods, memory);
  const own = volumes.filter(({ spec }) => spec?.claimRef?.namespace === namespace);
  lookAtVolumes(own, pods, memory);
}

/** I1: a resource that is gone left a complete backup of itself. */
async function lookForResource({ client, namespace, name }: MonitorOptions, memory: Memory): Promise<void> {
  const resource = await client.objects.find(KINDS.MySQL, { namespace, name });
  const now = resource?.metadata.uid;
  if (now !== undefined) memory.living.add(now);
  for (const uid of [...memory.living].filter((each) => each !== now)) {
    memory.living.delete(uid);
    const problem = await checkNewestBackup(client, { namespace, name, uid });
    if (problem !== '') memory.violations.add(`I1: the resource ${uid} is gone, and ${problem}`);
    memory.gone.add(uid);
  }
}

/** I4: at most one pod has the data directory open. */
function lookAtPods(pods: readonly Pod[], name: string, { violations }: Memory): void {
  const mounting = pods.filter(({ spec }) =>
    spec?.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === `${name}-pvc`),
  );
  const running = mounting.filter(({ status }) => status?.containerStatuses?.some(({ state }) => state?.running));
  if (running.length > 1) {
    const names = running.map(({ metadata }) => metadata.name).sort();
    violations.add(`I4: these pods run at the same time on one data volume: ${names.join(', ')}`);
  }
}

/** I2: one Job for one purpose, and one restore for one resource. */
function lookAtJob({ metadata, spec }: Job, pods: readonly Pod[], memory: Memory): void {
  const { uid, labels = {}, name } = metadata;
  const step = labels['otus.homework/step'] ?? '';
  const resource = labels[RESOURCE_UID] ?? '';
  memory.texts.set(uid, JSON.stringify({ metadata, spec }));
  const purpose = `${step} ${resource} ${labels['otus.homework/input'] ?? ''}`;
  const others = [...memory.jobs].filter(([other, text]) => other !== uid && text === purpose);
  memory.jobs.set(uid, purpose);
  if (step === 'restore' && others.length > 0) {
    memory.violations.add(`I2: the Job ${name} was made twice for the same purpose`);
  }
  const ends = pods
    .filter((pod) => pod.metadata.labels?.['batch.kubernetes.io/controller-uid'] === uid)
    .flatMap(({ status }) => status?.containerStatuses?.map(({ state }) => state?.terminated?.message ?? '') ?? []);
  if (!ends.some((message) => message.includes('"found":"restored"'))) return;
  const restores = memory.restored.get(resource) ?? new Set<string>();
  memory.restored.set(resource, restores.add(uid));
  if (restores.size > 1) memory.violations.add(`I2: the resource ${resource} was restored twice`);
}

/** I9: a volume that a server has, or had, open outlives its claim until the watcher is done with it. */
function lookAtVolumes(volumes: readonly PersistentVolume[], pods: readonly Pod[], { violations }: Memory): void {
  // One that is not Ready may be the start guard, which refuses a volume that the gate was not opened for.
  const hasServer = pods.some(
    ({ metadata, status }) =>
      metadata.labels?.['app'] !== undefined && status?.containerStatuses?.some(({ ready: isReady }) => isReady),
  );
  for (const { metadata, spec, status } of volumes) {
    const { [RESOURCE_UID]: owner, 'otus.homework/finished': finished } = metadata.annotations ?? {};
    const isInUse = owner !== undefined || (hasServer && status?.phase === 'Bound');
    if (isInUse && finished === undefined && spec?.persistentVolumeReclaimPolicy !== 'Retain') {
      violations.add(`I9: the volume ${metadata.name} holds data and is not kept`);
    }
  }
}

/** What a container said is read when it has ended, since its pod may be taken away. */
async function readLogs({ client, namespace }: MonitorOptions, pods: readonly Pod[], memory: Memory): Promise<void> {
  for (const { metadata, status } of pods) {
    const place = `log ${metadata.uid}`;
    const hasEnded = status?.containerStatuses?.some(({ state }) => state?.terminated);
    if (!hasEnded || memory.texts.has(place)) continue;
    const log = await client.objects.readLog({ namespace, name: metadata.name }).catch(() => '');
    memory.texts.set(place, log);
  }
}

/** I4 once more, by the processes themselves; I5: their words and their environment hold no password. */
function lookAtProcesses({ name, secrets }: MonitorOptions, { violations }: Memory): void {
  const own = listServerProcesses().filter(({ pod }) => pod.includes(name));
  const owners = new Map<string, ServerProcess>();
  for (const process of own.filter(opensDirectory)) {
    const other = owners.get(process.directory);
    // Within a container one forks the other: the entrypoint's temporary server.
    if (other && other.container !== process.container) {
      violations.add(`I4: ${describeOwner(other)} and ${describeOwner(process)} have one data directory open`);
    }
    owners.set(process.directory, process);
  }
  for (const { pod, words, environment } of own) {
    for (const secret of secrets) {
      if (words.includes(secret)) violations.add(`I5: a password is an argument of mysqld in ${pod}`);
      if (environment.includes(secret)) violations.add(`I5: a password is in the environment of ${pod}`);
    }
  }
}

function describeOwner({ pod, pid, words }: ServerProcess): string {
  return `${pod} (${String(pid)}: ${words})`;
}
