// Where a repository is, as people may see it.

import { isAbsolute, resolve } from 'node:path';
import { hideInUrls } from '../git/redact.ts';

/** `https://…`, `ssh://…`, also `ext::…`, which git itself refuses unless it is told otherwise. */
const URL_LIKE = /^[A-Za-z][A-Za-z0-9+.-]*::?\/\/|^[A-Za-z][A-Za-z0-9+.-]*::/;
/** `git@host:path`, ssh's own way. */
const SCP_LIKE = /^(?<user>[^/@:]+@)?(?<host>\[[^\]]+\]|[^/:]+):(?<path>.*)$/s;

/**
 * Makes a repository's place that a user wrote independent of the folder that git runs in.
 *
 * @param folder that the user is in
 */
export function locate(repository: string, folder: string): string {
  const isPlace = isAbsolute(repository) || URL_LIKE.test(repository) || SCP_LIKE.test(repository);
  return isPlace ? repository : resolve(folder, repository);
}

/** A place without credentials, for messages. */
export function displayUrl(place: string): string {
  // git takes blanks in a URL, and in text they end it.
  return hideInUrls(URL_LIKE.test(place) ? place.replace(/\s/g, '%20') : place);
}

/**
 * A place as a URL that means the same to everybody, without credentials.
 *
 * @returns undefined for a folder of this machine
 */
export function referenceUrl(place: string): string | undefined {
  const url = URL_LIKE.test(place) ? place : scpToUrl(place);
  if (url === undefined || !/^(?:https?|ssh|git):\/\//i.test(url)) return undefined;
  const shown = displayUrl(url).replace(/\?.*$/s, '');
  return URL.canParse(shown) ? shown : undefined;
}

function scpToUrl(place: string): string | undefined {
  if (isAbsolute(place)) return undefined;
  const { user = '', host, path = '' } = SCP_LIKE.exec(place)?.groups ?? {};
  if (host === undefined) return undefined;
  return `ssh://${user}${host}/${path.replace(/^\//, '')}`;
}
