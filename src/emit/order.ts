// The order of the output: it must not depend on the order in which somebody wrote or named the resources.

/**
 * Sorts some of the items and leaves the others where they are: MySQL resources change places among themselves only, so
 * that a Namespace that stood first still does.
 *
 * @param keyOf the sort key of an item that may move; undefined for one that stays
 */
export function sortInPlaces<Item>(items: readonly Item[], keyOf: (item: Item) => string | undefined): Item[] {
  const movable = items.flatMap((item) => {
    const key = keyOf(item);
    return key === undefined ? [] : [{ item, key }];
  });
  // By code units, which no locale changes.
  movable.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const sorted = movable.values();
  return items.map((item) => (keyOf(item) === undefined ? item : (sorted.next().value?.item ?? item)));
}
