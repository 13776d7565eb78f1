// kubectl mysql validate

import { EXIT, type Problem } from '../errors.ts';
import { formatJsonReport, formatProblem, formatSarif, type ReportFormat } from '../emit/problems.ts';
import { isMySQL } from '../validate/identity.ts';
import { loadResources } from './load-resources.ts';
import type { Run } from './command.ts';
import { VERSION } from './version.ts';

export const validate: Run = async (options, io) => {
  const format = (options.strings['output'] ?? 'text') as ReportFormat;
  const { objects, problems } = await loadResources(options, io);
  const resources = objects.filter(isMySQL).length;
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (format === 'text') for (const problem of problems) io.writeError(formatProblem(problem));
  else await io.writeOut(formatReport(problems, format));
  if (errors > 0) return EXIT.invalid;
  if (resources === 0) {
    io.writeError('error: there is no MySQL resource in the input');
    return EXIT.invalid;
  }
  if (format === 'text')
    io.writeError(`${String(resources)} ${resources === 1 ? 'resource is' : 'resources are'} valid`);
  return EXIT.ok;
};

function formatReport(problems: readonly Problem[], format: 'json' | 'sarif'): string {
  return format === 'json' ? formatJsonReport(problems) : formatSarif(problems, VERSION);
}
