// Values as go-yaml v2, and with it kubectl, reads them. The right-hand sides are what sigs.k8s.io/yaml answered.

import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../src/parse/yaml.ts';

function read(scalar: string): unknown {
  return (parseYaml(`v: ${scalar}`) as { v: unknown }).v;
}

describe('a plain scalar', () => {
  it.each<[string, unknown]>([
    ['on', true], ['On', true], ['oN', 'oN'], ['off', false], ['y', true], ['Y', true], ['n', false], ['yes', true],
    ['NO', false], ['true', true], ['tRue', 'tRue'], ['~', null], ['null', null], ['nULL', 'nULL'], ['', null],
    ['0', 0], ['-0', 0], ['+1', 1], ['0123', 83], ['-010', -8], ['0o14', 12], ['0O14', 12], ['08', 8], ['018', 18],
    ['1_000', 1000], ['1__0', 10], ['_1', '_1'], ['0x1F', 31], ['-0x1F', -31], ['0xg', '0xg'], ['0b101', 5],
    ['-0b11', -3], ['0b2', '0b2'], ['1e3', 1000], ['1E-3', 0.001], ['1e', '1e'], ['.5', 0.5], ['-.5', -0.5],
    ['5.', 5], ['.5_0', 0.5], ['.5_', '.5_'], ['._5', '._5'], ['1_0.5', 10.5], ['0123.5', 123.5], ['1.2.3', '1.2.3'],
    ['2024-01-01', '2024-01-01'], ['2024-01-01T00:00:00Z', '2024-01-01T00:00:00Z'], ['12:30', '12:30'],
    ['9007199254740993', 9007199254740993n], ['18446744073709551615', 18446744073709551615n],
    ['18446744073709551616', 18446744073709552000], ['-9223372036854775808', -9223372036854775808n],
    ['1e400', '1e400'], ['nan', 'nan'], ['infinity', 'infinity'], ['1,000', '1,000'], ['1.0', 1], ['0.10', 0.1],
    ['"1"', '1'], ["'on'", 'on'], ['"a\\tb\\u00e9"', 'a\tbé'], ["'it''s'", "it's"], ['a#b', 'a#b'], ['a #b', 'a'],
  ])('%s is %o', (text, value) => {
    expect(read(text)).toEqual(value);
  }); // prettier-ignore
});

describe('a scalar with a tag', () => {
  it.each<[string, unknown]>([
    ['!!str 123', '123'], ['!!str on', 'on'], ['!!str ~', '~'], ['!!str 2024-01-01', '2024-01-01'], ['!!int "12"', 12],
    ['!!float 1', 1], ['!!float "1.5"', 1.5], ['!!bool yes', true], ['!!null ""', null],
  ])('%s is %o', (text, value) => {
    expect(read(text)).toEqual(value);
  }); // prettier-ignore

  it.each(['!!int x', '!!int 1.5', '!!float abc', '!!bool 1', '!!null x', '!foo bar'])('%s is refused', (text) => {
    expect(() => read(text)).toThrow(/^this tag \(!\) is unknown or does not fit its value/);
  });
});

describe('what JSON cannot hold is refused', () => {
  it.each(['.inf', '-.INF', '.nan'])('%s', (text) => {
    expect(() => read(text)).toThrow(/is not a number that JSON can hold/);
  });
  it.each(['"\\ud800"', '"a\\udc00b"'])('%s', (text) => {
    expect(() => read(text)).toThrow(/half a character/);
  });
});

describe('a key', () => {
  it.each([
    ['on', 'true'], ['y', 'true'], ['1', '1'], ['0123', '83'], ['1.5', '1.5'], ['"on"', 'on'], ['2024-01-01', '2024-01-01'],
  ])('%s becomes %s', (text, key) => {
    expect(Object.keys(parseYaml(`${text}: v`) as object)).toEqual([key]);
  }); // prettier-ignore

  it.each(['~', 'null', ''])('%j is refused', (text) => {
    expect(() => parseYaml(`${text}: v`)).toThrow(/key is empty/);
  });

  it.each(['a: 1\na: 2', 'a: 1\n"a": 2', '1: a\n"1": b', '{a: 1, a: 2}'])('given twice is refused: %j', (text) => {
    expect(() => parseYaml(text)).toThrow('duplicated mapping key');
  });

  it('may have the name of a part of every object', () => {
    expect(Object.keys(parseYaml('__proto__: 1\nconstructor: 2') as object)).toEqual(['__proto__', 'constructor']);
  });
});

describe('lines within brackets and quotes may stand as far left as they like', () => {
  it.each<[string, unknown]>([
    ['a: [\n1\n]', { a: [1] }],
    ['s:\n  a: [\n    1,\n  ]\n  b: 2', { s: { a: [1], b: 2 } }],
    ['a:\n  - {b: [\n    1\n  ]}', { a: [{ b: [1] }] }],
    ['a: {\nb: 1\n}\nc: 2', { a: { b: 1 }, c: 2 }],
    ['a: [ # c\n  1\n]', { a: [1] }],
    ["s: 'x\ny'\nt: 1", { s: 'x y', t: 1 }],
    ['s:\n  a: "x\n\n  y"', { s: { a: 'x\ny' } }],
    ['a: {\n\t"b": 1\n}', { a: { b: 1 } }],
  ])('%j', (text, value) => {
    expect(parseYaml(text)).toEqual(value);
  });

  it.each([
    ['a: [1,\nb: 2\n', 3, 1],
    ['a:\n  b: [\n  ]\n  c: [}\n', 4, 7],
    ['a: {\n}\nb: {\n  x y\n  z: [\n}\n', 6, 1],
  ])('errors in %j still have their place', (text, line, column) => {
    expect(() => parseYaml(text)).toThrow(expect.objectContaining({ position: { line, column } }) as Error);
  });
});

describe('aliases', () => {
  it('stand for what they name', () => {
    expect(parseYaml('a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}')).toEqual({
      a: { b: 1 },
      c: { b: 1 },
      d: { b: 1, e: 2 },
    });
  });

  const bomb = [
    'a0: &a0 [x, x]',
    ...Array.from({ length: 40 }, (_, n) => `a${String(n + 1)}: &a${String(n + 1)} [*a${String(n)}, *a${String(n)}]`),
  ];
  it.each([
    ['a bomb', bomb.join('\n'), /too large/],
    ['an endless list', 'a: &a [*a]', /too large|own anchor/],
    ['an endless mapping', 'a: &a {b: *a}', /too large|own anchor/],
    ['too many', `a: &a 1\nb: [${Array.from({ length: 1001 }, () => '*a').join()}]`, /aliases/],
    ['one that names nothing', 'a: *secret', /^an alias \(\*\) names an anchor \(&\) that is not there/],
  ])('%s is refused', (_, text, message) => {
    expect(() => parseYaml(text)).toThrow(message);
  });

  it('an error does not repeat what may be a password', () => {
    for (const text of ['p: *hunter2', 'p: !hunter2', 'p: !<hunter2> x', 'p: !hunter2!x y', 'p: !!hunter2']) {
      expect(() => parseYaml(text)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('hunter2') as string }) as Error,
      );
    }
  });

  it('nesting is bounded', () => {
    expect(() => parseYaml('['.repeat(5000))).toThrow(/nesting/);
  });
});
