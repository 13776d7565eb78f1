// What a command may touch of the outside world. main.ts passes the real thing, tests pass their own.

/** The streams of a command. */
export interface Io {
  /** Reads standard input up to `limit` bytes and one more. */
  readonly readStdin: (limit: number) => Promise<Uint8Array>;
  /** Writes asked-for data; resolves when more may come. */
  readonly writeOut: (text: string) => Promise<void>;
  /** Writes a line for people. */
  readonly writeError: (line: string) => void;
}
