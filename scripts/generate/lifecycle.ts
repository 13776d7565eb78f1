// The tables of docs/lifecycle.md: every state, from the rows of the table tests. The text around them is written by hand.

import { decide } from '../../src/lifecycle/decide.ts';
import { GROUPS, nameAction, type Row } from '../../test/lifecycle/rows.ts';
import { NOW } from '../../test/support/observed.ts';

const BEGIN = '<!-- states: made by `npm run generate` from test/lifecycle/rows.ts -->';
const END = '<!-- end of states -->';

/** The page with its tables made anew. */
export function generateLifecycle(page: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) throw new Error('docs/lifecycle.md has no place for its tables');
  const tables = GROUPS.map(([title, rows]) => `### ${capitalise(title)} …\n\n${tableOf(rows)}`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${tables.join('\n\n')}\n\n${page.slice(end)}`;
}

function tableOf(rows: readonly Row[]): string {
  const head = '| state | progress | reason | actions | message |\n| --- | --- | --- | --- | --- |';
  return [head, ...rows.map(rowOf)].join('\n');
}

function rowOf([title, state]: Row): string {
  const { progress, reason, message, actions } = decide(state, NOW);
  const names = actions.map((action) => `\`${nameAction(action)}\``).join(', ');
  return `| … ${title} | ${progress} | ${reason} | ${names} | ${message.replaceAll('|', '\\|')} |`;
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
