// Delivery orders: what is changed, taken away or cut short while the resource lives, and deletions that come too early.

import { describe, expect, it } from 'vitest';
import { NAME, withDatabase, type ManagedDatabase } from './support/database.ts';
import { tryRun, waitUntil } from './support/kubectl.ts';
import { tagImage } from './support/node-image.ts';
import { PASSWORD, mysql, stringify } from './support/resource.ts';
import { untilMessage } from './support/watcher.ts';

const FINALIZER = 'otus.homework/final-backup';
const OTHER_PASSWORD = 'another-password';
const SECOND_IMAGE = 'mysql:9.7-second';

/** How often the watcher has put its finalizer on. */
function finalizersPut({ watcher }: ManagedDatabase): number {
  return watcher.log.filter(({ actions }) => (actions as string[] | undefined)?.includes('add-finalizer')).length;
}

async function untilFinalizerIsBack(database: ManagedDatabase, times: number): Promise<void> {
  await waitUntil('the finalizer is put back', 30, () =>
    Promise.resolve(finalizersPut(database) > times ? true : undefined),
  );
  await database.untilPrinted(
    'the finalizer is there',
    ['get', 'mysql', NAME, '-o', 'jsonpath={.metadata.finalizers}'],
    new RegExp(FINALIZER),
  );
}

/** Deletes, delivers again, and finds the rows from the backup. */
async function comesBack(database: ManagedDatabase, more: readonly string[] = [], password = PASSWORD): Promise<void> {
  await database.delete();
  await database.untilGone();
  await database.deliver();
  await database.untilReady('with');
  expect(await database.hasRows(more, password)).toBe(true);
}

/** Waits until root does not get in with a password any more. */
async function untilRefused({ namespace }: ManagedDatabase, password: string): Promise<void> {
  const words = ['-n', namespace.name, 'exec', `${NAME}-0`, '--', 'mysql', `-p${password}`, '-e', 'select 1'];
  await waitUntil('the old password is refused', 90, async () => {
    const { stderr } = await tryRun('kubectl', words);
    return stderr.includes('Access denied') ? true : undefined;
  });
}

describe.concurrent('the finalizer', () => {
  it('that kubectl replace drops is put back at once', () =>
    withDatabase('replace', {}, async (database) => {
      const times = finalizersPut(database);
      const manifest = mysql(NAME);
      await database.kubectl(['replace', '-f', '-'], stringify(manifest));
      await untilFinalizerIsBack(database, times);
      await comesBack(database);
    }));

  it('that another tool takes over and drops is put back at once', () =>
    withDatabase('take-over', {}, async (database) => {
      const times = finalizersPut(database);
      const words = ['apply', '--server-side', '--force-conflicts', '--field-manager=other-tool', '-f', '-'];
      const resource = mysql(NAME) as { readonly metadata: object };
      const finalizers = [FINALIZER];
      await database.kubectl(words, stringify({ ...resource, metadata: { name: NAME, finalizers } }));
      const text = await database.kubectl(['get', 'mysql', NAME, '-o', 'json', '--show-managed-fields']);
      const { metadata } = JSON.parse(text) as { metadata: { managedFields: { manager: string }[] } };
      // As Flux does it: the fields of other managers become its own.
      const managedFields = metadata.managedFields.filter(({ manager }) => manager === 'other-tool');
      const patch = JSON.stringify({ metadata: { managedFields } });
      await database.kubectl(['patch', 'mysql', NAME, '--type=merge', '-p', patch]);
      await database.kubectl(words, stringify(resource));
      await untilFinalizerIsBack(database, times);
      await comesBack(database);
    }));
});

describe.concurrent('a living database', () => {
  it('runs on, and comes back on its own, when the watcher is removed for good', () =>
    withDatabase('ejected', {}, async (database) => {
      await database.watcher.stop();
      for (const words of [
        ['delete', 'pod', `${NAME}-0`],
        ['rollout', 'restart', `statefulset/${NAME}`],
      ]) {
        const { metadata } = await database.namespace.ready(NAME);
        await database.kubectl(words);
        await database.namespace.ready(NAME, 120, metadata.uid);
        expect(await database.hasRows()).toBe(true);
      }
    }));

  it('is taken away while paused, and has its rows afterwards', () =>
    withDatabase('pause', {}, async (database) => {
      await database.deliver({ paused: true });
      await database.untilPrinted('the server is gone', ['get', 'pods', '-o', 'name'], /^$/);
      await untilMessage(database.namespace, NAME, 'paused; the volumes stay');
      await database.deliver({});
      await database.namespace.ready(NAME);
      expect(await database.hasRows()).toBe(true);
    }));

  it('gets over an option that no server starts with', () =>
    withDatabase('option', {}, async (database) => {
      await database.deliver({ config: { no_such_option: '1' } });
      expect(await database.untilStalled('ServerFailing')).toContain('no_such_option');
      await database.deliver({});
      await database.untilReady();
      expect(await database.hasRows()).toBe(true);
    }));

  it('gets another image; one that there is not keeps nobody from the backup', () =>
    withDatabase('image', {}, async (database) => {
      await tagImage(SECOND_IMAGE);
      await database.deliver({ image: SECOND_IMAGE });
      await database.untilPrinted(
        'the image is the other one',
        ['get', 'mysql', NAME, '-o', 'jsonpath={.status.server.image}'],
        /9.7-second$/,
      );
      await database.untilReady();
      expect(await database.hasRows()).toBe(true);
      await database.deliver({ image: 'mysql:no-such-tag' });
      expect(await database.untilStalled('ServerFailing')).toContain('no-such-tag');
      await database.delete();
      await database.untilGone();
      await database.deliver({});
      await database.untilReady('with');
      expect(await database.hasRows()).toBe(true);
    }));

  it('without an overlap refuses the old password after the change', () =>
    withDatabase('overlap', { spec: { passwordOverlap: '0s' } }, async (database) => {
      await database.deliver({ passwordOverlap: '0s', password: OTHER_PASSWORD });
      await untilMessage(database.namespace, NAME, 'mysql password changed!');
      await untilRefused(database, PASSWORD);
      expect(await database.hasRows([], OTHER_PASSWORD)).toBe(true);
    }));

  it('refuses the old password at once when it is told to', () =>
    withDatabase('rotate', {}, async (database) => {
      await database.deliver({ password: OTHER_PASSWORD });
      await untilMessage(database.namespace, NAME, 'mysql password changed!');
      expect(await database.hasRows()).toBe(true);
      await database.kubectl(['annotate', 'mysql', NAME, 'otus.homework/rotate-now=true']);
      await untilRefused(database, PASSWORD);
      expect(await database.hasRows([], OTHER_PASSWORD)).toBe(true);
    }));

  it('of which nobody knows the password gets the one in git when it is told to', () =>
    withDatabase('reset', {}, async (database) => {
      await database.sql("alter user root@'%' identified by 'forgotten', root@localhost identified by 'forgotten'");
      await database.deliver({ password: OTHER_PASSWORD });
      expect(await database.untilStalled('PasswordChangeFailed')).toContain('otus.homework/reset-password: "true"');
      await database.kubectl(['annotate', 'mysql', NAME, 'otus.homework/reset-password=true']);
      await database.untilReady();
      expect(await database.hasRows([], OTHER_PASSWORD)).toBe(true);
    }));
});

describe.concurrent('a deletion that comes', () => {
  it('while the server starts for the first time ends, and the next one starts', () =>
    withDatabase('first-start', { empty: true }, async (database) => {
      await database.deliver();
      await database.untilPrinted(
        'the server initialises',
        ['get', 'pod', `${NAME}-0`, '-o', 'jsonpath={.status.containerStatuses[0].state}'],
        /running/,
      );
      await database.delete();
      await database.untilGone();
      await database.deliver();
      await database.untilReady();
      await database.fill();
      await comesBack(database);
    }));

  it('while a backup is being restored leaves that backup', () =>
    withDatabase('restoring', {}, async (database) => {
      await database.delete();
      await database.untilGone();
      await database.deliver();
      await database.untilPrinted(
        'the restore runs',
        ['get', 'pods', '-l', `job-name=restore-${NAME}-job`, '-o', 'jsonpath={.items[*].status.phase}'],
        /Running/,
      );
      await database.delete();
      await database.untilGone();
      await database.deliver();
      await database.untilReady('with');
      expect(await database.hasRows()).toBe(true);
    }));

  it('while the password is being changed takes the rows along', () =>
    withDatabase('changing', {}, async (database) => {
      await database.deliver({ password: OTHER_PASSWORD });
      const job = ['get', 'job', `change-pass-${NAME}-job`, '--ignore-not-found', '-o', 'name'];
      await database.untilPrinted('the password is being changed', job, /change-pass/);
      await comesBack(database, [], OTHER_PASSWORD);
    }));

  it('with all the rest by kubectl replace --force is followed by a new one with the rows', () =>
    withDatabase('force', {}, async (database) => {
      const uid = await database.uid();
      // It waits by name for the end of the backup claim, which the watcher makes again for its volume, and gives up.
      const words = ['-n', database.namespace.name, 'replace', '--force', '--timeout=20s', '-f', '-'];
      await tryRun('kubectl', words, await database.manifests());
      await database.untilGone(uid);
      await database.deliver();
      await database.untilReady('with');
      expect(await database.hasRows()).toBe(true);
    }));

  it('with the policy Retain keeps the volumes as they are', () =>
    withDatabase('retain', { spec: { deletionPolicy: 'Retain' } }, async (database) => {
      await database.kubectl(['delete', '-f', '-', '--wait=false'], await database.manifests());
      await database.untilGone();
      expect(await database.names('jobs,statefulsets')).toEqual([]);
      await database.deliver();
      await database.untilReady('without');
      expect(await database.hasRows()).toBe(true);
    }));

  it('with the policy Delete leaves nothing, and the next one begins anew', () =>
    withDatabase('delete', { spec: { deletionPolicy: 'Delete' } }, async (database) => {
      await database.delete();
      await database.untilGone();
      await database.untilPrinted('nothing is left', ['get', 'pvc,secrets,statefulsets,services', '-o', 'name'], /^$/);
      await waitUntil('the volumes are gone', 60, async () =>
        (await database.volumes()).length === 0 ? true : undefined,
      );
      await database.deliver();
      await database.untilReady('without');
      expect(await database.sql('show tables')).toBe('');
    }));
});
