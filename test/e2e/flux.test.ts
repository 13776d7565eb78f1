// Flux's own kustomize-controller delivers a database from rendered manifests, while the watcher does its work.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Repository } from '../support/argocd/repository.ts';
import { FluxController } from '../support/flux/controller.ts';
import { Kustomization } from '../support/flux/kustomization.ts';
import { NAME, withDatabase, type ManagedDatabase } from './support/database.ts';
import { untilMessage } from './support/watcher.ts';

const OTHER = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other, namespace: NAMESPACE}\ndata: {a: b}\n';

let flux: FluxController;
beforeAll(async () => {
  flux = await FluxController.start(process.env['KUBECONFIG'] ?? '');
}, 1_800_000);
afterAll(() => flux.end());

/** A database that Flux delivers. */
interface Delivered {
  readonly database: ManagedDatabase;
  readonly kustomization: Kustomization;
  /** Puts rendered manifests into git, or takes them out; gives the commit. */
  readonly commit: (spec: object | undefined) => Promise<string>;
}

/** Lets a story happen to a database that Flux has delivered, and that has rows. */
function withDelivered(purpose: string, spec: object, story: (delivered: Delivered) => Promise<void>): Promise<void> {
  return withDatabase(purpose, { empty: true }, async (database) => {
    const { namespace } = database;
    const repository = await Repository.create({ 'other.yaml': OTHER.replace('NAMESPACE', namespace.name) });
    const commit = async (changed: object | undefined): Promise<string> =>
      repository.commit({ 'shop.yaml': changed && (await database.manifests(changed)) });
    const kustomization = new Kustomization(flux, namespace, repository);
    try {
      const first = await commit({});
      await kustomization.create(spec);
      await kustomization.deliver(first);
      await database.untilReady();
      await database.fill();
      await story({ database, kustomization, commit });
    } finally {
      await kustomization.forget();
      await repository.remove();
    }
  });
}

/** Uids of what was delivered, and the resource's finalizers: nothing of it may change while it lives. */
async function identity({ database }: Delivered): Promise<unknown> {
  const path = '{range .items[*]}{.kind} {.metadata.name} {.metadata.uid} {.metadata.finalizers}{"\\n"}{end}';
  const list = async (...words: string[]): Promise<string> =>
    database.kubectl(['get', ...words, '-o', `jsonpath=${path}`]);
  const delivered = await list('mysql,statefulset,service,configmap,secret,pvc');
  // The pods of the watcher's Jobs come and go.
  return `${delivered}${await list('pods', '-l', `app=${NAME}`)}`.split('\n').sort();
}

/** Everything is applied again, ten times. */
async function reconcile({ kustomization }: Delivered): Promise<void> {
  for (let round = 0; round < 10; round++) await kustomization.reconcile();
}

async function expectBackup(database: ManagedDatabase): Promise<void> {
  await database.untilGone();
  expect(await database.names('jobs')).toContain('job.batch/backup-shop-job');
  expect(await database.names('pvc')).toEqual(['persistentvolumeclaim/backup-shop-pvc']);
}

async function untilRestored(database: ManagedDatabase): Promise<void> {
  await database.untilReady('with');
  expect(await database.hasRows()).toBe(true);
}

describe.concurrent('a Kustomization', () => {
  it.each([false, true])(
    'with force: %s applied again and again takes nothing away, through a rotation, too',
    (force) =>
      withDelivered(`flux-force-${String(force)}`, { force }, async (delivered) => {
        const { database, kustomization, commit } = delivered;
        const before = await identity(delivered);
        expect(JSON.stringify(before)).toContain('otus.homework/final-backup');
        await reconcile(delivered);
        await kustomization.deliver(await commit({ password: 'another-password' }));
        await untilMessage(database.namespace, NAME, 'mysql password changed!');
        await reconcile(delivered);
        expect(await identity(delivered)).toEqual(before);
        expect(await database.hasRows([], 'another-password')).toBe(true);
      }),
  );

  it('of which the resource is taken out of git leaves a backup, and put back restores it', () =>
    withDelivered('flux-prune', {}, async ({ database, kustomization, commit }) => {
      await kustomization.deliver(await commit(undefined));
      await expectBackup(database);
      await kustomization.deliver(await commit({}));
      await untilRestored(database);
    }));

  it('that is deleted leaves a backup, and made again restores it', () =>
    withDelivered('flux-deleted', {}, async ({ database, kustomization, commit }) => {
      await kustomization.delete();
      await expectBackup(database);
      await kustomization.create();
      await kustomization.deliver(await commit({ config: { max_connections: 99 } }));
      await untilRestored(database);
    }));
});
