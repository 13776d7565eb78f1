// What a reflector keeps when it lists anew. Everything else about it is tested against a real API server.

import { describe, expect, it } from 'vitest';
import type { Connection } from '../../src/cluster/connect.ts';
import { ClusterError } from '../../src/cluster/errors.ts';
import { KINDS } from '../../src/cluster/kinds.ts';
import { startReflector } from '../../src/cluster/reflector.ts';
import { createManualClock } from '../support/manual-clock.ts';

describe('a second list', () => {
  it('keeps the objects that are known, and only what changed anew', async () => {
    const clock = createManualClock();
    const versions = [
      ['1', '1'],
      ['1', '2'],
    ];
    let lists = 0;
    const connection = {
      send: () => {
        const items = versions[Math.min(lists, 1)]?.map((resourceVersion, index) => ({
          metadata: { name: `gate-${String(index)}`, uid: String(index), resourceVersion, creationTimestamp: '' },
        }));
        lists += 1;
        return Promise.resolve({ items, metadata: { resourceVersion: '9' } });
      },
      stream: () => Promise.reject(new ClusterError({ code: 410, reason: 'Expired', message: 'too old' })),
    } as unknown as Connection;
    const kept: string[] = [];
    const reflector = startReflector({
      connection,
      kind: KINDS.ConfigMap,
      clock,
      random: () => 0,
      transform: (object) => {
        kept.push(`${object.metadata.name} ${object.metadata.resourceVersion}`);
        return object;
      },
    });
    await reflector.synced;
    while (lists < 2) await clock.advance(1_000);
    const stopped = reflector.stop();
    await clock.advance(60_000);
    await stopped;
    expect(kept).toEqual(['gate-0 1', 'gate-1 1', 'gate-1 2']);
    expect(reflector.list().map(({ metadata }) => metadata.resourceVersion)).toEqual(['1', '2']);
  });
});
