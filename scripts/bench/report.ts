// The measurements as Markdown.

import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Measurement } from './measure.ts';

/** What was measured. The keys of both are the rows' titles; the first row of `one` is Node alone. */
export interface Results {
  readonly one: Readonly<Record<string, Measurement>>;
  readonly many: Readonly<Record<string, Measurement>>;
  readonly targets: readonly Target[];
  /** What explains a target that was not reached. */
  readonly notes: readonly string[];
}

/** Something to reach, in its unit. */
export interface Target {
  readonly what: string;
  readonly limit: number;
  readonly reached: number;
}

/** The tables. */
function formatTables({ one, many, targets, notes }: Results): string {
  return [
    '## One resource',
    '',
    formatMeasurements(one),
    '',
    '## Many resources in one process',
    '',
    formatMeasurements(many),
    '',
    '## Targets',
    '',
    formatTargets(targets),
    '',
    ...notes.flatMap((note) => [note, '']),
  ].join('\n');
}

/** What is to be reached, and what was. */
export function formatTargets(targets: readonly Target[]): string {
  const rows = targets.map(({ what, limit, reached }) => [
    what,
    limit.toFixed(1),
    reached.toFixed(2),
    reached <= limit ? 'reached' : '**not reached**',
  ]);
  return formatTable(['target', 'at most', 'measured', ''], rows);
}

/** A row per command. */
export function formatMeasurements(rows: Readonly<Record<string, Measurement>>): string {
  const cells = Object.entries(rows).map(([title, { milliseconds, ratio, peakMebibytes }]) => [
    title,
    `${ratio.toFixed(2)} ×`,
    `${milliseconds.toFixed(0)} ms`,
    peakMebibytes === undefined ? '?' : `${peakMebibytes.toFixed(0)} MiB`,
  ]);
  return formatTable(['', 'against bare Node', 'time', 'peak memory'], cells);
}

function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map((_, column) => (column === 0 ? '---' : '--:')), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The renderer's part of the page. */
export function formatPart(results: Results): string {
  const memory = Math.round(totalmem() / 1024 ** 3);
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${String(availableParallelism())} cores, ${String(memory)} GiB, Node ${process.version}`;
  return `Machine: ${machine}.\n\n${formatTables(results)}`;
}
