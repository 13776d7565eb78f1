// An Application and its project, made from deploy/argocd/example for a repository and a namespace of a test's own.

import { readFile } from 'node:fs/promises';
import { kubectl, tryRun, waitUntil, type Namespace } from '../../e2e/support/kubectl.ts';
import type { Repository } from './repository.ts';

/** The part of an Application's status that tests look at. */
export interface Seen {
  readonly sync?: { readonly status: string; readonly revision?: string };
  readonly health?: { readonly status: string };
  readonly conditions?: readonly { readonly type: string; readonly message: string }[];
  readonly operationState?: { readonly phase: string; readonly startedAt: string; readonly message?: string };
  readonly resources?: readonly {
    readonly kind: string;
    readonly name: string;
    readonly status?: string;
    readonly requiresPruning?: boolean;
  }[];
}

/** What an Application was, each time that somebody looked. */
export interface Watch {
  readonly states: readonly string[];
  readonly operations: number;
}

export class Application {
  readonly name: string;
  readonly #repository: Repository;

  constructor({ name }: Namespace, repository: Repository) {
    this.name = name;
    this.#repository = repository;
  }

  /** Makes the project and the Application, which applies on the server's side or on its own. */
  async create(isServerSide = true): Promise<void> {
    for (const file of ['project', 'application']) {
      const text = await readFile(`deploy/argocd/example/${file}.yaml`, 'utf8');
      const own = text
        .replaceAll('https://git.example.com/databases.git', `file://${this.#repository.folder}`)
        .replaceAll('databases', this.name)
        .replace('ServerSideApply=true', `ServerSideApply=${String(isServerSide)}`);
      await kubectl(['apply', '-f', '-'], own);
    }
  }

  async status(): Promise<Seen> {
    const text = await this.#kubectl('get', 'application', this.name, '--ignore-not-found', '-o', 'jsonpath={.status}');
    return text === '' ? {} : (JSON.parse(text) as Seen);
  }

  /** Has git looked at again; without it a new commit may stay unseen for three minutes. */
  async refresh(): Promise<void> {
    await this.#kubectl('annotate', '--overwrite', 'application', this.name, 'argocd.argoproj.io/refresh=normal');
  }

  /** Waits until the Application is what is wished for, refreshing. */
  async until(what: string, holds: (status: Seen) => boolean, seconds = 180): Promise<Seen> {
    let last: Seen = {};
    try {
      return await waitUntil(what, seconds, async () => {
        await this.refresh();
        last = await this.status();
        return holds(last) ? last : undefined;
      });
    } catch (error) {
      throw new Error(`${String(error)}; the Application is ${JSON.stringify(last)}`, { cause: error });
    }
  }

  /** Waits until a commit is delivered. */
  untilSynced(commit: string, health?: string, seconds?: number): Promise<Seen> {
    const what = `Synced ${health ?? ''} at ${commit}`;
    const holds = (status: Seen): boolean => isSynced(status, commit) && (!health || status.health?.status === health);
    return this.until(what, holds, seconds);
  }

  /** Refreshes for a minute and longer, until the work is done too, and tells all that the Application was meanwhile. */
  async watch(work: () => Promise<unknown>, seconds = 60): Promise<Watch> {
    const states = new Set<string>();
    const operations = new Set<string | undefined>();
    const end = performance.now() + seconds * 1000;
    const progress = { isDone: false };
    const worked = work().finally(() => (progress.isDone = true));
    // Its failure is thrown below.
    worked.catch(() => undefined);
    while (!progress.isDone || performance.now() < end) {
      await this.refresh();
      await new Promise((done) => setTimeout(done, 1000));
      const { sync, operationState } = await this.status();
      states.add(sync?.status ?? 'nothing');
      operations.add(operationState?.startedAt);
    }
    await worked;
    return { states: [...states], operations: operations.size };
  }

  /** Deletes it with everything that it delivered. */
  async delete(how: 'foreground' | 'background'): Promise<void> {
    const finalizers = [`resources-finalizer.argocd.argoproj.io${how === 'background' ? '/background' : ''}`];
    await this.#kubectl(
      'patch',
      'application',
      this.name,
      '--type=merge',
      '-p',
      JSON.stringify({ metadata: { finalizers } }),
    );
    await this.#kubectl('delete', 'application', this.name, '--wait=false');
  }

  untilGone(seconds = 240): Promise<true> {
    return waitUntil(`the Application ${this.name} is gone`, seconds, async () => {
      const found = await this.#kubectl('get', 'application', this.name, '--ignore-not-found', '-o', 'name');
      return found === '' ? true : undefined;
    });
  }

  /** Takes it away without what it delivered. */
  async forget(): Promise<void> {
    const none = JSON.stringify({ metadata: { finalizers: null } });
    await tryRun('kubectl', ['-n', 'argocd', 'patch', 'application', this.name, '--type=merge', '-p', none]);
    await tryRun('kubectl', ['-n', 'argocd', 'delete', 'application,appproject', this.name, '--wait=false']);
  }

  #kubectl(...words: string[]): Promise<string> {
    return kubectl(['-n', 'argocd', ...words]);
  }
}

function isSynced({ sync, operationState }: Seen, commit: string): boolean {
  return sync?.status === 'Synced' && sync.revision === commit && operationState?.phase === 'Succeeded';
}
