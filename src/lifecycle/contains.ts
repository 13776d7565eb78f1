// Whether an object of the API server holds everything that a manifest says. What others or the API server added beside it
// does not count. Pure.

/** Maps are compared by the manifest's keys, lists by their places. */
export function contains(live: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(live) && live.length === wanted.length && wanted.every((item, index) => contains(live[index], item))
    );
  }
  if (typeof wanted !== 'object' || wanted === null) return live === wanted;
  if (typeof live !== 'object' || live === null) return isEmpty(wanted);
  return Object.entries(wanted).every(([key, value]) => contains((live as Record<string, unknown>)[key], value));
}

/** The API server drops maps without content. */
function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}
