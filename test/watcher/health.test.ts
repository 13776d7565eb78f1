// What /readyz and /healthz answer from.

import { describe, expect, it } from 'vitest';
import { isStuck, listDeaf } from '../../src/watcher/health.ts';

describe('health', () => {
  it('is bad when a round takes longer than all its calls can', () => {
    expect(isStuck(14 * 60_000)).toBe(false);
    expect(isStuck(16 * 60_000)).toBe(true);
  });

  it('names the kinds of which nothing was heard for minutes', () => {
    const silences = [
      { resource: 'pods', ms: 110_000 },
      { resource: 'jobs', ms: 400_000 },
      { resource: 'secrets', ms: Infinity },
    ];
    expect(listDeaf(silences)).toEqual(['jobs', 'secrets']);
  });
});
