// From bytes to objects: documents, encodings, places.

import { describe, expect, it } from 'vitest';
import { MAX_FILE_BYTES, parseSource, type ParsedSource } from '../../src/parse/source.ts';
import type { Path } from '../../src/parse/path.ts';

function parse(content: string | Uint8Array): ParsedSource {
  return parseSource('f.yaml', typeof content === 'string' ? new TextEncoder().encode(content) : content);
}

/** The names of all objects, and the problems as `line:column message`. */
function outline(content: string | Uint8Array): { kinds: string[]; problems: string[] } {
  const { objects, problems } = parse(content);
  return {
    kinds: objects.map(({ value }) => String(value['kind'])),
    problems: problems.map(({ position, message }) => `${String(position.line)}:${String(position.column)} ${message}`),
  };
}

const A = 'apiVersion: v1\nkind: A\n';
const B = 'apiVersion: v1\nkind: B\n';
const J = '{"apiVersion": "v1", "kind": "J"}';

describe('documents are split as kubectl does', () => {
  it.each([
    ['one', A, 'A'],
    ['two', `${A}---\n${B}`, 'A B'],
    ['a separator first', `---\n${A}`, 'A'],
    ['a separator last', `${A}---`, 'A'],
    ['blanks behind the separator', `${A}---  \n${B}`, 'A B'],
    ['a comment behind the separator', `${A}--- # c\n${B}`, 'A B'],
    ['a comment at the separator', `${A}---#c\n${B}`, 'A B'],
    ['empty documents', `---\n---\n\n---\n# c\n---\n${A}---\nnull\n`, 'A'],
    ['the end marked', `${A}...\n---\n${B}`, 'A B'],
    ['a directive', `%YAML 1.1\n---\n${A}`, 'A'],
    ['Windows line ends', `${A}---\n${B}`.replaceAll('\n', '\r\n'), 'A B'],
    ['a byte order mark', `\uFEFF${A}`, 'A'],
    ['an indented document', ' apiVersion: v1\n kind: A\n', 'A'],
    ['a separator within a block of text', `${A}data: |\n  ---\n  x\n`, 'A'],
    ['JSON', J, 'J'],
    ['JSON behind blank lines', `\n\n  ${J}\n`, 'J'],
    ['JSON after JSON', `${J}${J}\n${J}`, 'J J J'],
    ['JSON behind a separator', `${A}---\n${J}\n${J}\n---\n${B}`, 'A J J B'],
    ['YAML behind JSON', `${J}\n---\n${A}---\n${B}`, 'J A B'],
    [
      'JSON with braces and quotes in a string',
      '{"apiVersion": "v1", "kind": "{}\\"}{\\\\"}{"apiVersion": "v1", "kind": "J"}',
      '{}"}{\\ J',
    ],
    ['YAML in braces', `{apiVersion: v1, kind: A, x: 'a}b'}\n---\n${B}---\n${A}`, 'A B A'],
    ['a List', `apiVersion: v1\nkind: List\nitems:\n- ${J}\n- {apiVersion: v1, kind: A}\n`, 'J A'],
    ['a list of a kind', `apiVersion: otus.homework/v1\nkind: MySQLList\nitems: [${J}]\n`, 'J'],
    ['a List within a List', `apiVersion: v1\nkind: List\nitems: [{kind: List, items: [${J}]}]\n`, 'J'],
    ['nothing', '', ''],
  ])('%s', (_, content, kinds) => {
    expect(outline(content)).toEqual({ kinds: kinds.split(' ').filter((kind) => kind !== ''), problems: [] });
  });

  it('a document that is wrong hides no other', () => {
    expect(outline(`a: [\n---\n${A}---\n- b\n---\n${B}`)).toEqual({
      kinds: ['A', 'B'],
      problems: [
        expect.stringMatching(/^2:1 /),
        '6:1 this is not a Kubernetes object (a mapping with apiVersion and kind)',
      ],
    });
  });
});

describe('what is no object is named with its place', () => {
  const notAnObject = 'this is not a Kubernetes object (a mapping with apiVersion and kind)';
  it.each([
    ['a list', '[1]', `1:1 ${notAnObject}`],
    ['a text', 'hello', `1:1 ${notAnObject}`],
    ['a text behind JSON', `${J} hello`, `1:35 ${notAnObject}`],
    ['no apiVersion', '# c\nkind: A\n', '2:1 this is not a Kubernetes object: it has no apiVersion'],
    ['no kind', 'apiVersion: v1\n', '1:1 this is not a Kubernetes object: it has no kind'],
    ['a kind of another type', 'apiVersion: v1\nkind: 5\n', '2:1 this is not a Kubernetes object: it has no kind'],
    ['an item of a List', 'apiVersion: v1\nkind: List\nitems:\n  - 5\n', `4:5 ${notAnObject}`],
    ['two keys alike', `${A}kind: B\n`, '3:1 duplicated mapping key'],
    ['two keys alike in the second JSON of a line', `${J}{a: 1, a: 2}`, '1:41 duplicated mapping key'],
    [
      'two documents without a separator',
      `${A}...\n${B}`,
      '1:1 expected a single document in the stream, but found more',
    ],
    [
      'a line separator outside quotes',
      'a: x # c\u2028b: 1\n',
      '1:9 this character (U+0085, U+2028 or U+2029) ends a line in YAML; write it as an escape in double quotes',
    ],
    ['NUL', 'a: \0\n', expect.stringMatching(/^1:\d/)],
  ])('%s', (_, content, problem) => {
    expect(outline(content).problems).toEqual([problem]);
  });

  it.each([
    ['no UTF-8', Uint8Array.of(0x61, 0x3a, 0x20, 0xff), '1:1 the file is not UTF-8 text'],
    ['more than 10 MiB', new Uint8Array(MAX_FILE_BYTES + 1), '1:1 the file is larger than 10 MiB; split it'],
  ])('%s', (_, content, problem) => {
    expect(outline(content)).toEqual({ kinds: [], problems: [problem] });
  });

  it('10 MiB are read', () => {
    expect(outline(A + '#'.repeat(MAX_FILE_BYTES - A.length))).toEqual({ kinds: ['A'], problems: [] });
  });
});

describe('places', () => {
  const at = (content: string, path: Path): string => {
    const position = parse(content).objects.at(-1)?.positionOf(path);
    return `${String(position?.line)}:${String(position?.column)}`;
  };
  const nested = `${A}spec:\n  a: 1\n  list:\n    - x: 1\n    - y: {z: "q"}\n  "quoted": 2\n`;
  it.each<[string, string, Path, string]>([
    ['the document', nested, [], '1:1'],
    ['a key', nested, ['spec', 'a'], '4:3'],
    ['an item', nested, ['spec', 'list', 1], '7:7'],
    ['a key of an item', nested, ['spec', 'list', 0, 'x'], '6:7'],
    ['a key in braces', nested, ['spec', 'list', 1, 'y', 'z'], '7:11'],
    ['a key in quotes', nested, ['spec', 'quoted'], '8:3'],
    ['a key that is missing', nested, ['spec', 'list', 0, 'no', 'where'], '6:7'],
    ['an item that is missing', nested, ['spec', 'list', 9], '5:3'],
    ['a key of the second document', `${B}---\n${nested}`, ['spec', 'a'], '7:3'],
    ['the second document behind a comment', `# c\n---\n# d\n${nested}`, ['kind'], '5:1'],
    ['a key with Windows line ends', nested.replaceAll('\n', '\r\n'), ['spec', 'a'], '4:3'],
    ['a key behind a byte order mark', `\uFEFF${A}`, ['apiVersion'], '1:1'],
    ['an item of a List', `kind: List\nitems:\n- ${J}\n- {apiVersion: v1, kind: A}\n`, ['kind'], '4:20'],
    ['a key of the second JSON of a line', J + J, ['kind'], '1:55'],
    ['a key of JSON on a line of its own', `${J}\n{"apiVersion": "v1",\n "kind": "B"}`, ['kind'], '3:2'],
    ['behind an alias, what holds it', `${A}x: &x {a: 1}\ny: *x\n`, ['y', 'a'], '4:1'],
    ['a key within brackets that stand far left', `${A}x: {\ny: 1,\n  z: 2\n}\nw: 1\n`, ['x', 'y'], '4:1'],
    ['a key behind such brackets', `${A}x: {\ny: 1\n}\nw: 1\n`, ['w'], '6:1'],
  ])('%s', (...[, content, path, position]) => {
    expect(at(content, path)).toBe(position);
  });

  it('of a large document are found quickly, however many are asked for', () => {
    const items = Array.from({ length: 5000 }, (_, n) => `- {apiVersion: v1, kind: A, n: ${String(n)}}`);
    const { objects } = parse(`kind: List\nitems:\n${items.join('\n')}\n`);
    expect(objects.map(({ positionOf }) => positionOf(['n']).line)).toEqual(items.map((_, n) => n + 3));
  });
});

describe('a last line without a line end', () => {
  it.each([
    ['a plain value', `${A}x: z`, 'z', `${A}x: z\n`],
    ['a block of text', `${A}x: |\n  y`, 'y', `${A}x: |-\n  y\n`],
    ['a block that keeps line ends', `${A}x: |+ # c\n  y`, 'y', `${A}x: |- # c\n  y\n`],
    ['a block behind a key that looks like one', `${A}"x | # c": |\n  y`, undefined, `${A}"x | # c": |-\n  y\n`],
    ['a block behind an anchor that looks like one', `${A}x: &a|>b |+ # | c\n  y`, 'y', `${A}x: &a|>b |- # | c\n  y\n`],
    ['a block as an item', `${A}x:\n- - a\n  - >-\n   y`, [['a', 'y']], `${A}x:\n- - a\n  - >-\n   y\n`],
    ['a folded block', `${A}x: >2\n    y`, '  y', `${A}x: >2-\n    y\n`],
    ['a block that ends with a line', `${A}x: |\n  y\n`, 'y\n', `${A}x: |\n  y\n`],
    ['a block before it', `${A}x: |\n  y\nz: 1`, 'y\n', `${A}x: |\n  y\nz: 1\n`],
  ])('%s', (...[, content, value, text]) => {
    const [object] = parse(content).objects;
    expect(object?.value['x']).toEqual(value);
    expect(object?.text).toBe(text);
  });
});
