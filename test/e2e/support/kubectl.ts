// kubectl, the built program and the node, as the end-to-end tests use them.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createApiClient, type ApiClient } from './api-client.ts';
import { stringify } from './resource.ts';

/** What a command printed and how it ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command; a non-zero exit is an outcome, not an error. */
export function tryRun(program: string, words: readonly string[], input = ''): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { maxBuffer: 256 * 1024 * 1024, timeout: 300_000 };
    const child = execFile(program, [...words], options, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
      resolve({ code, stdout, stderr });
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** Runs a command that must succeed and gives what it printed. */
export async function run(program: string, words: readonly string[], input = ''): Promise<string> {
  const { code, stdout, stderr } = await tryRun(program, words, input);
  if (code !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${String(code)}:\n${stderr}${stdout}`);
  return stdout;
}

export function kubectl(words: readonly string[], input = ''): Promise<string> {
  return run('kubectl', words, input);
}

let api: ApiClient | undefined;

/** Reads from the API server; undefined when there is nothing. Tests that wait would keep a processor busy with kubectl. */
export async function readPath<T>(path: string): Promise<T | undefined> {
  const client = (api ??= createApiClient());
  // The server may have closed a connection that was idle.
  const { code, body } = await client.send('GET', path).catch(() => client.send('GET', path));
  if (code === 404) return undefined;
  if (code !== 200) throw new Error(`GET ${path}: ${String(code)} ${JSON.stringify(body)}`);
  return body as T;
}

/** Where the objects are that tests wait for. */
const PATHS = {
  mysql: ['apis/otus.homework/v1', 'mysqls'],
  pvc: ['api/v1', 'persistentvolumeclaims'],
  configmap: ['api/v1', 'configmaps'],
  pod: ['api/v1', 'pods'],
} as const;

/** A kind that tests wait for. */
export type PolledKind = keyof typeof PATHS;

/** Waits until a condition holds, asking every half second. */
export async function waitUntil<T>(what: string, seconds: number, ask: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`not within ${String(seconds)} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** The part of a pod that the tests look at. */
export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec: { readonly volumes: readonly { readonly name: string }[] };
  readonly status: {
    readonly phase: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly restartCount: number;
      readonly ready: boolean;
      readonly state: { readonly waiting?: { readonly reason: string }; readonly running?: object };
      readonly lastState: { readonly terminated?: { readonly message?: string } };
    }[];
  };
}

/** A namespace of a test's own, under the restricted Pod Security Standard. */
export class Namespace {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  static async create(purpose: string): Promise<Namespace> {
    const namespace = new Namespace(`${purpose}-${randomBytes(3).toString('hex')}`);
    await kubectl(['create', 'namespace', namespace.name]);
    const level = 'pod-security.kubernetes.io/enforce=restricted';
    await kubectl(['label', 'namespace', namespace.name, level]);
    // After the API server was away the controllers come back by and by.
    await waitUntil('the default service account', 180, async () => {
      const { code } = await tryRun('kubectl', ['-n', namespace.name, 'get', 'serviceaccount', 'default']);
      return code === 0 ? true : undefined;
    });
    return namespace;
  }

  async delete(): Promise<void> {
    await kubectl(['delete', 'namespace', this.name, '--wait=false']);
  }

  kubectl(words: readonly string[], input = ''): Promise<string> {
    return kubectl(['-n', this.name, ...words], input);
  }

  /** Renders with the built program and applies, as a user would. */
  async deliver(resource: object, ...flags: string[]): Promise<string> {
    const manifests = await this.render(resource, ...flags);
    return this.kubectl(['apply', '-f', '-'], manifests);
  }

  render(resource: object, ...flags: string[]): Promise<string> {
    const words = ['dist/kubectl-mysql.js', 'render', '-f', '-', '-n', this.name, ...flags];
    return run(process.execPath, words, stringify(resource));
  }

  async get<T = Record<string, unknown>>(kind: string, name: string): Promise<T> {
    return JSON.parse(await this.kubectl(['get', kind, name, '-o', 'json'])) as T;
  }

  /** Reads one object; undefined when it is not there. */
  find<T>(kind: PolledKind, name: string): Promise<T | undefined> {
    const [group, plural] = PATHS[kind];
    return readPath<T>(`/${group}/namespaces/${this.name}/${plural}/${name}`);
  }

  /** Reads the pods that a label selects. */
  async pods<T = Pod>(selector: string): Promise<readonly T[]> {
    const query = `labelSelector=${encodeURIComponent(selector)}`;
    return (await readPath<{ items: T[] }>(`/api/v1/namespaces/${this.name}/pods?${query}`))?.items ?? [];
  }

  async pod(resource: string): Promise<Pod | undefined> {
    return (await this.pods(`app=${resource}`))[0];
  }

  /** Waits until the server's pod is Ready; `except` is the uid of an earlier pod that does not count. */
  ready(resource: string, seconds = 120, except = ''): Promise<Pod> {
    return waitUntil(`${resource} is Ready`, seconds, async () => {
      const pod = await this.pod(resource);
      const isReady = pod?.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
      return isReady && pod && pod.metadata.uid !== except ? pod : undefined;
    });
  }

  /** Waits until the resource says so. */
  async message(resource: string, text: string, seconds = 180): Promise<true> {
    let last = '';
    try {
      return await waitUntil(`the message "${text}"`, seconds, async () => {
        last = (await this.find<{ status?: { message?: string } }>('mysql', resource))?.status?.message ?? '';
        return last === text ? true : undefined;
      });
    } catch (error) {
      throw new Error(`${resource}: its last message was "${last}"`, { cause: error });
    }
  }

  /** Runs SQL as root through the socket of the server's pod, exactly as the README shows it. */
  sql(resource: string, password: string, statement: string, database = 'shop'): Promise<string> {
    return this.kubectl(['exec', `${resource}-0`, '--', 'mysql', `-p${password}`, '-N', '-e', statement, database]);
  }

  /** The host's process ids of a program within a pod. */
  async pids(pod: string, program: string): Promise<number[]> {
    const list = await run('bash', ['test/cluster/cluster', 'pod-pids', this.name, pod, program]);
    return list.split('\n').filter(Boolean).map(Number);
  }
}
