// Reports as a table, one line each.

import { formatPhase, stylePhase, type PageOptions } from './page.ts';
import type { StatusReport } from './report.ts';
import { formatColumns, formatSince } from './text.ts';

/** Writes a table as `kubectl get` does; with `-A` the namespaces come first. */
export function formatTable(
  reports: readonly StatusReport[],
  { now, paint, withNamespace }: PageOptions & { readonly withNamespace: boolean },
): string {
  const head = ['NAME', 'STATE', 'SINCE', 'SERVER', 'LAST BACKUP', 'MESSAGE'];
  const rows = reports.map((report) => {
    const { name, phase, since, server, lastBackup, message } = report;
    const backup = lastBackup === null ? '-' : formatSince(lastBackup.time, now);
    return [name, formatPhase(phase), formatSince(since, now), server.version ?? server.image ?? '-', backup, message];
  });
  const named = withNamespace ? reports.map(({ namespace }, at) => [namespace, ...(rows[at] ?? [])]) : rows;
  const [header = '', ...lines] = formatColumns([withNamespace ? ['NAMESPACE', ...head] : head, ...named]).split('\n');
  const painted = lines.map((line, at) => {
    const phase = reports[at]?.phase;
    return phase === undefined ? line : line.replace(formatPhase(phase), (word) => paint(stylePhase(phase), word));
  });
  return [header, ...painted].join('\n');
}
