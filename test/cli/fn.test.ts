// The function for Kustomize and kpt: a ResourceList in, a ResourceList out.

import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../src/parse/yaml.ts';
import { block } from '../../src/render/yaml-block.ts';
import { renderText, runCli, type Outcome } from '../support/command-line.ts';
import { at, makeResource, parseObjects, textAt } from '../support/resource.ts';

const V1 = 'config.kubernetes.io/v1';
const SECRET = { password: undefined, passwordSecretRef: { name: 'shop-root', key: 'password' } };
const SHOP = makeResource(SECRET);
const NONE = { ...SECRET, lifecycle: 'None' };
const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { on: 'off' } };

function listText(items: unknown, functionConfig?: unknown, apiVersion = V1): string {
  return `${block({ apiVersion, kind: 'ResourceList', items, functionConfig }, 0)}\n`;
}

function config(data: object): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'options' }, data };
}

function itemsOf({ out }: Outcome): unknown[] {
  return at(parseYaml(out), 'items') as unknown[];
}

/** The rendered objects of a resource, as `render` prints them. */
async function rendered(resource: object): Promise<unknown[]> {
  return parseObjects(await renderText(`${block(resource, 0)}\n`)).map(({ value }) => value);
}

describe('items', () => {
  it.each([V1, 'config.kubernetes.io/v1beta1'])(
    '%s: a resource is rendered in its place, others pass',
    async (version) => {
      const outcome = await runCli(
        ['fn'],
        listText([CONFIG_MAP, SHOP, CONFIG_MAP], undefined, version).replace(/name: "a"/, 'name: "b"'),
      );
      expect([outcome.code, outcome.lines]).toEqual([0, []]);
      expect(parseYaml(outcome.out)).toMatchObject({ apiVersion: version, kind: 'ResourceList' });
      const passed = { ...CONFIG_MAP, metadata: { name: 'b' } };
      expect(itemsOf(outcome)).toEqual([passed, ...(await rendered(SHOP)), CONFIG_MAP]);
    },
  );

  it('the bytes are those of render', async () => {
    const { out } = await runCli(['fn'], listText([SHOP]));
    const [, items = ''] = out.split(/^items:\n/m);
    const documents = items
      .split(/^- /m)
      .slice(1)
      .map((item) => item.replace(/^ {2}/gm, ''));
    expect(documents.join('---\n')).toBe(await renderText(`${block(SHOP, 0)}\n`));
  });

  it('the namespace is copied', async () => {
    const items = itemsOf(await runCli(['fn'], listText([makeResource(SECRET, { namespace: 'prod' })])));
    expect(items.map((item) => at(item, 'metadata', 'namespace'))).toEqual(items.map(() => 'prod'));
  });

  it('none at all is no error: a function is run for every package', async () => {
    expect(await runCli(['fn'], listText([]))).toMatchObject({
      code: 0,
      out: expect.stringContaining('items: []') as string,
    });
  });

  it('JSON is read as well', async () => {
    const { out } = await runCli(['fn'], JSON.stringify({ apiVersion: V1, kind: 'ResourceList', items: [SHOP] }));
    expect(out).toBe((await runCli(['fn'], listText([SHOP]))).out);
  });
});

describe('a second run', () => {
  const annotate = (items: unknown[]): unknown[] =>
    items.map((item, index) => {
      const metadata = at(item, 'metadata') as { annotations?: object };
      const runner = {
        'config.kubernetes.io/index': String(index),
        'config.kubernetes.io/path': `f${String(index)}.yaml`,
        'internal.config.kubernetes.io/index': String(index),
        'internal.config.kubernetes.io/path': `f${String(index)}.yaml`,
        'internal.config.kubernetes.io/id': String(index + 1),
        'config.k8s.io/id': String(index + 1),
        'kustomize.config.k8s.io/id': 'kind: x\n',
      };
      return { ...(item as object), metadata: { ...metadata, annotations: { ...metadata.annotations, ...runner } } };
    });

  it.each([
    ['managed', SHOP],
    ['without a watcher', makeResource(NONE)],
    [
      'with a namespace and volumes of the host',
      makeResource(
        { ...SECRET, storage_size: undefined, storage: { size: '1Gi', hostPath: '/data' } },
        { namespace: 'prod' },
      ),
    ],
    ['with a password and a network policy', makeResource({ networkPolicy: {} })],
  ])('gives the same bytes: %s', async (_, resource) => {
    const first = await runCli(['fn'], listText([resource, CONFIG_MAP]));
    expect((await runCli(['fn'], first.out)).out).toBe(first.out);
  });

  it("keeps the runner's annotations of every item, and gives the same bytes from then on", async () => {
    const first = await runCli(['fn'], listText([SHOP]));
    const annotated = annotate(itemsOf(first));
    const second = await runCli(['fn'], listText(annotated));
    expect(itemsOf(second)).toEqual(annotated);
    expect((await runCli(['fn'], second.out)).out).toBe(second.out);
  });

  it('makes anew what somebody changed, and takes away what is no longer rendered', async () => {
    const items = itemsOf(await runCli(['fn'], listText([makeResource({ ...NONE, networkPolicy: {} })])));
    const changed = items.map((item) =>
      textAt(item, 'kind') === 'StatefulSet' ? { ...(item as object), spec: {} } : item,
    );
    const [, ...children] = changed;
    const again = itemsOf(await runCli(['fn'], listText([makeResource(NONE), ...children])));
    expect(again).toEqual(await rendered(makeResource(NONE)));
  });

  it('refuses what somebody else made under a name that is rendered', async () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'shop' } };
    const { code, lines } = await runCli(['fn'], listText([SHOP, service]));
    expect([code, lines]).toEqual([
      1,
      [
        expect.stringMatching(
          /^error: <stdin>:\d+:\d+: Service shop: metadata.name: the resource in <stdin>:\d+ is rendered to a Service of this name, too$/,
        ),
      ],
    ]);
  });

  const renamed = async (spec: object, rename: (name: string) => string): Promise<Outcome> => {
    const items = itemsOf(await runCli(['fn'], listText([makeResource(spec)])));
    const metadata = (item: unknown): object => at(item, 'metadata') as object;
    const changed = items.map((item) => ({
      ...(item as object),
      metadata: { ...metadata(item), name: rename(textAt(item, 'metadata', 'name')) },
    }));
    return runCli(['fn'], listText(changed));
  };
  const REFUSAL =
    /: metadata.name: was rendered for the MySQL "shop" and renamed afterwards; kubectl-mysql fn must run after/;

  it.each([
    ['a prefix, which a backup claim has in the wrong place', SECRET, (name: string) => `eu-${name}`, 1],
    ['a suffix, which all but the server have in the wrong place', SECRET, (name: string) => `${name}-eu`, 3],
  ])('refuses what was renamed after it was rendered: %s', async (_, spec, rename, count) => {
    const { code, lines } = await renamed(spec, rename);
    expect([code, lines]).toEqual([1, Array(count).fill(expect.stringMatching(REFUSAL))]);
  });

  it('makes anew what was renamed as its resource would have it', async () => {
    const wanted = await rendered(makeResource(NONE, { name: 'eu-shop' }));
    expect(itemsOf(await renamed(NONE, (name) => `eu-${name}`))).toEqual(wanted);
  });

  it('passes on what was rendered for a resource that was left out', async () => {
    const first = await runCli(['fn'], listText([makeResource(NONE)], config({ 'no-resource': 'true' })));
    expect(itemsOf(first).map((item) => textAt(item, 'kind'))).not.toContain('MySQL');
    expect(itemsOf(await runCli(['fn'], listText(itemsOf(first))))).toEqual(itemsOf(first));
  });
});

describe('functionConfig', () => {
  const FUNCTION = { 'config.kubernetes.io/function': 'exec: {path: x}', 'config.kubernetes.io/local-config': 'true' };

  it('a MySQL is rendered, as a generator', async () => {
    const generator = makeResource(SECRET, { annotations: { ...FUNCTION, mine: 'x' } });
    // Kustomize passes the configuration among the items, too.
    for (const items of [[], [generator]]) {
      const outcome = await runCli(['fn'], listText(items, generator));
      expect(itemsOf(outcome)).toEqual(await rendered(makeResource(SECRET, { annotations: { mine: 'x' } })));
      expect(at(parseYaml(outcome.out), 'functionConfig')).toEqual(generator);
    }
  });

  it('null is none', async () => {
    const text = `apiVersion: ${V1}\nkind: ResourceList\nfunctionConfig: null\nitems: []\n`;
    expect(await runCli(['fn'], text)).toMatchObject({ code: 0, lines: [] });
  });

  it('a ConfigMap sets options and fields', async () => {
    const data = {
      namespace: 'prod',
      image: 'mysql:8.4.6',
      'storage.size': '20Gi',
      'config.max_connections': '300',
      paused: 'true',
    };
    const outcome = await runCli(['fn'], listText([SHOP], config(data)));
    const wanted = makeResource(
      { ...SECRET, image: 'mysql:8.4.6', storage_size: '20Gi', config: { max_connections: '300' }, paused: true },
      { namespace: 'prod' },
    );
    expect(itemsOf(outcome)).toEqual(await rendered(wanted));
  });

  it('validate: warn drops unknown fields', async () => {
    const outcome = await runCli(
      ['fn'],
      listText([makeResource({ ...SECRET, storge: 1 })], config({ validate: 'warn' })),
    );
    expect(outcome.lines).toEqual([expect.stringMatching(/^warning: .*spec.storge: unknown field/)]);
    expect(itemsOf(outcome)).toEqual(await rendered(SHOP));
  });

  it.each([
    ['valid', SHOP, 0],
    ['invalid', makeResource({ ...SECRET, image: 5 }), 1],
  ])('validate-only gives the items back as they came: %s', async (_, resource, code) => {
    const outcome = await runCli(['fn'], listText([resource, CONFIG_MAP], config({ 'validate-only': 'true' })));
    expect([outcome.code, itemsOf(outcome)]).toEqual([code, [resource, CONFIG_MAP]]);
  });

  it.each([
    ['an unknown parameter', { naemspace: 'x' }, 'unknown parameter "naemspace", did you mean "namespace"?'],
    ['an option of another command', { 'allow-empty': 'true' }, 'unknown parameter "allow-empty"'],
    ['a parameter that is no string', { paused: true }, 'parameter "paused" must be a string; write it in quotes'],
    ['a wrong value', { 'no-resource': 'yes' }, 'parameter "no-resource" must be true or false'],
    ['a managed resource left out', { 'no-resource': 'true' }, 'spec.lifecycle: must be None with --no-resource'],
    ['a resource that is not there', { 'shpo/image': 'x' }, 'there is no MySQL "shpo", did you mean "shop"?'],
  ])('%s', async (_, data, message) => {
    const { code, lines } = await runCli(['fn'], listText([SHOP], config(data)));
    expect([code, lines]).toEqual([1, [expect.stringContaining(message)]]);
  });

  it.each([
    [
      'another kind',
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } },
      'the functionConfig must be a MySQL',
    ],
    [
      'data that is no map',
      { apiVersion: 'v1', kind: 'ConfigMap', data: [] },
      'data of the functionConfig must be a map',
    ],
    ['no kind', { data: {} }, 'this is not a Kubernetes object: it has no apiVersion'],
  ])('%s', async (_, functionConfig, message) => {
    const { code, lines } = await runCli(['fn'], listText([SHOP], functionConfig));
    expect([code, lines]).toEqual([1, [expect.stringContaining(message)]]);
  });
});

describe('problems', () => {
  const PATH = { 'internal.config.kubernetes.io/path': 'apps/shop.yaml', 'internal.config.kubernetes.io/index': '2' };
  const wrong = makeResource({ ...SECRET, storge: {} }, { annotations: PATH, namespace: 'prod' });

  it('are lines on standard error and results, with the items as they came, and exit code 1', async () => {
    const outcome = await runCli(['fn'], listText([CONFIG_MAP, wrong]));
    expect(outcome.code).toBe(1);
    expect(outcome.lines).toEqual([
      expect.stringMatching(
        /^error: <stdin>:\d+:\d+: MySQL shop \(apps\/shop.yaml\): spec.storge: unknown field, did you mean "storage"\?$/,
      ),
    ]);
    expect(itemsOf(outcome)).toEqual([CONFIG_MAP, wrong]);
    expect(at(parseYaml(outcome.out), 'results')).toEqual([
      {
        message: 'spec.storge: unknown field, did you mean "storage"?',
        severity: 'error',
        resourceRef: { apiVersion: 'otus.homework/v1', kind: 'MySQL', name: 'shop', namespace: 'prod' },
        field: { path: 'spec.storge' },
        file: { path: 'apps/shop.yaml', index: 2 },
        tags: { rule: 'unknown-field' },
      },
    ]);
  });

  it('warnings are results, too, beside what is rendered', async () => {
    const outcome = await runCli(['fn'], listText([makeResource()]));
    expect([outcome.code, outcome.lines.length]).toEqual([0, 1]);
    expect(at(parseYaml(outcome.out), 'results', 0)).toMatchObject({
      severity: 'warning',
      tags: { rule: 'inline-password' },
    });
    expect(outcome.out.split('results:')[1]).not.toContain('otuspassword');
  });

  it.each([
    ['an item without a kind', '- {apiVersion: v1}', 'it has no kind'],
    ['an empty item', '- null', 'this item is empty'],
    ['a text', '- abc', 'this is not a Kubernetes object'],
    ['a list', '- [[1, 2], {a: [3]}]', 'this is not a Kubernetes object'],
  ])('%s among the items', async (_, item, message) => {
    const text = `apiVersion: ${V1}\nkind: ResourceList\nitems:\n${item}\n`;
    const outcome = await runCli(['fn'], text);
    expect([outcome.code, outcome.lines]).toEqual([1, [expect.stringMatching(/^error: <stdin>:4:\d+: /)]]);
    expect(outcome.lines[0]).toContain(message);
    expect(itemsOf(outcome)).toEqual(at(parseYaml(text), 'items'));
  });
});

describe('what is no ResourceList is one error line, nothing on standard output, exit code 3', () => {
  const head = `apiVersion: ${V1}\nkind: ResourceList\n`;
  it.each([
    ['nothing', '', '1:1: there is no ResourceList'],
    ['null', 'null\n', '1:1: this is no ResourceList'],
    ['a text', 'abc\n', '1:1: this is no ResourceList'],
    ['a list', '- a\n', '1:1: this is no ResourceList'],
    ['a resource', `${block(SHOP, 0)}\n`, '2:1: this is no ResourceList: kind must be ResourceList'],
    [
      'an unknown version',
      'apiVersion: config.kubernetes.io/v2\nkind: ResourceList\nitems: []\n',
      '1:1: apiVersion of the ResourceList must be config.kubernetes.io/v1 or config.kubernetes.io/v1beta1',
    ],
    ['no items', head, '1:1: the ResourceList has no items'],
    ['items without a value', `${head}items:\n`, '3:1: items must be a list'],
    ['items that are a map', `${head}items: {a: 1}\n`, '3:1: items must be a list'],
    [
      'a functionConfig that is a text',
      `${head}items: []\nfunctionConfig: x\n`,
      '4:1: functionConfig must be an object',
    ],
    [
      'two lists',
      `${head}items: []\n---\n${head}items: []\n`,
      '5:1: one ResourceList is wanted, and this is another document',
    ],
    ['no YAML', `${head}items: [\n`, '4:1: '],
    ['deep nesting', `${head}items:\n- ${'['.repeat(20_000)}${']'.repeat(20_000)}\n`, '4:'],
    ['no UTF-8', new Uint8Array([0xff, 0xfe, 0x00]), '1:1: the file is not UTF-8 text'],
    [
      'no UTF-8 in an item',
      new Uint8Array([...new TextEncoder().encode(head), 0xc3, 0x28]),
      '1:1: the file is not UTF-8',
    ],
    ['binary', new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 0xff]), '1:1: the file is not UTF-8 text'],
    [
      'more than 64 MiB',
      new Uint8Array(64 * 1024 * 1024 + 1).fill(32),
      '1:1: the file is larger than 64 MiB; split it',
    ],
  ])('%s', async (_, stdin, message) => {
    const { code, out, lines } = await runCli(['fn'], stdin);
    expect([code, out, lines]).toEqual([3, '', [expect.stringContaining(`error: <stdin>:${message}`)]]);
  });
});
