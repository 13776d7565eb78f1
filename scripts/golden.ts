// Writes the expected output of every golden case anew. Read the difference before you commit it.

import { readFile, writeFile } from 'node:fs/promises';
import { caseFile, listCases, renderCase } from '../test/support/golden.ts';

for (const name of await listCases()) {
  const file = caseFile(name, 'expected.yaml');
  const output = await renderCase(name);
  if ((await readFile(file, 'utf8').catch(() => '')) === output) continue;
  await writeFile(file, output);
  console.log(file);
}
