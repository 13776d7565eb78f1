// A database that Flux delivers from rendered manifests.

import { withDatabase, type ManagedDatabase } from '../../e2e/support/database.ts';
import { Repository } from '../argocd/repository.ts';
import type { FluxController } from './controller.ts';
import { Kustomization } from './kustomization.ts';

const OTHER = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other, namespace: NAMESPACE}\ndata: {a: b}\n';

export interface Delivered {
  readonly database: ManagedDatabase;
  readonly kustomization: Kustomization;
  /** Puts rendered manifests into git, or takes them out; gives the commit. */
  readonly commit: (spec: object | undefined) => Promise<string>;
  /** Puts these manifests into git, whatever they are; gives the commit. */
  readonly commitText: (text: string | undefined) => Promise<string>;
}

/** How a database is delivered. */
export interface DeliveredOptions {
  readonly flux: FluxController;
  readonly purpose: string;
  /** Further fields of the Kustomization's spec. */
  readonly kustomization?: object;
  /** What git says of the database at first. */
  readonly spec?: object;
}

/** Lets a story happen to a database that Flux has delivered, and that has rows. */
export function withDelivered(
  { flux, purpose, kustomization: settings = {}, spec = {} }: DeliveredOptions,
  story: (delivered: Delivered) => Promise<void>,
): Promise<void> {
  return withDatabase(purpose, { empty: true }, async (database) => {
    const { namespace } = database;
    const repository = await Repository.create({ 'other.yaml': OTHER.replace('NAMESPACE', namespace.name) });
    const commitText = (text: string | undefined): Promise<string> => repository.commit({ 'shop.yaml': text });
    const commit = async (changed: object | undefined): Promise<string> =>
      commitText(changed && (await database.manifests(changed)));
    const kustomization = new Kustomization(flux, namespace, repository);
    try {
      const first = await commit(spec);
      await kustomization.create(settings);
      await kustomization.deliver(first);
      await database.untilReady();
      await database.fill();
      await story({ database, kustomization, commit, commitText });
    } finally {
      await kustomization.forget();
      await repository.remove();
    }
  });
}
