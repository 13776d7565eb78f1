// The golden cases: a folder each, with what goes in and what must come out.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderText } from './command-line.ts';

const FOLDER = 'test/golden';

/** The names of all cases. */
export async function listCases(): Promise<string[]> {
  const entries = await readdir(FOLDER, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

/** The path of a file of a case. */
export function caseFile(name: string, file: 'input.yaml' | 'expected.yaml'): string {
  return join(FOLDER, name, file);
}

/** Renders a case's input. */
export async function renderCase(name: string): Promise<string> {
  return renderText(await readFile(caseFile(name, 'input.yaml'), 'utf8'));
}
