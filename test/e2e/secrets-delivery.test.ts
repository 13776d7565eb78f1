// The Secret with the password as tools deliver it that make it from something else in git (SealedSecrets, External Secrets,
// SOPS): it may come late, be away for a while, be made anew, be taken over by another owner, be empty for a moment. The
// watcher waits and says so, writes nothing of it, and goes on once it is there.

import { describe, expect, it } from 'vitest';
import { withDatabase, NAME, type ManagedDatabase } from './support/database.ts';
import type { Namespace } from './support/kubectl.ts';
import { PASSWORD } from './support/resource.ts';
import { conditionOf, untilMessage, untilStatus, type SeenStatus } from './support/watcher.ts';

const SECRET = 'shop-password';
const SPEC = { password: undefined, passwordSecretRef: { name: SECRET, key: 'password' }, passwordOverlap: '0s' };
const OTHER = 'another-password';

/** The Secret as a tool writes it. */
function secretOf(password: string | undefined, metadata: object = {}): string {
  // Not stringData: server-side apply does not take away what was given by it.
  const data = password === undefined ? {} : { password: Buffer.from(password).toString('base64') };
  return JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: SECRET, ...metadata }, data });
}

async function createSecret(namespace: Namespace): Promise<object> {
  await namespace.kubectl(['create', '-f', '-'], secretOf(PASSWORD));
  return {};
}

/** Writes the Secret as the tool that owns it does. */
function put(database: ManagedDatabase, text: string): Promise<string> {
  const words = ['apply', '--server-side', '--force-conflicts', '--field-manager=a-secrets-tool', '-f', '-'];
  return database.kubectl(words, text);
}

function read(database: ManagedDatabase, secret: string, path: string): Promise<string> {
  return database.kubectl(['get', 'secret', secret, '--show-managed-fields', '-o', `jsonpath={${path}}`]);
}

/** Waits until the condition Ready has this reason; gives what it says. */
async function untilReason(database: ManagedDatabase, reason: string): Promise<string> {
  const holds = (status: SeenStatus): boolean => conditionOf(status, 'Ready', 'reason') === reason;
  const status = await untilStatus(database.namespace, NAME, { what: `Ready's reason is ${reason}`, holds });
  const { conditions = [] } = status;
  return conditions.find(({ type }) => type === 'Ready')?.message ?? '';
}

/** The watcher has seen the Secret as it is, and the server and its password stayed what they were. */
async function expectUnchanged(database: ManagedDatabase, before: readonly string[]): Promise<void> {
  await untilReason(database, 'Ready');
  expect(await identity(database)).toEqual(before);
  await database.hasRows();
}

/** The password in force and the server's pod. */
async function identity(database: ManagedDatabase): Promise<string[]> {
  const pod = await database.namespace.pod(NAME);
  return [await read(database, `${NAME}-active`, '.metadata.resourceVersion'), pod?.metadata.uid ?? ''];
}

describe.concurrent('a Secret that a tool delivers', () => {
  it('may come after the resource, and by and by: nothing starts before it is whole', () =>
    withDatabase('secret-late', { spec: SPEC, empty: true }, async (database) => {
      await database.deliver();
      expect(await untilReason(database, 'PasswordMissing')).toContain('waits for the Secret with the password');
      for (const text of [secretOf(undefined), secretOf('')]) {
        await put(database, text);
        await database.kubectl(['annotate', '--overwrite', 'mysql', NAME, `looked=${String(text.length)}`]);
        expect(await untilReason(database, 'PasswordMissing')).toContain('waits for the Secret with the password');
        expect(await database.names('configmaps')).not.toContain(`configmap/${NAME}-gate`);
      }
      await put(database, secretOf("it's"));
      expect(await untilReason(database, 'PasswordUnusable')).toContain('put another one into the Secret');
      await put(database, secretOf(PASSWORD));
      await database.untilReady('without');
      await database.fill();
    }));

  it('may go, come again as another, change hands and be empty for a while under a running server', () =>
    withDatabase('secret-moves', { spec: SPEC, prepare: createSecret }, async (database) => {
      const before = await identity(database);
      const uid = await read(database, SECRET, '.metadata.uid');

      await database.kubectl(['delete', 'secret', SECRET]);
      expect(await untilReason(database, 'PasswordMissing')).toContain('runs on with the password in force');
      await put(database, secretOf(PASSWORD));
      await expectUnchanged(database, before);
      expect(await read(database, SECRET, '.metadata.uid')).not.toBe(uid);

      // Taken out of the Secret, as a tool does that could not decrypt it; the watcher may be away meanwhile.
      await put(database, secretOf(undefined));
      await untilReason(database, 'PasswordMissing');
      await database.watcher.kill();
      database.watcher.start();
      await put(database, secretOf(PASSWORD));
      await expectUnchanged(database, before);

      const owner = await database.kubectl(['get', 'configmap', 'kube-root-ca.crt', '-o', 'jsonpath={.metadata.uid}']);
      const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'kube-root-ca.crt', uid: owner }];
      const labels = { 'app.kubernetes.io/instance': 'secrets', 'app.kubernetes.io/managed-by': 'another-tool' };
      await put(database, secretOf(PASSWORD, { ownerReferences, labels }));
      await expectUnchanged(database, before);

      // Made anew with another password: a rotation as any other.
      await database.kubectl(['delete', 'secret', SECRET]);
      await put(database, secretOf(OTHER, { labels }));
      await untilMessage(database.namespace, NAME, 'mysql password changed!');
      await database.hasRows([], OTHER);
      expect((await identity(database))[1]).toBe(before[1]);
      expect(await read(database, SECRET, '.metadata.managedFields[*].manager')).toBe('a-secrets-tool');
    }));

  it('may go in the middle of a change, which is finished all the same', () =>
    withDatabase('secret-goes', { spec: SPEC, prepare: createSecret }, async (database) => {
      await put(database, secretOf(OTHER));
      await database.untilPrinted(
        'the change has begun',
        ['get', 'secret', `${NAME}-active`, '-o', 'jsonpath={.data.next}'],
        /./,
      );
      await database.kubectl(['delete', 'secret', SECRET]);
      expect(await untilReason(database, 'PasswordMissing')).toContain('runs on with the password in force');
      await database.hasRows([], OTHER);
      await put(database, secretOf(OTHER));
      await untilMessage(database.namespace, NAME, 'mysql password changed!');
      await database.hasRows([], OTHER);
    }));
});
