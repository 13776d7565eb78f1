// What a command may touch of the outside world. main.ts passes the real thing, tests pass their own.

/** The streams of a command. */
export interface Io {
  /** Reads standard input up to `limit` bytes and one more. */
  readonly readStdin: (limit: number) => Promise<Uint8Array>;
  /** Writes asked-for data; resolves when more may come. */
  readonly writeOut: (text: string) => Promise<void>;
  /** Writes a line for people. */
  readonly writeError: (line: string) => void;
  /** The process's environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The folder that the program was started in. */
  readonly workingFolder: () => string;
  /** Standard output is a terminal. */
  readonly isTerminal: boolean;
  /**
   * Aborts when somebody asks the program to end (SIGINT, SIGTERM). From the call on the command itself must end then;
   * without it the program just ends. A second request ends the program at once.
   */
  readonly untilInterrupted: () => AbortSignal;
}
