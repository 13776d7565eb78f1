// A Kustomization and its GitRepository, in the namespace flux-system.

import { kubectl, tryRun, waitUntil, type Namespace } from '../../e2e/support/kubectl.ts';
import type { Repository } from '../argocd/repository.ts';
import type { FluxController } from './controller.ts';

interface Seen {
  readonly lastAppliedRevision?: string;
  readonly lastHandledReconcileAt?: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message: string }[];
}

export class Kustomization {
  readonly name: string;
  readonly #flux: FluxController;
  readonly #repository: Repository;

  constructor(flux: FluxController, { name }: Namespace, repository: Repository) {
    this.name = name;
    this.#flux = flux;
    this.#repository = repository;
  }

  /** Makes it, with a further spec. */
  async create(spec: object = {}): Promise<void> {
    const metadata = { name: this.name, namespace: 'flux-system' };
    const kustomization = {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata,
      spec: {
        interval: '1h',
        retryInterval: '5s',
        prune: true,
        path: './',
        sourceRef: { kind: 'GitRepository', name: this.name },
        ...spec,
      },
    };
    await kubectl(['apply', '-f', '-'], JSON.stringify(kustomization));
  }

  /** Has a commit of the repository delivered, and waits until it is. */
  async deliver(commit: string): Promise<void> {
    await this.untilApplied(await this.publish(commit));
  }

  /** Waits until a revision is delivered. */
  untilApplied(revision: string): Promise<void> {
    return this.until(`${revision} applied`, ({ lastAppliedRevision }) => lastAppliedRevision === revision);
  }

  /** Says in the GitRepository's status what is to be delivered, as source-controller does; gives the revision. */
  async publish(commit: string): Promise<string> {
    const metadata = { name: this.name, namespace: 'flux-system' };
    const spec = { interval: '1h', url: 'https://git.example.com/databases.git' };
    const source = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', metadata, spec };
    await kubectl(['apply', '-f', '-'], JSON.stringify(source));
    const revision = `main@sha1:${commit}`;
    const time = new Date().toISOString().replace(/\.[0-9]+Z$/, 'Z');
    const archive = await this.#flux.serve(this.#repository.folder);
    const ready = { type: 'Ready', status: 'True', reason: 'Succeeded', message: revision, lastTransitionTime: time };
    const status = {
      observedGeneration: 1,
      artifact: { ...archive, path: this.name, revision, lastUpdateTime: time },
      conditions: [ready],
    };
    const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })];
    await this.#kubectl('patch', 'gitrepository', this.name, ...patch);
    return revision;
  }

  /** Has everything looked at again now, and waits until that is done. */
  async reconcile(): Promise<void> {
    const stamp = new Date().toISOString();
    await this.#kubectl(
      'annotate',
      '--overwrite',
      'kustomization',
      this.name,
      `reconcile.fluxcd.io/requestedAt=${stamp}`,
    );
    await this.until('reconciled', ({ lastHandledReconcileAt, conditions = [] }) => {
      const isReady = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
      return isReady && lastHandledReconcileAt === stamp;
    });
  }

  async delete(): Promise<void> {
    await this.#kubectl('delete', 'kustomization', this.name, '--timeout=120s');
  }

  /** Takes it away without what it delivered. */
  async forget(): Promise<void> {
    const none = JSON.stringify({ metadata: { finalizers: null } });
    for (const kind of ['kustomization', 'gitrepository']) {
      await tryRun('kubectl', ['-n', 'flux-system', 'patch', kind, this.name, '--type=merge', '-p', none]);
      await tryRun('kubectl', ['-n', 'flux-system', 'delete', kind, this.name, '--wait=false']);
    }
  }

  private async until(what: string, holds: (status: Seen) => boolean): Promise<void> {
    let last = '';
    try {
      await waitUntil(what, 120, async () => {
        last = await this.#kubectl('get', 'kustomization', this.name, '-o', 'jsonpath={.status}');
        return last !== '' && holds(JSON.parse(last) as Seen) ? true : undefined;
      });
    } catch (error) {
      const log = await this.#flux.log();
      throw new Error(`${String(error)}; the Kustomization is ${last}; the controller says ${log}`, { cause: error });
    }
  }

  #kubectl(...words: string[]): Promise<string> {
    return kubectl(['-n', 'flux-system', ...words]);
  }
}
