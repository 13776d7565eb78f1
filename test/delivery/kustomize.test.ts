// The function under the real kustomize: the examples, names that change, and what goes wrong.

import { execFileSync } from 'node:child_process';
import { cp, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../support/folder.ts';
import { byName, makePrograms, renderedAgain, type Programs } from '../support/kustomize.ts';
import { runProgram, type Ended } from '../support/process.ts';
import { at, parseObjects, textAt } from '../support/resource.ts';

let programs: Programs;
beforeAll(async () => {
  const built = execFileSync('bash', ['test/delivery/build-tools', 'kustomize'], { encoding: 'utf8' });
  programs = await makePrograms(built.trim());
});
afterAll(() => programs.remove());

function build(folder: string, ...flags: string[]): Promise<Ended> {
  const words = ['build', '--enable-alpha-plugins', ...flags, folder];
  return runProgram('kustomize', words, { env: { PATH: programs.path } });
}

async function copyExamples(): Promise<string> {
  const folder = await makeFolder();
  await cp('examples/kustomize', folder, { recursive: true });
  return folder;
}

async function edit(file: string, from: string | RegExp, to: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  expect(text).toMatch(from);
  await writeFile(file, text.replace(from, to));
}

describe('the examples', () => {
  it.each([
    ['exec', ['--enable-exec']],
    ['container', []],
  ])(
    '%s: what is rendered has the environment’s names, image and size, and is what render makes of it',
    async (form, flags) => {
      const { code, out, err } = await build(`examples/kustomize/${form}`, ...flags);
      expect([code, err]).toEqual([0, '']);
      const objects = byName(out);
      const secret = Object.keys(objects)
        .find((key) => key.startsWith('Secret '))
        ?.slice('Secret '.length);
      expect(secret).toMatch(/^eu-shop-root-[a-z0-9]{10}$/);
      expect(objects['MySQL eu-shop']).toMatchObject({
        metadata: { namespace: 'prod' },
        spec: { image: 'mysql:8.4.6', storage: { size: '20Gi' }, passwordSecretRef: { name: secret } },
      });
      expect(objects).toMatchObject(await renderedAgain(out));
      const names = [
        'PersistentVolumeClaim eu-shop-pvc',
        'PersistentVolumeClaim backup-eu-shop-pvc',
        'StatefulSet eu-shop',
      ];
      expect(Object.keys(objects)).toEqual(expect.arrayContaining(names));
      // Nothing of kustomize's own bookkeeping is left.
      expect(out).not.toContain('config.kubernetes.io');
    },
  );

  it('container: the image is started as kustomize starts a function', async () => {
    await build('examples/kustomize/container');
    const words = await programs.dockerWords();
    expect(words.slice(0, 2)).toEqual(['run', '--rm']);
    expect(words).toEqual(expect.arrayContaining(['--network', 'none', '--user', 'nobody']));
    expect(words.at(-1)).toMatch(/^kubectl-mysql-fn:/);
  });

  it('the image is that of this version', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    for (const file of ['container/kubectl-mysql.yaml', 'README.md']) {
      expect(await readFile(`examples/kustomize/${file}`, 'utf8')).toContain(`kubectl-mysql-fn:${version}`);
    }
  });

  it('generator: the resource is rendered and then checked', async () => {
    const { code, out, err } = await build('examples/kustomize/generator', '--enable-exec');
    expect([code, err]).toEqual([0, '']);
    expect(byName(out)).toEqual(await renderedAgain(out));
    expect(out).not.toContain('config.kubernetes.io');
  });

  it('the resource comes before its claims', async () => {
    for (const form of ['exec', 'generator']) {
      const { out } = await build(`examples/kustomize/${form}`, '--enable-exec');
      const kinds = parseObjects(out).map(({ value }) => textAt(value, 'kind'));
      expect(kinds.indexOf('MySQL')).toBeLessThan(kinds.indexOf('PersistentVolumeClaim'));
    }
  });

  it('the copy of kustomizeconfig.yaml is the file that ships', async () => {
    const copy = await readFile('examples/kustomize/base/kustomizeconfig.yaml', 'utf8');
    expect(copy).toBe(await readFile('kustomizeconfig.yaml', 'utf8'));
  });
});

describe('names that change', () => {
  it('a suffix is part of the resource’s name, and of what is rendered', async () => {
    const folder = await copyExamples();
    await edit(join(folder, 'exec/kustomization.yaml'), 'namePrefix: eu-', 'nameSuffix: -eu');
    const objects = byName((await build(join(folder, 'exec'), '--enable-exec')).out);
    expect(Object.keys(objects)).toEqual(
      expect.arrayContaining(['PersistentVolumeClaim shop-eu-pvc', 'ConfigMap shop-eu-config']),
    );
  });

  it('without a watcher the pod mounts the Secret by the name that it ends up with', async () => {
    const folder = await copyExamples();
    await edit(join(folder, 'base/shop.yaml'), 'spec:\n', 'spec:\n  lifecycle: None\n');
    const objects = byName((await build(join(folder, 'exec'), '--enable-exec')).out);
    const volumes = at(objects['StatefulSet eu-shop'], 'spec', 'template', 'spec', 'volumes') as unknown[];
    const names = volumes.map((volume) => textAt(volume, 'secret', 'secretName')).filter((name) => name !== '');
    expect(names).toEqual([textAt(objects['MySQL eu-shop'], 'spec', 'passwordSecretRef', 'name')]);
    expect(Object.keys(objects)).toContain(`Secret ${names.join()}`);
  });

  it('other names follow, too', async () => {
    const folder = await copyExamples();
    await edit(
      join(folder, 'base/shop.yaml'),
      'spec:\n',
      'spec:\n  serviceAccountName: db\n  imagePullSecrets: [{name: pull}]\n',
    );
    await edit(join(folder, 'base/kustomization.yaml'), 'resources: [shop.yaml]', 'resources: [shop.yaml, more.yaml]');
    const more = ['kind: ServiceAccount\nmetadata: {name: db}', 'kind: Secret\nmetadata: {name: pull}'];
    await writeFile(join(folder, 'base/more.yaml'), more.map((text) => `apiVersion: v1\n${text}\n`).join('---\n'));
    const objects = byName((await build(join(folder, 'exec'), '--enable-exec')).out);
    expect(objects['MySQL eu-shop']).toMatchObject({
      spec: { serviceAccountName: 'eu-db', imagePullSecrets: [{ name: 'eu-pull' }] },
    });
    expect(objects['StatefulSet eu-shop']).toMatchObject({
      spec: { template: { spec: { serviceAccountName: 'eu-db', imagePullSecrets: [{ name: 'eu-pull' }] } } },
    });
  });

  it('twice in a row, and again in an overlay, changes nothing', async () => {
    const folder = await copyExamples();
    const { out } = await build(join(folder, 'exec'), '--enable-exec');
    const fn = await readFile(join(folder, 'exec/kubectl-mysql.yaml'), 'utf8');
    await writeFile(join(folder, 'exec/again.yaml'), fn.replace('name: kubectl-mysql', 'name: again'));
    await edit(join(folder, 'exec/kustomization.yaml'), '[kubectl-mysql.yaml]', '[kubectl-mysql.yaml, again.yaml]');
    expect(await build(join(folder, 'exec'), '--enable-exec')).toEqual({ code: 0, out, err: '' });
    await cp(join(folder, 'exec/again.yaml'), join(folder, 'over/again.yaml'));
    const over = 'resources: [../exec]\ntransformers: [again.yaml]\nsortOptions: {order: fifo}\n';
    await writeFile(join(folder, 'over/kustomization.yaml'), over);
    const again = await build(join(folder, 'over'), '--enable-exec');
    expect([again.code, again.err, byName(again.out)]).toEqual([0, '', byName(out)]);
  });

  it('a prefix after the function is refused by a function that comes later', async () => {
    const folder = await copyExamples();
    await cp(join(folder, 'exec/kubectl-mysql.yaml'), join(folder, 'over/kubectl-mysql.yaml'));
    const over = 'resources: [../exec]\nnamePrefix: x-\ntransformers: [kubectl-mysql.yaml]\n';
    await writeFile(join(folder, 'over/kustomization.yaml'), over);
    const { code, out, err } = await build(join(folder, 'over'), '--enable-exec');
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('kubectl-mysql fn must run after namePrefix and nameSuffix, in the outermost kustomization');
  });
});

describe('over a package in a folder, as kpt runs functions', () => {
  const run = (folder: string): Promise<Ended> =>
    runProgram('kustomize', ['fn', 'run', folder, '--enable-exec'], { env: { PATH: programs.path } });

  /** All files of the package that hold objects, as one text. */
  async function read(folder: string): Promise<string> {
    const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.yaml')).sort();
    return (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).join('---\n');
  }

  async function makePackage(): Promise<string> {
    const folder = await makeFolder();
    await cp('examples/kustomize/base/shop.yaml', join(folder, 'shop.yaml'));
    await cp('examples/kustomize/exec/kubectl-mysql.yaml', join(folder, 'kubectl-mysql.yaml'));
    return folder;
  }

  it('what is rendered is written beside the resource, and a second run changes nothing', async () => {
    const folder = await makePackage();
    expect(await run(folder)).toEqual({ code: 0, out: '', err: '' });
    const once = await read(folder);
    const { 'ConfigMap kubectl-mysql': fn, ...objects } = byName(once);
    expect(fn).toBeDefined();
    expect(objects['MySQL shop']).toMatchObject({ spec: { storage: { size: '20Gi' } } });
    expect(Object.keys(objects)).toContain('StatefulSet shop');
    expect(objects).toEqual(await renderedAgain(once));
    expect(await run(folder)).toEqual({ code: 0, out: '', err: '' });
    expect(await read(folder)).toBe(once);
  });

  it('a resource that is wrong leaves the package as it is', async () => {
    const folder = await makePackage();
    await edit(join(folder, 'shop.yaml'), 'image: mysql:8.4', 'imgae: mysql:8.4');
    const before = await read(folder);
    const { code, err } = await run(folder);
    expect([code, await read(folder)]).toEqual([1, before]);
    expect(err).toContain('error: ');
    expect(err).toContain('spec.imgae: unknown field, did you mean "image"?');
  });
});

describe('what goes wrong', () => {
  it.each([
    [
      'a resource',
      'base/shop.yaml',
      'image: mysql:8.4',
      'imgae: mysql:8.4',
      'MySQL eu-shop: spec.imgae: unknown field, did you mean "image"?',
    ],
    [
      'a parameter',
      'exec/kubectl-mysql.yaml',
      'storage.size',
      'storage.sizes',
      'parameter "storage.sizes": spec.storage.sizes: unknown field',
    ],
  ])('%s: the build fails, says why, and prints nothing', async (...[, file, from, to, message]) => {
    const folder = await copyExamples();
    await edit(join(folder, file), from, to);
    const { code, out, err } = await build(join(folder, 'exec'), '--enable-exec');
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('error: ');
    expect(err).toContain(message);
  });
});
