// Where the watcher listens: HOST:PORT as Go programs write it.

/** Where to listen; all addresses of the machine without a host. */
export interface Address {
  readonly host: string | undefined;
  readonly port: number;
}

/**
 * Reads `HOST:PORT`, `:PORT` or `[IPv6]:PORT`; `0` turns it off.
 *
 * @returns undefined for a text that is none of them
 */
export function parseAddress(text: string): Address | 'off' | undefined {
  if (text === '0') return 'off';
  const {
    v6,
    name = '',
    port = '',
  } = /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<name>[^:[\]\s]*)):(?<port>\d{1,5})$/.exec(text)?.groups ?? {};
  if (port === '' || Number(port) > 65_535) return undefined;
  const host = v6 ?? name;
  return { host: host === '' ? undefined : host, port: Number(port) };
}
