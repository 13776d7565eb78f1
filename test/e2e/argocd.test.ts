// Argo CD's own application controller delivers a database from git, with the settings and the example of deploy/argocd, while
// the watcher does its work: nothing that the watcher does is ever a difference, and nothing that is deleted is lost.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Application } from '../support/argocd/application.ts';
import { install } from '../support/argocd/installation.ts';
import { ArgoProcesses } from '../support/argocd/processes.ts';
import { Repository } from '../support/argocd/repository.ts';
import { applySettings, buildInstallation } from '../support/argocd/settings.ts';
import type { ManagedDatabase } from './support/database.ts';
import { NAME, withDatabase } from './support/database.ts';
import { kubectl } from './support/kubectl.ts';
import { writtenBy, type ManagedObject } from './support/managed-fields.ts';
import { mysql, stringify } from './support/resource.ts';
import { untilMessage, untilStatus } from './support/watcher.ts';

const OTHER = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\ndata: {a: b}\n';
const QUIET = { states: ['Synced'], operations: 1 };

let argocd: ArgoProcesses;
let manifests = '';
beforeAll(async () => {
  const installation = await install();
  manifests = await buildInstallation(installation);
  await applySettings(installation, manifests);
  argocd = await ArgoProcesses.start();
  await argocd.startController(process.env['KUBECONFIG'] ?? '');
}, 1_800_000);
afterAll(() => argocd.end());

/** Five databases start at once: on two cores with a load of 60 the first start alone took 110 seconds. */
const DELIVERED_SECONDS = 400;

/** A database that Argo CD delivers. */
interface Delivered {
  readonly database: ManagedDatabase;
  readonly application: Application;
  readonly repository: Repository;
  /** Puts the resource into git, with a changed spec, or takes it out; gives the commit. */
  readonly commit: (spec: object | undefined) => Promise<string>;
}

/** Lets a story happen to a database that Argo CD has delivered from git, and that has rows. */
function withDelivered(
  purpose: string,
  story: (delivered: Delivered) => Promise<void>,
  isServerSide = true,
): Promise<void> {
  return withDatabase(purpose, { empty: true }, async (database) => {
    const file = (spec: object | undefined): Record<string, string | undefined> => {
      const path = `${database.namespace.name}/shop.yaml`;
      return { [path]: spec && stringify(mysql(NAME, spec)) };
    };
    const first = { [`${database.namespace.name}/other.yaml`]: OTHER };
    const repository = await Repository.create(first);
    const application = new Application(database.namespace, repository);
    try {
      const commit = await repository.commit(file({}));
      await application.create(isServerSide);
      await application.untilSynced(commit, 'Healthy', DELIVERED_SECONDS);
      await database.untilReady('without');
      await database.fill();
      await story({ database, application, repository, commit: (spec) => repository.commit(file(spec)) });
    } finally {
      await application.forget();
      await repository.remove();
    }
  });
}

/** The server answers again, with the rows that it had. */
async function untilRestored({ database, application }: Delivered, commit: string): Promise<void> {
  await application.untilSynced(commit, 'Healthy', DELIVERED_SECONDS);
  await database.untilReady('with', DELIVERED_SECONDS);
  expect(await database.hasRows()).toBe(true);
}

describe('the installation', () => {
  it('with the component over it is accepted by the API server', async () => {
    const output = await kubectl(
      ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-f', '-'],
      manifests,
    );
    expect(output).toContain('deployment.apps/argocd-repo-server serverside-applied (server dry run)');
    expect(output).toContain('configmap/argocd-cm serverside-applied (server dry run)');
  });
});

describe.concurrent('an Application', { timeout: 1_200_000 }, () => {
  it('stays Synced and Healthy, and nothing is an orphan', () =>
    withDelivered('argo-rest', async ({ application }) => {
      const watch = await application.watch(() => Promise.resolve());
      expect(watch).toEqual(QUIET);
      expect(await application.status()).toMatchObject({ health: { status: 'Healthy' } });
      expect((await application.status()).conditions ?? []).toEqual([]);
      // Without the list the gate and the password in force would be orphans: the list is what keeps it quiet.
      const all = JSON.stringify({ spec: { orphanedResources: { ignore: null } } });
      await kubectl(['-n', 'argocd', 'patch', 'appproject', application.name, '--type=merge', '-p', all]);
      await application.until('two orphans', ({ conditions = [] }) =>
        conditions.some(({ message }) => message === 'Application has 2 orphaned resources'),
      );
    }));

  it.each([true, false])('with ServerSideApply=%s stays Synced through a rotation and a request', (isServerSide) => {
    const story = async ({ database, application, commit }: Delivered): Promise<void> => {
      await application.untilSynced(await commit({ password: 'another-password' }));
      const watch = await application.watch(async () => {
        await untilMessage(database.namespace, NAME, 'mysql password changed!');
        await database.kubectl(['annotate', 'mysql', NAME, 'otus.homework/rotate-now=true']);
        const what = 'the previous password discarded';
        await untilStatus(database.namespace, NAME, {
          what,
          holds: ({ conditions = [] }) => conditions.some(({ reason }) => reason === 'InSync'),
        });
      });
      expect(watch).toEqual(QUIET);
      expect(await application.status()).toMatchObject({ health: { status: 'Healthy' } });
      expect(await database.hasRows([], 'another-password')).toBe(true);
      expect(await database.sql('select 1').catch(() => 'refused')).toBe('refused');
    };
    return withDelivered(`argo-rotate-${String(isServerSide)}`, story, isServerSide);
  });

  it('of which the resource is taken out of git leaves a backup, and put back restores it', () =>
    withDelivered('argo-prune', async (delivered) => {
      const { database, application, commit } = delivered;
      const removed = await commit(undefined);
      await application.until('the new commit is delivered', ({ sync }) => sync?.revision === removed);
      // What git does not name and is still there, being backed up, is a difference; it is over with the backup.
      const { states } = await application.watch(() => database.untilGone());
      expect(states).toEqual(['OutOfSync', 'Synced']);
      expect(await database.names('jobs')).toContain('job.batch/backup-shop-job');
      expect(await database.names('pvc')).toEqual(['persistentvolumeclaim/backup-shop-pvc']);
      const { resources = [] } = await application.untilSynced(removed);
      expect(resources.map(({ name, status, requiresPruning }) => [name, status, requiresPruning])).toEqual([
        ['other', 'Synced', undefined],
        ['backup-shop-pvc', 'OutOfSync', true],
      ]);
      const back = await commit({});
      await application.untilSynced(back);
      expect(await application.watch(() => untilRestored(delivered, back))).toEqual(QUIET);
    }));

  it('of which somebody deletes the resource by hand heals: backed up, made again, restored, and at rest', () =>
    withDelivered('argo-heal', async ({ database, application }) => {
      const before = await database.uid();
      await database.delete();
      await database.untilGone(before);
      await database.untilReady('with', 300);
      expect(await database.hasRows()).toBe(true);
      await application.until(
        'Synced and Healthy',
        ({ sync, health, operationState }) =>
          sync?.status === 'Synced' && health?.status === 'Healthy' && operationState?.phase === 'Succeeded',
      );
      expect(await application.watch(() => Promise.resolve())).toEqual(QUIET);
    }));

  it('is Degraded while the resource is Stalled, Synced all the same, and Healthy again after', () =>
    withDelivered('argo-stalled', async (delivered) => {
      const { database, application, commit } = delivered;
      await application.untilSynced(await commit({ config: { no_such_option: '1' } }));
      const untilDegraded = (): Promise<unknown> =>
        application.until('Degraded', ({ health }) => health?.status === 'Degraded');
      const watch = await application.watch(async () => {
        await database.untilStalled('ServerFailing');
        await untilDegraded();
      });
      expect(watch).toEqual(QUIET);
      // Each time that mysqld starts it listens for some seconds before it gives up.
      await untilDegraded();
      await application.untilSynced(await commit({}), 'Healthy');
      await database.hasRows();
    }));

  it.each(['foreground', 'background'] as const)(
    'that is deleted in the %s leaves a backup, and made again restores it',
    (how) =>
      withDelivered(`argo-${how}`, async (delivered) => {
        const { database, application, commit } = delivered;
        await application.delete(how);
        await application.untilGone();
        await database.untilGone();
        expect(await database.names('jobs')).toContain('job.batch/backup-shop-job');
        expect(await database.names('pvc')).toContain('persistentvolumeclaim/backup-shop-pvc');
        const back = await commit({ config: { max_connections: 99 } });
        await application.create();
        await untilRestored(delivered, back);
      }),
  );
});

describe('what Argo CD applied', () => {
  it('is never written by the watcher, but for the status and the finalizer of the resource', () =>
    withDelivered('argo-fields', async ({ database }) => {
      const kinds = 'mysql,statefulset,service,configmap,secret,pvc';
      const list = JSON.parse(await database.kubectl(['get', kinds, '--show-managed-fields', '-o', 'json'])) as {
        items: ManagedObject[];
      };
      const applied = list.items.filter((object) => writtenBy('argocd-controller', object).length > 0);
      expect(applied.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual([
        'ConfigMap other',
        'ConfigMap shop-config',
        'MySQL shop',
        'PersistentVolumeClaim backup-shop-pvc',
        'PersistentVolumeClaim shop-pvc',
        'Secret shop-root',
        'Service shop',
        'StatefulSet shop',
      ]);
      const written = applied.filter((object) => writtenBy('mysql.otus.homework', object).length > 0);
      expect(written.map(({ kind }) => kind)).toEqual(['MySQL']);
      const fields = written.flatMap((object) => writtenBy('mysql.otus.homework', object));
      const inSpec = fields.filter(({ subresource }) => subresource !== 'status').map(({ fieldsV1 }) => fieldsV1);
      expect(inSpec).toEqual([{ 'f:metadata': { 'f:finalizers': { '.': {}, 'v:"otus.homework/final-backup"': {} } } }]);
    }));
});
