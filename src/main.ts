// The program: the only file that touches `process`.

import { writeSync } from 'node:fs';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { runCommandLine } from './cli/run.ts';
import type { Io } from './cli/io.ts';
import { CommandError, EXIT } from './errors.ts';

/** Nobody reads standard output any more (`| head`). */
const unread = new AbortController();

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
  async writeOut(text) {
    if (unread.signal.aborted) return;
    await write(1, text).catch(stopWriting);
  },
  writeError(line) {
    // Where standard error is closed, there is nobody to tell.
    write(2, `${line}\n`).catch(() => undefined);
  },
  environment: process.env,
  workingFolder: () => process.cwd(),
  isTerminal: isatty(1),
  untilInterrupted() {
    const interruption = new AbortController();
    const interrupt = (signal: NodeJS.Signals): void => {
      // The first process of a container is not ended by a signal that it does not handle, so the second is handled too.
      if (interruption.signal.aborted) process.exit(128 + constants.signals[signal]);
      interruption.abort();
    };
    process.on('SIGINT', interrupt);
    process.on('SIGTERM', interrupt);
    unread.signal.addEventListener('abort', () => {
      interruption.abort();
    });
    return interruption.signal;
  },
};

/** What is written goes through here: memory that is had anew for every piece costs more than the writing. */
const OUTPUT = Buffer.allocUnsafeSlow(256 * 1024);

/** A text as UTF-8; in the shared buffer where it fits at three bytes a character. */
function encode(text: string): Buffer {
  return text.length * 3 > OUTPUT.length ? Buffer.from(text) : OUTPUT.subarray(0, OUTPUT.write(text));
}

/** Writes to standard output (1) or standard error (2), past Node's streams, which take long to set up. */
async function write(descriptor: 1 | 2, text: string): Promise<void> {
  let rest = encode(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    // A pipe that is full and was set not to wait: a stream waits, with bytes that nobody else writes to.
    await writeStream(descriptor === 1 ? process.stdout : process.stderr, Buffer.from(rest));
  }
}

function writeStream(stream: NodeJS.WriteStream, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.write(bytes, (error) => {
      if (error) return;
      stream.off('error', reject);
      resolve();
    });
  });
}

/**
 * Somebody closed the pipe: nothing went wrong, and the command goes on to its end without writing, since it may have to clean
 * up, and its exit code may be a gate's.
 */
function stopWriting({ code }: NodeJS.ErrnoException): void {
  if (code !== 'EPIPE') throw new CommandError(`standard output: ${code ?? 'cannot be written'}`);
  unread.abort();
}

async function main(): Promise<number> {
  try {
    const width = (): number => (process.stdout.isTTY ? Math.min(process.stdout.columns, 120) : 100);
    return await runCommandLine(process.argv.slice(2), io, width);
  } catch (error) {
    // A defect of ours; the message may hold input, the stack does not.
    const { name, stack = '' } = error instanceof Error ? error : new Error('unknown');
    const place = /at [^\n]*/.exec(stack)?.[0] ?? '';
    io.writeError(`error: kubectl-mysql has a defect (${name} ${place}); please report it`);
    return EXIT.failure;
  }
}

void main().then((code) => {
  process.exitCode = code;
});
