// The Secrets beside the resources, as far as files tell what they hold: what SOPS or SealedSecrets has encrypted, or a tool
// fetches from elsewhere, cannot be seen, only that it changes.

import { isSame } from '../model/is-same.ts';
import { isObject, type JsonObject, type SourceObject } from '../parse/source.ts';

/** A Secret, or what a tool makes one of. */
export interface PlannedSecret {
  /** The kind of the object that stands in the files. */
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** What stands for the value of a key: the value in base64 where it can be seen, else its source. */
  readonly valueOf: (key: string) => unknown;
  readonly isSeen: boolean;
}

/** Reads an object; undefined when it makes no Secret. */
export function readSecret({ value }: Pick<SourceObject, 'value'>): PlannedSecret | undefined {
  const { apiVersion, kind } = value;
  if (kind === 'Secret' && apiVersion === 'v1') return readPlain(value);
  const group = String(apiVersion).split('/')[0];
  if (kind === 'SealedSecret' && group === 'bitnami.com') return readSealed(value);
  if (kind === 'ExternalSecret' && group === 'external-secrets.io') return readExternal(value);
  return undefined;
}

/** Where a password stands: the Secret, as far as files tell of it, and the key. */
export interface PasswordPlace {
  readonly secret: PlannedSecret | undefined;
  readonly key: string;
}

/** What is known of a password before and after a change. Where one side tells nothing, nobody knows of a change. */
export function comparePasswords(before: PasswordPlace, after: PasswordPlace): 'same' | 'other' | 'unseen' {
  const [one, two] = [before.secret, after.secret];
  if (!one || !two) return 'same';
  const [from, to] = [one.valueOf(before.key), two.valueOf(after.key)];
  const isKnown = from !== undefined && to !== undefined;
  if (!isKnown || (one.kind === two.kind && isSame(from, to))) return 'same';
  return one.isSeen && two.isSeen ? 'other' : 'unseen';
}

/** Whether a password stood there and does not any more. */
export function isGone(before: PasswordPlace, after: PasswordPlace): boolean {
  return before.secret?.valueOf(before.key) !== undefined && after.secret?.valueOf(after.key) === undefined;
}

function readPlain(value: JsonObject): PlannedSecret {
  const values = valuesOf(value);
  return { ...identify('Secret', value), valueOf: (key) => values[key], isSeen: !isObject(value['sops']) };
}

/** Encrypted anew, the same value looks different. */
function readSealed(value: JsonObject): PlannedSecret {
  const encrypted = within(value, 'spec', 'encryptedData');
  const name = within(value, 'spec', 'template', 'metadata')['name'];
  return { ...identify('SealedSecret', value, name), valueOf: (key) => encrypted[key], isSeen: false };
}

/** Where its values come from stands in its spec; they may change without it. */
function readExternal(value: JsonObject): PlannedSecret {
  const name = within(value, 'spec', 'target')['name'];
  return { ...identify('ExternalSecret', value, name), valueOf: () => value['spec'], isSeen: false };
}

type Identity = Pick<PlannedSecret, 'kind' | 'name' | 'namespace'>;

/** @param made the name of the Secret that a tool makes, where it has one of its own */
function identify(kind: string, value: JsonObject, made?: unknown): Identity {
  const { name, namespace } = within(value, 'metadata');
  return { kind, name: text(made) || text(name), namespace: text(namespace) };
}

function within(value: JsonObject, ...steps: readonly string[]): JsonObject {
  return steps.reduce<JsonObject>((node, step) => {
    const child = node[step];
    return isObject(child) ? child : {};
  }, value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** `stringData` wins, as at the API server. */
function valuesOf({ data, stringData }: JsonObject): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const [key, coded] of textsOf(data)) values[key] = coded.replace(/\s/g, '');
  for (const [key, plain] of textsOf(stringData)) values[key] = encode(plain);
  return values;
}

function textsOf(value: unknown): [string, string][] {
  if (!isObject(value)) return [];
  return Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}

function encode(plain: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(plain)));
}
