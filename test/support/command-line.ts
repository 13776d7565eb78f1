// Runs the real command line with streams in memory.

import type { Io } from '../../src/cli/io.ts';
import { runCommandLine } from '../../src/cli/run.ts';

/** What a command left behind. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  /** The lines for people. */
  readonly lines: readonly string[];
}

/** What a command finds around it. */
export interface Surroundings {
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Runs a command line.
 *
 * @param argv what stands behind `kubectl mysql`
 * @param stdin the content of standard input
 * @param around what else the command finds: its folder, its environment
 */
export async function runCli(
  argv: readonly string[],
  stdin: string | Uint8Array = '',
  { folder = '.', environment = {} }: Surroundings = {},
): Promise<Outcome> {
  const pieces: string[] = [];
  const lines: string[] = [];
  const io: Io = {
    readStdin: () => Promise.resolve(typeof stdin === 'string' ? new TextEncoder().encode(stdin) : stdin),
    writeOut: (text) => {
      pieces.push(text);
      return Promise.resolve();
    },
    writeError: (line) => {
      lines.push(line);
    },
    environment,
    workingFolder: () => folder,
    isTerminal: false,
    untilInterrupted: () => new AbortController().signal,
  };
  const code = await runCommandLine(argv, io);
  return { code, out: pieces.join(''), lines };
}

/** Renders a text and gives the output; throws the error lines. */
export async function renderText(stdin: string, ...options: readonly string[]): Promise<string> {
  const { code, out, lines } = await runCli(['render', '-f', '-', ...options], stdin);
  if (code !== 0) throw new Error(lines.join('\n'));
  return out;
}
