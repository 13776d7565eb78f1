// What runs as `kubectl-mysql`, and what is loaded as the online commands: it starts the file of its code with what V8 made of
// that at build time, which saves half of the start. V8 refuses that under other flags, and takes it for its own version; but
// two releases of Node with one version of V8 may differ, and crash with it (https://github.com/nodejs/node/issues/62781). So
// with any other Node the code is compiled at every start.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as V8 from 'node:v8';
import { Script } from 'node:vm';

/** The build puts here the name of the file without its ending, and the Node that made its cache. */
declare const STARTED: string;
declare const MADE_BY: string;

/**
 * Flags that the watcher's Deployment sets. The heap was made by them before any of this ran, and stays so; now they would only
 * have V8 refuse the cache, which was made without.
 */
const HEAP_SIZE = /--max[-_](?:old|semi)[-_]space[-_]size(?==)/g;

/** The function that Node makes of every CommonJS file; the build has put it around the code. */
type Code = (...values: readonly [exports: object, require: NodeJS.Require, module: object, ...string[]]) => void;

const load: NodeJS.Require = require;
const filename = join(__dirname, `${STARTED}.js`);

function readCache(): { cachedData?: Buffer } {
  if (MADE_BY !== `${process.version} ${process.platform} ${process.arch}`) return {};
  try {
    return { cachedData: readFileSync(join(__dirname, `${STARTED}.cache`)) };
  } catch {
    return {};
  }
}

// To load node:v8 takes 2 ms, so only where it is needed.
for (const flag of process.env['NODE_OPTIONS']?.match(HEAP_SIZE) ?? []) {
  (load('node:v8') as typeof V8).setFlagsFromString(`${flag}=0`);
}

// The bundle is ASCII.
const script = new Script(readFileSync(filename, 'latin1'), { filename, ...readCache() });
(script.runInThisContext() as Code)(exports as object, load, module, filename, __dirname);
