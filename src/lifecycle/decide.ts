// From what was seen to what to do next. Pure: same input, same decision. docs/lifecycle.md lists every state; its rows are
// the titles of the tests.

import { ready, reconciling, type Action, type Decision } from './actions.ts';
import { decideClaims } from './claims.ts';
import { decideDeletion } from './deletion.ts';
import type { Observed, ObservedResource } from './observed.ts';
import { decidePassword } from './password.ts';
import { decideStart } from './start.ts';
import { reserveActions, retainActions, tellNamespaceEnd } from './volumes.ts';

/**
 * Decides about one resource.
 *
 * @param observed live reads, all of the same round
 * @param now milliseconds since 1970
 */
export function decide(observed: Observed, now: number): Decision {
  const { resource } = observed;
  // Without its resource nothing is touched, only volumes of its name are kept for the next one.
  if (!resource) return { ...ready('NoResource', ''), actions: reserveActions(observed) };
  if (!resource.managed || observed.definitionDeleting) return leaveAlone(observed, resource);
  if (resource.deletedAt !== undefined) return decideDeletion(observed, resource, now);
  return decideLife(observed, resource, now);
}

/** `lifecycle: None`, or the CRD goes: the watcher takes off its own finalizer and touches nothing that runs. */
function leaveAlone({ definitionDeleting }: Observed, { hasFinalizer }: ObservedResource): Decision {
  const actions: Action[] = hasFinalizer ? [{ kind: 'remove-finalizer' }] : [];
  const decision = definitionDeleting
    ? ready('Ejected', 'the resource definition is being deleted; the server runs on without the watcher')
    : ready('NotManaged', 'lifecycle is None; the watcher leaves this resource alone');
  return { ...decision, actions };
}

/** The order of the first start: finalizer, volumes, password, gate. Each step waits for the one before. */
function decideLife(observed: Observed, resource: ObservedResource, now: number): Decision {
  const { gate, data } = observed;
  if (!resource.hasFinalizer)
    return reconciling('Starting', 'puts its finalizer on the resource', { kind: 'add-finalizer' });
  const [reserve] = reserveActions(observed);
  if (reserve) return reconciling('Reserving', 'keeps a volume with data for the claim of its name', reserve);
  if (observed.namespaceTerminating) return leaveNamespace(observed);
  if (gate && data.claim && gate.claimUid !== data.claim.uid) {
    const message = 'closes the gate: the data claim is another one than the gate was opened for';
    return reconciling('ClaimReplaced', message, { kind: 'close-gate', uid: gate.uid });
  }
  const blocked = decideClaims(observed, resource, now);
  if (blocked) return blocked;
  const retain = retainActions(observed);
  if (retain.length > 0) return reconciling('Retaining', 'makes the volumes outlive their claims', ...retain);
  return decideStart(observed, resource, now) ?? decidePassword(observed, resource, now);
}

/** Nothing can be made any more, and the resource is deleted in a moment: only the volumes are made safe. */
function leaveNamespace(observed: Observed): Decision {
  return reconciling('NamespaceTerminating', tellNamespaceEnd(observed), ...retainActions(observed));
}
