// One command line from its words to its exit code.

import { escapeControls } from '../emit/controls.ts';
import { CommandError, EXIT } from '../errors.ts';
import type { Io } from './io.ts';
import { parseArguments } from './parse-arguments.ts';
import { describeSystemError, isSystemError } from './system-error.ts';

/**
 * Runs a command line. It never throws: what goes wrong becomes `error:` lines and an exit code.
 *
 * @param argv what stands behind `kubectl mysql`
 * @param width tells the width of the terminal, in columns
 */
export async function runCommandLine(argv: readonly string[], given: Io, width = () => 100): Promise<number> {
  const io: Io = {
    ...given,
    writeError: (line) => {
      given.writeError(escapeControls(line));
    },
  };
  try {
    const request = parseArguments(argv);
    if (request.kind === 'run') {
      const run = await request.command.load();
      return await run(request.options, io);
    }
    const { formatHelp } = await import('./help.ts');
    await io.writeOut(await formatHelp(request.command, width()));
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommandError) {
      io.writeError(`error: ${error.message}`);
      return error.exitCode;
    }
    if (!isSystemError(error)) throw error;
    io.writeError(`error: ${error.path ?? error.syscall ?? ''}: ${describeSystemError(error)}`);
    return EXIT.failure;
  }
}
