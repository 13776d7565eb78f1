// The built watcher as a process of its own, as an administrator runs it.

import { spawn, type ChildProcess } from 'node:child_process';
import { waitUntil, type Namespace } from './kubectl.ts';

/** A line of its log. */
export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A running watcher. */
export class WatcherProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | string>;
  #text = '';

  private constructor(flags: readonly string[]) {
    const words = ['dist/kubectl-mysql.js', 'watch', '--metrics-address', '127.0.0.1:0', ...flags];
    this.#child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#text += text));
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        resolve(code ?? signal ?? 'unknown');
      });
    });
  }

  /** Starts one and waits until it serves its pages. */
  static async start(...flags: readonly string[]): Promise<WatcherProcess> {
    const watcher = new WatcherProcess(flags);
    await watcher.line('it has started', ({ msg }) => msg === 'started');
    return watcher;
  }

  /** All that it has written. */
  get text(): string {
    return this.#text;
  }

  /** Its log; throws where a line is not JSON. */
  log(): LogLine[] {
    const whole = this.#text.slice(0, this.#text.lastIndexOf('\n') + 1);
    return whole.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as LogLine]));
  }

  /** Waits for a line of the log. */
  line(what: string, isWanted: (line: LogLine) => boolean, seconds = 60): Promise<LogLine> {
    return waitUntil(`in the watcher's log: ${what}`, seconds, () => Promise.resolve(this.log().find(isWanted)));
  }

  /** Reads one of its pages. */
  async page(path: string): Promise<{ readonly code: number; readonly text: string }> {
    const port = this.log().find(({ msg }) => msg === 'started')?.['port'];
    const answer = await fetch(`http://127.0.0.1:${String(port)}${path}`);
    return { code: answer.status, text: await answer.text() };
  }

  /** The number of a metric, summed over what its labels match. */
  async metric(name: string, labels = /.*/): Promise<number> {
    const { text } = await this.page('/metrics');
    const lines = text.split('\n').filter((line) => line.startsWith(name) && labels.test(line));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /** Sends a signal and waits for the end; gives the exit code, or the signal that ended it. */
  async end(signal: NodeJS.Signals = 'SIGTERM', seconds = 25): Promise<number | string> {
    this.#child.kill(signal);
    const overtime = new Promise<undefined>((resolve) => {
      setTimeout(() => {
        resolve(undefined);
      }, seconds * 1000).unref();
    });
    const ended = await Promise.race([this.#ended, overtime]);
    if (ended !== undefined) return ended;
    this.#child.kill('SIGKILL');
    throw new Error(`not within ${String(seconds)} s: the watcher ends after ${signal}`);
  }
}

/** Deletes a namespace whose watcher has ended: nobody else takes the finalizers off. */
export async function abandon(namespace: Namespace): Promise<void> {
  const names = await namespace.kubectl(['get', 'mysqls', '-o', 'name']);
  for (const name of names.split('\n').filter(Boolean)) {
    await namespace.kubectl(['patch', name, '--type=merge', '-p', '{"metadata":{"finalizers":null}}']);
  }
  await namespace.delete();
}
