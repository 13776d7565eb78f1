// Flux's own kustomize-controller delivers a database from rendered manifests, while the watcher does its work.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FluxController } from '../support/flux/controller.ts';
import { withDelivered, type Delivered } from '../support/flux/delivered.ts';
import { NAME, type ManagedDatabase } from './support/database.ts';
import { untilMessage } from './support/watcher.ts';

let flux: FluxController;
beforeAll(async () => {
  flux = await FluxController.start(process.env['KUBECONFIG'] ?? '');
}, 1_800_000);
afterAll(() => flux.end());

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
      withDelivered({ flux, purpose: `flux-again-${String(force)}`, kustomization: { force } }, async (delivered) => {
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
    withDelivered({ flux, purpose: 'flux-prune' }, async ({ database, kustomization, commit }) => {
      await kustomization.deliver(await commit(undefined));
      await expectBackup(database);
      await kustomization.deliver(await commit({}));
      await untilRestored(database);
    }));

  it('that is deleted leaves a backup, and made again restores it', () =>
    withDelivered({ flux, purpose: 'flux-deleted' }, async ({ database, kustomization, commit }) => {
      await kustomization.delete();
      await expectBackup(database);
      await kustomization.create();
      await kustomization.deliver(await commit({ config: { max_connections: 99 } }));
      await untilRestored(database);
    }));
});
