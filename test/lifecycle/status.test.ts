// What the status says about the gate: it is all that tells which pods were let in.

import { describe, expect, it } from 'vitest';
import type { StoredMySQL } from '../../src/cluster/kinds.ts';
import { buildStatus } from '../../src/lifecycle/conditions.ts';
import { reconciling } from '../../src/lifecycle/actions.ts';
import { closedSince, readStatus } from '../../src/lifecycle/status.ts';
import { NOW, observed } from '../support/observed.ts';

const at = (milliseconds: number): string => new Date(NOW + milliseconds).toISOString().replace(/\.[0-9]+Z$/, 'Z');

describe('a gate that is gone', () => {
  it.each([
    ['was never there', { gateOpenedAt: undefined, gateClosedAt: undefined }, undefined],
    ['was closed when the status says so', { gateOpenedAt: NOW - 9000, gateClosedAt: NOW - 5000 }, NOW - 5000],
    ['was closed just now when the status knows only its opening', { gateOpenedAt: 1, gateClosedAt: undefined }, NOW],
    ['was closed just now when it was opened again', { gateOpenedAt: NOW - 5000, gateClosedAt: NOW - 9000 }, NOW],
    // The watcher was killed between the status and the gate; its next start wrote both at once.
    ['was closed just now when it was opened again within the same second', { gateOpenedAt: 5, gateClosedAt: 5 }, NOW],
  ])('%s', (_, status, expected) => {
    expect(closedSince(status, NOW)).toBe(expected);
  });

  it.each([
    ['is recorded', { gateOpenedAt: at(-9000) }, at(0)],
    ['is recorded again after it was opened again', { gateOpenedAt: at(-5000), gateClosedAt: at(-9000) }, at(0)],
    ['is recorded although it was opened within the second of its last end', sameSecond(-5000), at(0)],
    ['is recorded once', { gateOpenedAt: at(-9000), gateClosedAt: at(-5000) }, at(-5000)],
  ])('%s', (_, earlier, expected) => {
    const decision = reconciling('Stopping', 'stops the server');
    const status = buildStatus({ observed: observed(), decision, earlier, now: NOW });
    expect(status['gateClosedAt']).toBe(expected);
  });

  it('of which the opening is refused counts as opened since the first try, and the status stays as it is', () => {
    const decision = reconciling('Opening', 'opens', {
      kind: 'open-gate',
      expect: 'data',
      claimUid: '',
      created: 'without restore-job',
    });
    const earlier = { gateOpenedAt: at(-5000), gateClosedAt: at(-9000) };
    const status = buildStatus({ observed: observed(), decision, earlier, now: NOW });
    expect(status).toMatchObject(earlier);
  });
});

describe('volumes', () => {
  const time = at(-9000);
  const read = (condition: object): unknown => {
    const resource = { status: { conditions: [{ type: 'VolumesProtected', lastTransitionTime: time, ...condition }] } };
    return readStatus(resource as unknown as StoredMySQL).volumes;
  };

  it.each([
    ['are known to be kept', { status: 'True', reason: 'Retained' }, { areKept: true, lostSince: undefined }],
    ['were never to be read', { status: 'False', reason: 'Forbidden' }, { areKept: false, lostSince: undefined }],
    ['may not be read any more', { status: 'False', reason: 'RightLost' }, { areKept: false, lostSince: NOW - 9000 }],
  ])('%s', (_, condition, expected) => {
    expect(read(condition)).toEqual(expected);
  });
});

function sameSecond(milliseconds: number): { gateOpenedAt: string; gateClosedAt: string } {
  return { gateOpenedAt: at(milliseconds), gateClosedAt: at(milliseconds) };
}
