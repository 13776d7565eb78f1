// Which MySQL release may start on the data of which other one. Source: MySQL Reference Manual, "Upgrade Paths" and
// "Downgrade Paths".

/** What an image's tag says about its release. */
interface Release {
  /** For example `8.4`. */
  readonly series: string;
  readonly major: number;
  readonly minor: number;
  /** Undefined where the tag names the series only. */
  readonly patch: number | undefined;
}

/** Series that get long-term or bug-fix support: an upgrade may not skip one. The last one is the newest that is known. */
const SUPPORTED: readonly (readonly [major: number, minor: number])[] = [
  [5, 6],
  [5, 7],
  [8, 0],
  [8, 4],
  [9, 7],
];

/** The first series whose patch releases can be exchanged in both directions. */
const FIRST_LTS = [8, 4] as const;

/**
 * Reads the release of an image.
 *
 * @returns undefined where the tag does not tell it: `latest`, `8`, a digest alone, an image that is no MySQL by its name
 */
export function releaseOf(image: string): Release | undefined {
  const [path = ''] = image.split('@');
  const [, repository = '', tag = ''] = /^(.*?)(?::([^:/]+))?$/.exec(path) ?? [];
  return /(?:mysql|percona)[^/]*$/.test(repository) ? readTag(tag) : undefined;
}

function readTag(tag: string): Release | undefined {
  const found = /^v?([0-9]{1,2})\.([0-9]{1,2})(?:\.([0-9]{1,3}))?(?![0-9.])/.exec(tag);
  if (!found) return undefined;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  if (!isKnown({ major, minor })) return undefined;
  const patch = found[3] === undefined ? undefined : Number(found[3]);
  return { series: `${String(major)}.${String(minor)}`, major, minor, patch };
}

/** There is no MySQL 6 or 7, and none of 8 after 8.4; such a tag counts something else. */
function isKnown({ major, minor }: Pick<Release, 'major' | 'minor'>): boolean {
  return (major === 5 && minor >= 5 && minor <= 7) || (major === 8 && minor <= 4) || major >= 9;
}

/**
 * Says why MySQL would not start on the data of another release, or is not made for it.
 *
 * @returns undefined when it would, or when a tag does not tell its release
 */
export function refusedUpgrade(before: string, after: string): string | undefined {
  const [from, to] = [releaseOf(before), releaseOf(after)];
  if (!from || !to) return undefined;
  const way = compare([to.major, to.minor], [from.major, from.minor]);
  if (way < 0)
    return `MySQL ${to.series} does not start on data of MySQL ${from.series}; load a dump into a new server`;
  if (way === 0) return refusedPatch(from, to);
  const next = SUPPORTED.find((series) => compare(series, [from.major, from.minor]) > 0);
  if (next === undefined || compare([to.major, to.minor], next) <= 0) return undefined;
  const step = next.join('.');
  return `an upgrade from MySQL ${from.series} to ${to.series} is not supported, no series may be skipped; upgrade to ${step} first`;
}

/**
 * Tells an upgrade to another series: the data is changed, and the earlier series does not start on it any more.
 *
 * @returns the new series; undefined where it stays, or a tag does not tell it
 */
export function upgradedSeries(before: string, after: string): string | undefined {
  const [from, to] = [releaseOf(before), releaseOf(after)];
  return from && to && compare([to.major, to.minor], [from.major, from.minor]) > 0 ? to.series : undefined;
}

function refusedPatch(from: Release, to: Release): string | undefined {
  if (from.patch === undefined || to.patch === undefined || to.patch >= from.patch) return undefined;
  if (from.major !== 8 || compare([from.major, from.minor], FIRST_LTS) >= 0) return undefined;
  const [earlier, later] = [to, from].map(({ series, patch }) => `${series}.${String(patch)}`);
  return `MySQL ${earlier ?? ''} does not start on data of MySQL ${later ?? ''}; load a dump into a new server`;
}

function compare(a: readonly [number, number], b: readonly [number, number]): number {
  return a[0] - b[0] || a[1] - b[1];
}
