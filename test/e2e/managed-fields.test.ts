// What somebody else applied is not the watcher's: managedFields tell who wrote what.

import { describe, expect, it } from 'vitest';
import { withDatabase, NAME, type ManagedDatabase } from './support/database.ts';
import { writtenBy, type ManagedObject } from './support/managed-fields.ts';
import { untilMessage } from './support/watcher.ts';

const TOOL = 'a-delivery-tool';
const WATCHER = 'mysql.otus.homework';

async function deliver(database: ManagedDatabase, spec: object): Promise<void> {
  database.spec = spec;
  const words = ['apply', '--server-side', `--field-manager=${TOOL}`, '-f', '-'];
  await database.kubectl(words, await database.manifests());
}

/** Everything that the tool applied, by kind and name, with what the watcher wrote of it. */
async function writtenByWatcher(database: ManagedDatabase): Promise<Record<string, unknown[]>> {
  const kinds = 'mysql,statefulset,service,configmap,secret,pvc,networkpolicy';
  const list = await database.kubectl(['get', kinds, '--show-managed-fields', '-o', 'json']);
  const applied = (JSON.parse(list) as { items: ManagedObject[] }).items.filter(
    (object) => writtenBy(TOOL, object).length > 0,
  );
  return Object.fromEntries(
    applied.map((object) => {
      const { kind, metadata } = object;
      const own = writtenBy(WATCHER, object);
      return [`${kind} ${metadata.name}`, own.map(({ subresource, fieldsV1 }) => subresource ?? fieldsV1)];
    }),
  );
}

describe('of what a delivery tool applied, the watcher', () => {
  it('writes the status and the finalizer of the resource, and nothing else', () =>
    withDatabase('fields', { empty: true }, async (database) => {
      const spec = { networkPolicy: {} };
      await deliver(database, spec);
      await database.untilReady('without');
      await database.fill();
      await deliver(database, { ...spec, password: 'another-password', passwordOverlap: '0s' });
      await untilMessage(database.namespace, NAME, 'mysql password changed!');
      expect(await writtenByWatcher(database)).toEqual({
        'MySQL shop': expect.arrayContaining([
          { 'f:metadata': { 'f:finalizers': { '.': {}, 'v:"otus.homework/final-backup"': {} } } },
          'status',
        ]) as unknown,
        'StatefulSet shop': [],
        'Service shop': [],
        'ConfigMap shop-config': [],
        'Secret shop-root': [],
        'NetworkPolicy shop': [],
        'PersistentVolumeClaim shop-pvc': [],
        'PersistentVolumeClaim backup-shop-pvc': [],
      });
    }));
});
