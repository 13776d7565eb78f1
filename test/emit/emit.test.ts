// From objects to text: order, file names, reports.

import { describe, expect, it } from 'vitest';
import { fileName, formatIndex, formatKustomization, parseIndex } from '../../src/emit/files.ts';
import { formatManifests, passThrough, type Format } from '../../src/emit/formats.ts';
import { sortInPlaces } from '../../src/emit/order.ts';
import { formatJsonReport, formatProblem, formatSarif } from '../../src/emit/problems.ts';
import type { Problem } from '../../src/errors.ts';
import type { Manifest } from '../../src/render/manifests.ts';
import { parseObjects } from '../support/resource.ts';

describe('resources change places among themselves only', () => {
  const keyOf = (item: string): string | undefined => (item.startsWith('-') ? undefined : item);
  it.each([
    ['b a', 'a b'],
    ['-z b -y a', '-z a -y b'],
    ['c -1 b -2 -3 a', 'a -1 b -2 -3 c'],
    ['-b -a', '-b -a'],
    ['B a Z', 'B Z a'],
    ['ä z', 'z ä'],
  ])('%s becomes %s', (items, sorted) => {
    expect(sortInPlaces(items.split(' '), keyOf)).toEqual(sorted.split(' '));
  });
});

describe('an object that passes through', () => {
  const pass = (text: string): string =>
    parseObjects(text)
      .map((object) => passThrough(object).yaml)
      .join('---\n');
  it.each([
    ['comments, quotes, order and blanks', '# c\nkind:  A # d\napiVersion: "v1"\n\n\nx: {b: 1,\n a: 0123}\n'],
    ['blocks of text', 'apiVersion: v1\nkind: A\nx: |+\n  ---\n\n\ny: >\n  a\n   b\n'],
    ['anchors and tags', 'apiVersion: v1\nkind: A\nx: &x !!str 1\ny: *x\n'],
    ['brackets that stand far left', 'apiVersion: v1\nkind: A\nx: [\n1\n]\n'],
  ])('keeps %s', (_, text) => {
    expect(pass(text)).toBe(text);
    expect(pass(`${text}---\n${text}`)).toBe(`${text}---\n${text}`);
  });

  it('loses blank lines before it, and gets a line end', () => {
    expect(pass('\n\napiVersion: v1\nkind: A')).toBe('apiVersion: v1\nkind: A\n');
  });

  it('loses any number of blank lines before it', () => {
    expect(pass(`${' \n'.repeat(4_000_000)}  apiVersion: v1\n  kind: A\n`)).toBe('  apiVersion: v1\n  kind: A\n');
  });

  it('as JSON or an item of a List becomes YAML that says the same', () => {
    const json = '{"kind": "A", "apiVersion": "v1", "x": ["on", 9007199254740993, 1.5, null, {}]}';
    const written = 'apiVersion: "v1"\nkind: "A"\nx:\n  - "on"\n  - 9007199254740993\n  - 1.5\n  - null\n  - {}\n';
    expect(pass(json)).toBe(written);
    expect(pass(`kind: List\nitems: [${json}]`)).toBe(written);
  });
});

describe('formats', () => {
  const manifests = parseObjects(
    'apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: b, big: 9007199254740993}\n',
  ).map(passThrough);
  const format = (as: Format): string => [...formatManifests(manifests, as)].join('');

  it('yaml: documents with a line between them', () => {
    expect(format('yaml')).toBe(manifests.map(({ yaml }) => yaml).join('---\n'));
  });

  it('json: a List; whole numbers of any size as they are', () => {
    expect(JSON.parse(format('json'))).toMatchObject({ apiVersion: 'v1', kind: 'List', items: [{}, {}] });
    expect(format('json')).toContain('"big": 9007199254740993\n');
    expect([...formatManifests([], 'json')].join('')).toBe(
      '{\n  "apiVersion": "v1",\n  "kind": "List",\n  "items": [\n  ]\n}\n',
    );
  });

  it('name: as kubectl names objects', () => {
    expect(format('name')).toBe('service/a\nstatefulset.apps/b\n');
  });
});

describe('the name of a file', () => {
  it.each([
    ['v1', 'Service', '', 'a', 'v1_service_a.yaml'],
    ['apps/v1', 'StatefulSet', 'prod', 'a', 'prod_apps_v1_statefulset_a.yaml'],
    ['v1', 'PersistentVolume', '', 'prod.a-pvc', 'v1_persistentvolume_prod.a-pvc.yaml'],
    ['v1', 'Role', '', 'system:a', 'v1_role_system%3aa.yaml'],
    ['v1', 'Role', '', 'A_b', 'v1_role_%41%5fb.yaml'],
    ['v1', 'Role', '', '../a', 'v1_role_%2e%2e%2fa.yaml'],
    ['v1', 'Role', '', 'ü', 'v1_role_%c3%bc.yaml'],
    ['v1', 'Role', '', '', 'v1_role_.yaml'],
  ])('%s %s %s/%s', (...[apiVersion, kind, namespace, name, file]) => {
    expect(fileName({ apiVersion, kind, namespace, name, yaml: '' } satisfies Manifest)).toBe(file);
  });
});

describe('the index of a folder', () => {
  it('is read as it was written, sorted', () => {
    expect(parseIndex(formatIndex(['b', 'a%2e_-.yaml']))).toEqual(['a%2e_-.yaml', 'b']);
  });

  it.each([
    '',
    'null',
    '5',
    '[]',
    '{}',
    '{"generator":"x","files":[]}',
    '{"generator":"kubectl-mysql","files":5}',
    '{"generator":"kubectl-mysql","files":[5]}',
    '{"generator":"kubectl-mysql","files":["../a"]}',
    '{"generator":"kubectl-mysql","files":["/a"]}',
  ])('%s is none', (text) => {
    expect(parseIndex(text)).toBeUndefined();
  });

  it('a kustomization lists the files in the order of the output, and kustomize keeps it', () => {
    expect(formatKustomization(['b', 'a'])).toMatch(/\nsortOptions:\n {2}order: fifo\nresources:\n {2}- b\n {2}- a\n$/);
  });
});

describe('reports', () => {
  const problems: readonly Problem[] = [
    {
      severity: 'error',
      rule: 'unknown-field',
      file: 'a b.yaml',
      position: { line: 7, column: 3 },
      path: 'spec.x',
      message: 'unknown field',
    },
    {
      severity: 'warning',
      rule: 'syntax',
      file: '<stdin>',
      position: { line: 1, column: 1 },
      path: '',
      message: 'odd',
    },
  ];

  it('for people: severity, place, field, message', () => {
    expect(problems.map(formatProblem)).toEqual([
      'error: a b.yaml:7:3: spec.x: unknown field',
      'warning: <stdin>:1:1: odd',
    ]);
  });

  it('json: the same in fields', () => {
    expect(JSON.parse(formatJsonReport(problems))).toEqual({
      problems: [
        {
          severity: 'error',
          rule: 'unknown-field',
          file: 'a b.yaml',
          line: 7,
          column: 3,
          path: 'spec.x',
          message: 'unknown field',
        },
        { severity: 'warning', rule: 'syntax', file: '<stdin>', line: 1, column: 1, path: '', message: 'odd' },
      ],
    });
  });

  it('sarif: 2.1.0, with the rules that were broken and where', () => {
    expect(JSON.parse(formatSarif(problems, '1.2.3'))).toEqual({
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [
        {
          tool: {
            driver: { name: 'kubectl-mysql', version: '1.2.3', rules: [{ id: 'syntax' }, { id: 'unknown-field' }] },
          },
          results: [
            {
              ruleId: 'unknown-field',
              level: 'error',
              message: { text: 'spec.x: unknown field' },
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: 'a%20b.yaml' },
                    region: { startLine: 7, startColumn: 3 },
                  },
                },
              ],
            },
            {
              ruleId: 'syntax',
              level: 'warning',
              message: { text: 'odd' },
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: '%3Cstdin%3E' },
                    region: { startLine: 1, startColumn: 1 },
                  },
                },
              ],
            },
          ],
        },
      ],
    });
  });

  it('sarif: a path stays one, whatever characters it holds', () => {
    const found = problems.slice(0, 1).map((problem) => ({ ...problem, file: '../a#b/c?d:%/ü e.yaml' }));
    expect(formatSarif(found, '1')).toContain('"uri": "../a%23b/c%3Fd%3A%25/%C3%BC%20e.yaml"');
  });

  it('sarif: nothing wrong is a run without results', () => {
    expect(JSON.parse(formatSarif([], '1'))).toMatchObject({ runs: [{ results: [] }] });
  });
});
