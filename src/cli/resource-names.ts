// The names of resources as words of a command line, in the spellings that kubectl takes.

import { GROUP } from '../api/names.ts';
import { UsageError } from '../errors.ts';

const KINDS = ['mysql', 'mysqls', 'my', `mysql.${GROUP}`, `mysqls.${GROUP}`, `mysqls.v1.${GROUP}`];
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * Reads the names: `shop`, `mysql/shop`, `mysqls.otus.homework/shop`. One that is given twice counts once.
 *
 * @throws UsageError for another kind, and for what cannot be a name
 */
export function parseResourceNames(words: readonly string[]): string[] {
  return [...new Set(words.map(parseResourceName))];
}

function parseResourceName(word: string): string {
  const [kind, name, ...more] = word.includes('/') ? word.split('/') : ['mysql', word];
  if (!KINDS.includes((kind ?? '').toLowerCase())) throw new UsageError(`"${word}" does not name a MySQL resource`);
  if (name === undefined || more.length > 0 || !NAME.test(name)) throw new UsageError(`"${word}" is no name`);
  return name;
}
