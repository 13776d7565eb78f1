// What --metrics-address takes.

import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/watcher/address.ts';

describe('an address', () => {
  it.each([
    [':8080', { host: undefined, port: 8080 }],
    ['127.0.0.1:9', { host: '127.0.0.1', port: 9 }],
    ['localhost:65535', { host: 'localhost', port: 65_535 }],
    ['[::1]:8080', { host: '::1', port: 8080 }],
    [':0', { host: undefined, port: 0 }],
    ['0', 'off'],
  ])('%s', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
  });

  it.each(['', '8080', ':', ':65536', ':x', 'a b:1', '::1:8080', '[::1]', 'http://a:1', ':-1'])(
    'is not "%s"',
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );
});
