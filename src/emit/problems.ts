// Problems as text for people, as JSON, and as SARIF for annotations in a pull request.

import type { Problem } from '../errors.ts';

export const REPORT_FORMATS = ['text', 'json', 'sarif'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** One line for people: `error: shop.yaml:7:3: spec.storge: unknown field`. */
export function formatProblem({ severity, file, position, path, message }: Problem): string {
  const field = path === '' ? '' : `${path}: `;
  return `${severity}: ${file}:${String(position.line)}:${String(position.column)}: ${field}${message}`;
}

/** A JSON report. */
export function formatJsonReport(problems: readonly Problem[]): string {
  const items = problems.map(({ severity, rule, file, position, path, message }) => ({
    severity,
    rule,
    file,
    line: position.line,
    column: position.column,
    path,
    message,
  }));
  return `${JSON.stringify({ problems: items }, null, 2)}\n`;
}

/**
 * A SARIF 2.1.0 report (OASIS standard), which code hosts show beside the lines.
 *
 * @param version of kubectl-mysql
 */
export function formatSarif(problems: readonly Problem[], version: string): string {
  const rules = [...new Set(problems.map(({ rule }) => rule))].sort();
  const report = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'kubectl-mysql', version, rules: rules.map((id) => ({ id })) } },
        results: problems.map(({ severity, rule, file, position, path, message }) => ({
          ruleId: rule,
          level: severity,
          message: { text: path === '' ? message : `${path}: ${message}` },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: encodePath(file) },
                region: { startLine: position.line, startColumn: position.column },
              },
            },
          ],
        })),
      },
    ],
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** A path as a relative reference (RFC 3986); `#` and `?` would end it. */
function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
