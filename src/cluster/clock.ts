// Time and waiting as values, so that everything that waits can be tested without waiting.

/** What tells the time and wakes up. */
export interface Clock {
  /** The time of day in milliseconds since 1970, for people and other machines. It may jump. */
  readonly now: () => number;
  /** Milliseconds since some moment, for durations. It never jumps. */
  readonly elapsed: () => number;
  /** Calls back once, after so many milliseconds. The result cancels that. */
  readonly startTimer: (delayMs: number, callback: () => void) => () => void;
}

/** The bounds of a growing delay. */
export interface BackoffBounds {
  readonly firstMs: number;
  readonly capMs: number;
}

/** setTimeout takes a longer delay for none at all. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export function createSystemClock(): Clock {
  return {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    startTimer(delayMs, callback) {
      const timer = setTimeout(callback, Math.min(delayMs, LONGEST_TIMER_MS));
      return () => {
        clearTimeout(timer);
      };
    },
  };
}

/** Waits; an abort ends the wait early, and is no error. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const finish = (): void => {
      cancel();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.startTimer(delayMs, finish);
    signal.addEventListener('abort', finish);
  });
}

/**
 * The delay after so many failures in a row: doubled each time up to the cap, and between half and all of that by chance,
 * so that many who failed together do not come back together.
 *
 * @param failures 1 after the first one
 */
export function backoffMs(failures: number, { firstMs, capMs }: BackoffBounds, random: () => number): number {
  const whole = Math.min(capMs, firstMs * 2 ** (failures - 1));
  return whole * (0.5 + random() / 2);
}
