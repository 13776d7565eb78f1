// Pieces of text for people: ages, sizes, columns, colours.

import { escapeControls as escapeLine } from '../emit/controls.ts';

/** A style of a piece of text on a terminal. */
export type Style = 'good' | 'bad' | 'notice' | 'strong' | 'faint';

/** Gives a text its style, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

const CODES: Readonly<Record<Style, number>> = { good: 32, bad: 31, notice: 33, strong: 1, faint: 2 };

/** Colours where they are wanted. */
export function createPaint(isColoured: boolean): Paint {
  return (style, text) => (isColoured ? `\u001b[${String(CODES[style])}m${text}\u001b[0m` : text);
}

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const;

/** A duration as kubectl shows ages: `45s`, `12m`, `5h30m`, `3d4h`. What is in the future is `0s`. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const at = UNITS.findIndex(([, size]) => seconds >= size);
  const [unit, size] = UNITS[at] ?? ['s', 1];
  const [lower, lowerSize] = UNITS[at + 1] ?? ['s', 1];
  const whole = Math.floor(seconds / size);
  const rest = Math.floor((seconds % size) / lowerSize);
  // A small number says more with its fraction.
  return whole < 10 && rest > 0 && at >= 0 && unit !== 's'
    ? `${String(whole)}${unit}${String(rest)}${lower}`
    : `${String(whole)}${unit}`;
}

/** The age of a moment; `unknown` where there is none. */
export function formatSince(time: string | null | undefined, now: number): string {
  const at = Date.parse(time ?? '');
  return Number.isNaN(at) ? 'unknown' : formatAge(now - at);
}

/** A number of bytes in the units of quantities: `17B`, `1.5KiB`, `20GiB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  const digits = value < 10 && power > 0 ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(0);
  return `${digits}${['B', 'KiB', 'MiB', 'GiB', 'TiB'][power] ?? 'B'}`;
}

/** What the cluster says may hold commands for a terminal; they are shown, not obeyed. Lines stay. */
export function escapeControls(text: string): string {
  return text.replaceAll('\t', ' ').split('\n').map(escapeLine).join('\n');
}

/** The last line that is not empty. */
export function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.at(-1)?.trim() ?? '';
}

/** Rows as columns of equal width, three spaces apart, as kubectl prints a table. */
export function formatColumns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length))) ?? [];
  const format = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd();
  return rows.map((row) => `${format(row)}\n`).join('');
}
