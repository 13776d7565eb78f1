// Bundles what ships: one executable file, templates and validator within.

import { chmod, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: ['src/main.ts'],
  outfile: 'dist/kubectl-mysql.js',
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  // CommonJS starts faster than an ES module, and runs under any file name.
  format: 'cjs',
  minify: true,
  legalComments: 'none',
  // ES modules within a CommonJS file ask where they are.
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "#!/usr/bin/env node\nconst importMetaUrl=require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
});
await chmod('dist/kubectl-mysql.js', 0o755);
await writeFile('dist/package.json', '{ "type": "commonjs" }\n');
