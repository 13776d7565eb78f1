// What is seen to happen to a database, in the form in which a plan foretells it.

import type { ChangeOutcome, DeletionOutcome, Start } from './foretold.ts';
import { isClaim } from './foretold.ts';
import { NAME, backupFolders, type ManagedDatabase } from './database.ts';
import { kubectl, readPath, tryRun, waitUntil, type Pod } from './kubectl.ts';
import { conditionOf, untilStatus, type SeenStatus } from './watcher.ts';

const CLAIMS = [`${NAME}-pvc`, `backup-${NAME}-pvc`];
const PASSWORD_JOB = `change-pass-${NAME}-job`;

interface Claim {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly volumeName?: string;
    readonly resources: { readonly requests: { readonly storage: string } };
  };
  readonly status: { readonly capacity?: { readonly storage: string } };
}

/** What is looked at before and after a change. */
export interface Look {
  /** The uid of the server's pod; undefined when there is none. */
  readonly pod: string | undefined;
  readonly sizes: Readonly<Record<string, string>>;
  /** The uid of the last Job that changed the password, once it is done. */
  readonly job: string | undefined;
}

/** Looks at a database at rest. */
export async function look({ namespace }: ManagedDatabase): Promise<Look> {
  const pod = await namespace.pod(NAME);
  const claims = await Promise.all(CLAIMS.map((name) => namespace.find<Claim>('pvc', name)));
  const sizes = claims.flatMap((claim) => (claim ? [[claim.metadata.name, claim.status.capacity?.storage ?? '']] : []));
  const job = await readPath<{ metadata: { uid: string }; status: { succeeded?: number } }>(
    `/apis/batch/v1/namespaces/${namespace.name}/jobs/${PASSWORD_JOB}`,
  );
  return {
    pod: pod?.metadata.uid,
    sizes: Object.fromEntries(sizes) as Record<string, string>,
    job: job?.status.succeeded ? job.metadata.uid : undefined,
  };
}

/** What has happened between two looks, but for the previous password. */
export function compareLooks(before: Look, after: Look): Omit<ChangeOutcome, 'previous'> {
  const grown = Object.entries(after.sizes).filter(([claim, size]) => before.sizes[claim] !== size);
  return {
    server: compareServers(before.pod, after.pod),
    grown: Object.fromEntries(grown),
    job: after.job === undefined || after.job === before.job ? '' : PASSWORD_JOB,
  };
}

function compareServers(before: string | undefined, after: string | undefined): ChangeOutcome['server'] {
  if (before === after) return 'runs on';
  if (before === undefined) return 'starts';
  return after === undefined ? 'stops' : 'restarts';
}

/** The part of a StatefulSet that tells whether it is at rest. */
export interface StatefulSet {
  readonly metadata: { readonly generation: number };
  readonly spec: { readonly replicas: number };
  readonly status: { readonly observedGeneration?: number; readonly updateRevision?: string };
}

type LabelledPod = Pod & {
  readonly metadata: { readonly deletionTimestamp?: string; readonly labels: Readonly<Record<string, string>> };
};

/**
 * Waits until the StatefulSet and the watcher have done what git says: no template is waiting, no pod comes or goes.
 *
 * @param isManaged the watcher looks after it
 */
export async function untilAtRest(database: ManagedDatabase, isManaged = true): Promise<void> {
  const { namespace } = database;
  await waitUntil('the StatefulSet is at rest', 240, async () => {
    const path = `/apis/apps/v1/namespaces/${namespace.name}/statefulsets/${NAME}`;
    const [set, pods] = await Promise.all([readPath<StatefulSet>(path), namespace.pods<LabelledPod>(`app=${NAME}`)]);
    return set && isSettled(set, pods) ? true : undefined;
  });
  if (isManaged) await untilWatched(database);
}

function isSettled({ metadata, spec, status }: StatefulSet, pods: readonly LabelledPod[]): boolean {
  if (status.observedGeneration !== metadata.generation || pods.length !== spec.replicas) return false;
  return pods.every(({ metadata: { deletionTimestamp, labels }, status: { conditions = [] } }) => {
    const isReady = conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
    return isReady && deletionTimestamp === undefined && labels['controller-revision-hash'] === status.updateRevision;
  });
}

async function untilWatched({ namespace }: ManagedDatabase): Promise<void> {
  const { metadata } = await namespace.get<{ metadata: { generation: number } }>('mysql', NAME);
  const holds = (status: SeenStatus): boolean =>
    status['observedGeneration'] === metadata.generation && conditionOf(status, 'Reconciling') === 'False';
  await untilStatus(namespace, NAME, { what: 'nothing is left to do', holds });
}

/** What the storage driver does, of which this node has none: where a claim asks for more its volume grows. */
export async function growVolumes({ namespace }: ManagedDatabase): Promise<void> {
  for (const name of CLAIMS) {
    const claim = await namespace.find<Claim>('pvc', name);
    const storage = claim?.spec.resources.requests.storage;
    if (!claim || storage === claim.status.capacity?.storage) continue;
    const merge = ['--type=merge', '-p'];
    await kubectl([
      'patch',
      'pv',
      claim.spec.volumeName ?? '',
      ...merge,
      JSON.stringify({ spec: { capacity: { storage } } }),
    ]);
    const status = JSON.stringify({ status: { capacity: { storage } } });
    await namespace.kubectl(['patch', 'pvc', name, '--subresource=status', ...merge, status]);
  }
}

/** Whether root gets in with a password; `wanted` is waited for. */
export async function tryPassword(
  { namespace }: ManagedDatabase,
  password: string,
  wanted: ChangeOutcome['previous'],
): Promise<ChangeOutcome['previous']> {
  if (wanted === '') return '';
  const words = ['-n', namespace.name, 'exec', `${NAME}-0`, '--', 'mysql', `-p${password}`, '-e', 'select 1'];
  let last: ChangeOutcome['previous'] = '';
  await waitUntil(`the password is as foretold: ${wanted}`, 60, async () => {
    const { code, stderr } = await tryRun('kubectl', words);
    last = code === 0 ? 'works' : stderr.includes('Access denied') ? 'refused' : '';
    return last === wanted ? true : undefined;
  }).catch(() => undefined);
  return last;
}

const KINDS = 'mysqls.otus.homework,statefulsets,services,configmaps,secrets,persistentvolumeclaims,networkpolicies';

/** Everything that there is for a database, as `kubectl get -o name` writes it. */
export async function listAll(database: ManagedDatabase): Promise<string[]> {
  const volumes = (await database.volumes()).map(({ spec: { claimRef } }) => `volume/${claimRef?.name ?? ''}`);
  return [...(await database.names(KINDS)), ...volumes];
}

/** What a deletion has done, once it has taken away as much as was foretold, or does no more. */
export async function seeDeletion(
  database: ManagedDatabase,
  before: readonly string[],
  { gone }: DeletionOutcome,
): Promise<DeletionOutcome> {
  const uid = await jobUid(database);
  let missing: string[] = [];
  await waitUntil('everything that was foretold is gone', 60, async () => {
    const now = await listAll(database);
    missing = before.filter((name) => !now.includes(name)).sort();
    return gone.every((name) => missing.includes(name)) ? true : undefined;
  }).catch(() => undefined);
  return { backup: uid === undefined ? '' : `backup-${NAME}-job in backup-${NAME}-pvc`, gone: missing };
}

async function jobUid({ namespace }: ManagedDatabase): Promise<string | undefined> {
  const path = `/apis/batch/v1/namespaces/${namespace.name}/jobs/backup-${NAME}-job`;
  return (await readPath<{ metadata: { uid: string } }>(path))?.metadata.uid;
}

/** Deletes as a delivery tool does: everything that was rendered, but for the claims, which say that they stay. */
export async function prune(database: ManagedDatabase, rendered: readonly string[]): Promise<void> {
  await database.kubectl(['delete', '--wait=false', ...rendered.filter((name) => !isClaim(name))]);
}

/** What a new server has, once it serves or has to wait for people. */
export async function seeStart(database: ManagedDatabase, isManaged: boolean): Promise<Start> {
  const status = isManaged ? await untilDecided(database) : {};
  if (conditionOf(status, 'Stalled') === 'True') return 'waits';
  await database.namespace.ready(NAME);
  const tables = await database.sql('show tables');
  if (tables === '') return 'empty';
  await database.hasRows();
  return status.restoredFrom === undefined ? 'kept' : 'restored';
}

function untilDecided({ namespace }: ManagedDatabase): Promise<SeenStatus> {
  const holds = (status: SeenStatus): boolean =>
    ['Ready', 'Stalled'].some((type) => conditionOf(status, type) === 'True');
  return untilStatus(namespace, NAME, { what: 'Ready or Stalled', holds });
}

/** The newest backup on the volume; undefined without one, or without a volume. */
export async function newestBackup(database: ManagedDatabase): Promise<string | undefined> {
  const volumes = await database.volumes(`backup-${NAME}-pvc`);
  return volumes.length === 0 ? undefined : (await backupFolders(database)).at(-1);
}
