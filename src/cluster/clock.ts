// Time and waiting as values, so that everything that waits can be tested without waiting.

/** What tells the time and wakes up. */
export interface Clock {
  /** The time of day in milliseconds since 1970, for people and other machines. It may jump. */
  readonly now: () => number;
  /** Milliseconds since some moment, for durations. It never jumps, and stands while the machine is suspended. */
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

/** A moment, by both clocks. */
export interface Moment {
  readonly elapsed: number;
  readonly now: number;
}

export function readMoment({ elapsed, now }: Clock): Moment {
  return { elapsed: elapsed(), now: now() };
}

/**
 * Milliseconds since a moment, by the clock that went further: a machine that was suspended finds the one of durations where
 * it was, and the time of day may have been set back.
 */
export function ageOf(moment: Moment, clock: Clock): number {
  const { elapsed, now } = readMoment(clock);
  return Math.max(elapsed - moment.elapsed, now - moment.now);
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

/** A time as Kubernetes writes it: to the second. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.[0-9]+Z$/, 'Z');
}
