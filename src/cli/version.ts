// kubectl mysql version

import manifest from '../../package.json' with { type: 'json' };
import { EXIT } from '../errors.ts';
import type { Run } from './command.ts';

/** The version of this program. */
export const VERSION = manifest.version;

export const version: Run = async ({ strings }, io) => {
  const text =
    strings['output'] === 'json' ? `${JSON.stringify({ version: VERSION })}\n` : `kubectl-mysql ${VERSION}\n`;
  await io.writeOut(text);
  return EXIT.ok;
};
