// The Secrets that resources name, as a cluster has them: by them the plan knows that a password changes.

import type { MySQLResource } from '../api/resource.ts';
import { isClusterError } from '../cluster/errors.ts';
import { KINDS, type NamespacedKey } from '../cluster/kinds.ts';
import { readSecret, type PlannedSecret } from '../plan/secrets.ts';
import type { Side } from '../plan/side.ts';
import type { Cluster } from './open-cluster.ts';

/** What was read, by namespace and name. */
export interface LiveSecrets {
  readonly secrets: ReadonlyMap<string, PlannedSecret>;
  /** Some may not be read. */
  readonly isForbidden: boolean;
}

/**
 * Reads those that hold the passwords now, of resources whose password will stand in the files in plain: nothing else can be
 * compared.
 */
export async function readLiveSecrets(
  before: Pick<Side, 'resources'>,
  after: Side,
  { objects }: Cluster,
): Promise<LiveSecrets> {
  const found = new Map<string, PlannedSecret>();
  let isForbidden = false;
  for (const place of listPlaces(before, after)) {
    try {
      const live = await objects.find(KINDS.Secret, place);
      const secret = live && readSecret({ value: { ...live } });
      if (secret) found.set(`${place.namespace}/${place.name}`, secret);
    } catch (error) {
      if (!isClusterError(error, 'Forbidden')) throw error;
      isForbidden = true;
    }
  }
  return { secrets: found, isForbidden };
}

function listPlaces(before: Pick<Side, 'resources'>, after: Side): readonly NamespacedKey[] {
  return [...after.resources].flatMap(
    ([
      key,
      {
        resource,
        model: { namespace },
      },
    ]) => {
      const name = nameSecret(before.resources.get(key)?.resource);
      const wanted = after.secrets.get(`${namespace}/${nameSecret(resource) ?? ''}`);
      return name !== undefined && wanted?.isSeen ? [{ namespace, name }] : [];
    },
  );
}

function nameSecret(resource: MySQLResource | undefined): string | undefined {
  return resource?.spec.passwordSecretRef?.name;
}
