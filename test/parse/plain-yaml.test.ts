import { describe, expect, it } from 'vitest';
import { readPlainYaml } from '../../src/parse/plain-yaml.ts';

describe('read without the library', () => {
  it.each<[string, string, unknown]>([
    ['mappings', 'a:\n  b: x\n  c:\n    d: 1\ne: on\n', { a: { b: 'x', c: { d: 1 } }, e: true }],
    ['a list below its key', 'a:\n  - x\n  - 5\nb: z\n', { a: ['x', 5], b: 'z' }],
    ['a list beside its key', 'a:\n- x\n- q\nb: z\n', { a: ['x', 'q'], b: 'z' }],
    ['mappings in a list', 'a:\n  - b: 1\n    c:\n    - d\n  - b: 2\n', { a: [{ b: 1, c: ['d'] }, { b: 2 }] }],
    ['a list alone', '- a: 1\n- b\n', [{ a: 1 }, 'b']],
    ['a key without a value', 'a:\nb:\n  c:\n', { a: null, b: { c: null } }],
    ['quotes', `a: "x: #y"\nb: 'on'\nc: ""\n`, { a: 'x: #y', b: 'on', c: '' }],
    ['a value of several words', 'a: one two:three # four\n', { a: 'one two:three' }],
    [
      'brackets on one line',
      'a: {b: 1, c: "x:y" }\nd: [e f, \'2\', 3 ] # g\n',
      { a: { b: 1, c: 'x:y' }, d: ['e f', '2', 3] },
    ],
    ['what is empty', 'a: {}\nb: [] # none\n', { a: {}, b: [] }],
    ['comments and empty lines', '# a\n\n   \na: # b\n\n # c\n  b: x#y\n  # d\n\n', { a: { b: 'x#y' } }],
    ['numbers and no numbers', 'a: 0123\nb: -1\nc: 1.5\nd: 20Gi\n', { a: 83, b: -1, c: 1.5, d: '20Gi' }],
    ['keys with dots and slashes', 'a.b/c-d_e: /x\n', { 'a.b/c-d_e': '/x' }],
    ['keys that every object has', 'constructor: a\ntoString: b\n', { constructor: 'a', toString: 'b' }],
  ])('%s', (_, text, value) => {
    expect(readPlainYaml(text)).toStrictEqual(value);
  });
});

describe('left to the library', () => {
  it.each([
    ['nothing', ''], ['a comment alone', '# a\n'], ['a last line without an end', 'a: b'], ['a value alone', 'a\n'],
    ['JSON', '{"a": 1}\n'], ['brackets within brackets', 'a: [b, [c]]\n'], ['braces on two lines', 'a: {b: c,\n  d: e}\n'],
    ['a comma too many', 'a: [b, ]\n'], ['a comma within quotes', 'a: ["b, c"]\n'], ['a key alone in braces', 'a: {b}\n'],
    ['a key twice in braces', 'a: {b: c, b: d}\n'], ['a pair in brackets', 'a: [b: c]\n'], ['brackets alone', '[a]\n'],
    ['a block of text', 'a: |\n  b\n'],
    ['a value on two lines', 'a: b\n  c\n'], ['quotes on two lines', 'a: "b\n  c"\n'], ['an item on two lines', '- a\n  b\n'],
    ['escapes', 'a: "\\n"\n'], ['a quote within quotes', "a: 'it''s'\n"], ['text behind quotes', 'a: "b" c\n'],
    ['anchors', 'a: &b c\n'], ['aliases', 'a: *b\n'], ['tags', 'a: !!str b\n'], ['merges', '<<: b\n'], ['!', '!a: b\n'],
    ['tabs', 'a:\tb\n'], ['Windows line ends', 'a: b\r\n'], ['what is no ASCII', 'a: é\n'], ['a byte order mark', '\uFEFFa: b\n'],
    ['directives', '%YAML 1.1\n---\na: b\n'], ['a separator', '---\na: b\n'], ['an end', 'a: b\n...\n'],
    ['a key in quotes', '"a": b\n'], ['a key that is no text', 'on: b\n'], ['a key that is a number', '1: b\n'],
    ['a key twice', 'a: b\na: c\n'], ['a key in several words', 'a b: c\n'], ['a key apart from its colon', 'a : b\n'],
    ['an explicit key', '? a\n: b\n'], ['__proto__', '__proto__: a\n'], ['a mapping on one line', 'a: b: c\n'],
    ['a list within a list', '- - a\n'], ['an empty item', '-\n'], ['an item that is a comment', '-  # a\n'],
    ['an item far from its dash', '-   a: b\n'], ['a list on one line', 'a: - b\n'], ['a list behind a value', 'a: b\n- c\n'],
    ['an item between keys', 'a:\n  b: c\n  - d\n'], ['a key between items', 'a:\n  - b\n  c: d\n'],
    ['a line too far left', 'a:\n    b: c\n  d: e\n'], ['a line too far right', 'a: b\n  c: d\n'], ['a line left of all', '  a: b\nc: d\n'],
    ['no number', 'a: -.inf\n'], ['deep lines', `${' '.repeat(60)}a: b\n`], ['a large text', `a: ${'b'.repeat(40_000)}\n`],
    ['patterns that could backtrack', `a:${' '.repeat(32_000)}:\n`], ['the same behind a word', `a: b${' '.repeat(32_000)}:\n`],
  ])('%s', (_, text) => {
    expect(readPlainYaml(text)).toBeUndefined();
  }); // prettier-ignore
});
