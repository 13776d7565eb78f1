// A queue of keys to be worked on. A key stands in it once, however often it is added, and is in one pair of hands at a
// time; what fails comes back later and later. It knows nothing of what the keys mean.

import { backoffMs, type BackoffBounds, type Clock } from '../cluster/clock.ts';

/** What the work on a key asks for: nothing more, or to be called again; at rest only to be sure. */
export type WorkResult = undefined | { readonly againMs: number; readonly isAtRest?: boolean };

/** How the work on a key ended. */
export interface WorkOutcome {
  readonly tookMs: number;
  readonly result?: WorkResult;
  readonly error?: unknown;
}

/** What happens in a queue, for metrics. */
export interface QueueObserver {
  readonly added?: (key: string) => void;
  /** @param waitedMs since the key became due */
  readonly started?: (key: string, waitedMs: number) => void;
  readonly ended?: (key: string, outcome: WorkOutcome) => void;
  /** The key comes back by backoff. */
  readonly retried?: (key: string, delayMs: number) => void;
}

/** Dependencies and measures of a queue. */
export interface QueueOptions {
  /** Works on a key. What it throws brings the key back by backoff; everything else ends the backoff. */
  readonly work: (key: string) => Promise<WorkResult>;
  readonly clock: Clock;
  readonly random: () => number;
  /** So many keys are worked on at once; 1 by default. */
  readonly workers?: number;
  readonly backoff?: BackoffBounds;
  readonly observer?: QueueObserver;
}

interface Delayed {
  readonly at: number;
  readonly cancel: () => void;
}

const BACKOFF: BackoffBounds = { firstMs: 200, capMs: 60_000 };
const PATIENCE_MS = 10_000;

export class WorkQueue {
  readonly #options: Required<QueueOptions>;
  /** Due keys in their order, each with the moment since which it is due. */
  readonly #due = new Map<string, number>();
  readonly #inFlight = new Set<string>();
  /** Added while in flight: due again as soon as that ends. */
  readonly #dirty = new Map<string, number>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, number>();
  /** Ends the wait for free hands. */
  #patience: (() => void) | undefined;
  #stopped = false;
  #drained: () => void = () => undefined;

  constructor(options: QueueOptions) {
    this.#options = { workers: 1, backoff: BACKOFF, observer: {}, ...options };
  }

  /** Makes a key due now. */
  add(key: string): void {
    if (this.#stopped) return;
    this.#cancelDelay(key);
    if (this.#due.has(key) || this.#dirty.has(key)) return;
    const waiting = this.#inFlight.has(key) ? this.#dirty : this.#due;
    waiting.set(key, this.#options.clock.elapsed());
    this.#observe(({ added }) => added?.(key));
    this.#start();
  }

  /** Makes a key due later. Of several times the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    if (!(delayMs > 0)) {
      this.add(key);
      return;
    }
    const { clock } = this.#options;
    const at = clock.elapsed() + delayMs;
    const earlier = this.#due.has(key) || this.#dirty.has(key) || (this.#delayed.get(key)?.at ?? Infinity) <= at;
    if (this.#stopped || earlier) return;
    this.#cancelDelay(key);
    const cancel = clock.startTimer(delayMs, () => {
      this.add(key);
    });
    this.#delayed.set(key, { at, cancel });
  }

  /** Ends a key's backoff: its next failure counts as the first. It stays due, if it is. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** So many failures of a key in a row. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** How many keys wait, how many of them for a later time, and how many are worked on. */
  get depth(): { readonly due: number; readonly delayed: number; readonly inFlight: number } {
    return { due: this.#due.size + this.#dirty.size, delayed: this.#delayed.size, inFlight: this.#inFlight.size };
  }

  /** Begins no more work. Resolves when the work that was begun has ended. */
  stop(): Promise<void> {
    this.#stopped = true;
    for (const key of [...this.#delayed.keys()]) this.#cancelDelay(key);
    this.#patience?.();
    this.#due.clear();
    this.#dirty.clear();
    return new Promise((resolve) => {
      const earlier = this.#drained;
      this.#drained = () => {
        earlier();
        resolve();
      };
      if (this.#inFlight.size === 0) this.#drained();
    });
  }

  #cancelDelay(key: string): void {
    this.#delayed.get(key)?.cancel();
    this.#delayed.delete(key);
  }

  /**
   * Many that begin at once share what they read. So while more are due than there are hands, half of the hands get free first,
   * but nobody waits for long for work that hangs.
   */
  #start(): void {
    const { workers, clock } = this.#options;
    const free = workers - this.#inFlight.size;
    if (free >= Math.min(this.#due.size, Math.floor(workers / 2))) this.#startDue();
    else if (free > 0)
      this.#patience ??= clock.startTimer(PATIENCE_MS, () => {
        this.#startDue();
      });
  }

  #startDue(): void {
    this.#patience?.();
    this.#patience = undefined;
    for (const [key, since] of this.#due) {
      if (this.#inFlight.size >= this.#options.workers) return;
      this.#due.delete(key);
      this.#inFlight.add(key);
      void this.#run(key, since);
    }
  }

  async #run(key: string, since: number): Promise<void> {
    const { work, clock } = this.#options;
    const startedAt = clock.elapsed();
    // Not within add(): whoever adds must not wait for the synchronous part of the work.
    await Promise.resolve();
    this.#observe(({ started }) => started?.(key, startedAt - since));
    try {
      const result = await work(key);
      this.#end(key, { tookMs: clock.elapsed() - startedAt, result });
      this.forget(key);
      if (result) this.addAfter(key, result.againMs);
    } catch (error) {
      this.#end(key, { tookMs: clock.elapsed() - startedAt, error });
      this.#retry(key, error);
    }
    if (this.#stopped && this.#inFlight.size === 0) this.#drained();
    this.#start();
  }

  #end(key: string, outcome: WorkOutcome): void {
    this.#inFlight.delete(key);
    const dirtySince = this.#dirty.get(key);
    this.#dirty.delete(key);
    if (dirtySince !== undefined) this.#due.set(key, dirtySince);
    this.#observe(({ ended }) => ended?.(key, outcome));
  }

  #retry(key: string, error: unknown): void {
    if (this.#stopped) return;
    const { backoff, random } = this.#options;
    const failures = this.failures(key) + 1;
    this.#failures.set(key, failures);
    const delayMs = Math.max(backoffMs(failures, backoff, random), retryAfterOf(error));
    this.#observe(({ retried }) => retried?.(key, delayMs));
    this.addAfter(key, delayMs);
  }

  /** Metrics must not stop the work. */
  #observe(tell: (observer: QueueObserver) => void): void {
    try {
      tell(this.#options.observer);
    } catch {
      // Nobody else can be told.
    }
  }
}

/** An error may know when trying again makes sense. */
function retryAfterOf(error: unknown): number {
  const { retryAfterMs } = (error ?? {}) as { readonly retryAfterMs?: unknown };
  return typeof retryAfterMs === 'number' ? retryAfterMs : 0;
}
