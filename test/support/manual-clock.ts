// A clock that stands still until it is moved.

import type { Clock } from '../../src/cluster/clock.ts';

export interface ManualClock extends Clock {
  /** Lets time pass, and everything happen that is due meanwhile, in its order. */
  readonly advance: (ms: number) => Promise<void>;
  /** Changes the time of day alone. */
  readonly jump: (ms: number) => void;
  /** When the next timer ends; undefined without any. */
  readonly next: () => number | undefined;
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

export function createManualClock(start = 1_800_000_000_000): ManualClock {
  const timers = new Set<Timer>();
  let elapsed = 0;
  let offset = start;
  const first = (): Timer | undefined => [...timers].sort((a, b) => a.at - b.at)[0];
  return {
    now: () => elapsed + offset,
    elapsed: () => elapsed,
    startTimer(delayMs, callback) {
      const timer = { at: elapsed + delayMs, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const end = elapsed + ms;
      await settle();
      for (let timer = first(); timer && timer.at <= end; timer = first()) {
        timers.delete(timer);
        elapsed = Math.max(elapsed, timer.at);
        timer.callback();
        await settle();
      }
      elapsed = end;
    },
    jump(ms) {
      offset += ms;
    },
    next: () => first()?.at,
  };
}

/** Lets everything run that waits for nothing. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
