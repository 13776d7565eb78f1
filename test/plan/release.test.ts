// Which MySQL release may start on whose data.

import { expect, it } from 'vitest';
import { refusedUpgrade } from '../../src/model/release.ts';

it.each([
  ['within a series', 'mysql:8.4.2', 'mysql:8.4.6'],
  ['back within a series of long-term support', 'mysql:8.4.6', 'mysql:8.4.2'],
  ['to the next series', 'mysql:8.0', 'mysql:8.4'],
  ['to an innovation release before the next series', 'mysql:8.4', 'mysql:9.2.0'],
  ['from an innovation release to the next series', 'mysql:8.3.0', 'mysql:8.4.0'],
  ['from the newest series that is known', 'mysql:9.7', 'mysql:10.2'],
  ['a tag that names no release', 'mysql:latest', 'mysql:8.0'],
  ['a tag that names a major version only', 'mysql:9', 'mysql:8'],
  ['a digest alone', `mysql@sha256:${'a'.repeat(64)}`, 'mysql:8.0'],
  ['an image that is no MySQL by its name', 'shop-db:9.1', 'shop-db:8.0'],
  ['a registry with a port and no tag', 'localhost:8.4/mysql', 'mysql:8.0'],
])('%s is allowed, or unknown: %s → %s', (_, before, after) => {
  expect(refusedUpgrade(before, after)).toBeUndefined();
});

it.each([
  [
    'an older series',
    'mysql:8.4',
    'mysql:8.0',
    'MySQL 8.0 does not start on data of MySQL 8.4; load a dump into a new server',
  ],
  [
    'an older patch of 8.0',
    'mysql:8.0.40',
    'mysql:8.0.30',
    'MySQL 8.0.30 does not start on data of MySQL 8.0.40; load a dump into a new server',
  ],
  [
    'a series that is skipped',
    'mysql:5.7.44',
    'mysql:8.4',
    'an upgrade from MySQL 5.7 to 8.4 is not supported, no series may be skipped; upgrade to 8.0 first',
  ],
  [
    'an innovation release behind the next series',
    'mysql:8.3',
    'mysql:9.0',
    'an upgrade from MySQL 8.3 to 9.0 is not supported, no series may be skipped; upgrade to 8.4 first',
  ],
  [
    'an image of a registry',
    'example.com:5000/db/mysql-server:9.7.4-el9',
    'example.com/mysql:8.4-oracle@sha256:0',
    'MySQL 8.4 does not start on data of MySQL 9.7; load a dump into a new server',
  ],
])('%s is refused: %s → %s', (_, before, after, message) => {
  expect(refusedUpgrade(before, after)).toBe(message);
});
