// Writing YAML: whatever the value, it is read back as it was.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../src/parse/yaml.ts';
import { block, literal, quote, readableBlock } from '../../src/render/yaml-block.ts';

const options = { numRuns: 3000, seed: 20_261_123 };
/** Strings of whole characters; JSON has no others. */
const text = fc.string({ unit: 'binary' });
/** A whole number beyond 2^53 is read as a bigint, and there is one zero. */
const isKept = (value: number): boolean =>
  !Object.is(value, -0) && (Number.isSafeInteger(value) || !Number.isInteger(value));
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.constantFrom('on', 'y', 'null', '~', '0123', '1_000', '2024-01-01', '', ' ', '- a', 'a: b', '#', '"', '\\', '\u2028', '\u0085', '\uFEFF', '---'),
    fc.boolean(),
    fc.constant(null),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter(isKept),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom('on', 'n', '1', '__proto__', '<<', '')), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value; // prettier-ignore

describe('every value is read back as it was', () => {
  it('a string', () => {
    fc.assert(fc.property(text, (value) => { expect(parseYaml(`v: ${quote(value)}`)).toEqual({ v: value }); }), options); // prettier-ignore
  });

  it('an object of any shape, at any indentation', () => {
    fc.assert(
      fc.property(json, fc.nat(12), (value, indent) => {
        const written = `v:\n${block({ w: value }, indent + 1)}\n`;
        expect(parseYaml(written)).toEqual({ v: { w: value } });
      }),
      options,
    );
  });

  it('a list', () => {
    fc.assert(
      fc.property(fc.array(json, { minLength: 1 }), (value) => {
        expect(parseYaml(`v:\n${block(value, 2)}\n`)).toEqual({ v: value });
      }),
      options,
    );
  });

  it('for people, with text of several lines as it is', () => {
    expect(readableBlock({ a: 'x: 1\n\n  y\n', b: ['1\n2'], c: ' x\n', d: 'x\n\n' })).toBe(
      'a: |\n  x: 1\n\n    y\nb:\n  - |-\n    1\n    2\nc: " x\\n"\nd: "x\\n\\n"',
    );
    const lines = fc
      .array(fc.oneof(text, fc.constantFrom('', ' ', '\t', 'a: b', '- a', '---', '#')))
      .map((all) => all.join('\n'));
    fc.assert(
      fc.property(fc.array(fc.oneof(lines, json), { minLength: 1 }), lines, (value, more) => {
        expect(parseYaml(`${readableBlock({ value, more })}\n`)).toEqual({ value, more });
      }),
      options,
    );
  });

  it('lines of printable characters, as a literal block', () => {
    const line = fc.string({ unit: 'grapheme-ascii' });
    const lines = fc.array(line, { minLength: 1 }).filter(([first = '']) => first.trim() === first && first !== '');
    fc.assert(
      fc.property(lines, (value) => {
        const ended = `${value.join('\n').replace(/\n+$/, '')}\n`;
        expect(parseYaml(`v: ${literal(ended, 4)}\n`)).toEqual({ v: ended });
      }),
      options,
    );
  });

  it('a whole number beyond 2^53', () => {
    expect(block({ v: 9007199254740993n }, 0)).toBe('v: 9007199254740993');
  });
});

describe('the form', () => {
  it.each<[string, object, string]>([
    ['keys are sorted, whatever their order', { b: 1, a: 2 }, 'a: 2\nb: 1'],
    [
      'what says what an object is comes first',
      { z: 1, name: 'a', kind: 'b', apiVersion: 'c' },
      'apiVersion: "c"\nkind: "b"\nname: "a"\nz: 1',
    ],
    ['words of YAML are quoted as keys', { on: 1, n: 2 }, '"n": 2\n"on": 1'],
    ['an item starts on the line of its dash', { a: [{ b: 1, c: [2] }] }, 'a:\n  - b: 1\n    c:\n      - 2'],
    ['a list in a list', { a: [[1], [[2]]] }, 'a:\n  - - 1\n  - - - 2'],
    ['empty groups', { a: {}, b: [] }, 'a: {}\nb: []'],
    ['what is undefined is left out', { a: undefined, b: 1 }, 'b: 1'],
  ])('%s', (_, value, written) => {
    expect(block(value, 0)).toBe(written);
  });

  it('a template that names what the model lacks is a defect', () => {
    expect(() => quote(undefined)).toThrow('a template quotes undefined, which is no string');
  });
});
