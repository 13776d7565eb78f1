// The API server's own spelling of values, so that what is rendered and what is stored never differ.

import { UNITS, formatQuantity, parseQuantity, roundUp } from '../parse/quantity.ts';

/** A quantity of bytes, whole: the API server warns about parts of one. */
export function normaliseBytes(text: string | number): string {
  return normalise(text, UNITS.one);
}

/** A quantity of CPU. */
export function normaliseCpu(text: string | number): string {
  return normalise(text, UNITS.thousandth);
}

function normalise(text: string | number, unit: bigint): string {
  const quantity = parseQuantity(String(text));
  return quantity ? formatQuantity(roundUp(quantity, unit)) : String(text);
}

/** Maps of labels: they are left out when empty, and their values are not, since an empty value says something. */
const LABEL_MAPS = new Set(['matchLabels', 'nodeSelector']);

/**
 * Leaves out what the API server leaves out of a pod's scheduling or a network's peers: empty lists, texts and maps of
 * labels. Empty selectors stay, they select everything.
 */
export function omitEmpty<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => omitEmpty(item)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries: [string, unknown][] = Object.entries(value);
  const kept = entries.filter(([key, child]) => !isOmitted(key, child));
  return Object.fromEntries(kept.map(([key, child]) => [key, LABEL_MAPS.has(key) ? child : omitEmpty(child)])) as T;
}

function isOmitted(key: string, value: unknown): boolean {
  if (value === '') return true;
  if (typeof value !== 'object' || value === null) return false;
  return (Array.isArray(value) || LABEL_MAPS.has(key)) && Object.keys(value).length === 0;
}
