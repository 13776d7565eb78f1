// The API server's time, told by the dates of its answers.

import { expect, it } from 'vitest';
import { createServerTime } from '../../src/cluster/server-time.ts';
import { createManualClock } from '../support/manual-clock.ts';

const DATE = 'Mon, 23 Nov 2026 07:00:00 GMT';
const TIME = Date.parse(DATE);

it('is this machine’s time before the first answer', () => {
  const clock = createManualClock();
  expect(createServerTime(clock).now()).toBe(clock.now());
});

it('follows the last date, and goes on between answers', async () => {
  const clock = createManualClock();
  const time = createServerTime(clock);
  time.note(DATE);
  expect(time.now()).toBe(TIME);
  await clock.advance(2500);
  expect(time.now()).toBe(TIME + 2500);
});

it('is not set back within a second by a date that is rounded down', async () => {
  const clock = createManualClock();
  const time = createServerTime(clock);
  time.note(DATE);
  await clock.advance(900);
  time.note(DATE);
  expect(time.now()).toBe(TIME + 900);
});

it('is set back when the server’s clock was', async () => {
  const clock = createManualClock();
  const time = createServerTime(clock);
  time.note(DATE);
  await clock.advance(60_000);
  time.note(DATE);
  expect(time.now()).toBe(TIME);
});

it('is not disturbed by an answer without a date', () => {
  const time = createServerTime(createManualClock());
  time.note(DATE);
  time.note(undefined);
  time.note('yesterday');
  expect(time.now()).toBe(TIME);
});
