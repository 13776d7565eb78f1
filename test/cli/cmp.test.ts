// The commands of the Argo CD plugin: a folder and an environment in, manifests or error lines out.

import { chmod, mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { announceOptions } from '../../src/cli/announcements.ts';
import { parseYaml } from '../../src/parse/yaml.ts';
import { block } from '../../src/render/yaml-block.ts';
import { renderText, runCli, type Outcome } from '../support/command-line.ts';
import { makeFolder } from '../support/folder.ts';
import { at, makeResource, resourceText } from '../support/resource.ts';

const SECRET = { password: undefined, passwordSecretRef: { name: 'shop-root', key: 'password' } };
const SHOP = resourceText(SECRET);
const NONE = resourceText({ ...SECRET, lifecycle: 'None' });
const SEALED =
  '# a comment\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: shop-root}\nspec: {x: 0123}\n';

type Files = Parameters<typeof makeFolder>[0];

async function generate(
  files: Files,
  environment: Readonly<Record<string, string>> = {},
  ...words: string[]
): Promise<Outcome> {
  return runCli(['cmp', 'generate', ...words], '', { folder: await makeFolder(files), environment });
}

function parameters(...list: object[]): Record<string, string> {
  return { ARGOCD_APP_PARAMETERS: JSON.stringify(list) };
}

const text = (resource: object): string => `${block(resource, 0)}\n`;

describe('cmp generate', () => {
  it('prints what render prints for the folder and those within, and other objects unchanged', async () => {
    const files = {
      'a/shop.yaml': SHOP,
      'b.yml': SEALED,
      'c.json': JSON.stringify(makeResource(SECRET, { name: 'web' })),
    };
    const { code, out, lines } = await generate(files);
    expect([code, lines]).toEqual([0, []]);
    expect(out).toBe(await renderText(`${SHOP}---\n${SEALED}---\n${text(makeResource(SECRET, { name: 'web' }))}`));
    expect(out).toContain(SEALED);
  });

  it("gives resources without a namespace the application's, and leaves those that name another", async () => {
    const files = { 'a.yaml': SHOP, 'b.yaml': resourceText(SECRET, { name: 'web', namespace: 'other' }) };
    const { out } = await generate(files, { ARGOCD_APP_NAMESPACE: 'prod' });
    const wanted = [
      makeResource(SECRET, { namespace: 'prod' }),
      makeResource(SECRET, { name: 'web', namespace: 'other' }),
    ];
    expect(out).toBe(await renderText(wanted.map(text).join('---\n')));
  });

  it("refuses an object that gets the application's namespace, too, and with it the name of a rendered one", async () => {
    const files = { 'a.yaml': SHOP, 'b.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop-config}\n' };
    const { code, out, lines } = await generate(files, { ARGOCD_APP_NAMESPACE: 'prod' });
    expect([code, out]).toEqual([3, '']);
    expect(lines[0]).toMatch(/^error: b\.yaml:3:\d+: metadata\.name: .*is rendered to a ConfigMap of this name, too$/);
  });

  it('reads hidden files as Argo CD itself does, but what holds no object there, and leaves out files of other kinds', async () => {
    const files = {
      '.shop.yaml': SHOP,
      '.git/branch.yaml': SHOP,
      '.x.json': '{"a": "apiVersion"}',
      '.argocd-source.yaml': 'plugin: {}\n',
      '.github/a.yaml': 'on: push\n',
      'README.md': '#',
      'x.bin': new Uint8Array([0, 255]),
    };
    expect((await generate(files)).out).toBe(await renderText(SHOP));
  });

  it('says all problems of all files, and prints nothing', async () => {
    const { code, out, lines } = await generate({
      'a.yaml': resourceText({ ...SECRET, image: 5 }),
      'b/c.yaml': 'a: [\n',
    });
    expect([code, out]).toEqual([3, '']);
    expect(lines).toEqual([
      expect.stringMatching(/^error: a.yaml:\d+:\d+: spec.image: must be a string/),
      expect.stringMatching(/^error: b\/c.yaml:\d+:\d+: /),
      'error: nothing was rendered',
    ]);
  });

  it.each([
    ['an object that stands twice', { 'a.yaml': SHOP, 'b.yaml': SHOP }, 'this object stands already in a.yaml'],
    [
      'a kustomization',
      { 'a.yaml': SHOP, 'kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n' },
      'this folder is for kustomize',
    ],
    [
      'a file without a kind',
      { 'a.yaml': SHOP, 'values.yaml': 'a: 1\n' },
      'values.yaml:1:1: this is not a Kubernetes object',
    ],
    [
      'an application namespace that is none',
      { 'a.yaml': SHOP },
      'ARGOCD_APP_NAMESPACE must be the name of a namespace',
    ],
  ])('refuses %s', async (_, files, message) => {
    const { code, out, lines } = await generate(
      files,
      message.startsWith('ARGOCD') ? { ARGOCD_APP_NAMESPACE: 'A b' } : {},
    );
    expect([code, out, lines[0]]).toEqual([3, '', expect.stringContaining(message)]);
  });

  it.each<[string, Files]>([
    ['an empty folder', {}],
    ['only comments', { 'a.yaml': '# nothing\n---\n' }],
  ])('%s is an error, unless that is meant', async (_, files) => {
    const { code, out, lines } = await generate(files);
    expect([code, out, lines]).toEqual([3, '', [expect.stringContaining('there is no object in this folder')]]);
    const allowed = { code: 0, out: '', lines: [] };
    expect(await generate(files, parameters({ name: 'allow-empty', string: 'true' }))).toEqual(allowed);
    expect(await generate(files, {}, '--allow-empty')).toEqual(allowed);
    expect(await generate(files, parameters({ name: 'allow-empty', string: 'false' }))).toMatchObject({ code: 3 });
  });

  it('other objects alone pass: the last resource may be deleted from git', async () => {
    expect((await generate({ 'a.yaml': SEALED })).out).toBe(SEALED);
  });
});

describe('parameters', () => {
  it.each([
    ['missing', {}],
    ['empty', { ARGOCD_APP_PARAMETERS: '' }],
    ['null', { ARGOCD_APP_PARAMETERS: 'null' }],
    ['an empty list', parameters()],
    ['without a value', parameters({ name: 'image' })],
    ['the announced defaults', parameters({ name: 'namespace', string: '' }, { name: 'allow-empty', string: 'false' })],
  ])('%s: nothing changes', async (_, environment) => {
    expect(await generate({ 'a.yaml': SHOP }, environment)).toEqual({
      code: 0,
      out: await renderText(SHOP),
      lines: [],
    });
  });

  it.each<[string, object[], object, object?]>([
    ['a text', [{ name: 'image', string: 'mysql:8.4.6' }], { image: 'mysql:8.4.6' }],
    ['the size, however it is spelt', [{ name: 'storage.size', string: '20Gi' }], { storage_size: '20Gi' }],
    ['a number', [{ name: 'backup.keep', string: '5' }], { backup: { keep: 5 } }],
    ['a truth value', [{ name: 'paused', string: 'true' }], { paused: true }],
    ['digits where a text is wanted', [{ name: 'database', string: '0123' }], { database: '0123' }],
    [
      'a map',
      [{ name: 'resources', map: { 'limits.memory': '2Gi', 'requests.cpu': '1' } }],
      { resources: { limits: { memory: '2Gi' }, requests: { cpu: '1' } } },
    ],
    [
      'a key with dots and a slash',
      [{ name: 'podLabels.example.com/team', string: 'a' }],
      { podLabels: { 'example.com/team': 'a' } },
    ],
    [
      'keys with dots in a map',
      [{ name: 'podAnnotations', map: { 'a.b/c': 'x' } }],
      { podAnnotations: { 'a.b/c': 'x' } },
    ],
    [
      'a list',
      [
        { name: 'service.loadBalancerSourceRanges', array: ['10.0.0.0/8'] },
        { name: 'service.type', string: 'LoadBalancer' },
      ],
      { service: { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/8'] } },
    ],
    ['the namespace', [{ name: 'namespace', string: 'prod' }], {}, { namespace: 'prod' }],
    [
      'one resource, which wins over all',
      [
        { name: 'shop/image', string: 'mysql:8.4.6' },
        { name: 'image', string: 'mysql:8.0' },
      ],
      { image: 'mysql:8.4.6' },
    ],
  ])('%s', async (_, list, spec, metadata = {}) => {
    const { out, lines } = await generate({ 'a.yaml': SHOP }, parameters(...list));
    expect(lines).toEqual([]);
    expect(out).toBe(await renderText(resourceText({ ...SECRET, ...spec }, metadata)));
  });

  it('for one resource leave the others alone, and never touch other objects', async () => {
    const files = { 'a.yaml': SHOP, 'b.yaml': resourceText(SECRET, { name: 'web' }), 'c.yaml': SEALED };
    const { out } = await generate(files, parameters({ name: 'web/image', string: 'mysql:8.4.6' }));
    const web = resourceText({ ...SECRET, image: 'mysql:8.4.6' }, { name: 'web' });
    expect(out).toBe(await renderText([SHOP, web, SEALED].join('---\n')));
  });

  it('no-resource leaves the resource out', async () => {
    const option = parameters({ name: 'no-resource', string: 'true' });
    expect((await generate({ 'a.yaml': NONE }, option)).out).toBe(await renderText(NONE, '--no-resource'));
    expect((await generate({ 'a.yaml': SHOP }, option)).lines[0]).toContain('spec.lifecycle: must be None');
  });

  it.each([
    ['an unknown one', { name: 'imgae', string: 'x' }, 'unknown parameter "imgae", did you mean "image"?'],
    [
      'an unknown field within',
      { name: 'storage.sizes', string: '1Gi' },
      'parameter "storage.sizes": spec.storage.sizes: unknown field, did you mean "size"?',
    ],
    [
      'a field of a text',
      { name: 'image.tag', string: '1' },
      'parameter "image.tag": spec.image: must be a string, but is an object',
    ],
    ['a name that every object has', { name: 'constructor', string: 'x' }, 'unknown parameter "constructor"'],
    ['the prototype', { name: '__proto__', string: 'x' }, 'unknown parameter "__proto__"'],
    [
      'a value that the schema refuses',
      { name: 'lifecycle', string: 'Maybe' },
      'parameter "lifecycle": spec.lifecycle: must be one of Managed, None',
    ],
    [
      'a value that a rule refuses',
      { name: 'storage.size', string: 'big' },
      'parameter "storage.size": spec.storage.size',
    ],
    [
      'a number that is none',
      { name: 'backup.keep', string: 'five' },
      'parameter "backup.keep": spec.backup.keep: must be an integer',
    ],
    [
      'a list for a text',
      { name: 'image', array: ['x'] },
      'parameter "image": spec.image: must be a string, but is a list',
    ],
    [
      'a resource that is not there',
      { name: 'web/image', string: 'x' },
      'parameter "web/image": there is no MySQL "web"',
    ],
    [
      'an option with a wrong value',
      { name: 'allow-empty', string: 'maybe' },
      'parameter "allow-empty" must be true or false',
    ],
    ['an option as a map', { name: 'validate', map: {} }, 'parameter "validate" must be a string'],
    [
      'what is no namespace',
      { name: 'namespace', string: 'A b' },
      'parameter "namespace" must be the name of a namespace',
    ],
    [
      'two values',
      { name: 'image', string: 'x', map: {} },
      'parameter "image" has more than one of string, array, map',
    ],
    ['no name', { string: 'x' }, 'ARGOCD_APP_PARAMETERS[0] has no name'],
    ['a number as a text', { name: 'image', string: 5 }, 'parameter "image" must be a text'],
  ])('%s is refused by name, and the value is not repeated', async (_, parameter, message) => {
    const { code, out, lines } = await generate({ 'a.yaml': SHOP }, parameters(parameter));
    expect([code, out]).toEqual([3, '']);
    expect(lines).toEqual([expect.stringContaining(`error: ${message}`), 'error: nothing was rendered']);
  });

  it.each(['{}', '5', '"x"', '[5]', '[null]', '[', '['.repeat(100_000)])('%.20s is refused', async (given) => {
    const { code, out, lines } = await generate({ 'a.yaml': SHOP }, { ARGOCD_APP_PARAMETERS: given });
    expect([code, out, lines[0]]).toEqual([3, '', expect.stringContaining('error: ARGOCD_APP_PARAMETERS')]);
  });

  it('twice the same name is refused', async () => {
    const { lines } = await generate(
      { 'a.yaml': SHOP },
      parameters({ name: 'image', string: 'a' }, { name: 'image', string: 'b' }),
    );
    expect(lines).toContain('error: parameter "image" is given more than once');
  });
});

describe('links', () => {
  const application = async (): Promise<{ root: string; folder: string }> => {
    const root = await makeFolder({
      'apps/shop/shop.yaml': SHOP,
      'shared/web.yaml': resourceText(SECRET, { name: 'web' }),
    });
    return { root, folder: join(root, 'apps/shop') };
  };
  const run = (
    folder: string,
    environment: Record<string, string> = { ARGOCD_APP_SOURCE_PATH: 'apps/shop' },
  ): Promise<Outcome> => runCli(['cmp', 'generate'], '', { folder, environment });

  it('to a file of the repository are read', async () => {
    const { folder } = await application();
    await symlink('../../shared/web.yaml', join(folder, 'web.yaml'));
    expect((await run(folder)).out).toBe(await renderText(`${SHOP}---\n${resourceText(SECRET, { name: 'web' })}`));
  });

  it.each([
    ['that leave the repository', '/etc/hostname', 'x.yaml: this link leaves the repository'],
    ['to a folder outside', '/etc', 'x.yaml: this link leaves the repository'],
    ['to a folder', '../../shared', 'x.yaml: this is a link to a folder, which is not followed'],
    ['to nothing', 'nowhere.yaml', 'x.yaml: no such file or folder'],
    ['to themselves', 'x.yaml', 'x.yaml: too many links'],
  ])('%s are refused', async (_, target, message) => {
    const { folder } = await application();
    await symlink(target, join(folder, 'x.yaml'));
    expect(await run(folder)).toMatchObject({ out: '', lines: [expect.stringContaining(message)] });
  });

  it.each<[string, Record<string, string>, boolean, number]>([
    ["the folder without the application's path", { ARGOCD_APP_SOURCE_PATH: './apps/shop' }, false, 0],
    ["the folder itself, where it is the application's", { ARGOCD_APP_SOURCE_PATH: '.' }, false, 3],
    ['the nearest folder with .git, where the path is not known', {}, true, 0],
    ['the nearest folder with .git, where the path does not fit', { ARGOCD_APP_SOURCE_PATH: 'other' }, true, 0],
    ['the folder itself, where nothing is known', {}, false, 3],
  ])('the repository is %s', async (_, environment, hasGit, code) => {
    const { root, folder } = await application();
    if (hasGit) await mkdir(join(root, '.git'));
    await symlink('../../shared/web.yaml', join(folder, 'web.yaml'));
    expect(await run(folder, environment)).toMatchObject({ code });
  });
});

describe('cmp parameters', () => {
  const announce = async (files: Files): Promise<unknown[]> => {
    const { code, out, lines } = await runCli(['cmp', 'parameters'], '', { folder: await makeFolder(files) });
    expect([code, lines]).toEqual([0, []]);
    return JSON.parse(out) as unknown[];
  };

  it('announces fields with the values that all resources share', async () => {
    const spec = { ...SECRET, resources: { limits: { memory: '1Gi' } }, config: { max_connections: 300 } };
    const files = {
      'a.yaml': resourceText(spec),
      'b.yaml': resourceText({ ...spec, image: 'mysql:8.0' }, { name: 'web' }),
      'c.yaml': SEALED,
    };
    const found = await announce(files);
    expect(found).toContainEqual(expect.objectContaining({ name: 'storage.size', string: '1Gi' }));
    expect(found).toContainEqual(expect.objectContaining({ name: 'image', string: '' }));
    expect(found).toContainEqual(
      expect.objectContaining({ name: 'resources', collectionType: 'map', map: { 'limits.memory': '1Gi' } }),
    );
    expect(found).toContainEqual(expect.objectContaining({ name: 'config', map: { max_connections: '300' } }));
  });

  it('what is wrong with a file does not keep people from setting parameters', async () => {
    expect(
      await announce({ 'a.yaml': 'a: [', 'b.yaml': resourceText({ image: 5, storage: null, resources: [] }) }),
    ).not.toHaveLength(0);
  });

  it('every announced field is one that can be set', async () => {
    const found = (await announce({ 'a.yaml': SHOP })) as { name: string }[];
    for (const { name } of found) {
      const { lines } = await generate({ 'a.yaml': SHOP }, parameters({ name, map: {} }));
      expect(lines).toEqual([]);
    }
  });

  it('plugin.yaml announces the options, and no field', async () => {
    const plugin = parseYaml(await readFile('plugin.yaml', 'utf8'));
    expect(at(plugin, 'spec', 'parameters', 'static')).toEqual(announceOptions());
    const fields = (await announce({ 'a.yaml': SHOP })) as { name: string }[];
    for (const { name } of announceOptions()) expect(fields.map((field) => field.name)).not.toContain(name);
  });
});

describe('cmp init', () => {
  it('checks the parameters', async () => {
    const folder = await makeFolder();
    expect(await runCli(['cmp', 'init'], '', { folder })).toEqual({ code: 0, out: '', lines: [] });
    const environment = parameters({ name: 'imgae', string: 'x' });
    expect(await runCli(['cmp', 'init'], '', { folder, environment })).toMatchObject({ code: 3, out: '' });
  });
});

describe('folders that nobody wants', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['a file of 50 MiB', new Uint8Array(50 * 1024 * 1024).fill(35), 'the file is larger than 10 MiB; split it'],
    ['binary', new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 0xff]), 'the file is not UTF-8 text'],
    ['deep nesting', `apiVersion: v1\nkind: A\na: ${'['.repeat(20_000)}${']'.repeat(20_000)}\n`, 'a.yaml:'],
    ['half a character', 'apiVersion: v1\nkind: "\\ud800"\n', 'half a character'],
  ])('%s', async (_, content, message) => {
    const { code, out, lines } = await generate({ 'a.yaml': content, 'shop.yaml': SHOP });
    expect([code, out]).toEqual([3, '']);
    expect(lines[0]).toContain(message);
  });

  it('a folder of 60 levels is read, and a link that leads in a circle is not followed', async () => {
    const path = Array.from({ length: 60 }, () => 'd').join('/');
    const folder = await makeFolder({ [`${path}/shop.yaml`]: SHOP });
    expect((await runCli(['cmp', 'generate'], '', { folder })).out).toBe(await renderText(SHOP));
    await symlink('.', join(folder, 'circle'));
    expect(await runCli(['cmp', 'generate'], '', { folder })).toMatchObject({ code: 3, out: '' });
  });

  it('a file that cannot be read is named by its path within the folder', async () => {
    const folder = await makeFolder({ 'shop.yaml': SHOP, 'data/a.yaml': SHOP });
    await chmod(folder, 0o755);
    await chmod(join(folder, 'data/a.yaml'), 0);
    const outcome = await asNobody(() => runCli(['cmp', 'generate'], '', { folder }));
    expect(outcome).toEqual({ code: 1, out: '', lines: ['error: data/a.yaml: permission denied'] });
  });
});

/** Root may read everything, so it takes another user's place meanwhile. */
async function asNobody<Result>(act: () => Promise<Result>): Promise<Result> {
  if (process.geteuid?.() !== 0) return act();
  process.seteuid?.(65534);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
  }
}
