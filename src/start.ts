// What runs as `kubectl-mysql`, and what is loaded as the online commands: it starts the file of its code with what V8 made of
// that at build time, which saves half of the start. V8 takes that for its own version and flags only; with another Node the
// code is compiled at every start.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';

/** The name of the file without its ending, which the build puts here. */
declare const STARTED: string;

/** The function that Node makes of every CommonJS file; the build has put it around the code. */
type Code = (...values: readonly [exports: object, require: NodeJS.Require, module: object, ...string[]]) => void;

const filename = join(__dirname, `${STARTED}.js`);

function readCache(): { cachedData?: Buffer } {
  try {
    return { cachedData: readFileSync(join(__dirname, `${STARTED}.cache`)) };
  } catch {
    return {};
  }
}

// The bundle is ASCII.
const script = new Script(readFileSync(filename, 'latin1'), { filename, ...readCache() });
(script.runInThisContext() as Code)(exports as object, require, module, filename, __dirname);
