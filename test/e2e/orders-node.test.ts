// Delivery order: the node is cut off in the middle. Everything on it is killed at once, so this is alone in its file.

import { expect, it } from 'vitest';
import { NAME, withDatabase } from './support/database.ts';
import { run } from './support/kubectl.ts';

function restartNode(): Promise<string> {
  return run('bash', ['test/cluster/cluster', 'restart-node']);
}

/** The phases of a Job's pods. */
function podsOf(step: string): string[] {
  return ['get', 'pods', '-l', `job-name=${step}-${NAME}-job`, '-o', 'jsonpath={.items[*].status.phase}'];
}

it('a node that restarts during the first start, the backup and the restore costs no row', () =>
  withDatabase('node', { empty: true }, async (database) => {
    const state = ['get', 'pod', `${NAME}-0`, '-o', 'jsonpath={.status.containerStatuses[0].state}'];
    await database.deliver();
    await database.untilPrinted('the server initialises', state, /running/);
    await restartNode();
    await database.untilReady('without');
    await database.namespace.ready(NAME);
    await database.fill();
    await restartNode();
    await database.namespace.ready(NAME);
    expect(await database.hasRows()).toBe(true);

    await database.delete();
    await database.untilPrinted('the backup runs', podsOf('backup'), /Running/);
    await restartNode();
    await database.untilGone();

    await database.deliver();
    await database.untilPrinted('the restore runs', podsOf('restore'), /Running/);
    await restartNode();
    await database.untilReady('with');
    expect(await database.hasRows()).toBe(true);
  }));
