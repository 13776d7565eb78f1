// Whether something stands anywhere within a value: a quick look before a walk that keeps the path of every field.

/** Tells whether a value, or one at any depth within it, is no object or list and passes the test. */
export function hasLeaf(value: unknown, test: (leaf: unknown) => boolean): boolean {
  if (typeof value !== 'object' || value === null) return test(value);
  for (const child of Object.values(value)) if (hasLeaf(child, test)) return true;
  return false;
}
