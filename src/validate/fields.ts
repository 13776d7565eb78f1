// The fields that the schema knows, by the path of the object that holds them.

import type { Path } from '../parse/path.ts';
import { FIELDS } from './rules.generated.ts';

/** The fields of the object at a path; undefined for what the schema knows as no object with fields of its own. */
export function knownFields(path: Path): readonly string[] | undefined {
  const key = path.map((step) => (typeof step === 'number' ? '*' : step)).join('.');
  // A resource may name its fields as every JavaScript object does, such as `constructor`.
  return Object.hasOwn(FIELDS, key) ? FIELDS[key] : undefined;
}
