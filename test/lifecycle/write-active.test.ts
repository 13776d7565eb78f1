// What each change of a password writes into NAME-active.

import { expect, it } from 'vitest';
import { PREVIOUS_SINCE_ANNOTATION } from '../../src/api/names.ts';
import type { Objects } from '../../src/cluster/objects.ts';
import type { Observation } from '../../src/lifecycle/observe.ts';
import { writeActive } from '../../src/lifecycle/write-active.ts';

const NOW = '2026-01-01T00:00:00Z';

type Change = Parameters<typeof writeActive>[2]['change'];

/** The patch of a change, when git names `new` and NAME-active holds `old`. */
async function write(change: Change, more: Readonly<Record<string, string>> = {}): Promise<unknown> {
  let written: unknown;
  const objects = {
    patch: (_: unknown, __: unknown, patch: { readonly body: unknown }) => {
      written = patch.body;
      return Promise.resolve({});
    },
  } as unknown as Objects;
  const active = { metadata: {}, data: { current: 'old', ...more } };
  const observation = { key: { namespace: 'a', name: 'shop' }, passwords: { desired: 'new', active, revision: 1 } };
  await writeActive(objects, observation as unknown as Observation, { change, now: NOW });
  return written;
}

it.each([
  ['begins with the one that git names', 'begin', {}, { next: 'new' }, undefined],
  ['keeps the one before', 'complete', { next: 'new' }, { current: 'new', previous: 'old', next: null }, NOW],
  [
    'has one discarded that nobody knows any more, where NAME-active was deleted within an overlap',
    'confirm',
    { next: 'old' },
    { previous: 'old', next: null },
    NOW,
  ],
  ['takes back what was refused', 'withdraw', { next: 'new' }, { next: null }, undefined],
  ['forgets the one before', 'discard', { previous: 'older' }, { previous: null }, null],
  ['forgets all others', 'reset', { previous: 'older' }, { current: 'new', previous: null, next: null }, null],
] as const)('%s', async (...[, change, before, data, since]) => {
  const body = await write(change, before);
  expect(body).toMatchObject({ data });
  const { annotations } = (body as { metadata: { annotations: Readonly<Record<string, unknown>> } }).metadata;
  expect(annotations[PREVIOUS_SINCE_ANNOTATION]).toBe(since);
});
