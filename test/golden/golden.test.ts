// Each golden case: the output is what the repository holds, and read back it says what the input said.

import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readCrd, walkSchema } from '../../scripts/generate/crd.ts';
import type { JsonObject } from '../../src/parse/source.ts';
import { isObject } from '../../src/parse/source.ts';
import { renderText } from '../support/command-line.ts';
import { caseFile, listCases, renderCase } from '../support/golden.ts';
import { at, findObject, parseObjects, textAt } from '../support/resource.ts';

const cases = await listCases();

async function readCase(name: string, file: 'input.yaml' | 'expected.yaml'): Promise<JsonObject[]> {
  return parseObjects(await readFile(caseFile(name, file), 'utf8')).map(({ value }) => value);
}

/** `Kind namespace/name` of an object. */
function identityOf({ kind, metadata }: JsonObject): string {
  return `${String(kind)} ${textAt(metadata, 'namespace')}/${textAt(metadata, 'name')}`;
}

/** The objects that a resource stands for, in the order in which they are applied. */
function objectsOf(resource: JsonObject): string[] {
  if (resource['kind'] !== 'MySQL') return [identityOf(resource)];
  const { spec, metadata } = resource;
  const name = textAt(metadata, 'name');
  const namespace = textAt(metadata, 'namespace');
  const managed = at(spec, 'lifecycle') !== 'None';
  const volume = (claim: string, hostPath: unknown): string[] => [
    ...(hostPath === undefined ? [] : [`PersistentVolume /${namespace}.${claim}`]),
    `PersistentVolumeClaim ${namespace}/${claim}`,
  ];
  return [
    `MySQL ${namespace}/${name}`,
    ...volume(`${name}-pvc`, at(spec, 'storage', 'hostPath')),
    ...(managed ? volume(`backup-${name}-pvc`, at(spec, 'backup', 'hostPath')) : []),
    ...(at(spec, 'password') === undefined ? [] : [`Secret ${namespace}/${name}-root`]),
    `ConfigMap ${namespace}/${name}-config`,
    `Service ${namespace}/${name}`,
    ...(at(spec, 'networkPolicy') === undefined ? [] : [`NetworkPolicy ${namespace}/${name}`]),
    `StatefulSet ${namespace}/${name}`,
  ];
}

/** Resources by name, among the places that resources have; other objects stay. */
function inOutputOrder(objects: readonly JsonObject[]): JsonObject[] {
  const sorted = objects
    .filter(({ kind }) => kind === 'MySQL')
    .sort((a, b) => (identityOf(a) < identityOf(b) ? -1 : 1))
    .values();
  return objects.map((object) => (object['kind'] === 'MySQL' ? (sorted.next().value ?? object) : object));
}

describe.each(cases)('golden case %s', (name) => {
  it('renders to what expected.yaml holds', async () => {
    expect(await renderCase(name)).toBe(await readFile(caseFile(name, 'expected.yaml'), 'utf8'));
  });

  it('holds exactly the objects of its resources, and the others in their places', async () => {
    const objects = inOutputOrder(await readCase(name, 'input.yaml')).flatMap(objectsOf);
    expect((await readCase(name, 'expected.yaml')).map(identityOf)).toEqual(objects);
  });

  it('read back, holds every resource and every other object as it was written', async () => {
    const output = await readCase(name, 'expected.yaml');
    for (const object of await readCase(name, 'input.yaml')) {
      const found = output.find((other) => identityOf(other) === identityOf(object));
      if (object['kind'] === 'MySQL') expect(found?.['spec']).toEqual(object['spec']);
      else expect(found).toEqual(object);
    }
  });

  it('rendered once more, changes nothing of the resources', async () => {
    const expected = await readFile(caseFile(name, 'expected.yaml'), 'utf8');
    const resources = parseObjects(expected).filter(({ value }) => value['kind'] === 'MySQL');
    const again = await renderText(resources.map(({ text }) => text).join('---\n'));
    const first = parseObjects(again).filter(({ value }) => value['kind'] === 'MySQL');
    expect(first.map(({ value }) => value)).toEqual(resources.map(({ value }) => value));
  });

  it('as JSON, says the same as in YAML', async () => {
    const list = await renderText(await readFile(caseFile(name, 'input.yaml'), 'utf8'), '-o', 'json');
    const { items } = JSON.parse(list) as { items: JsonObject[] };
    expect(items).toEqual(await readCase(name, 'expected.yaml'));
  });

  it('holds no "${", which delivery tools would replace', async () => {
    expect(await readFile(caseFile(name, 'expected.yaml'), 'utf8')).not.toContain('${');
  });
});

describe('all golden cases together', () => {
  it('give every field of the CRD', async () => {
    const given = new Set<string>();
    const collect = (value: unknown, path: string): void => {
      given.add(path);
      if (Array.isArray(value)) for (const item of value) collect(item, `${path}.*`);
      else if (isObject(value)) for (const [key, child] of Object.entries(value)) collect(child, `${path}.${key}`);
    };
    for (const name of cases) for (const object of await readCase(name, 'input.yaml')) collect(object['spec'], 'spec');
    const missing: string[] = [];
    walkSchema(await readCrd('crds/mysqls.otus.homework.yaml'), (node, path) => {
      // A map's values have names of their own; the map itself is asked for.
      if (path[0] !== 'spec' || (path.at(-1) === '*' && node.type !== 'object')) return;
      if (!given.has(path.join('.'))) missing.push(path.join('.'));
    });
    expect(missing).toEqual([]);
  });
});

describe('strings that YAML 1.1 would misread come back as they were written', () => {
  it.each(['n', 'on', 'null', 'y', 'e5'])('a resource, its namespace, its database and its Secret called %s', async (word) => {
    const output = await readFile(caseFile('names-that-yaml-misreads', 'expected.yaml'), 'utf8');
    const statefulSet = findObject(output, 'StatefulSet', word);
    expect(at(statefulSet, 'metadata', 'namespace')).toBe(word);
    expect(at(statefulSet, 'metadata', 'labels', 'otus.homework/mysql')).toBe(word);
    expect(at(statefulSet, 'spec', 'serviceName')).toBe(word);
    expect(at(statefulSet, 'spec', 'template', 'metadata', 'labels', 'app')).toBe(word);
    const environment = at(statefulSet, 'spec', 'template', 'spec', 'containers', 0, 'env');
    expect(environment).toContainEqual({ name: 'MYSQL_DATABASE', value: word });
  });

  const file = caseFile('strings-that-yaml-misreads', 'expected.yaml');
  it.each([
    ['a label', 'Service', ['metadata', 'labels', 'zero'], '0123'],
    ['a label with an underscore', 'Service', ['metadata', 'labels', 'under'], '1_000'],
    ['a label that looks like a date', 'StatefulSet', ['metadata', 'labels', 'date'], '2024-01-01'],
    ['a label "yes"', 'ConfigMap', ['metadata', 'labels', 'word'], 'yes'],
    ['a label "1.0"', 'Secret', ['metadata', 'labels', 'float'], '1.0'],
    ['an empty label', 'Secret', ['metadata', 'labels', 'empty'], ''],
    ['an annotation', 'Service', ['metadata', 'annotations', 'sexagesimal'], '12:30:45'],
    ['an annotation that looks like a tag', 'Service', ['metadata', 'annotations', 'tag'], '!!str x'],
    ['a label "true" of the pod', 'StatefulSet', ['spec', 'template', 'metadata', 'labels', 'true'], 'true'],
    ['a label "off" of the pod', 'StatefulSet', ['spec', 'template', 'metadata', 'labels', 'off'], 'off'],
    ['an annotation of the pod', 'StatefulSet', ['spec', 'template', 'metadata', 'annotations', 'hash'], 'a #b'],
    ['a node selector', 'StatefulSet', ['spec', 'template', 'spec', 'nodeSelector', 'y'], 'n'],
    ['the size', 'PersistentVolumeClaim', ['spec', 'resources', 'requests', 'storage'], '1e9'],
    ['the password', 'Secret', ['data', 'password'], btoa('0x1F')],
    ['an annotation of the resource', 'MySQL', ['metadata', 'annotations', 'unicode'], '\u2028 é 😀'],
    ['lines in an annotation', 'MySQL', ['metadata', 'annotations', 'lines'], 'one\ntwo: #three\n'],
  ])('%s', async (_, kind, path, value) => {
    expect(at(findObject(await readFile(file, 'utf8'), kind), ...path)).toBe(value);
  });

  it.each([
    'server_id=0123',
    'wait_timeout=1_000',
    'version_comment=2024-01-01',
    'max_connections=83',
    'long_query_time=0.5',
    'ft_stopword_file=',
    String.raw`init_connect="SET NAMES 'utf8mb4' # \"x\" \\ y"`,
  ])('the option %s', async (line) => {
    const text = textAt(findObject(await readFile(file, 'utf8'), 'ConfigMap'), 'data', 'my.cnf');
    expect(text.split('\n')).toContain(line);
  });
});
