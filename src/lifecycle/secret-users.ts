// Which resources take their password from a Secret: such a Secret is somebody else's and carries no label of ours. Pure but
// for what it remembers.

import { idOf, type StoredMySQL } from '../cluster/kinds.ts';
import type { Change } from '../cluster/store.ts';

export interface SecretUsers {
  /** Follows the resources. */
  readonly note: (change: Change<StoredMySQL>) => void;
  /** The keys `NAMESPACE/NAME` of the resources that name a Secret. */
  readonly of: (namespace: string, secret: string) => readonly string[];
}

export function createSecretUsers(): SecretUsers {
  const users = new Map<string, Set<string>>();
  const remove = (object: StoredMySQL): void => {
    const secret = secretOf(object);
    const keys = users.get(secret);
    if (keys?.delete(idOf(object.metadata)) && keys.size === 0) users.delete(secret);
  };
  return {
    note(change) {
      remove(change.kind === 'updated' ? change.previous : change.object);
      const secret = secretOf(change.object);
      if (change.kind === 'deleted' || secret === '') return;
      const keys = users.get(secret) ?? new Set();
      users.set(secret, keys.add(idOf(change.object.metadata)));
    },
    of: (namespace, secret) => [...(users.get(idOf({ namespace, name: secret })) ?? [])],
  };
}

/** Empty for a resource that names none. */
function secretOf({ metadata, spec }: StoredMySQL): string {
  const name = spec.passwordSecretRef?.name;
  return name === undefined ? '' : idOf({ ...metadata, name });
}
