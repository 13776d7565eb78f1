// The watcher as people run it: the built program as a process of its own, which a test can kill and start again.

import { spawn, type ChildProcess } from 'node:child_process';
import { waitUntil, type Namespace } from './kubectl.ts';

/** How a watcher is run. */
export interface WatcherOptions {
  /** Another way to the API server than the test's own, for example a proxy's. */
  readonly kubeconfig?: string;
  /** Further flags. */
  readonly flags?: readonly string[];
}

/** A line of the watcher's log. */
export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A watcher of one namespace. */
export class Watcher {
  readonly #namespace: Namespace;
  readonly #options: WatcherOptions;
  #child: ChildProcess | undefined;
  #log = '';

  constructor(namespace: Namespace, options: WatcherOptions = {}) {
    this.#namespace = namespace;
    this.#options = options;
  }

  /** Starts it; nothing when it runs already. */
  start(): void {
    if (this.isRunning) return;
    const { kubeconfig, flags = [] } = this.#options;
    const words = ['dist/kubectl-mysql.js', 'watch', '--namespace', this.#namespace.name, '--log-level', 'debug'];
    const env = { ...process.env, ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }) };
    const child = spawn(process.execPath, [...words, '--metrics-address', '0', ...flags], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.on('data', (chunk: Buffer) => (this.#log += chunk.toString()));
    this.#child = child;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Kills it where it stands, as a node's end would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends it as Kubernetes does. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Everything that it ever logged, over all its starts. */
  get log(): readonly LogLine[] {
    return this.#log
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** The log as it came, for a search for secrets. */
  get logText(): string {
    return this.#log;
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (!child || !this.isRunning) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }
}

/** Waits until the status's message is this one. */
export function untilMessage(namespace: Namespace, name: string, text: string, seconds = 180): Promise<SeenStatus> {
  const what = `the message "${text}"`;
  return untilStatus(namespace, name, { what, holds: ({ message }) => message === text, seconds });
}

/** The part of a resource's status that tests look at. */
export interface SeenStatus {
  readonly message?: string;
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
  }[];
  readonly lastBackup?: { readonly name: string };
  readonly restoredFrom?: string;
  readonly [field: string]: unknown;
}

/** A status that is waited for. */
export interface StatusWish {
  readonly what: string;
  readonly holds: (status: SeenStatus) => boolean;
  /** 180 by default. */
  readonly seconds?: number;
}

/** Waits for a status that meets a condition; what it was at the end is said when it did not. */
export async function untilStatus(
  namespace: Namespace,
  name: string,
  { what, holds, seconds = 180 }: StatusWish,
): Promise<SeenStatus> {
  let last: SeenStatus = {};
  try {
    return await waitUntil(what, seconds, async () => {
      last = (await namespace.find<{ status?: SeenStatus }>('mysql', name))?.status ?? {};
      return holds(last) ? last : undefined;
    });
  } catch (error) {
    throw new Error(`${name}: ${String(error)}; its status is ${JSON.stringify(last)}`, { cause: error });
  }
}

/** The status of a condition, or its reason where that is asked for. */
export function conditionOf(
  { conditions = [] }: SeenStatus,
  type: string,
  part: 'status' | 'reason' = 'status',
): string {
  return conditions.find((condition) => condition.type === type)?.[part] ?? '';
}
