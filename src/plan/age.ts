// How old a backup is, in words.

const UNITS: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];

/** `3 days`, `1 hour`: in the largest unit that fits. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [size, name] = UNITS.find(([each]) => seconds >= each) ?? [1, 'second'];
  const count = Math.floor(seconds / size);
  return `${String(count)} ${name}${count === 1 ? '' : 's'}`;
}

/**
 * Names a backup and says how old it is.
 *
 * @returns undefined when neither its name nor its time is known
 */
export function describeBackup({ name, time }: { name: unknown; time: unknown }, now: number): string | undefined {
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  const age = Number.isNaN(at) ? '' : ` (${formatAge(now - at)} old)`;
  if (typeof name === 'string') return `the backup ${name}${age}`;
  return age === '' ? undefined : `the newest backup${age}`;
}
