// The program: the only file that touches `process`.

import { runCommandLine } from './cli/run.ts';
import type { Io } from './cli/io.ts';
import { EXIT } from './errors.ts';

const io: Io = {
  async readStdin(limit) {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of process.stdin) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length > limit) break;
    }
    return Buffer.concat(chunks);
  },
  writeOut: (text) =>
    new Promise((resolve) => {
      process.stdout.write(text, () => {
        resolve();
      });
    }),
  writeError(line) {
    process.stderr.write(`${line}\n`);
  },
};

// Somebody closed the pipe (`| head`): there is nobody left to write to, and nothing went wrong.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code !== 'EPIPE') io.writeError(`error: standard output: ${code ?? 'cannot be written'}`);
  process.exit(code === 'EPIPE' ? EXIT.ok : EXIT.failure);
});
process.stderr.on('error', () => undefined);

try {
  const width = process.stdout.isTTY ? Math.min(process.stdout.columns, 120) : 100;
  process.exitCode = await runCommandLine(process.argv.slice(2), io, width);
} catch (error) {
  // A defect of ours; the message may hold input, the stack does not.
  const { name, stack = '' } = error instanceof Error ? error : new Error('unknown');
  const place = /at [^\n]*/.exec(stack)?.[0] ?? '';
  io.writeError(`error: kubectl-mysql has a defect (${name} ${place}); please report it`);
  process.exitCode = EXIT.failure;
}
