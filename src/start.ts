// What runs as `kubectl-mysql`: it starts the program with what V8 made of it at build time, which saves half of the start.
// V8 takes that for its own version and flags only; with another Node the program is compiled at every start.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';

/** The function that Node makes of every CommonJS file; the build has put it around the program. */
type Program = (...values: readonly [exports: object, require: NodeJS.Require, module: object, ...string[]]) => void;

const filename = join(__dirname, 'program.js');

function readCache(): { cachedData?: Buffer } {
  try {
    return { cachedData: readFileSync(join(__dirname, 'program.cache')) };
  } catch {
    return {};
  }
}

// The bundle is ASCII.
const script = new Script(readFileSync(filename, 'latin1'), { filename, ...readCache() });
(script.runInThisContext() as Program)(exports as object, require, module, filename, __dirname);
