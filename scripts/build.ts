// Bundles what ships: the program, with templates and validator within; and beside it what talks to a cluster, which is
// larger than all else together, and what publishes by git: each is loaded only by the commands that need it, the two larger
// ones with V8's code cache. See docs/adr/0010-two-bundles.md.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import * as esbuild from 'esbuild';
import type { BuildOptions, Metafile, Plugin } from 'esbuild';

/** These are files of their own: what they hold must be there once, or `instanceof` would not know its errors. */
const APART: Readonly<Record<string, string>> = {
  'kubectl-mysql': 'src/start.ts',
  program: 'src/main.ts',
  online: 'src/start.ts',
  'online-commands': 'src/cli/online.ts',
  publish: 'src/cli/publish.ts',
  errors: 'src/errors.ts',
};

/** src/start.ts is there twice: as the first file it starts the other, with what V8 made of that at build time. */
const STARTS: Readonly<Record<string, string>> = { 'kubectl-mysql': 'program', online: 'online-commands' };

/** The files that are so started, each with a command that runs what is kept, and how that ends. */
const CACHED: Readonly<Record<string, { words: readonly string[]; code: number }>> = {
  program: { words: ['render', '-f', 'examples/seed.yaml'], code: 0 },
  // It loads all and finds no cluster. A watcher that had looked for its API server would have a start of 150 ms made 10 ms
  // shorter, but does not end by itself.
  'online-commands': { words: ['watch', '--kubeconfig', '/dev/null'], code: 2 },
};

/** Packages that only one file may hold. */
const ONLY_IN: Readonly<Record<string, RegExp>> = {
  'online-commands': /node_modules\/(@kubernetes|undici|prom-client)\//,
  publish: /node_modules\/(simple-git|@simple-git|@kwsites)\//,
};

/** The function that Node makes of every CommonJS file, and src/start.ts of those that it reads by itself. */
const OPENING = '(function(exports,require,module,__filename,__dirname){';
const PROLOGUE = "const importMetaUrl=require('node:url').pathToFileURL(__filename).href;";
/**
 * undici's parser is WebAssembly, for which the optimising compiler takes 35 MiB, once: the peak of an idle watcher. And
 * answers are garbage a moment later: the heap grows by a third before it is collected, not to its fourfold.
 */
const SMALL = "for(const flag of['--liftoff-only','--optimize-for-size'])require('node:v8').setFlagsFromString(flag);";

const BANNERS: Readonly<Record<string, string>> = {
  'kubectl-mysql': '#!/usr/bin/env node',
  // Before the cache is read: V8 refuses one that was made under other flags.
  online: SMALL,
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
      if (!Object.values(APART).includes(source)) return undefined;
      const name = basename(source, '.ts');
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
    define: {
      'import.meta.url': 'importMetaUrl',
      STARTED: JSON.stringify(STARTS[name] ?? ''),
      MADE_BY: JSON.stringify(`${process.version} ${process.platform} ${process.arch}`),
    },
    banner: { js: BANNERS[name] ?? (name in CACHED ? OPENING : '') + PROLOGUE },
    footer: { js: name in CACHED ? '})' : '' },
    logLevel: 'warning',
  } satisfies BuildOptions;
  return (await esbuild.build(options)).metafile;
}

await rm('dist', { recursive: true, force: true });
for (const [name, source] of Object.entries(APART)) {
  const { inputs } = await bundle(source, name);
  for (const [home, packages] of Object.entries(ONLY_IN)) {
    const strange = name === home ? undefined : Object.keys(inputs).find((file) => packages.test(file));
    if (strange !== undefined) throw new Error(`${name}.js would hold ${strange}, which belongs into ${home}.js`);
  }
}
await chmod('dist/kubectl-mysql.js', 0o755);
await writeFile('dist/package.json', '{ "type": "commonjs" }\n');
for (const [name, { words, code }] of Object.entries(CACHED)) {
  const ended = keepCache(name, words);
  if (ended.status !== code) throw new Error(`${words.join(' ')}: ${ended.stderr}`);
}

/** Runs the program once, as people do, and keeps what V8 made of the functions of one file that ran, for src/start.ts. */
function keepCache(name: string, words: readonly string[]): { status: number | null; stderr: string } {
  const filename = resolve(`dist/${name}.js`);
  // It is read byte by byte, which is faster; esbuild escapes all but what stands in a regular expression.
  if (/[^\u0000-\u007f]/.test(readFileSync(filename, 'utf8'))) throw new Error(`${name}.js must be ASCII`);
  const code = `
    const vm = require('node:vm');
    const { writeFileSync } = require('node:fs');
    vm.Script = class extends vm.Script {
      constructor(text, options) {
        super(text, options);
        if (options.filename !== ${JSON.stringify(filename)}) return;
        const file = ${JSON.stringify(resolve(`dist/${name}.cache`))};
        process.on('exit', () => writeFileSync(file, this.createCachedData()));
      }
    };
    require(${JSON.stringify(resolve('dist/kubectl-mysql.js'))});`;
  // Without the environment of whoever builds: with V8's flags in it, the cache would be for those.
  const argv = ['-e', code, 'kubectl-mysql', ...words];
  return spawnSync(process.execPath, argv, { env: {}, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
}
