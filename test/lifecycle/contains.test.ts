// Which differences between an object and its manifest make the watcher write.

import { describe, expect, it } from 'vitest';
import { contains } from '../../src/lifecycle/contains.ts';

describe('an object holds a manifest', () => {
  it.each([
    ['that is equal', { a: 1, b: ['x'] }, { a: 1, b: ['x'] }],
    ['to which others added a field', { a: 1, added: true }, { a: 1 }],
    ['whose list items have defaults', { ports: [{ port: 1, protocol: 'TCP' }] }, { ports: [{ port: 1 }] }],
    ['whose empty map was dropped', {}, { emptyDir: {} }],
    ['whose empty map has defaults', { emptyDir: { medium: '' } }, { emptyDir: {} }],
  ])('%s', (_, live, wanted) => {
    expect(contains(live, wanted)).toBe(true);
  });
});

describe('an object does not hold a manifest', () => {
  it.each([
    ['with another value', { a: 1 }, { a: 2 }],
    ['with a value of another type', { a: '1' }, { a: 1 }],
    ['with a field that is missing', {}, { a: 1 }],
    ['with an empty text that is missing', {}, { a: '' }],
    ['with a longer list', { a: [1, 2] }, { a: [1] }],
    ['with a shorter list', { a: [1] }, { a: [1, 2] }],
    ['with a list in another order', { a: [1, 2] }, { a: [2, 1] }],
    ['with a list where a map should be', { a: [] }, { a: { b: 1 } }],
    ['with a map where a list should be', { a: {} }, { a: [] }],
  ])('%s', (_, live, wanted) => {
    expect(contains(live, wanted)).toBe(false);
  });
});
