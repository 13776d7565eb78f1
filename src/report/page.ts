// A report as a page for people.

import type { NextStep, Obstacle, Phase, StatusReport, VolumeReport, WatcherReport } from './report.ts';
import { escapeControls, formatAge, formatBytes, formatSince, type Paint, type Style } from './text.ts';

/** How to write it. */
export interface PageOptions {
  readonly now: number;
  readonly paint: Paint;
}

const STYLES: Readonly<Record<Phase, Style>> = {
  Ready: 'good',
  Paused: 'notice',
  NotManaged: 'notice',
  Starting: 'notice',
  Restoring: 'notice',
  ChangingPassword: 'notice',
  Deleting: 'notice',
  Working: 'notice',
  Waiting: 'bad',
  Stalled: 'bad',
};

/** The phase as people read it. */
export function formatPhase(phase: Phase): string {
  const words = phase.replace(/([a-z])([A-Z])/g, '$1 $2');
  return words.charAt(0) + words.slice(1).toLowerCase();
}

export function stylePhase(phase: Phase): Style {
  return STYLES[phase];
}

/** Writes one report. */
export function formatPage(report: StatusReport, options: PageOptions): string {
  const { paint, now } = options;
  const { namespace, name, phase, since, message } = report;
  const state = paint(STYLES[phase], formatPhase(phase));
  const age = since === null ? '' : ` for ${formatSince(since, now)}`;
  const head = `${paint('strong', name)} in the namespace ${namespace}: ${state}${age}`;
  return [
    head,
    `  ${message}`,
    ...formatObstacles(report, options),
    ...formatNext(report.next, options),
    '',
    ...formatFacts(report, options),
    ...formatConditions(report, options),
    ...formatUnreadable(report),
    '',
  ].join('\n');
}

function formatObstacles({ waitingFor }: StatusReport, options: PageOptions): string[] {
  if (waitingFor.length === 0) return [];
  return ['', options.paint('strong', 'Waits for'), ...waitingFor.flatMap((each) => formatObstacle(each, options))];
}

function formatObstacle({ reason, message, object, since, evidence }: Obstacle, { paint, now }: PageOptions): string[] {
  const where = [object, since === null ? undefined : `for ${formatSince(since, now)}`].filter(Boolean).join(', ');
  return [
    `  ${paint('notice', reason)}${where === '' ? '' : ` (${where})`}: ${message}`,
    ...evidence.map(({ kind, text }) => paint('faint', `    ${kind}: ${text}`)),
  ];
}

function formatNext(next: NextStep | null, { paint }: PageOptions): string[] {
  if (next === null) return [];
  return ['', paint('strong', 'Next'), `  ${next.text}`, ...(next.command === null ? [] : [`  $ ${next.command}`])];
}

function formatFacts(report: StatusReport, options: PageOptions): string[] {
  const rows: (readonly [string, string | undefined])[] = [
    ['Server', formatServer(report)],
    ['Password', formatPassword(report, options)],
    ...report.volumes.map(
      (volume) => [volume.role === 'data' ? 'Data' : 'Backups', formatVolume(volume, report)] as const,
    ),
    ['Last backup', formatBackup(report, options)],
    ['Restored', report.restoredFrom === null ? undefined : `from the backup ${report.restoredFrom}`],
    [
      'Deletion',
      report.deletionRequestedAt === null
        ? undefined
        : `asked for ${formatSince(report.deletionRequestedAt, options.now)} ago`,
    ],
    ['Watcher', formatWatcher(report.watcher)],
  ];
  return rows.flatMap(([label, text]) => (text === undefined ? [] : [`${label.padEnd(13)}${escapeControls(text)}`]));
}

function formatServer({ server }: StatusReport): string {
  const { image, version, pod, node, ready, restarts } = server;
  const restarted = restarts === 0 ? undefined : `${String(restarts)} restart${restarts === 1 ? '' : 's'}`;
  return [
    image ?? 'image unknown',
    version === null ? undefined : `MySQL ${version}`,
    pod === null ? 'no pod' : `${ready ? 'Ready' : 'not Ready'}, pod ${pod}${node === null ? '' : ` on ${node}`}`,
    restarted,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}

function formatPassword({ password: { state, overlapUntil } }: StatusReport, { now }: PageOptions): string {
  switch (state) {
    case 'InSync':
      return 'the one in git is in force';
    case 'Changing':
      return 'is being changed; the old one works until then';
    case 'Overlap':
      return formatOverlap(overlapUntil, now);
    case 'Missing':
      return 'its Secret is missing';
    case 'Unknown':
      return 'not told yet';
  }
}

/** Only a watcher discards the old one. */
function formatOverlap(until: string | null, now: number): string {
  if (until === null) return 'changed; the old one still works';
  const left = Date.parse(until) - now;
  if (left <= 0) return `changed; the old one still works, although its time was over at ${until}`;
  return `changed; the old one works for another ${formatAge(left)} (until ${until})`;
}

function formatVolume(report: VolumeReport, { unreadable }: StatusReport): string {
  const { claim, phase, size, className, volume } = report;
  if (phase === 'Missing') {
    return unreadable.includes('persistentvolumeclaims')
      ? `claim ${claim} may not be read`
      : `claim ${claim} is not there`;
  }
  return [
    size ?? 'size unknown',
    className === null || className === '' ? undefined : `class ${className}`,
    volume === null ? `claim ${claim} ${phase}` : `${phase} to ${volume}`,
    volume === null ? undefined : formatPolicy(report, unreadable.includes('persistentvolumes')),
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}

function formatPolicy({ reclaimPolicy }: VolumeReport, isUnreadable: boolean): string {
  if (reclaimPolicy === null) return isUnreadable ? 'its reclaim policy may not be read' : 'which is gone';
  return reclaimPolicy === 'Retain' ? 'Retain' : `${reclaimPolicy}: it goes with its claim`;
}

function formatBackup({ lastBackup }: StatusReport, { now }: PageOptions): string {
  if (lastBackup === null) return 'none yet';
  const { name, time, bytes, serverVersion, source } = lastBackup;
  return [
    name,
    time === null ? undefined : `${formatSince(time, now)} old`,
    bytes === null ? undefined : formatBytes(bytes),
    serverVersion === null ? undefined : `MySQL ${serverVersion}`,
    source ?? undefined,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}

function formatWatcher({ state, evidence, version }: WatcherReport): string {
  const words = { Running: 'runs', NotReady: 'is not ready', NotFound: 'not found', Unknown: 'unknown' }[state];
  return `${words}${version === null ? '' : ` (${version})`}: ${evidence}`;
}

function formatConditions({ conditions }: StatusReport, { paint, now }: PageOptions): string[] {
  if (conditions.length === 0) return [];
  const rows = conditions.map(({ type, status, reason, message, lastTransitionTime }) => {
    const said = escapeControls(message === '' ? reason : `${reason}: ${message}`);
    return `  ${type}=${status} for ${formatSince(lastTransitionTime, now)}  ${paint('faint', said)}`;
  });
  return ['', paint('strong', 'Conditions'), ...rows];
}

function formatUnreadable({ unreadable }: StatusReport): string[] {
  return unreadable.length === 0 ? [] : ['', `May not be read: ${unreadable.join(', ')}`];
}
