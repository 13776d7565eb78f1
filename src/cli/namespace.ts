// The name of a namespace, as flags and parameters give it.

import { UsageError } from '../errors.ts';

/**
 * Checks the name of a namespace; none is right, too.
 *
 * @throws UsageError that names the flag
 */
export function checkNamespace(name: string | undefined, flag: string): void {
  if (name === undefined || isNamespace(name)) return;
  throw new UsageError(`${flag} must be the name of a namespace, not "${name}"`);
}

/** Tells what can be the name of a namespace. */
export function isNamespace(name: string): boolean {
  return name.length <= 63 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name);
}
