// The Secret NAME-active: the password in force, the next one while it is changed, the previous one while both work.

import {
  PASSWORD_CHANGED_ANNOTATION,
  PREVIOUS_SINCE_ANNOTATION,
  REVISION_ANNOTATION,
  RESOURCE_LABEL,
  childNames,
} from '../api/names.ts';
import { KINDS } from '../cluster/kinds.ts';
import type { Manifest, Objects } from '../cluster/objects.ts';
import type { Action } from './actions.ts';
import type { Observation } from './observe.ts';

type Change = Extract<Action, { kind: 'write-active' }>['change'];

/** Writes a change; it fails with Conflict when the Secret is no longer the one that was seen. */
export async function writeActive(
  objects: Objects,
  observation: Observation,
  { change, now }: { readonly change: Change; readonly now: string },
): Promise<void> {
  const { key, passwords } = observation;
  const name = childNames(key.name).activeSecret;
  const { active, desired } = passwords;
  if (change === 'first') {
    if (desired === undefined) throw new Error(`${key.name}: there is no password to write`);
    await objects.create(KINDS.Secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: key.namespace, labels: { [RESOURCE_LABEL]: key.name } },
      type: 'Opaque',
      data: { current: desired },
    } as Manifest);
    return;
  }
  const { data, annotations } = changed(change, observation, now);
  const body = {
    data,
    metadata: { annotations: { ...annotations, [REVISION_ANNOTATION]: String(passwords.revision + 1) } },
  };
  const { uid, resourceVersion } = active?.metadata ?? {};
  await objects.patch(
    KINDS.Secret,
    { namespace: key.namespace, name },
    { kind: 'merge', body },
    { uid, resourceVersion },
  );
}

type Fields = Readonly<Record<string, string | null>>;

/** A merge patch: null takes a field away. */
function changed(
  change: Exclude<Change, 'first'>,
  { passwords: { active, desired } }: Observation,
  now: string,
): { readonly data: Fields; readonly annotations: Fields } {
  const { current = '', next = '' } = active?.data ?? {};
  switch (change) {
    case 'begin':
      return { data: { next: desired ?? current }, annotations: {} };
    case 'complete':
      return {
        data: { current: next, previous: current, next: null },
        annotations: { [PREVIOUS_SINCE_ANNOTATION]: now, [PASSWORD_CHANGED_ANNOTATION]: now },
      };
    case 'discard':
      return { data: { previous: null }, annotations: { [PREVIOUS_SINCE_ANNOTATION]: null } };
  }
}
