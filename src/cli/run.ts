// One command line from its words to its exit code.

import { CommandError, EXIT } from '../errors.ts';
import type { Io } from './io.ts';
import { parseArguments } from './parse-arguments.ts';

/**
 * Runs a command line. It never throws: what goes wrong becomes `error:` lines and an exit code.
 *
 * @param argv what stands behind `kubectl mysql`
 * @param width tells the width of the terminal, in columns
 */
export async function runCommandLine(argv: readonly string[], io: Io, width = () => 100): Promise<number> {
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
    if (!(error instanceof CommandError)) throw error;
    io.writeError(`error: ${error.message}`);
    return error.exitCode;
  }
}
