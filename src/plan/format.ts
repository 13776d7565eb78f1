// A plan as text for people, as JSON, and as Markdown for a comment in a pull request.

import { escapeControls } from '../emit/controls.ts';
import { CONSEQUENCE_KINDS, GRACE_SECONDS, type Consequence } from '../model/consequence.ts';
import { nameEntry } from './gate.ts';
import { countKinds, type PlanEntry } from './plan.ts';
import type { PlanFormat } from './plan-formats.ts';
import { CHANGE_WORDS, REMARKS, groupByKind, summarise } from './words.ts';

/** What a plan is of. */
export interface PlanPage {
  readonly entries: readonly PlanEntry[];
  /** What it was compared with, for people: `main`, `the cluster`. */
  readonly against: string;
  /** What --fail-on has found. */
  readonly forbidden: readonly string[];
}

/** Formats a plan. */
export function formatPlan(page: PlanPage, format: PlanFormat): string {
  switch (format) {
    case 'text':
      return formatText(page);
    case 'json':
      return formatJson(page);
    case 'markdown':
      return formatMarkdown(page);
  }
}

function formatText({ entries, against }: PlanPage): string {
  const pages = entries.filter(({ change }) => change !== 'unchanged').map(formatEntry);
  return [...pages, `Plan, compared with ${escapeControls(against)}: ${summarise(entries)}.\n`].join('\n');
}

const INDENT = 12;

function formatEntry(entry: PlanEntry): string {
  const head = `${entry.kind} ${escapeControls(nameEntry(entry))} ${CHANGE_WORDS[entry.change]} (${escapeControls(entry.file)}:${String(entry.line)})`;
  const lines = groupByKind(entry).flatMap(([kind, consequences]) => {
    const remark = REMARKS[kind];
    return [
      ...consequences.map((each) => `  ${kind.padEnd(INDENT - 2)}${tell(each)}`),
      ...(remark === undefined ? [] : [`${' '.repeat(INDENT)}(${remark})`]),
    ];
  });
  return [head, ...lines, ''].join('\n');
}

function tell({ field, message }: Consequence): string {
  return field === '' ? message : `${field}: ${message}`;
}

function formatJson({ entries, against, forbidden }: PlanPage): string {
  const resources = entries.map(({ consequences, ...entry }) => {
    const stops = consequences.some(({ kind }) => kind === 'restart' || kind === 'stop');
    return { ...entry, ...(stops ? { graceSeconds: GRACE_SECONDS } : {}), consequences };
  });
  const summary = Object.fromEntries(countKinds(entries));
  return `${JSON.stringify({ comparedWith: against, summary, forbidden, resources }, null, 2)}\n`;
}

/** By this line a job finds its own comment again, to change it instead of writing another one. */
export const MARKER = '<!-- kubectl-mysql plan -->';

/** Code hosts take about 65,000 characters in a comment. */
const LONGEST_COMMENT = 60_000;

function formatMarkdown({ entries, against, forbidden }: PlanPage): string {
  const head = [MARKER, `### MySQL: ${summarise(entries)}`, '', `Compared with ${escape(against)}.`, ''];
  const gate = forbidden.length === 0 ? [] : [`**Not allowed here:** ${escape(forbidden.join('; '))}`, ''];
  const changed = entries.filter(({ change }) => change !== 'unchanged');
  // What is left out of a long comment must not be a deletion.
  const pages = [...changed].sort((a, b) => gravity(a) - gravity(b)).map(formatMarkdownEntry);
  const fitting: string[] = [];
  let length = [...head, ...gate].join('\n').length;
  for (const page of pages) {
    if (length + page.length + 1 > LONGEST_COMMENT) continue;
    length += page.length + 1;
    fitting.push(page);
  }
  const left = pages.length - fitting.length;
  const more = left === 0 ? [] : [`… and ${String(left)} more: run \`kubectl mysql plan\` to see them.`, ''];
  return [...head, ...gate, ...fitting, ...more].join('\n');
}

/** By the gravest of what happens to a resource, which stands first; less is graver. */
function gravity({ consequences: [first] }: PlanEntry): number {
  return first ? Object.keys(CONSEQUENCE_KINDS).indexOf(first.kind) : Infinity;
}

function formatMarkdownEntry(entry: PlanEntry): string {
  const place = escape(`${entry.file}:${String(entry.line)}`);
  const rows = groupByKind(entry).flatMap(([kind, consequences]) => {
    const remark = REMARKS[kind];
    return consequences.map(({ field, message }, index) => {
      const text = remark !== undefined && index === 0 ? `${message} (${remark})` : message;
      return `| **${kind}** | ${escape(field)} | ${escape(text)} |`;
    });
  });
  const kind = entry.kind === 'MySQL' ? '' : `${entry.kind} `;
  const head = `#### ${kind}${escape(nameEntry(entry))} ${CHANGE_WORDS[entry.change]}`;
  return [head, '', place, '', '| what | field | in words |', '|---|---|---|', ...rows, ''].join('\n');
}

/** Text of others within Markdown: it draws nothing, ends no table, and calls nobody by name. */
function escape(text: string): string {
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
  return plain.replace(/[\\`*_{}[\]<>#|~&]/g, '\\$&').replace(/@/g, '@\u200b');
}
