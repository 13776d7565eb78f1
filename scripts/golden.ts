// Writes the expected output of every golden case anew. Read the difference before you commit it.

import { readFile, writeFile } from 'node:fs/promises';
import { caseFile, listCases, renderCase } from '../test/support/golden.ts';
import { INSTALL_CASES, installFile, printCase } from '../test/support/install.ts';

for (const name of await listCases()) await update(caseFile(name, 'expected.yaml'), await renderCase(name));
for (const name of Object.keys(INSTALL_CASES)) await update(installFile(name), await printCase(name));

async function update(file: string, output: string): Promise<void> {
  if ((await readFile(file, 'utf8').catch(() => '')) === output) return;
  await writeFile(file, output);
  console.log(file);
}
