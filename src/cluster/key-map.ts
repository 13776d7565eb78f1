// A map by the keys of objects. Namespaces and names that objects hold anyway are its keys: put together, they would be a fifth
// of what a reflector holds of ten thousand resources.

import type { ObjectKey } from './kinds.ts';

export class KeyMap<T> {
  readonly #namespaces = new Map<string, Map<string, T>>();

  get({ namespace = '', name }: ObjectKey): T | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  set({ namespace = '', name }: ObjectKey, value: T): void {
    const names = this.#namespaces.get(namespace);
    if (names) names.set(name, value);
    else this.#namespaces.set(namespace, new Map([[name, value]]));
  }

  delete({ namespace = '', name }: ObjectKey): void {
    const names = this.#namespaces.get(namespace);
    names?.delete(name);
    if (names?.size === 0) this.#namespaces.delete(namespace);
  }

  /** Those of one namespace after those of the other. What is deleted on the way is left out. */
  *values(): Generator<T> {
    for (const names of this.#namespaces.values()) yield* names.values();
  }
}
