// The tables of docs/plan.md: kinds of consequences, and what a change of each field does. The text around them is written
// by hand.

import { CONSEQUENCE_KINDS } from '../../src/model/consequence.ts';
import { CONSEQUENCES } from '../../src/model/consequences.ts';

const BEGIN = '<!-- consequences: made by `npm run generate` from src/model/consequences.ts -->';
const END = '<!-- end of consequences -->';

/** The page with its tables made anew. */
export function generateConsequences(page: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) throw new Error('docs/plan.md has no place for its tables');
  const kinds = Object.entries(CONSEQUENCE_KINDS).map(([kind, meaning]) => `| \`${kind}\` | ${meaning} |`);
  const fields = Object.entries(CONSEQUENCES).map(([field, { effect }]) => `| \`${field}\` | ${effect} |`);
  const tables = [
    `| kind | what happens |\n|---|---|\n${kinds.join('\n')}`,
    'What a change of each field does. Another spelling of the same (`1024Mi` for `1Gi`) does nothing.',
    `| field | a change … |\n|---|---|\n${fields.join('\n')}`,
  ];
  return `${page.slice(0, begin)}${BEGIN}\n\n${tables.join('\n\n')}\n\n${page.slice(end)}`;
}
