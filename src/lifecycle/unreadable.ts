// A right to read that the watcher lacks: nothing can be decided, so no decision tells it, and a status of the past would go on
// saying that all is well.

import { isClusterError } from '../cluster/errors.ts';
import { KINDS, type NamespacedKey } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import { stalled } from './actions.ts';
import { buildBlindStatus } from './conditions.ts';
import { TOLD_AFTER } from './refusals.ts';
import { patchStatus } from './write-status.ts';

/** As RBAC refuses it. What may not be written is told with the decision. */
const MAY_NOT_READ = /cannot (get|list) resource/;

/**
 * Writes into the status why a round fails again and again, if that is a right to read.
 *
 * @throws the failure itself, always
 */
export async function tellUnreadable(
  key: NamespacedKey,
  { objects, now }: { readonly objects: Objects; readonly now: () => number },
  { error, failures }: { readonly error: unknown; readonly failures: number },
): Promise<never> {
  if (failures >= TOLD_AFTER && isClusterError(error, 'Forbidden') && MAY_NOT_READ.test(error.message)) {
    const message = `the watcher cannot look at what it must know, and does nothing: ${error.message}; give it this right (kubectl mysql install prints its roles)`;
    // The log tells what failed first; that nobody can be told in the status, either, is no news.
    await writeBlind(key, objects, { message, now: now() }).catch(() => undefined);
  }
  throw error;
}

async function writeBlind(
  key: NamespacedKey,
  objects: Objects,
  { message, now }: { readonly message: string; readonly now: number },
): Promise<void> {
  const resource = await objects.find(KINDS.MySQL, key);
  if (!resource || resource.spec.lifecycle === 'None') return;
  const { metadata, status: earlier = {} } = resource;
  const seen = { generation: metadata.generation ?? 0, now };
  const status = buildBlindStatus(stalled('ReadRefused', message), earlier, seen);
  await patchStatus(objects, key, resource, status);
}
