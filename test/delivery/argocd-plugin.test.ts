// The config management plugin, run by Argo CD's own cmp-server and repo-server.

import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ArgoProcesses } from '../support/argocd/processes.ts';
import { askManifests, askParameters, type Parameter } from '../support/argocd/repo-server.ts';
import { Repository } from '../support/argocd/repository.ts';
import { renderText } from '../support/command-line.ts';
import { parseObjects, resourceText } from '../support/resource.ts';

const SECRET = { password: undefined, passwordSecretRef: { name: 'shop-root', key: 'password' } };
const SHOP = resourceText(SECRET);
const CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\ndata: {a: "0123"}\n';

let argocd: ArgoProcesses;
beforeAll(async () => {
  argocd = await ArgoProcesses.start();
}, 1_800_000);
afterAll(() => argocd.end());
afterEach(async () => {
  expect(await argocd.leftovers()).toEqual([]);
});

async function makeRepository(
  files: Readonly<Record<string, string>> = { 'app/shop.yaml': SHOP },
): Promise<Repository> {
  const repository = await Repository.create(files);
  onTestFinished(() => repository.remove());
  return repository;
}

async function ask({ folder }: Repository, ...parameters: Parameter[]): Promise<Record<string, unknown>[]> {
  return askManifests(argocd.repoServer, { repository: folder, path: 'app', parameters });
}

/** The objects as Argo CD makes them: without comments, and without the empty fields of JSON. */
async function rendered(...texts: string[]): Promise<unknown[]> {
  return parseObjects(await renderText(texts.join('---\n'), '-n', 'databases')).map(({ value }) => value);
}

const named = (objects: readonly Record<string, unknown>[]): string[] =>
  objects.map(({ kind, metadata }) => `${String(kind)} ${String((metadata as Record<string, unknown>)['name'])}`);

describe('the repo-server gets', () => {
  it('what render prints, and other objects unchanged', async () => {
    const repository = await makeRepository({
      'app/shop.yaml': SHOP,
      'app/deep/other.yaml': CONFIG,
      'elsewhere.yaml': '[',
    });
    const found = await ask(repository);
    const wanted = await rendered(SHOP, CONFIG);
    expect(named(found).sort()).toEqual(named(wanted as Record<string, unknown>[]).sort());
    for (const one of wanted as Record<string, unknown>[]) {
      const [name = ''] = named([one]);
      expect(found.find((other) => named([other])[0] === name)).toMatchObject({ ...one, metadata: {} });
    }
  });

  it("the application's namespace on resources that name none", async () => {
    const repository = await makeRepository();
    const objects = await askManifests(argocd.repoServer, {
      repository: repository.folder,
      path: 'app',
      namespace: 'prod',
    });
    expect(objects.map(({ metadata }) => (metadata as Record<string, unknown>)['namespace'])).toEqual(
      objects.map(() => 'prod'),
    );
  });

  it('the same answer twenty times at once', async () => {
    const repository = await makeRepository();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(repository)));
    const first = JSON.stringify(answers[0]);
    expect(named(answers[0] ?? [])).toContain('MySQL shop');
    expect(answers.filter((one) => JSON.stringify(one) !== first)).toEqual([]);
  });

  it('the parameters that the user interface shows', async () => {
    const { folder } = await makeRepository();
    const found = await askParameters(argocd.repoServer, { repository: folder, path: 'app' });
    expect(found).toMatchObject({ namespace: '', 'allow-empty': 'false', validate: 'strict' });
    expect(Object.keys(found)).toContain('storage.size');
  });
});

describe('parameters', () => {
  const specOf = (objects: readonly Record<string, unknown>[]): unknown =>
    objects.find(({ kind }) => kind === 'MySQL')?.['spec'];

  it.each<[string, Parameter[], object]>([
    ['as a text', [{ name: 'image', string: 'mysql:8.4.6' }], { image: 'mysql:8.4.6' }],
    [
      'as a map',
      [{ name: 'resources', map: { 'limits.memory': '2Gi' } }],
      { resources: { limits: { memory: '2Gi' } } },
    ],
    [
      'as a list',
      [
        { name: 'service.type', string: 'LoadBalancer' },
        { name: 'service.loadBalancerSourceRanges', array: ['10.0.0.0/8', '192.168.0.0/16'] },
      ],
      { service: { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/8', '192.168.0.0/16'] } },
    ],
    ['without a value', [{ name: 'image' }], { image: 'mysql:8.4' }],
    ['that are the announced defaults', [{ name: 'namespace', string: '' }], { image: 'mysql:8.4' }],
    ['that are none', [], { image: 'mysql:8.4' }],
  ])('%s', async (_, parameters, spec) => {
    expect(specOf(await ask(await makeRepository(), ...parameters))).toMatchObject(spec);
  });

  it.each<[string, Parameter, string]>([
    ['that is unknown', { name: 'imgae', string: 'x' }, 'error: unknown parameter "imgae", did you mean "image"?'],
    [
      'whose value is refused',
      { name: 'storage.size', string: 'big' },
      'error: parameter "storage.size": spec.storage.size',
    ],
  ])('%s: the error line is in the answer', async (_, parameter, line) => {
    await expect(ask(await makeRepository(), parameter)).rejects.toThrow(line);
  });
});

describe('refused, with the error line in the answer:', () => {
  it.each<[string, Record<string, string>, string]>([
    ['a folder without objects', { 'app/README.md': '#' }, 'there is no object in this folder'],
    ['only comments', { 'app/a.yaml': '# nothing\n' }, 'there is no object in this folder'],
    [
      'a resource with an unknown field',
      { 'app/shop.yaml': resourceText({ ...SECRET, storge: {} }) },
      'spec.storge: unknown field, did you mean "storage"?',
    ],
    ['a file that is no YAML', { 'app/shop.yaml': SHOP, 'app/x.yaml': 'a: [\n' }, 'error: x.yaml:'],
  ])('%s', async (_, files, line) => {
    await expect(ask(await makeRepository(files))).rejects.toThrow(line);
  });

  it('a link that leaves the repository', async () => {
    const repository = await makeRepository();
    await repository.link('app/x.yaml', '/etc/hostname');
    await expect(ask(repository)).rejects.toThrow(/out-of-bounds symlink/);
  });

  it('a folder without objects is delivered when that is meant', async () => {
    const repository = await makeRepository({ 'app/README.md': '#' });
    expect(await ask(repository, { name: 'allow-empty', string: 'true' })).toEqual([]);
  });
});

describe('the sidecar', () => {
  it('runs as user 999 in a network of its own, which has no way out', async () => {
    const { user, network, ownNetwork } = await argocd.describe('sidecar');
    expect(user).toBe('999');
    expect(network).not.toBe(ownNetwork);
  });
});
