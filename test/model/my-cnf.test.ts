// The server's option file.

import { describe, expect, it } from 'vitest';
import { bufferPoolSize, buildMyCnf } from '../../src/model/my-cnf.ts';

const MIB = 1024n * 1024n;

describe('the buffer pool is three quarters of what the limit leaves beside 512 MiB, in whole 128 MiB', () => {
  it.each([
    ['256Mi', undefined],
    ['640Mi', undefined],
    ['641Mi', undefined],
    ['853Mi', undefined],
    ['854Mi', 256n],
    ['1Gi', 384n],
    ['1G', 256n],
    ['2Gi', 1152n],
    ['4Gi', 2688n],
    ['4294967296', 2688n],
    ['64Gi', 48768n],
    ['1e3', undefined],
    ['nonsense', undefined],
  ])('%s gives %s MiB', (limit, mebibytes) => {
    expect(bufferPoolSize(limit)).toBe(mebibytes === undefined ? undefined : mebibytes * MIB);
  });
});

/** The option's line. */
function lineOf(config: Readonly<Record<string, string | number>>, option: string, memoryLimit?: string): string {
  const lines = buildMyCnf({ config, memoryLimit }).split('\n');
  return lines.filter((line) => line.startsWith(`${option}=`)).join('\n');
}

describe('my.cnf', () => {
  it('says what the image says, where the data is, and who the client is', () => {
    expect(buildMyCnf({ config: {}, memoryLimit: undefined })).toBe(
      [
        '[mysqld]',
        'datadir=/var/lib/mysql/data',
        'pid_file=/var/run/mysqld/mysqld.pid',
        'socket=/var/run/mysqld/mysqld.sock',
        'host_cache_size=0',
        'skip_name_resolve=ON',
        '',
        '[client]',
        'socket=/var/run/mysqld/mysqld.sock',
        'user=root',
        '',
      ].join('\n'),
    );
  });

  it.each<[string, string | number, string]>([
    ['a number', 200, 'o=200'],
    ['a plain word', 'utf8mb4_0900_ai_ci', 'o=utf8mb4_0900_ai_ci'],
    ['a list', 'ANSI_QUOTES,NO_ZERO_DATE', 'o=ANSI_QUOTES,NO_ZERO_DATE'],
    ['nothing', '', 'o='],
    ['a comment sign', 'a#b', 'o="a#b"'],
    ['a semicolon, which starts a comment only at the beginning of a line', 'a;b', 'o=a;b'],
    ['blanks around', ' a ', 'o=" a "'],
    ['a blank within', 'a b', 'o="a b"'],
    ['a double quote', 'a"b', String.raw`o="a\"b"`],
    ['a single quote', "a'b", `o="a'b"`],
    ['a backslash', String.raw`a\b`, String.raw`o="a\\b"`],
    ['brackets', '[client]', 'o="[client]"'],
    ['an exclamation mark', '!include x', 'o="!include x"'],
  ])('writes %s so that MySQL reads it as it was meant', (_, value, line) => {
    expect(lineOf({ o: value }, 'o')).toBe(line);
  });

  it('the own options win over the defaults, and stand once', () => {
    expect(lineOf({ innodb_buffer_pool_size: 5 }, 'innodb_buffer_pool_size', '4Gi')).toBe('innodb_buffer_pool_size=5');
    expect(lineOf({ skip_name_resolve: 'OFF' }, 'skip_name_resolve')).toBe('skip_name_resolve=OFF');
    expect(lineOf({}, 'innodb_buffer_pool_size', '4Gi')).toBe('innodb_buffer_pool_size=2818572288');
  });

  it('does not depend on the order in which options were written', () => {
    const config = { a: 1, b: 2, c: 3 };
    const turned = { c: 3, b: 2, a: 1 };
    expect(buildMyCnf({ config, memoryLimit: '1Gi' })).toBe(buildMyCnf({ config: turned, memoryLimit: '1Gi' }));
  });
});
