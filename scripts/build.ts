// Bundles what ships: the program, with templates and validator within; and beside it what talks to a cluster, which is
// larger than all else together, and what publishes by git: each is loaded only by the commands that need it. See
// docs/adr/0010-two-bundles.md.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import * as esbuild from 'esbuild';
import type { BuildOptions, Metafile, Plugin } from 'esbuild';

/** These are files of their own: what they hold must be there once, or `instanceof` would not know its errors. */
const APART: Readonly<Record<string, string>> = {
  'src/start.ts': 'kubectl-mysql',
  'src/main.ts': 'program',
  'src/cli/online.ts': 'online',
  'src/cli/publish.ts': 'publish',
  'src/errors.ts': 'errors',
};

/** Packages that only one file may hold. */
const ONLY_IN: Readonly<Record<string, RegExp>> = {
  online: /node_modules\/(@kubernetes|undici|prom-client)\//,
  publish: /node_modules\/(simple-git|@simple-git|@kwsites)\//,
};

const PROLOGUE = "const importMetaUrl=require('node:url').pathToFileURL(__filename).href;";
/**
 * undici's parser is WebAssembly, for which the optimising compiler takes 35 MiB, once: the peak of an idle watcher. And
 * answers are garbage a moment later: the heap grows by a third before it is collected, not to its fourfold.
 */
const SMALL = "for(const flag of['--liftoff-only','--optimize-for-size'])require('node:v8').setFlagsFromString(flag);";

const BANNERS: Readonly<Record<string, string>> = {
  'kubectl-mysql': '#!/usr/bin/env node',
  program: `(function(exports,require,module,__filename,__dirname){${PROLOGUE}`,
  online: SMALL + PROLOGUE,
};

/**
 * Of the two large libraries only what is used, which halves what a watcher loads and spares it 15 MiB: client-node's modules
 * do nothing when they are loaded, which its package does not say, and of undici two classes are wanted.
 */
const onlyUsed: Plugin = {
  name: 'only-used',
  setup(build) {
    const asked = Symbol('asked');
    build.onResolve({ filter: /./ }, async ({ pluginData, path, ...from }) => {
      const isClient =
        path.startsWith('@kubernetes/client-node') || from.importer.includes('/@kubernetes/client-node/');
      if (!isClient || pluginData === asked) return undefined;
      const { resolveDir, kind, importer } = from;
      const found = await build.resolve(path, { resolveDir, kind, importer, pluginData: asked });
      return found.path.includes('/@kubernetes/client-node/') ? { ...found, sideEffects: false } : found;
    });
    build.onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'only-used' }));
    build.onLoad({ filter: /^undici$/, namespace: 'only-used' }, () => ({
      resolveDir: 'node_modules/undici',
      contents: UNDICI,
    }));
  },
};

/** As in undici's own index.js. Modules of client-node that are not used, and left out, name `fetch`. */
const UNDICI = `import api from './lib/api/index.js';
  import Dispatcher from './lib/dispatcher/dispatcher.js';
  Object.assign(Dispatcher.prototype, api);
  export { default as Agent } from './lib/dispatcher/agent.js';
  export { default as ProxyAgent } from './lib/dispatcher/proxy-agent.js';
  export const fetch = () => { throw new Error('fetch is not in this bundle'); };`;

/** Leaves imports of the other entries to Node. */
const apart: Plugin = {
  name: 'apart',
  setup(build) {
    build.onResolve({ filter: /\/(online|publish|errors)\.ts$/ }, ({ path, importer, resolveDir, kind }) => {
      if (importer === '') return undefined;
      const source = new URL(path, `file://${resolveDir}/`).pathname.slice(process.cwd().length + 1);
      const name = APART[source];
      if (name === undefined) return undefined;
      if (name !== 'errors' && kind !== 'dynamic-import')
        return { errors: [{ text: `${name}.ts is imported by await import() only` }] };
      return { path: `./${name}.js`, external: true };
    });
  },
};

/**
 * Puts nothing in the place of the package `debug`: simple-git would write all that git says, credentials too, to standard
 * error when the variable DEBUG asks for it.
 */
const noDebug: Plugin = {
  name: 'no-debug',
  setup(build) {
    build.onResolve({ filter: /^debug$/ }, () => ({ path: 'debug', namespace: 'no-debug' }));
    build.onLoad({ filter: /.*/, namespace: 'no-debug' }, () => ({
      contents: `const log = () => undefined;
        log.extend = () => log;
        module.exports = Object.assign(() => log, { formatters: {}, default: () => log });`,
    }));
  },
};

async function bundle(source: string, name: string): Promise<Metafile> {
  const options = {
    entryPoints: [source],
    outfile: `dist/${name}.js`,
    bundle: true,
    metafile: true,
    platform: 'node',
    target: 'node20.19',
    // CommonJS starts faster than an ES module, and runs under any file name.
    format: 'cjs',
    minify: true,
    legalComments: 'none',
    plugins: [apart, noDebug, onlyUsed],
    // Node would look through a CommonJS file that is imported for the names that it exports: a fifth of the watcher's start.
    supported: { 'dynamic-import': false },
    // ES modules within a CommonJS file ask where they are.
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: BANNERS[name] ?? PROLOGUE },
    footer: { js: name === 'program' ? '})' : '' },
    logLevel: 'warning',
  } satisfies BuildOptions;
  return (await esbuild.build(options)).metafile;
}

await rm('dist', { recursive: true, force: true });
for (const [source, name] of Object.entries(APART)) {
  const { inputs } = await bundle(source, name);
  for (const [home, packages] of Object.entries(ONLY_IN)) {
    const strange = name === home ? undefined : Object.keys(inputs).find((file) => packages.test(file));
    if (strange !== undefined) throw new Error(`${name}.js would hold ${strange}, which belongs into ${home}.js`);
  }
}
await chmod('dist/kubectl-mysql.js', 0o755);
await writeFile('dist/package.json', '{ "type": "commonjs" }\n');
makeCache();

/** Runs the program once, and keeps what V8 made of the parts that ran, for src/start.ts. */
function makeCache(): void {
  const filename = resolve('dist/program.js');
  // It is read byte by byte, which is faster; esbuild escapes all but what stands in a regular expression.
  if (/[^\u0000-\u007f]/.test(readFileSync(filename, 'utf8'))) throw new Error('program.js must be ASCII');
  const code = `
    const { readFileSync, writeFileSync } = require('node:fs');
    const script = new (require('node:vm').Script)(readFileSync(${JSON.stringify(filename)}, 'latin1'));
    const load = require('node:module').createRequire(${JSON.stringify(filename)});
    script.runInThisContext()({}, load, {}, ${JSON.stringify(filename)}, ${JSON.stringify(dirname(filename))});
    const file = ${JSON.stringify(resolve('dist/program.cache'))};
    process.on('exit', () => writeFileSync(file, script.createCachedData()));`;
  const words = ['-e', code, 'kubectl-mysql', 'render', '-f', 'examples/seed.yaml'];
  execFileSync(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'] });
}
