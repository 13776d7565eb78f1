// Delivery orders: claims, volumes and whole namespaces go while the resource lives, or the place is not what it was.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backupFolders, NAME, whileHealing, withDatabase, type ManagedDatabase } from './support/database.ts';
import { kubectl, run, tryRun, waitUntil, type Namespace } from './support/kubectl.ts';
import { conditionOf } from './support/watcher.ts';

const CLAIM = `${NAME}-pvc`;
const OTHER_PASSWORD = 'another-password';

/** The namespace and all in it is gone, and there is a new one of its name. */
async function renewNamespace({ namespace: { name } }: ManagedDatabase): Promise<void> {
  await kubectl(['delete', 'namespace', name, '--timeout=180s']);
  await kubectl(['create', 'namespace', name]);
  await kubectl(['label', 'namespace', name, 'pod-security.kubernetes.io/enforce=restricted']);
  await waitUntil('the default service account', 30, async () => {
    const { code } = await tryRun('kubectl', ['-n', name, 'get', 'serviceaccount', 'default']);
    return code === 0 ? true : undefined;
  });
}

/** Somebody deletes the data claim and the pod that holds it. */
async function loseClaim(database: ManagedDatabase): Promise<void> {
  await database.kubectl(['delete', 'pvc', CLAIM, '--wait=false']);
  await database.kubectl(['delete', 'pod', `${NAME}-0`, '--wait=false']);
}

/** A StorageClass whose volumes do not grow. */
async function makeFixedClass(name: string): Promise<void> {
  const manifest = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name, annotations: { defaultVolumeType: 'local' } },
    provisioner: 'rancher.io/local-path',
    volumeBindingMode: 'WaitForFirstConsumer',
    allowVolumeExpansion: false,
  };
  await kubectl(['apply', '-f', '-'], JSON.stringify(manifest));
}

describe.concurrent('a claim', () => {
  it('that is deleted under a running server goes only when people let it, and comes back with its volume', () =>
    withDatabase('claim', {}, async (database) => {
      const before = await database.claimUid();
      await database.kubectl(['delete', 'pvc', CLAIM, '--wait=false']);
      expect(await database.untilStalled('ClaimDeleting')).toContain(`kubectl delete pod ${NAME}-0`);
      await database.sql("insert into t values (3,'three')");
      await database.kubectl(['delete', 'pod', `${NAME}-0`]);
      await database.untilSaid(/apply the rendered manifests/);
      // Nobody does; the claim is made again for its volume.
      await database.untilServing(before);
      expect(await database.hasRows(['3\tthree'])).toBe(true);
      expect(await database.volumes(CLAIM)).toHaveLength(1);
    }));

  it('that is deleted under an open gate and made again at once by a tool gets its volume back', () =>
    withDatabase('heal-same', {}, async (database) => {
      const before = await database.claimUid();
      await whileHealing(database, await database.manifests(), async () => {
        await loseClaim(database);
        await database.untilServing(before);
      });
      expect(await database.hasRows()).toBe(true);
    }));

  it('that is made again larger by a tool gets its volume back all the same', () =>
    withDatabase('heal-larger', {}, async (database) => {
      const before = await database.claimUid();
      const [volume] = await database.volumes(CLAIM);
      await database.kubectl(['delete', 'pvc', CLAIM, '--wait=false']);
      database.spec = { storage_size: '2Gi' };
      await whileHealing(database, await database.manifests(), async () => {
        await database.kubectl(['delete', 'pod', `${NAME}-0`, '--wait=false']);
        await database.untilServing(before);
      });
      expect(await database.hasRows()).toBe(true);
      const claim = await database.get<{ spec: { volumeName: string } }>('pvc', CLAIM);
      expect(claim.spec.volumeName).toBe(volume?.metadata.name);
    }));

  it('that is made again larger gets its volume back where the class lets nothing grow', () => {
    const name = 'fixed';
    const spec = (size: string): object => ({ storage_size: undefined, storage: { size, className: name } });
    const prepare = async (): Promise<object> => {
      await makeFixedClass(name);
      return {};
    };
    return withDatabase('heal-fixed', { spec: spec('1Gi'), prepare }, async (database) => {
      const before = await database.claimUid();
      await database.kubectl(['delete', 'pvc', CLAIM, '--wait=false']);
      database.spec = spec('2Gi');
      await whileHealing(database, await database.manifests(), async () => {
        await database.kubectl(['delete', 'pod', `${NAME}-0`, '--wait=false']);
        await database.untilServing(before);
      });
      expect(await database.hasRows()).toBe(true);
    });
  });

  it('that somebody makes with another class does not get a server, and people are told the way back', () =>
    withDatabase('other-class', {}, async (database) => {
      const before = await database.claimUid();
      const other = {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: CLAIM },
        spec: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: '1Gi' } },
          storageClassName: 'retained',
        },
      };
      // With a watcher the volume is reserved within a second, and goes to the claim of its name whatever its class.
      await database.watcher.kill();
      await loseClaim(database);
      await database.untilPrinted('the claim is gone', ['get', 'pvc', CLAIM, '--ignore-not-found'], /^$/);
      await database.kubectl(['apply', '-f', '-'], JSON.stringify(other));
      await database.kubectl(['wait', `pvc/${CLAIM}`, '--for=jsonpath={.status.phase}=Bound', '--timeout=60s']);
      database.watcher.start();
      const message = await database.untilStalled('RetainedVolumeNotBound');
      expect(message).toContain('has the class "standard"');
      expect(message).toContain(`kubectl delete pvc ${CLAIM}`);
      await database.kubectl(['delete', 'pvc', CLAIM, '--timeout=60s']);
      await database.deliver();
      await database.untilServing(before);
      expect(await database.hasRows()).toBe(true);
    }));

  it('grows with git, and nothing is lost', () =>
    withDatabase('growth', {}, async (database) => {
      await database.deliver({ storage_size: '2Gi' });
      await database.untilPrinted('it has grown', ['get', 'pvc', CLAIM, '-o', 'jsonpath={.spec.resources}'], /2Gi/);
      await database.untilReady();
      expect(await database.hasRows()).toBe(true);
      await database.delete();
      await database.untilGone();
      await database.deliver();
      await database.untilReady('with');
      expect(await database.hasRows()).toBe(true);
    }));

  it('of a class whose own policy is Retain leaves its volume behind, and nobody ever gets that again', () => {
    const spec = { storage_size: undefined, storage: { size: '1Gi', className: 'retained' } };
    return withDatabase('retained', { spec }, async (database) => {
      await database.delete();
      await database.untilGone();
      await database.deliver();
      await database.untilReady('with');
      expect(await database.hasRows()).toBe(true);
      const volumes = await database.volumes(CLAIM);
      expect(volumes.map(({ status }) => status.phase).sort()).toEqual(['Bound', 'Released']);
    });
  });
});

describe.concurrent('a namespace', () => {
  it('that is deleted and made again from git has its data', () =>
    withDatabase('namespace', {}, async (database) => {
      await renewNamespace(database);
      await database.deliver();
      await database.untilReady('without');
      expect(await database.hasRows()).toBe(true);
    }));

  it('that is made again with another password has its data, and the new password', () =>
    withDatabase('rekeyed', {}, async (database) => {
      await renewNamespace(database);
      await database.deliver({ password: OTHER_PASSWORD });
      const status = await database.untilReady('without');
      expect(conditionOf(status, 'PasswordInSync')).toBe('True');
      expect(await database.hasRows([], OTHER_PASSWORD)).toBe(true);
    }));

  it('that is made again with restore.from none does not start beside its data', () =>
    withDatabase('declined', {}, async (database) => {
      await renewNamespace(database);
      await database.deliver({ restore: { from: 'none' } });
      expect(await database.untilStalled('RetainedVolumeDeclined')).toContain('put restore.from: latest into git');
      await database.deliver({ restore: { from: 'latest' } });
      await database.untilReady();
      expect(await database.hasRows()).toBe(true);
    }));

  it('in which somebody else takes the name gives them an empty database, and keeps the backup', () =>
    withDatabase('reused', {}, async (database) => {
      await database.delete();
      await database.untilGone();
      const [first] = await backupFolders(database);
      const theirs = { restore: { from: 'none' }, backup: { keep: 1 } };
      await database.deliver(theirs);
      await database.untilReady('without');
      expect(await database.sql('show tables')).toBe('');
      await database.delete();
      await database.untilGone();
      expect(await backupFolders(database)).toContain(first);
    }));
});

/** Gives a ServiceAccount the rights of an installation for one namespace. */
async function grantRights({ name }: Namespace, ...flags: string[]): Promise<void> {
  const words = ['install', '--watch-namespace', name, '--namespace', name, '--no-crd', ...flags];
  const manifests = await run(process.execPath, ['dist/kubectl-mysql.js', ...words]);
  const rights = manifests
    .split(/^---$/m)
    .filter((text) => /^kind: "?(ServiceAccount|.*Role|.*Binding)"?$/m.test(text));
  await kubectl(['apply', '-f', '-'], rights.join('\n---\n'));
}

/** A kubeconfig of that ServiceAccount. */
async function logInWatcher(namespace: Namespace, folder: string): Promise<string> {
  await grantRights(namespace);
  const token = await namespace.kubectl(['create', 'token', 'kubectl-mysql', '--duration=1h']);
  const config = JSON.parse(await kubectl(['config', 'view', '--raw', '--flatten', '-o', 'json'])) as {
    users: { user: object }[];
  };
  for (const entry of config.users) entry.user = { token: token.trim() };
  const file = join(folder, 'kubeconfig');
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

/** With a watcher that has no right to volumes. */
async function withoutVolumes(purpose: string, story: (database: ManagedDatabase) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kubectl-mysql-rights-'));
  const prepare = async (namespace: Namespace): Promise<object> => ({
    kubeconfig: await logInWatcher(namespace, folder),
  });
  try {
    await withDatabase(purpose, { prepare }, async (database) => {
      await story(database);
      await kubectl(['delete', 'clusterrole,clusterrolebinding', `kubectl-mysql:${database.namespace.name}`]);
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe.concurrent('a watcher that may not touch volumes', () => {
  it('backs up and restores all the same, and says that the volumes are not protected', () =>
    withoutVolumes('no-volumes', async (database) => {
      const status = await database.untilReady();
      expect(conditionOf(status, 'VolumesProtected')).toBe('False');
      await database.delete();
      await database.untilGone();
      await waitUntil('the volume is gone', 60, async () =>
        (await database.volumes(CLAIM)).length === 0 ? true : undefined,
      );
      await database.deliver();
      await database.untilReady('with');
      expect(await database.hasRows()).toBe(true);
    }));

  it('does not stop a server whose claim is going, and keeps its volume when it is given the right to', () =>
    withoutVolumes('no-rights', async (database) => {
      await database.kubectl(['delete', 'pvc', CLAIM, '--wait=false']);
      expect(await database.untilStalled('ClaimDeleting')).toContain('goes with the claim when the server stops');
      await database.delete();
      await database.untilSaid(/would take its volume along .*skip-final-backup/);
      await database.sql("insert into t values (3,'three')");
      await grantRights(database.namespace, '--protect-volumes');
      await database.untilGone();
      await database.deliver();
      await database.untilReady('with');
      expect(await database.hasRows(['3\tthree'])).toBe(true);
    }));

  it('keeps the data while the claim with its final backup is going', () =>
    withoutVolumes('lost-backup', async (database) => {
      await database.delete();
      const pods = ['get', 'pods', '-l', `job-name=backup-${NAME}-job`, '-o', 'jsonpath={.items[*].status.phase}'];
      await database.untilPrinted('the backup runs', pods, /Running/);
      await database.kubectl(['delete', 'pvc', `backup-${CLAIM}`, '--wait=false']);
      expect(await database.untilStalled('ClaimDeleting')).toContain('would take the final backup along');
      await grantRights(database.namespace, '--protect-volumes');
      await database.untilGone();
      await database.deliver();
      // From the backup, or on the volume that was kept meanwhile.
      await database.untilReady();
      expect(await database.hasRows()).toBe(true);
    }));

  it('says what is lost with a claim, and begins anew only when it is told to', () =>
    withoutVolumes('lost-claim', async (database) => {
      await database.kubectl(['delete', 'pvc', CLAIM, '--wait=false']);
      expect(await database.untilStalled('ClaimDeleting')).toContain('--protect-volumes');
      await database.kubectl(['delete', 'pod', `${NAME}-0`, '--wait=false']);
      expect(await database.untilStalled('ClaimMissing')).toContain('apply the rendered manifests');
      await database.deliver();
      expect(await database.untilStalled('DataMissing')).toContain('restore.from: none');
      await database.deliver({ restore: { from: 'none' } });
      await database.untilReady();
      expect(await database.sql('show tables')).toBe('');
    }));
});
