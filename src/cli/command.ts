// What a command is: its options, its examples, and how it runs.

import type { Io } from './io.ts';

/** One option of a command. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean' | 'array';
  readonly alias?: string;
  readonly description: string;
  /** What stands for the value in the help. */
  readonly placeholder?: string;
  readonly choices?: readonly string[];
}

/** The words of a command that belong to no option, such as the names of resources. */
export interface WordsSpec {
  /** What stands for a word in the help, for example `NAME`. */
  readonly placeholder: string;
  readonly description: string;
}

/** The values that were given; what was not given is absent. */
export interface OptionValues {
  /** The words that belong to no option; empty for a command that takes none. */
  readonly words: readonly string[];
  readonly strings: Readonly<Record<string, string>>;
  readonly arrays: Readonly<Record<string, readonly string[]>>;
  readonly flags: Readonly<Record<string, boolean>>;
}

/** Runs a command and gives the exit code. */
export type Run = (options: OptionValues, io: Io) => Promise<number>;

/** One command. Its code is loaded only when it runs. */
export interface CommandSpec {
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Absent for a command that takes no words; any number of them, also none, for one that does. */
  readonly words?: WordsSpec;
  readonly examples: readonly (readonly [command: string, what: string])[];
  readonly load: () => Promise<Run>;
}
