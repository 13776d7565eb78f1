// Faults around the Jobs while the watcher runs: they end well, or Stalled with a way out that then works; no row is lost.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KILL_ROWS } from './faults-jobs/kills.ts';
import { LOOK_ROWS } from './faults-jobs/looks.ts';
import { OBJECT_ROWS } from './faults-jobs/objects.ts';
import { STUCK_ROWS } from './faults-jobs/stuck.ts';
import { VOLUME_ROWS } from './faults-jobs/volumes.ts';
import { Namespace } from './support/kubectl.ts';
import { ALL_FAULTS, Life, endNamespace } from './support/life.ts';
import { Watcher } from './support/watcher.ts';

const ROWS = [...KILL_ROWS, ...VOLUME_ROWS, ...OBJECT_ROWS, ...LOOK_ROWS, ...STUCK_ROWS].filter(
  ({ inCi }) => inCi === true || ALL_FAULTS,
);

let namespace: Namespace;
let watcher: Watcher;
beforeAll(async () => {
  namespace = await Namespace.create('faults-jobs');
  watcher = new Watcher(namespace);
  watcher.start();
});
afterAll(async () => {
  await endNamespace(namespace, watcher);
});

describe.concurrent('under a watcher', () => {
  for (const { title, name, spec, run } of ROWS) {
    it(title, async () => {
      const life = new Life(namespace, name, spec);
      await run(life);
      if ((await life.uidOf('mysql', name)) !== '') await life.discard();
    });
  }
});

describe('the watcher', () => {
  it('has told no password', () => {
    expect(watcher.logText).not.toMatch(/otuspassword|another-password/);
  });
});
