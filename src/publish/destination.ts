// Which repository is published to.

import { UsageError } from '../errors.ts';
import type { ConfigEntry } from '../git/config.ts';
import { locate } from './repository-url.ts';
import { REMOTE } from './scratch.ts';
import { defaultRemote } from './source.ts';

/** What of a named remote counts for reaching it; how its branches are followed here does not. */
const SETTINGS = ['url', 'pushurl', 'proxy', 'proxyauthmethod', 'receivepack', 'serveroption', 'uploadpack', 'vcs'];

/** A repository to publish to. */
export interface Destination {
  /** The URL or folder, as it was written. */
  readonly place: string;
  /** The throw-away repository's remote. */
  readonly remote: readonly ConfigEntry[];
}

/**
 * Chooses the repository to publish to.
 *
 * @param config that counts in the source repository
 * @param given a remote's name, a URL or a folder; undefined for the default remote
 * @param workingFolder that the user is in
 */
export function chooseDestination(
  config: readonly ConfigEntry[],
  given: string | undefined,
  workingFolder: string,
): Destination {
  const name = given ?? defaultRemote(config);
  if (name === undefined) {
    throw new UsageError('say with --repo which repository is published to: the source has no remote origin');
  }
  const settings = SETTINGS.map((setting) => ({ setting, values: valuesOf(config, `remote.${name}.${setting}`) }));
  const valuesFor = (setting: string): readonly string[] =>
    settings.find((each) => each.setting === setting)?.values ?? [];
  // What is pushed to is what is looked at.
  const urls = [valuesFor('pushurl'), valuesFor('url')].find((values) => values.length > 0) ?? [
    locate(name, workingFolder),
  ];
  const [place = ''] = urls;
  if (urls.length > 1) throw new UsageError(`the remote ${name} has more than one URL; give one of them with --repo`);
  const others = settings.filter(({ setting }) => setting !== 'url' && setting !== 'pushurl');
  const entries = [{ setting: 'url', values: [place] }, ...others];
  return {
    place,
    remote: entries.flatMap(({ setting, values }) =>
      values.map((value) => ({ key: `remote.${REMOTE}.${setting}`, value })),
    ),
  };
}

/** Whether a destination is the one that counts when none is named, however it is named. */
export function isDefault({ place }: Destination, config: readonly ConfigEntry[], workingFolder: string): boolean {
  const name = defaultRemote(config);
  const urls = ['url', 'pushurl'].flatMap((setting) => valuesOf(config, `remote.${name ?? ''}.${setting}`));
  return urls.some((url) => locate(url, workingFolder) === locate(place, workingFolder));
}

function valuesOf(config: readonly ConfigEntry[], key: string): readonly string[] {
  return config.flatMap((entry) => (entry.key === key ? [entry.value] : []));
}
