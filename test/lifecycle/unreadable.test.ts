// What the status says of a resource around which the watcher may not look.

import { expect, it } from 'vitest';
import { ClusterError } from '../../src/cluster/errors.ts';
import type { Objects, Patch } from '../../src/cluster/objects.ts';
import { tellUnreadable } from '../../src/lifecycle/unreadable.ts';
import { NOW } from '../support/observed.ts';

const said = 'pods is forbidden: User "w" cannot list resource "pods" in API group "" in the namespace "a"';
const ready = { type: 'Ready', status: 'True', reason: 'Ready', lastTransitionTime: 'earlier' };
const protection = { type: 'VolumesProtected', status: 'True', reason: 'Retained', lastTransitionTime: 'earlier' };

async function tell(message: string, failures = 4, spec: object = {}): Promise<unknown[]> {
  const written: unknown[] = [];
  const status = { message: 'the server is Ready', server: { image: 'x' }, conditions: [ready, protection] };
  const objects = {
    find: () => Promise.resolve({ metadata: { name: 'shop', uid: 'u', generation: 7 }, spec, status }),
    patch: (_: unknown, __: unknown, patch: Patch) => {
      written.push(patch.kind === 'merge' ? patch.body['status'] : undefined);
      return Promise.resolve();
    },
  } as unknown as Objects;
  const error = new ClusterError({ code: 403, reason: 'Forbidden', message });
  const told = tellUnreadable({ namespace: 'a', name: 'shop' }, { objects, now: () => NOW }, { error, failures });
  await expect(told).rejects.toBe(error);
  return written;
}

it('a right to read that is missing is told, and what is known of the past stays', async () => {
  const [status] = (await tell(said)) as [Record<string, unknown>];
  expect(status['message']).toContain(`${said}; give it this right`);
  expect(status['conditions']).toMatchObject([
    { type: 'Ready', status: 'False', reason: 'ReadRefused', observedGeneration: 7 },
    { type: 'Reconciling', status: 'False' },
    { type: 'Stalled', status: 'True', reason: 'ReadRefused' },
    protection,
  ]);
  expect(Object.keys(status).sort()).toEqual(['conditions', 'message', 'since']);
});

it.each([
  ['at the first tries, since a right may just have been given', said, 3, {}],
  ['for a right to write, which its step tells', 'User "w" cannot create resource "jobs"', 4, {}],
  ['to a resource that is left alone', said, 4, { lifecycle: 'None' }],
])('nothing is told %s', async (_, message, failures, spec) => {
  expect(await tell(message, failures, spec)).toEqual([]);
});
