// No secret in git: what holds a password in plain text is not published unless the user says that it is meant.

import type { Problem } from '../errors.ts';
import { isObject, type SourceObject } from '../parse/source.ts';
import { isMySQL } from '../validate/identity.ts';

/** Finds the objects that hold a secret in plain text. */
export function findSecrets(objects: readonly SourceObject[]): Problem[] {
  return objects.flatMap((object) => {
    const found = secretIn(object);
    if (!found) return [];
    const { path, message } = found;
    const { file, positionOf } = object;
    return [{ severity: 'error', rule: 'secret', file, position: positionOf(path), path: path.join('.'), message }];
  });
}

const WAY_OUT = 'or say --allow-secrets';

function secretIn(object: SourceObject): { path: readonly string[]; message: string } | undefined {
  const { apiVersion, kind, spec, sops } = object.value;
  if (isMySQL(object)) {
    if (!isObject(spec) || typeof spec['password'] !== 'string') return undefined;
    const message = `a password is not published to git; use passwordSecretRef, ${WAY_OUT}`;
    return { path: ['spec', 'password'], message };
  }
  if (apiVersion !== 'v1' || kind !== 'Secret') return undefined;
  const isSafe = isObject(sops) ? isEncrypted : isEmpty;
  const field = ['data', 'stringData'].find((name) => !isSafe(object.value[name]));
  const message = `a Secret is not published to git as plain text; encrypt it, or leave it out, ${WAY_OUT}`;
  return field === undefined ? undefined : { path: [field], message };
}

function isEmpty(value: unknown): boolean {
  return !isObject(value) || Object.keys(value).length === 0;
}

/** SOPS can be told to encrypt some of the values only; each that it has encrypted says so, and an empty one stays empty. */
function isEncrypted(value: unknown): boolean {
  const texts = isObject(value) ? Object.values(value) : [];
  return texts.every((text) => typeof text === 'string' && /^(?:ENC\[.*\])?$/s.test(text));
}
