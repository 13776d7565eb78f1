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
export function formatTables({ one, many, targets, notes }: Results): string {
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

/** The page docs/performance.md. */
export function formatPage(results: Results, rounds: number): string {
  const memory = Math.round(totalmem() / 1024 ** 3);
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${String(availableParallelism())} cores, ${String(memory)} GiB, Node ${process.version}`;
  return `# Performance

\`npm run bench -- --write\` makes this page. It compares \`kubectl mysql render\` with a bare \`node -e 0\`, with \`helm template\` of
a chart that makes the same objects, and with \`kustomize build\` of these objects; helm and kustomize are built from their Go
modules once. Every figure is the median of at least ${String(rounds)} rounds; in each round every command of a table runs once, one
after the other, and a ratio is taken within its round. Times depend on the machine and on what else it does; ratios hardly do.

Machine: ${machine}. Versions: helm 4.3.1, kustomize 5.8.2.

helm and kustomize do not validate; \`render\` checks every resource against the schema and the rules of the CRD before the
first byte goes out. kustomize's time grows with the square of the number of objects, so it is measured up to 200 resources.

${formatTables(results)}`;
}
