// Why a pod does not get on, as it stands in messages.

import { describe, expect, it } from 'vitest';
import type { Pod } from '../../src/cluster/types.ts';
import { describeDelay, describeTrouble, findSettling } from '../../src/lifecycle/trouble.ts';

/** A pod whose container ended with this message. */
function ended(message: string, exitCode = 1): Pod {
  const status = { containerStatuses: [{ state: { terminated: { exitCode, message } } }] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'shop-0' }, status } as unknown as Pod;
}

/** A pod whose container was ended by somebody else. */
function endedFor(reason: string, message: string): Pod {
  const status = { containerStatuses: [{ state: { terminated: { exitCode: 137, reason, message } } }] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'shop-0' }, status } as unknown as Pod;
}

/** A pod whose container waits. */
function waiting(reason: string, message: string): Pod {
  const status = { containerStatuses: [{ state: { waiting: { reason, message } } }] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'shop-0' }, status } as unknown as Pod;
}

const missing = 'failed to pull and unpack image "docker.io/library/mysql:x": not found';
const result =
  '{\n  "outcome": "failed",\n  "reason": "mysqld says \\"error\\"",\n  "seconds": 1,\n  "warnings": []\n}\n';

it.each([
  ['nothing where it ended well', ended('error', 0), ''],
  ['the last line that tells of an error', ended('an error\nanother error\nbye'), 'another error'],
  [
    'what mysqld does not like, not that it gives up',
    ended('[ERROR] [Server] unknown variable\n[ERROR] [Server] Aborting\nbye'),
    '[ERROR] [Server] unknown variable',
  ],
  [
    'the first error of mysqld, from which the others follow',
    ended('[ERROR] [InnoDB] Invalid downgrade\n[ERROR] [Server] Data Dictionary failed\n[ERROR] [Server] Aborting\n'),
    '[ERROR] [InnoDB] Invalid downgrade',
  ],
  ['the last line where none does', ended('one\ntwo\n'), 'two'],
  [
    'what to do about too little memory, not what was said before',
    endedFor('OOMKilled', 'ready for connections'),
    'OOMKilled: it needs more memory than resources.limits.memory allows; raise that in git',
  ],
  ['the reason that a Job tells, not its JSON', ended(result), 'mysqld says "error"'],
  // Each try and each pause would be written into the status, for as long as the image is missing.
  ['one text for a try to pull an image …', waiting('ErrImagePull', missing), `ImagePullBackOff: ${missing}`],
  [
    '… and for the pause after it',
    waiting('ImagePullBackOff', `Back-off pulling image "mysql:x": ErrImagePull: ${missing}`),
    `ImagePullBackOff: ${missing}`,
  ],
])('is %s', (_title, pod, text) => {
  expect(describeTrouble(pod, 0)).toBe(text);
});

describe('what keeps the pod of a Job, where it says nothing itself,', () => {
  const MADE = Date.parse('2026-01-01T00:00:00Z');
  const made = (status: object, metadata: object = {}): Pod =>
    ({
      metadata: { name: 'backup-shop-job-x', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
      spec: { nodeName: 'node-1' },
      status,
    }) as unknown as Pod;
  const pending = made({ phase: 'Pending' });
  const leaving = made({ phase: 'Running' }, { deletionTimestamp: '2026-01-01T00:02:00Z' });
  const done = { name: 'backup', state: { terminated: { exitCode: 0, finishedAt: '2026-01-01T00:01:00Z' } } };
  const accompanied = made({
    phase: 'Running',
    containerStatuses: [done, { name: 'proxy', state: { running: { startedAt: '2026-01-01T00:00:00Z' } } }],
  });
  const atWork = made({
    phase: 'Running',
    containerStatuses: [{ name: 'backup', state: { running: { startedAt: '2026-01-01T00:00:00Z' } } }],
  });

  it.each([
    ['is not asked while it may still start', pending, 179, ''],
    [
      'is asked for when it does not start, for a volume perhaps',
      pending,
      181,
      'it does not start; "kubectl describe pod',
    ],
    ['is nothing while it ends', leaving, 179, ''],
    ['is a node that does not answer', leaving, 181, 'kubectl taint node node-1 node.kubernetes.io/out-of-service'],
    ['is nothing when its work ended a moment ago', accompanied, 119, ''],
    ['is a container that somebody put beside it', accompanied, 121, 'the container "proxy"'],
    ['is nothing while it works, however long', atWork, 100_000, ''],
  ])('%s', (_title, pod, seconds, text) => {
    const told = describeDelay(pod, MADE + seconds * 1000);
    expect(told).toContain(text);
    expect(told === '').toBe(text === '');
  });
});

describe('a server that is Ready', () => {
  const now = Date.parse('2026-01-01T00:01:00Z');
  const up = (lastState: object, readySince: string, value = 'True'): Pod => {
    const conditions = [{ type: 'Ready', status: value, lastTransitionTime: readySince }];
    const status = { conditions, containerStatuses: [{ lastState, state: { running: {} } }] };
    return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'shop-0' }, status } as unknown as Pod;
  };
  const crashed = { terminated: { exitCode: 1 } };
  it.each([
    ['counts at once at its first start', up({}, '2026-01-01T00:00:59Z'), undefined],
    ['counts at once after a restart', up({ terminated: { exitCode: 0 } }, '2026-01-01T00:00:59Z'), undefined],
    ['counts ten seconds later after a crash', up(crashed, '2026-01-01T00:00:59Z'), now + 9000],
    ['counts once it has stayed up', up(crashed, '2026-01-01T00:00:50Z'), undefined],
    ['does not count when it is not', up(crashed, '2026-01-01T00:00:59Z', 'False'), undefined],
  ])('%s', (...[, pod, settlesAt]) => {
    expect(findSettling(pod, now)).toBe(settlesAt);
  });
});
