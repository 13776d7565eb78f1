// Keeps credentials out of what people see. git itself takes passwords out of most of its messages, but not of all, and
// what a server or a helper says passes through unread.

import type { ConfigEntry } from './config.ts';

/** Changes a text so that it holds no credential. */
export type Hide = (text: string) => string;

/**
 * Takes user and password out of all URLs of a text, and what stands behind a question mark, such as `?access_token=`; an SSH
 * user, who has no secret, stays. A quote may stand in a password, so it ends none.
 */
export function hideInUrls(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*):\/\/([^\s/@:]*)(:[^\s]*)?@(?=[^\s@]*)/gi, (_, scheme: string, user: string) =>
      /ssh/i.test(scheme) ? `${scheme}://${user}@` : `${scheme}://`,
    )
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^\s?]*\?)\S+?(?=['"]?[:.,;)]*(?:\s|$))/gi, '$1***');
}

/**
 * Makes a function that hides the credentials that stand in git's configuration and in some URLs, wherever they appear.
 *
 * @param urls that the user gave
 */
export function createHide(config: readonly ConfigEntry[], urls: readonly string[]): Hide {
  const secrets = [
    ...config.flatMap(({ key, value }) => (/^http\.(.*\.)?extraheader$/i.test(key) ? secretsOfHeader(value) : [])),
    ...[...urls, ...config.flatMap(({ key, value }) => [withoutName(key), value])].flatMap((text) => [
      ...secretsOfUrl(text),
      ...secretsOfQuery(text),
    ]),
  ];
  // The longest first, since one may be a part of another.
  const literal = [...new Set(secrets)].filter(({ length }) => length >= 4).sort((a, b) => b.length - a.length);
  return (text) => literal.reduce((rest, secret) => rest.replaceAll(secret, '***'), hideInUrls(text));
}

/** `http.https://host/.proxy` without the last part. */
function withoutName(key: string): string {
  return key.replace(/\.[^.]*$/s, '');
}

/** `Authorization: Basic dXNlcjp0b2tlbg==`: what is coded, and what it says. */
function secretsOfHeader(header: string): string[] {
  const value = header.slice(header.indexOf(':') + 1).trim();
  const token = value.split(/\s+/).at(-1) ?? '';
  const decoded = /^[A-Za-z0-9+/]+=*$/.test(token) ? Buffer.from(token, 'base64').toString() : '';
  return [
    value,
    token,
    ...(/^[\x20-\x7e]+:[\x20-\x7e]+$/.test(decoded) ? [decoded.slice(decoded.indexOf(':') + 1)] : []),
  ];
}

function secretsOfUrl(text: string): string[] {
  const [, user = '', password] = /^[^:]*:\/\/([^/@:]*)(?::(.*))?@/s.exec(text.replace(/^url\./, '')) ?? [];
  // A user without a password may be a token.
  const secret = password ?? (/^ssh|^git\+ssh/i.test(text) ? '' : user);
  return [secret, decode(secret)];
}

/** The values behind the question mark of a URL whose names say that they let somebody in; `?ref=main` is no secret. */
function secretsOfQuery(text: string): string[] {
  const [, query = ''] = /^[^:?]*:\/\/[^?]*\?(.*)$/s.exec(text.replace(/^(?:url|http|credential)\./, '')) ?? [];
  return query.split('&').flatMap((part) => {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(part) ?? [];
    return SECRET_NAMES.test(name) ? [value, decode(value)] : [];
  });
}

/** As code hosts call what lets somebody in. */
const SECRET_NAMES = /token|secret|passw|pwd|auth|credential|signature|sig$|key$|^pat$|jwt|session|code/i;

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
