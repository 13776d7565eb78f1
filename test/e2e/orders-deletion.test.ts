// Delivery orders: a resource is deleted, alone and with everything around it, in every order in which tools and people do it.
// Each row ends with the database made again from the same file, with its rows.

import { describe, expect, it } from 'vitest';
import { backupFolders, NAME, whileHealing, withDatabase, type ManagedDatabase } from './support/database.ts';
import { run, tryRun, type Namespace } from './support/kubectl.ts';
import { PASSWORD } from './support/resource.ts';

const BACKUP_LEFT = [`persistentvolumeclaim/backup-${NAME}-pvc`, `job.batch/backup-${NAME}-job`];

/** The same file is delivered again: the backup comes back. */
async function comesBack(database: ManagedDatabase, more: readonly string[] = []): Promise<void> {
  await database.deliver();
  await database.untilReady('with');
  expect(await database.hasRows(more)).toBe(true);
  expect(await database.sql("show grants for app@'%'")).toContain('GRANT SELECT ON `shop`.*');
}

/** All manifests in the opposite order. */
function reversed(manifests: string): string {
  return manifests.split(/^---$/m).reverse().join('\n---\n');
}

describe.concurrent('a deletion', () => {
  it('of the resource alone leaves the backup, from which it comes back', () =>
    withDatabase('alone', {}, async (database) => {
      await database.delete();
      await database.untilGone();
      expect(await database.names('pvc,jobs,services,statefulsets,secrets,configmaps,pods')).toEqual(BACKUP_LEFT);
      await comesBack(database);
    }));

  it('of the resource and all its children at once', () =>
    withDatabase('all', {}, async (database) => {
      await database.kubectl(['delete', '-f', '-', '--timeout=180s'], await database.manifests());
      await database.untilGone();
      await comesBack(database);
    }));

  it('of the resource and all its children, in the foreground', () =>
    withDatabase('foreground', {}, async (database) => {
      const words = ['delete', '-f', '-', '--cascade=foreground', '--timeout=180s'];
      await database.kubectl(words, await database.manifests());
      await database.untilGone();
      await comesBack(database);
    }));

  it('of the children first and the resource last', () =>
    withDatabase('children', {}, async (database) => {
      const manifests = reversed(await database.manifests());
      await database.kubectl(['delete', '-f', '-', '--wait=false'], manifests);
      await database.untilGone();
      await comesBack(database);
    }));

  it('of the children long before the resource', () =>
    withDatabase('long-before', {}, async (database) => {
      const children = (await database.manifests()).split(/^---$/m).slice(1).join('\n---\n');
      const before = await database.claimUid();
      await database.kubectl(['delete', '-f', '-', '--timeout=180s'], children);
      await database.untilSaid(/apply the rendered manifests/);
      // Nobody does; the claims are made again for their volumes.
      await database.untilOpened(before);
      expect(await database.untilStalled('StatefulSetMissing')).toContain('apply the rendered manifests');
      await database.delete();
      await database.untilGone();
      await comesBack(database);
    }));

  it('by a tool that prunes what git does not name any more', () =>
    withDatabase('prune', {}, async (database) => {
      const other = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' } });
      const { name } = database.namespace;
      const words = ['KUBECTL_APPLYSET=true', 'kubectl', '-n', name, 'apply', '--prune', '--applyset=configmaps/set'];
      await run('env', [...words, '-f', '-'], `${await database.manifests()}\n---\n${other}`);
      const { stdout } = await tryRun('env', [...words, '-f', '-'], other);
      expect(stdout).toContain(`mysql.otus.homework/${NAME} pruned`);
      await database.untilGone();
      // The first time it may have found something gone that it wanted to delete, and calls that an error.
      await run('env', [...words, '-f', '-'], other);
      await comesBack(database);
    }));

  it('after the Secret with the password', () => {
    const secret = ['create', 'secret', 'generic', 'root', `--from-literal=password=${PASSWORD}`];
    const spec = { password: undefined, passwordSecretRef: { name: 'root', key: 'password' } };
    const prepare = async (namespace: Namespace): Promise<object> => {
      await namespace.kubectl(secret);
      return {};
    };
    return withDatabase('secret', { spec, prepare }, async (database) => {
      await database.kubectl(['delete', 'secret', 'root', `${NAME}-active`]);
      await database.delete();
      await database.untilGone();
      await database.deliver();
      await database.untilSaid(/waits for the Secret with the password; create it/);
      await database.kubectl(secret);
      await comesBack(database);
    });
  });

  it('while no watcher runs is carried out when one starts', () =>
    withDatabase('no-watcher', {}, async (database) => {
      await database.watcher.kill();
      await database.kubectl(['delete', '-f', '-', '--wait=false'], await database.manifests());
      await database.untilPrinted('the pod is gone', ['get', 'pods,statefulsets', '-o', 'name'], /^$/);
      expect(await database.uid()).not.toBe('');
      database.watcher.start();
      await database.untilGone();
      await comesBack(database);
    }));

  // A watcher without a lease does that which is held up between its look at the living resource and the gate.
  it('beside which a gate is opened backs up again what a server writes behind its backup', () =>
    withDatabase('late-gate', {}, async (database) => {
      const { data } = await database.get<{ data: object }>('configmap', `${NAME}-gate`);
      const job = `backup-${NAME}-job`;
      await database.delete();
      await database.untilPrinted('the backup Job is made', ['get', 'job', job, '-o', 'name'], /./);
      await database.watcher.kill();
      await database.kubectl(['wait', '--for=condition=Complete', 'job', job, '--timeout=120s']);
      const gate = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `${NAME}-gate` }, data };
      await database.kubectl(['create', '-f', '-'], JSON.stringify(gate));
      await database.deliver();
      await database.namespace.ready(NAME);
      await database.sql("insert into t values (3,'three')");
      database.watcher.start();
      await database.untilGone();
      await comesBack(database, ['3\tthree']);
    }));

  it('beside which somebody runs the server of another label on its data backs up what that has written', () =>
    withDatabase('stranger', {}, async (database) => {
      const { data } = await database.get<{ data: object }>('configmap', `${NAME}-gate`);
      const { spec } = await database.get<{ spec: { template: { spec: object } } }>('statefulset', NAME);
      const job = `backup-${NAME}-job`;
      await database.delete();
      await database.untilPrinted('the backup Job is made', ['get', 'job', job, '-o', 'name'], /./);
      await database.watcher.kill();
      await database.kubectl(['wait', '--for=condition=Complete', 'job', job, '--timeout=120s']);
      const gate = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'their-gate' }, data };
      await database.kubectl(['create', '-f', '-'], JSON.stringify(gate));
      const metadata = { name: 'theirs-0', labels: { 'otus.homework/mysql': 'till' } };
      const pod = JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec: spec.template.spec });
      await database.kubectl(['create', '-f', '-'], pod.replaceAll(`"${NAME}-gate"`, '"their-gate"'));
      await database.kubectl(['wait', '--for=condition=Ready', 'pod/theirs-0', '--timeout=120s']);
      await database.namespace.sql('theirs', PASSWORD, "insert into t values (3,'three')");
      database.watcher.start();
      await database.untilGone();
      await comesBack(database, ['3\tthree']);
    }));

  it('of a server that crashes again and again', () =>
    withDatabase('crashing', {}, async (database) => {
      await database.deliver({ config: { no_such_option: '1' } });
      expect(await database.untilStalled('ServerFailing')).toContain('the server does not start');
      await database.delete();
      await database.untilGone();
      await database.deliver({});
      await comesBack(database);
    }));

  it('of a server that never started, whose image there is not, says so and waits for a word', () =>
    withDatabase('never', { empty: true }, async (database) => {
      await database.deliver({ image: 'mysql:no-such-tag' });
      expect(await database.untilStalled('ServerFailing')).toContain('no-such-tag');
      await database.delete();
      expect(await database.untilStalled('JobNotStarting')).toContain('otus.homework/skip-final-backup: "true"');
      await database.kubectl(['annotate', 'mysql', NAME, 'otus.homework/skip-final-backup=true']);
      await database.untilGone();
      await database.deliver({});
      await database.untilReady();
      expect(await backupFolders(database)).toEqual([]);
    }));

  it('again makes another backup, whatever the finished Job of the first one says', () =>
    withDatabase('again', { spec: { backup: { keep: 1 } } }, async (database) => {
      await database.delete();
      await database.untilGone();
      await comesBack(database);
      await database.sql("insert into t values (3,'three')");
      await database.delete();
      await database.untilGone();
      await comesBack(database, ['3\tthree']);
      await database.sql("insert into t values (4,'four')");
      await database.delete();
      await database.untilGone();
      const folders = await backupFolders(database);
      expect(folders.map((name) => name.slice(0, 4))).toEqual(['0002', '0003']);
      await comesBack(database, ['3\tthree', '4\tfour']);
    }));

  it('by hand is undone by a tool that heals, and the new one has the rows', () =>
    withDatabase('healed', {}, async (database) => {
      const uid = await database.uid();
      await whileHealing(database, await database.manifests(), async () => {
        await database.delete();
        await database.untilGone(uid);
        await database.untilReady('with');
      });
      expect(await database.hasRows()).toBe(true);
    }));

  it('while somebody makes the claims again all the time', () =>
    withDatabase('claims', {}, async (database) => {
      const claims = (await database.manifests()).split(/^---$/m).filter((text) => text.includes('VolumeClaim'));
      await whileHealing(database, claims.join('\n---\n'), async () => {
        await database.kubectl(['delete', '-f', '-', '--wait=false'], await database.manifests());
        await database.untilGone();
      });
      await comesBack(database);
    }));

  it('of a paused server', () =>
    withDatabase('paused', {}, async (database) => {
      await database.deliver({ paused: true });
      await database.untilPrinted('the server is gone', ['get', 'pods', '-o', 'name'], /^$/);
      await database.untilReady();
      await database.delete();
      await database.untilGone();
      await database.deliver({});
      await comesBack(database);
    }));

  it('where no pod may start for the backup says so, and is backed up when one may', () =>
    withDatabase('quota', {}, async (database) => {
      await database.kubectl(['create', 'quota', 'none', '--hard=pods=0']);
      await database.delete();
      const job = `backup-${NAME}-job`;
      expect(await database.untilStalled('JobNotStarting')).toContain(`kubectl describe job ${job}`);
      await database.kubectl(['delete', 'quota', 'none']);
      await database.kubectl(['delete', 'job', job]);
      await database.untilGone();
      await comesBack(database);
    }));

  it('with a backup that cannot be made waits, and gives the data up only when it is told to', () =>
    withDatabase('skip', {}, async (database) => {
      const taken = ['create', 'job', `backup-${NAME}-job`, '--image=mysql:9.7', '--', 'true'];
      await tryRun('kubectl', ['-n', database.namespace.name, ...taken]);
      await database.delete();
      expect(await database.untilStalled('JobNameTaken')).toContain('delete it');
      await database.kubectl(['annotate', 'mysql', NAME, 'otus.homework/skip-final-backup=true']);
      await database.untilGone();
      await database.deliver();
      await database.untilReady();
      expect(await database.sql('show tables')).toBe('');
    }));
});
