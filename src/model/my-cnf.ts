// The server's option file.

import { compareQuantities, parseQuantity } from '../parse/quantity.ts';

const MIB = 1024n * 1024n;
const NANO = 1_000_000_000n;
/** What the server needs beside the buffer pool: code, performance_schema, connections. */
const RESERVED = 512n * MIB;
/** InnoDB rounds the pool up to a multiple of its chunk size, and this is its default for both. */
const CHUNK = 128n * MIB;

/**
 * Sizes InnoDB's buffer pool: three quarters of what the memory limit leaves beside the server itself.
 *
 * @param memoryLimit a quantity
 * @returns bytes; undefined when MySQL's default of 128 MiB is as good
 */
export function bufferPoolSize(memoryLimit: string): bigint | undefined {
  const limit = parseQuantity(memoryLimit);
  const least = { nanos: (RESERVED + CHUNK) * NANO, format: 'BinarySI' } as const;
  if (!limit || compareQuantities(limit, least) <= 0) return undefined;
  const pool = ((limit.nanos / NANO - RESERVED) * 3n) / 4n;
  const chunks = pool / CHUNK;
  return chunks > 1n ? chunks * CHUNK : undefined;
}

/** What the option file says besides the user's own options. */
export interface OptionFileInput {
  readonly config: Readonly<Record<string, string | number>>;
  readonly memoryLimit: string | undefined;
}

/**
 * Writes my.cnf. `[client]` names the account, so that `mysql -p` within the container works although it does not run as
 * root. The official image's own defaults are repeated, because the folder that holds them is covered by this file's.
 */
export function buildMyCnf({ config, memoryLimit }: OptionFileInput): string {
  const pool = memoryLimit === undefined ? undefined : bufferPoolSize(memoryLimit);
  const options: Record<string, string | number> = {
    host_cache_size: 0,
    skip_name_resolve: 'ON',
    ...(pool === undefined ? {} : { innodb_buffer_pool_size: String(pool) }),
    ...config,
  };
  const lines = Object.keys(options)
    .sort()
    .map((name) => `${name}=${quoteOption(String(options[name]))}`);
  return [
    '[mysqld]',
    'datadir=/var/lib/mysql/data',
    'pid_file=/var/run/mysqld/mysqld.pid',
    'socket=/var/run/mysqld/mysqld.sock',
    ...lines,
    '',
    '[client]',
    'socket=/var/run/mysqld/mysqld.sock',
    'user=root',
    '',
  ].join('\n');
}

/** MySQL reads escapes and `#` in a value and cuts blanks off, so all but plain values stand in quotes. */
function quoteOption(value: string): string {
  if (/^[A-Za-z0-9_.,:;/@%+*=-]*$/.test(value)) return value;
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
