// The Secrets that resources name, as a cluster has them: by them the plan knows that a password changes.

import { isClusterError } from '../cluster/errors.ts';
import { KINDS } from '../cluster/kinds.ts';
import { readSecret, type PlannedSecret } from '../plan/secrets.ts';
import type { Side } from '../plan/side.ts';
import type { Cluster } from './open-cluster.ts';

/** What was read, by namespace and name. */
export interface LiveSecrets {
  readonly secrets: ReadonlyMap<string, PlannedSecret>;
  /** Some may not be read. */
  readonly isForbidden: boolean;
}

/** Reads those that stand in the files as well, and can be read there: nothing else can be compared. */
export async function readLiveSecrets({ resources, secrets }: Side, { objects }: Cluster): Promise<LiveSecrets> {
  const found = new Map<string, PlannedSecret>();
  let isForbidden = false;
  for (const { resource, model } of resources.values()) {
    const name = resource.spec.passwordSecretRef?.name ?? '';
    const key = `${model.namespace}/${name}`;
    if (!secrets.get(key)?.isSeen) continue;
    try {
      const live = await objects.find(KINDS.Secret, { namespace: model.namespace, name });
      const secret = live && readSecret({ value: { ...live } });
      if (secret) found.set(key, secret);
    } catch (error) {
      if (!isClusterError(error, 'Forbidden')) throw error;
      isForbidden = true;
    }
  }
  return { secrets: found, isForbidden };
}
