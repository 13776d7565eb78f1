// Reads the password that git names and the ones that are in force. The texts stay here and in the objects that need them;
// a decision sees only whether they are there and the same.

import {
  NEW_CLAIMS_ANNOTATION,
  PASSWORD_CHANGED_ANNOTATION,
  PREVIOUS_SINCE_ANNOTATION,
  REVISION_ANNOTATION,
  childNames,
} from '../api/names.ts';
import type { MySQLSpec } from '../api/resource.ts';
import { KINDS, type ObjectKey } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import type { Secret } from '../cluster/types.ts';
import type { ObservedPasswords } from './observed.ts';

/** Passwords as Secrets hold them, in base64. */
export interface Passwords {
  readonly observed: ObservedPasswords;
  readonly desired: string | undefined;
  /** The Secret NAME-active. */
  readonly active: Secret | undefined;
  /** Counts the writes of NAME-active; it tells one change from the next without telling the password. */
  readonly revision: number;
}

/** Reads the Secrets of a resource, live. */
export async function observePasswords(
  objects: Objects,
  { namespace, name }: ObjectKey,
  resource: Promise<{ readonly spec: MySQLSpec } | undefined>,
): Promise<Passwords> {
  const [desired, active] = await Promise.all([
    resource.then((found) => readDesired(objects, namespace, found?.spec)),
    objects.find(KINDS.Secret, { namespace, name: childNames(name).activeSecret }),
  ]);
  return toPasswords(desired, active);
}

/** What the Secret NAME-active tells beside the desired password. */
export function toPasswords(desired: string | undefined, active: Secret | undefined): Passwords {
  const { [REVISION_ANNOTATION]: revision = '0' } = active?.metadata.annotations ?? {};
  return { observed: compare(desired, active), desired, active, revision: Number(revision) };
}

/** What a decision may know: which passwords there are, and which are the same. */
function compare(desired: string | undefined, active: Secret | undefined): ObservedPasswords {
  const { current, next, previous } = active?.data ?? {};
  const { [PREVIOUS_SINCE_ANNOTATION]: since = '', [PASSWORD_CHANGED_ANNOTATION]: changedAt } =
    active?.metadata.annotations ?? {};
  const isDesired = (password: string | undefined): boolean => desired !== undefined && desired === password;
  return {
    hasDesired: desired !== undefined,
    isUnusable: isUnusable(current ?? desired),
    hasActive: active !== undefined,
    newClaims: listNewClaims(active),
    hasNext: next !== undefined,
    nextIsCurrent: next !== undefined && next === current,
    // Without a time that can be read, the previous password has been there long enough.
    previousSince: previous === undefined ? undefined : Date.parse(since) || 0,
    desiredIsCurrent: isDesired(current),
    desiredIsNext: isDesired(next),
    wasChanged: changedAt !== undefined,
  };
}

function listNewClaims(active: Secret | undefined): readonly string[] {
  return active?.metadata.annotations?.[NEW_CLAIMS_ANNOTATION]?.split(' ') ?? [];
}

/** The image's entrypoint puts it into a statement as it is; the CRD refuses the same in an inline password. */
function isUnusable(password = ''): boolean {
  return /[\x00-\x1f\x7f'\\]/.test(Buffer.from(password, 'base64').toString('utf8'));
}

async function readDesired(
  objects: Objects,
  namespace: string | undefined,
  spec: MySQLSpec | undefined,
): Promise<string | undefined> {
  if (spec?.password !== undefined) return Buffer.from(spec.password).toString('base64');
  if (!spec?.passwordSecretRef) return undefined;
  const { name, key } = spec.passwordSecretRef;
  const secret = await objects.find(KINDS.Secret, { namespace, name });
  const value = secret?.data?.[key];
  return value === '' ? undefined : value;
}
