// The built watcher of one namespace, which is killed and started again, and what people see of a resource.

import { spawn, type ChildProcess } from 'node:child_process';

export class MortalWatcher {
  readonly #namespace: string;
  readonly #kubeconfig: string;
  readonly #flags: readonly string[];
  #child: ChildProcess | undefined;
  #text = '';

  /** @param kubeconfig the way to the API server */
  constructor(namespace: string, kubeconfig: string, flags: readonly string[] = []) {
    this.#namespace = namespace;
    this.#kubeconfig = kubeconfig;
    this.#flags = flags;
  }

  start(): void {
    const words = ['watch', '--namespace', this.#namespace, '--metrics-address', '0', '--log-level', 'debug'];
    const child = spawn(process.execPath, ['dist/kubectl-mysql.js', ...words, ...this.#flags], {
      env: { ...process.env, KUBECONFIG: this.#kubeconfig },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#text += text));
    this.#child = child;
  }

  /** Kills it where it stands, as the end of its node would. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** Stops it where it stands, as a machine that is suspended; its connections stay open. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** All that it wrote in all its lives. */
  get text(): string {
    return this.#text;
  }
}

/** The part of a resource's status that the stories wait for. */
export interface SeenStatus {
  readonly message?: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
}

/** Whether all these conditions are True. */
export function areTrue({ conditions = [] }: SeenStatus, ...types: readonly string[]): boolean {
  return types.every((wanted) => conditions.some(({ type, status }) => type === wanted && status === 'True'));
}
