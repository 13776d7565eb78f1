// A step without effect is repeated, but ever more seldom.

import { describe, expect, it } from 'vitest';
import { reconciling, type Decision } from '../../src/lifecycle/actions.ts';
import { createRepeats } from '../../src/lifecycle/repeats.ts';

const step = reconciling('Starting', 'does something', { kind: 'add-finalizer' });
const other = reconciling('Starting', 'does something else', { kind: 'remove-finalizer' });
const wait: Decision = reconciling('Waiting', 'waits');

describe('the same decision in a row', () => {
  it('comes again at once the first time, then later and later, to a minute', () => {
    const repeats = createRepeats(() => 1);
    const delays = Array.from({ length: 11 }, () => repeats.note('a', step).delayMs);
    expect(delays).toEqual([0, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000]);
  });

  it('is counted', () => {
    const repeats = createRepeats(() => 1);
    expect([1, 2, 3].map(() => repeats.note('a', step).times)).toEqual([0, 1, 2]);
  });

  it.each([
    ['another decision', other],
    ['a decision to wait', wait],
  ])('begins anew after %s', (_, between) => {
    const repeats = createRepeats(() => 1);
    repeats.note('a', step);
    repeats.note('a', between);
    expect(repeats.note('a', step)).toEqual({ times: 0, delayMs: 0 });
  });

  it('counts for its own resource only', () => {
    const repeats = createRepeats(() => 1);
    repeats.note('a', step);
    expect(repeats.note('b', step).times).toBe(0);
  });
});
