// --output-dir: a folder holds exactly what was rendered, and what others put there stays.

import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { renderText, runCli, type Outcome } from '../support/command-line.ts';
import { makeFolder, readFolder } from '../support/folder.ts';
import { resourceText } from '../support/resource.ts';

const run = promisify(execFile);
const SECRET = { password: undefined, passwordSecretRef: { name: 'shop-root', key: 'password' } };
const SHOP = resourceText({ ...SECRET, networkPolicy: {} }, { namespace: 'prod' });
const SMALLER = resourceText(SECRET, { namespace: 'prod' });
const POLICY = 'prod_networking.k8s.io_v1_networkpolicy_shop.yaml';
const FILES = [
  'prod_apps_v1_statefulset_shop.yaml',
  POLICY,
  'prod_otus.homework_v1_mysql_shop.yaml',
  'prod_v1_configmap_shop-config.yaml',
  'prod_v1_persistentvolumeclaim_backup-shop-pvc.yaml',
  'prod_v1_persistentvolumeclaim_shop-pvc.yaml',
  'prod_v1_service_shop.yaml',
];
/** The same in the order in which they are applied: the resource before its claims. */
const APPLIED = [
  'prod_otus.homework_v1_mysql_shop.yaml',
  'prod_v1_persistentvolumeclaim_shop-pvc.yaml',
  'prod_v1_persistentvolumeclaim_backup-shop-pvc.yaml',
  'prod_v1_configmap_shop-config.yaml',
  'prod_v1_service_shop.yaml',
  POLICY,
  'prod_apps_v1_statefulset_shop.yaml',
];
const INDEX = '.kubectl-mysql-index';
const PART = '.kubectl-mysql-part';

function renderTo(folder: string, input: string, ...options: readonly string[]): Promise<Outcome> {
  return runCli(['render', '-f', '-', '--output-dir', folder, ...options], input);
}

describe('--output-dir', () => {
  it('writes a file for each object, and an index; stdout stays empty', async () => {
    const folder = await makeFolder();
    expect(await renderTo(`${folder}/made/here`, SHOP)).toEqual({ code: 0, out: '', lines: [] });
    const files = await readFolder(`${folder}/made/here`);
    expect(Object.keys(files)).toEqual([INDEX, ...FILES].sort());
    expect(JSON.parse(files[INDEX] ?? '')).toEqual({ generator: 'kubectl-mysql', files: FILES });
  });

  it('writes the bytes that the stream holds', async () => {
    const folder = await makeFolder();
    await renderTo(folder, SHOP);
    const files = await readFolder(folder);
    const stream = (await renderText(SHOP)).split(/^---\n/m);
    expect(FILES.map((file) => files[file]).sort()).toEqual(stream.sort());
  });

  it('changes nothing when run again', async () => {
    const folder = await makeFolder();
    await renderTo(folder, SHOP);
    const files = await readFolder(folder);
    await renderTo(folder, SHOP);
    expect(await readFolder(folder)).toEqual(files);
  });

  it('removes what is no longer made, and leaves files of others alone', async () => {
    const folder = await makeFolder({ 'README.md': 'mine', 'sub/x.yaml': 'mine', [`${POLICY}.bak`]: 'mine' });
    await renderTo(folder, SHOP);
    await renderTo(folder, SMALLER);
    const files = await readFolder(folder);
    expect(Object.keys(files)).not.toContain(POLICY);
    expect(files).toMatchObject({ 'README.md': 'mine', 'sub/x.yaml': 'mine', [`${POLICY}.bak`]: 'mine' });
    expect(JSON.parse(files[INDEX] ?? '')).toMatchObject({ files: FILES.filter((file) => file !== POLICY) });
  });

  it.each([
    ['a file', POLICY, 'mine'],
    ['a kustomization.yaml', 'kustomization.yaml', 'resources: []\n'],
  ])('refuses %s of somebody else in the way, and writes nothing', async (_, name, content) => {
    const folder = await makeFolder({ [name]: content });
    const { code, lines } = await renderTo(folder, SHOP, '--kustomization');
    expect(code).toBe(3);
    expect(lines).toEqual([
      `error: ${folder}/${name}: this file was not written by kubectl-mysql and is in the way; move it`,
    ]);
    expect(await readFolder(folder)).toEqual({ [name]: content });
  });

  it("a file of somebody else that is called .part is not touched, and a killed run's is removed", async () => {
    const folder = await makeFolder({ [`${POLICY}.part`]: 'mine', [`${INDEX}.part`]: 'mine' });
    await renderTo(folder, SHOP);
    const files = await readFolder(folder);
    await writeFile(`${folder}/${PART}`, 'half');
    await renderTo(folder, SHOP);
    expect(await readFolder(folder)).toEqual(files);
    expect(files).toMatchObject({ [`${POLICY}.part`]: 'mine', [`${INDEX}.part`]: 'mine' });
  });

  it.each([
    ['a file that is made', 'prod_v1_service_shop.yaml'],
    ['a file that is no longer made', POLICY],
    ['the index', INDEX],
    ['the file that is being written', PART],
  ])('a folder or a pipe in place of %s is one error line, and nothing is written', async (_, name) => {
    const folder = await makeFolder();
    await renderTo(folder, SHOP);
    for (const put of [(path: string) => mkdir(path), (path: string) => run('mkfifo', [path])]) {
      await rm(`${folder}/${name}`, { recursive: true, force: true });
      const files = await readFolder(folder);
      await put(`${folder}/${name}`);
      const { code, lines } = await renderTo(folder, SMALLER.replace('8.4', '9.1'));
      expect(code).toBe(3);
      expect(lines).toEqual([`error: ${folder}/${name}: this is no file and is in the way; move it`]);
      expect(await readFolder(folder)).toEqual(files);
    }
  });

  it('nobody takes the index for a manifest: a folder can be read as it was written', async () => {
    const folder = await makeFolder();
    await renderTo(folder, resourceText({ ...SECRET, lifecycle: 'None' }), '--no-resource');
    expect(await runCli(['render', '-f', folder, '-o', 'name'])).toMatchObject({
      code: 0,
      lines: ['warning: there is no MySQL resource in the input'],
    });
  });

  it.each([
    ['within the input', 'app', 'app/rendered/here', ['-R']],
    ['within the input by a link', 'app', 'link/rendered', ['-R']],
    ['within an input that is a link', 'link', 'app/rendered', ['-R']],
    ['that is the input', 'app', 'app', []],
  ])('a folder %s is refused on the first run: the next would read it', async (...[, input, output, options]) => {
    const folder = await makeFolder({ 'app/shop.yaml': SHOP });
    await symlink(`${folder}/app`, `${folder}/link`);
    const [from, to] = [`${folder}/${input}`, `${folder}/${output}`];
    expect(await runCli(['render', ...options, '-f', from, '--output-dir', to])).toEqual({
      code: 2,
      out: '',
      lines: [`error: --output-dir ${to} lies within the input ${from}: the next run would read what this one writes`],
    });
    expect(await readFolder(folder)).toEqual({ 'app/shop.yaml': SHOP });
  });

  it.each([
    ['beside the input, with a name that begins alike', 'app', 'app-rendered', ['-R']],
    ['beside the input, with a name that begins with dots', 'app', '..rendered', ['-R']],
    ['within the input, when the folders within are not read', 'app', 'app/rendered', []],
    ['around the input', 'app', '.', ['-R']],
    ['with the input as a file in it', 'app/shop.yaml', 'app', []],
  ])('a folder %s is written again and again', async (...[, input, output, options]) => {
    const folder = await makeFolder({ 'app/shop.yaml': SHOP });
    const words = ['render', ...options, '-f', `${folder}/${input}`, '--output-dir', `${folder}/${output}`];
    expect((await runCli(words)).code).toBe(0);
    expect((await runCli(words)).code).toBe(0);
  });

  it('takes over a file that holds the same bytes', async () => {
    const folder = await makeFolder();
    await renderTo(folder, SHOP);
    await rm(`${folder}/${INDEX}`);
    expect((await renderTo(folder, SHOP)).code).toBe(0);
  });

  it.each([
    ['no JSON', 'what'],
    ['of somebody else', '{"generator":"other","files":[]}'],
    ['that leads out of the folder', '{"generator":"kubectl-mysql","files":["../x.yaml"]}'],
    ['that names itself', `{"generator":"kubectl-mysql","files":["${INDEX}"]}`],
  ])('refuses an index %s', async (_, content) => {
    const folder = await makeFolder({ [`out/${INDEX}`]: content, 'x.yaml': 'mine' });
    const { code, lines } = await renderTo(`${folder}/out`, SHOP);
    expect(code).toBe(3);
    expect(lines[0]).toMatch(/this is not the index that kubectl-mysql wrote; put it back or remove it/);
    expect(await readFile(`${folder}/x.yaml`, 'utf8')).toBe('mine');
  });

  it.each([
    ['the index was written and nothing else', FILES],
    ['half of the files were written', FILES.slice(3)],
    ['all files were written and the last index not', []],
  ])('a run that was killed after %s is completed by the next', async (_, missing) => {
    const folder = await makeFolder();
    await renderTo(folder, SMALLER);
    const smaller = await readFolder(folder);
    await renderTo(folder, SHOP);
    const whole = await readFolder(folder);
    for (const file of missing) await rm(`${folder}/${file}`, { force: true });
    for (const file of missing.filter((name) => name in smaller))
      await writeFile(`${folder}/${file}`, smaller[file] ?? '');
    await writeFile(`${folder}/${PART}`, 'half');
    await renderTo(folder, SHOP);
    expect(await readFolder(folder)).toEqual(whole);
    await renderTo(folder, SMALLER);
    expect(await readFolder(folder)).toEqual(smaller);
  });

  it('writes nothing for input that is wrong', async () => {
    const folder = await makeFolder();
    expect((await renderTo(folder, `${SHOP}---\na: [`)).code).toBe(3);
    expect(await readFolder(folder)).toEqual({});
  });

  it('--kustomization lists the files in the order of the output, and goes when it is no longer asked for', async () => {
    const folder = await makeFolder();
    await renderTo(folder, SHOP, '--kustomization');
    expect((await readFolder(folder))['kustomization.yaml']).toBe(
      [
        'apiVersion: kustomize.config.k8s.io/v1beta1',
        'kind: Kustomization',
        'sortOptions:',
        '  order: fifo',
        'resources:',
        ...APPLIED.map((file) => `  - ${file}`),
        '',
      ].join('\n'),
    );
    expect([...APPLIED].sort()).toEqual(FILES);
    await renderTo(folder, SHOP);
    expect(Object.keys(await readFolder(folder))).not.toContain('kustomization.yaml');
  });

  it('names that only case tells apart, or that hold what files may not, get files of their own', async () => {
    const role = (name: string): string =>
      `apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: ${name}\n`;
    const folder = await makeFolder();
    const input = ['Reader', 'reader', 'system:reader', 'a_b', '.hidden', 'ü'].map(role).join('---\n');
    expect((await renderTo(folder, input)).code).toBe(0);
    const files = await readFolder(folder);
    expect(Object.keys(files)).toHaveLength(7);
    for (const file of Object.keys(files)) expect(file).toMatch(/^[a-z0-9.%_-]+$/);
  });

  it('two objects for one file are refused, and nothing is written', async () => {
    const job = 'apiVersion: batch/v1\nkind: Job\nmetadata:\n  generateName: run-\n';
    const folder = await makeFolder();
    const { code, lines } = await renderTo(folder, `${job}---\n${job}`);
    expect(code).toBe(3);
    expect(lines.at(-1)).toMatch(/^error: two objects of kind Job have no name; each needs a file of its own/);
    expect(await readFolder(folder)).toEqual({});
  });

  it('an object that has the name of a rendered one is refused', async () => {
    const folder = await makeFolder();
    const own = 'apiVersion: v1\nkind: Service\nmetadata: {name: shop, namespace: prod}\n';
    const { code, lines } = await renderTo(folder, `${SHOP}---\n${own}`);
    expect(code).toBe(3);
    expect(lines.join('\n')).toMatch(/^error: .*is rendered to a Service of this name, too$/m);
  });

  it.each([
    ['a file', 'is a file', 'a file of this name is in the way'],
    ['a folder of a file', 'is a file/y', 'a part of the path is no folder'],
  ])('%s in place of the folder is an error', async (_, name, reason) => {
    const folder = await makeFolder({ 'is a file': 'mine' });
    const { code, lines } = await renderTo(`${folder}/${name}`, SHOP);
    expect([code, lines]).toEqual([1, [`error: ${folder}/${name}: ${reason}`]]);
  });

  it('is made with the folders above it, and is an error where the system makes none', async () => {
    const folder = await makeFolder({});
    expect((await renderTo(`${folder}/a/b`, SHOP)).code).toBe(0);
    expect(Object.keys(await readFolder(`${folder}/a/b`))).toContain(INDEX);
    const { code, lines } = await renderTo('/proc/nowhere/b', SHOP);
    expect([code, lines]).toEqual([1, ['error: /proc/nowhere/b: no such file or folder']]);
  });
});

describe('-f with a folder', () => {
  const web = resourceText(SECRET, { name: 'web' });
  const shop = resourceText(SECRET, { name: 'shop' });

  it('reads .yaml, .yml and .json files in the order of their names, and no others', async () => {
    const folder = await makeFolder({ 'b.yml': web, 'a.yaml': shop, 'c.txt': 'a: [', 'd/e.yaml': 'a: [' });
    const { code, out } = await runCli(['render', '-f', folder, '-o', 'name']);
    expect(code).toBe(0);
    expect(out.match(/mysql\.otus.homework\/\w+/g)).toEqual(['mysql.otus.homework/shop', 'mysql.otus.homework/web']);
  });

  it('-R reads the folders within, but follows no link to a folder', async () => {
    const folder = await makeFolder({ 'a/b/web.yaml': web, 'c/shop.yaml': shop });
    await symlink(folder, `${folder}/c/again`);
    const { code, out } = await runCli(['render', '-R', '-f', folder, '-o', 'name']);
    expect(code).toBe(0);
    expect(out.match(/^mysql/gm)).toHaveLength(2);
  });

  it('takes files and links to files only: a pipe would be read for ever', async () => {
    const folder = await makeFolder({ 'apps/shop.yaml': shop, 'web.txt': web });
    await symlink(`${folder}/web.txt`, `${folder}/apps/web.yaml`);
    await symlink(folder, `${folder}/apps/folder.yaml`);
    await run('mkfifo', [`${folder}/apps/a.yaml`]);
    await symlink('/dev/zero', `${folder}/apps/zero.yaml`);
    const { code, out } = await runCli(['render', '-f', `${folder}/apps`, '-o', 'name']);
    expect(code).toBe(0);
    expect(out.match(/^mysql.*/gm)).toEqual(['mysql.otus.homework/shop', 'mysql.otus.homework/web']);
  });

  it('a link to nothing is named', async () => {
    const folder = await makeFolder({ 'shop.yaml': shop });
    await symlink('nowhere', `${folder}/web.yaml`);
    const { code, lines } = await runCli(['render', '-f', folder]);
    expect([code, lines]).toEqual([1, [`error: ${folder}/web.yaml: no such file or folder`]]);
  });

  it('a pipe that is given by its name is read', async () => {
    const folder = await makeFolder();
    await run('mkfifo', [`${folder}/pipe`]);
    // The program reads without giving way, so another process has to write.
    const writer = run('sh', ['-c', 'printf %s "$0" > "$1"', shop, `${folder}/pipe`]);
    expect((await runCli(['render', '-f', `${folder}/pipe`])).code).toBe(0);
    await writer;
  });

  it.each([
    [
      'without a file that it would read',
      {},
      [],
      'no .yaml, .yml or .json file in this folder; -R reads the folders within it, too',
    ],
    ['without one in any folder', {}, ['-R'], 'no .yaml, .yml or .json file in this folder'],
  ])('a folder %s is an error', async (...[, files, options, message]) => {
    const folder = await makeFolder(files);
    await mkdir(`${folder}/empty`);
    expect(await runCli(['render', '-f', folder, ...options])).toEqual({
      code: 3,
      out: '',
      lines: [`error: ${folder}: ${message}`],
    });
  });

  it('the same file twice is the same resource twice', async () => {
    const folder = await makeFolder({ 'a.yaml': shop });
    const { code, lines } = await runCli(['render', '-f', folder, '-f', `${folder}/a.yaml`]);
    expect(code).toBe(3);
    expect(lines[0]).toBe(
      `error: ${folder}/a.yaml:4:3: metadata.name: this object stands already in ${folder}/a.yaml:4`,
    );
  });

  it('a file larger than 10 MiB is refused', async () => {
    const folder = await makeFolder({ 'a.yaml': '#'.repeat(10 * 1024 * 1024 + 1) });
    const { code, lines } = await runCli(['render', '-f', `${folder}/a.yaml`]);
    expect(code).toBe(3);
    expect(lines[0]).toBe(`error: ${folder}/a.yaml:1:1: the file is larger than 10 MiB; split it`);
  });
});
