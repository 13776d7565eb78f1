// Makes every generated file from its one source: the CRD and the templates. `--check` changes nothing and fails when a
// file is stale.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { generateConsequences } from './generate/consequences.ts';
import { readCrd } from './generate/crd.ts';
import { generateLifecycle } from './generate/lifecycle.ts';
import { generateReference } from './generate/reference.ts';
import { generateRules } from './generate/rules.ts';
import { generateInstall, generateJobs, generateTemplates } from './generate/templates.ts';
import { generateTypes } from './generate/types.ts';
import { generateValidator } from './generate/validator.ts';

const definition = 'crds/mysqls.otus.homework.yaml';
const crd = await readCrd(definition);

const files: Record<string, string> = {
  'src/api/types.generated.ts': await generateTypes(crd),
  'src/validate/schema.generated.js': await generateValidator(crd),
  'src/validate/rules.generated.ts': generateRules(crd),
  'src/render/templates.generated.ts': await generateTemplates('templates'),
  'src/render/jobs.generated.ts': await generateJobs('templates'),
  'src/render/install.generated.ts': await generateInstall('templates', definition),
  // kustomize reads nothing above a component's folder, and no link that leaves it.
  'deploy/argocd/plugin.yaml': await readFile('plugin.yaml', 'utf8'),
  'docs/reference.md': generateReference(crd),
  'docs/plan.md': generateConsequences(await readFile('docs/plan.md', 'utf8')),
  'docs/lifecycle.md': generateLifecycle(await readFile('docs/lifecycle.md', 'utf8')),
};

const check = process.argv.includes('--check');
const stale: string[] = [];
for (const [file, content] of Object.entries(files)) {
  if ((await readFile(file, 'utf8').catch(() => '')) === content) continue;
  stale.push(file);
  if (check) continue;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}
if (check && stale.length > 0) {
  console.error(`error: these generated files are stale: ${stale.join(', ')}; run \`npm run generate\``);
  process.exitCode = 1;
}
