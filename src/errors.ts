// What can go wrong, as values: problems in the input, which are collected, and failures that end the command.

/** A place in a text. Both count from 1, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Something that is wrong with the input, or worth a warning. The message never holds a secret. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  /** A stable name of the rule, for CI annotations. */
  readonly rule: string;
  /** The file as the user named it; `<stdin>` for standard input. */
  readonly file: string;
  readonly position: Position;
  /** The field, for example `spec.storage.size`; empty when the problem is the whole document's. */
  readonly path: string;
  readonly message: string;
}

/**
 * The exit codes of every command. `policy` has a code of its own, so that a job can tell "somebody must approve this" from
 * everything that went wrong.
 */
export const EXIT = { ok: 0, failure: 1, usage: 2, invalid: 3, refused: 4, policy: 5 } as const;

/** Ends the command with one `error:` line. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'CommandError';
    this.exitCode = options.exitCode ?? EXIT.failure;
  }
}

/** The command line itself is wrong. */
export class UsageError extends CommandError {
  constructor(message: string) {
    super(message, { exitCode: EXIT.usage });
    this.name = 'UsageError';
  }
}

/** The input holds problems; nothing was rendered. */
export class InvalidInputError extends CommandError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(`${String(problems.length)} problems`, { exitCode: EXIT.invalid });
    this.name = 'InvalidInputError';
    this.problems = problems;
  }
}
