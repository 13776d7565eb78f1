// Delivery order: the resource definition itself is deleted, which means eject, and made again. The definition is the whole
// cluster's, so this row is alone in its file; resources that other files have left are let go first.

import { afterAll, expect, it } from 'vitest';
import { NAME, withDatabase } from './support/database.ts';
import { kubectl, tryRun } from './support/kubectl.ts';

const DEFINITION = 'mysqls.otus.homework';

async function restoreDefinition(): Promise<void> {
  const words = ['get', 'crd', DEFINITION, '--ignore-not-found', '-o', 'jsonpath={.metadata.deletionTimestamp}'];
  const isGoing = (await kubectl(words)) !== '';
  if (isGoing) await tryRun('kubectl', ['wait', '--for=delete', `crd/${DEFINITION}`, '--timeout=60s']);
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', 'crds/']);
  await kubectl(['wait', '--for=condition=Established', `crd/${DEFINITION}`, '--timeout=60s']);
}

/** Of resources whose watcher has ended nobody takes the finalizers off. */
async function letOthersGo(except: string): Promise<void> {
  const template = '{range .items[*]}{.metadata.namespace} {.metadata.name}{"\\n"}{end}';
  const list = await kubectl(['get', DEFINITION, '-A', '-o', `jsonpath=${template}`]);
  for (const line of list.split('\n').filter(Boolean)) {
    const [namespace = '', name = ''] = line.split(' ');
    if (namespace === except) continue;
    const none = JSON.stringify({ metadata: { finalizers: null } });
    await tryRun('kubectl', ['-n', namespace, 'patch', DEFINITION, name, '--type=merge', '-p', none]);
  }
}

afterAll(restoreDefinition);

it('a deleted definition ejects: the server runs on and comes back, and the same file takes it up again', () =>
  withDatabase('definition', {}, async (database) => {
    await letOthersGo(database.namespace.name);
    const { metadata } = await database.namespace.ready(NAME);
    await kubectl(['delete', 'crd', DEFINITION, '--timeout=120s']);
    expect(await database.hasRows()).toBe(true);
    expect((await database.namespace.ready(NAME)).metadata.uid).toBe(metadata.uid);
    await database.kubectl(['delete', 'pod', `${NAME}-0`]);
    const { metadata: second } = await database.namespace.ready(NAME, 120, metadata.uid);
    await database.sql("insert into t values (3,'three')");
    await restoreDefinition();
    await database.deliver();
    await database.untilReady();
    expect((await database.namespace.ready(NAME)).metadata.uid).toBe(second.uid);
    expect(await database.names('jobs')).toEqual([]);
    expect(await database.hasRows(['3\tthree'])).toBe(true);
    // Everything is as before: a deletion is backed up, and comes back.
    await database.delete();
    await database.untilGone();
    await database.deliver();
    await database.untilReady('with');
    expect(await database.hasRows(['3\tthree'])).toBe(true);
  }));
