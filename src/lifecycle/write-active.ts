// The Secret NAME-active: the password in force, the next one while it is changed, the previous one while both work.

import {
  NEW_CLAIMS_ANNOTATION,
  PASSWORD_CHANGED_ANNOTATION,
  PREVIOUS_SINCE_ANNOTATION,
  REVISION_ANNOTATION,
  RESOURCE_LABEL,
  childNames,
} from '../api/names.ts';
import { KINDS } from '../cluster/kinds.ts';
import type { Manifest, Objects } from '../cluster/objects.ts';
import type { Secret } from '../cluster/types.ts';
import type { Action } from './actions.ts';
import type { Observation } from './observe.ts';

type Change = Extract<Action, { kind: 'write-active' }>['change'];

/** Writes a change; it fails with Conflict when the Secret is no longer the one that was seen. */
export async function writeActive(
  objects: Objects,
  observation: Observation,
  { change, now }: { readonly change: Change; readonly now: string },
): Promise<Secret> {
  const { key, passwords } = observation;
  const name = childNames(key.name).activeSecret;
  const { active, desired } = passwords;
  if (change === 'new' || change === 'first' || change === 'recover') {
    if (desired === undefined) throw new Error(`${key.name}: there is no password to write`);
    // Of a server that runs nobody knows the password for certain: the Job tries it.
    const data = change === 'recover' ? { current: desired, next: desired } : { current: desired };
    const annotations = change === 'new' ? { [NEW_CLAIMS_ANNOTATION]: listClaims(observation) } : {};
    const metadata = { name, namespace: key.namespace, labels: { [RESOURCE_LABEL]: key.name }, annotations };
    return objects.create(KINDS.Secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      type: 'Opaque',
      data,
    } as Manifest);
  }
  const { data, annotations } = changed(change, observation, now);
  const body = {
    data,
    metadata: { annotations: { ...annotations, [REVISION_ANNOTATION]: String(passwords.revision + 1) } },
  };
  const { uid, resourceVersion } = active?.metadata ?? {};
  return objects.patch(
    KINDS.Secret,
    { namespace: key.namespace, name },
    { kind: 'merge', body },
    { uid, resourceVersion },
  );
}

function listClaims({ observed: { data, backup } }: Observation): string {
  return [data, backup].map(({ claim }) => claim?.uid ?? '').join(' ');
}

type Fields = Readonly<Record<string, string | null>>;

/** A merge patch: null takes a field away. */
function changed(
  change: Exclude<Change, 'new' | 'first' | 'recover'>,
  { passwords }: Observation,
  now: string,
): { readonly data: Fields; readonly annotations: Fields } {
  const { current = '', next = '' } = passwords.active?.data ?? {};
  const desired = passwords.desired ?? current;
  const changes: Readonly<Record<typeof change, Fields>> = {
    begin: { next: desired },
    complete: { current: next, previous: current, next: null },
    // Beside it an earlier one may still work, of which nobody knows any more: it is discarded after the overlap, too.
    confirm: { next: null, previous: current },
    withdraw: { next: null },
    reset: { current: desired, next: null, previous: null },
    discard: { previous: null },
  };
  const isChange = change === 'complete' || change === 'reset';
  return {
    data: changes[change],
    annotations: {
      ...(isChange ? { [PASSWORD_CHANGED_ANNOTATION]: now } : {}),
      ...('previous' in changes[change] ? { [PREVIOUS_SINCE_ANNOTATION]: changes[change]['previous'] && now } : {}),
    },
  };
}
