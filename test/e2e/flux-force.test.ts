// Flux with force: true deletes and makes anew whatever the API server refuses to change, a claim and the resource itself,
// too, and no annotation keeps it from that: nothing of the data may be lost by it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FluxController } from '../support/flux/controller.ts';
import { withDelivered, type Delivered } from '../support/flux/delivered.ts';
import { NAME } from './support/database.ts';
import { tryRun } from './support/kubectl.ts';

let flux: FluxController;
beforeAll(async () => {
  flux = await FluxController.start(process.env['KUBECONFIG'] ?? '');
}, 1_800_000);
afterAll(() => flux.end());

/** A spec with a volume for the data, and one for the backups that never changes. */
function volumes(storage: object): object {
  return { storage_size: undefined, storage, backup: { size: '2Gi', className: 'standard' } };
}

function withForce(
  purpose: string,
  story: (delivered: Delivered) => Promise<void>,
  { spec = {}, patches = [] }: { readonly spec?: object; readonly patches?: readonly object[] } = {},
): Promise<void> {
  return withDelivered({ flux, purpose, kustomization: { force: true, patches }, spec }, story);
}

/** Has the Kustomization patch what is rendered, from now on. */
async function patch({ kustomization }: Delivered, object: Patch): Promise<void> {
  const target = { kind: object.kind, name: object.metadata.name };
  await kustomization.create({ force: true, patches: [{ patch: JSON.stringify(object), target }] });
}

interface Patch {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: object;
}

/** The first rows are in the database that was delivered at first, whatever the resource calls its own now. */
async function expectRows({ database }: Delivered): Promise<void> {
  expect(await database.sql('select * from shop.t order by id')).toBe('1\tone\n2\ttwo\n');
}

/** Several databases are backed up and restored at once here: on two busy cores the Job alone took more than two minutes. */
const RESTORED_SECONDS = 400;

const RENAMED = 'another database';

describe.concurrent('with force: true, Flux', { timeout: 1_200_000 }, () => {
  it.each<[string, object, object]>([
    ['a smaller volume', volumes({ size: '2Gi' }), volumes({ size: '1Gi' })],
    ['another class', volumes({ size: '1Gi' }), volumes({ size: '1Gi', className: 'retained' })],
    [RENAMED, {}, { database: 'other' }],
  ])('makes the resource anew for %s: backed up, and restored', (what, spec, changed) =>
    withForce(
      `force-${what.split(' ').at(-1) ?? ''}`,
      async (delivered) => {
        const { database, kustomization, commit } = delivered;
        const before = await database.uid();
        await kustomization.deliver(await commit(changed));
        expect(await database.uid()).not.toBe(before);
        // What was deleted with the old resource after Flux had looked at it comes with the next round.
        await kustomization.reconcile();
        await database.untilReady('with', RESTORED_SECONDS);
        await expectRows(delivered);
      },
      { spec },
    ),
  );

  it('takes the database away for a change that no resource may have; the change taken back, it is restored', () =>
    withForce('force-refused', async (delivered) => {
      const { database, kustomization, commit, commitText } = delivered;
      const before = await database.uid();
      const typo = (await database.manifests({})).replace(/storage_size: \S+/, 'storage_size: "-5"');
      await kustomization.publish(await commitText(typo));
      await database.untilGone(before);
      expect(await database.names('jobs')).toContain('job.batch/backup-shop-job');
      await kustomization.deliver(await commit({}));
      await kustomization.reconcile();
      await database.untilReady('with', RESTORED_SECONDS);
      await expectRows(delivered);
    }));

  it('makes the StatefulSet anew: the server starts again with its data', () =>
    withForce('force-server', async (delivered) => {
      const { database, kustomization } = delivered;
      const pod = await database.namespace.ready(NAME);
      const before = await database.get('statefulset', NAME);
      const spec = { podManagementPolicy: 'OrderedReady' };
      await patch(delivered, { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: NAME }, spec });
      await kustomization.reconcile();
      await database.namespace.ready(NAME, 180, pod.metadata.uid);
      const words = ['dist/kubectl-mysql.js', 'doctor', '-n', database.namespace.name];
      const { stdout } = await tryRun(process.execPath, words);
      expect(stdout).toContain(`the Kustomization flux-system/${kustomization.name} of Flux has force: true`);
      expect((await database.get('statefulset', NAME)).metadata.uid).not.toBe(before.metadata.uid);
      await expectRows(delivered);
    }));

  it('deletes a claim that its own patch makes smaller: the server runs on, and restarted it has its volume', () =>
    withForce('force-claim', async (delivered) => {
      const { database } = delivered;
      const claim = `${NAME}-pvc`;
      const [volume] = await database.volumes(claim);
      const earlier = await database.claimUid();
      const spec = { resources: { requests: { storage: '512Mi' } } };
      await patch(delivered, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: claim }, spec });
      expect(await database.untilStalled('ClaimDeleting')).toContain('kubectl delete pod shop-0');
      await expectRows(delivered);
      await database.kubectl(['delete', 'pod', `${NAME}-0`]);
      await database.untilServing(earlier);
      await expectRows(delivered);
      expect((await database.volumes(claim)).map(({ metadata }) => metadata.name)).toEqual([volume?.metadata.name]);
    }));

  it('waits for the backup claim, which the watcher has made again: deleted by hand, everything comes back', () =>
    withForce(
      'force-backups',
      async (delivered) => {
        const { database, kustomization, commit } = delivered;
        const before = await database.uid();
        const revision = await kustomization.publish(await commit({ storage_size: '1Gi' }));
        await database.untilGone(before);
        const [kept] = await database.volumes(`backup-${NAME}-pvc`);
        expect(kept?.spec.persistentVolumeReclaimPolicy).toBe('Retain');
        await database.kubectl(['delete', 'pvc', `backup-${NAME}-pvc`]);
        await kustomization.untilApplied(revision);
        await kustomization.reconcile();
        await database.untilReady('with', RESTORED_SECONDS);
        await expectRows(delivered);
      },
      { spec: { storage_size: '2Gi' } },
    ));
});
