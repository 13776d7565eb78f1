// Why a pod does not get on, as it stands in messages.

import { expect, it } from 'vitest';
import type { Pod } from '../../src/cluster/types.ts';
import { describeTrouble } from '../../src/lifecycle/trouble.ts';

/** A pod whose container ended with this message. */
function ended(message: string, exitCode = 1): Pod {
  const status = { containerStatuses: [{ state: { terminated: { exitCode, message } } }] };
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
  ['the last line where none does', ended('one\ntwo\n'), 'two'],
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
