// A fault around the Jobs: a resource of its own, and what is done to it.

import type { Life, Spec } from '../support/life.ts';

/** One row of the test. */
export interface FaultRow {
  /** What must hold, as a sentence about "it". */
  readonly title: string;
  /** The resource's name. */
  readonly name: string;
  readonly spec?: Spec;
  /** Run always; the others on demand. */
  readonly inCi?: boolean;
  readonly run: (life: Life) => Promise<void>;
}
