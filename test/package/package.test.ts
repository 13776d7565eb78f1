// The packed program as a black box: installed from its tarball, run by its name, judged by what comes out.

import { existsSync } from 'node:fs';
import { cp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import * as online from '../../src/cli/online.ts';
import { renderText } from '../support/command-line.ts';
import { makeFolder } from '../support/folder.ts';
import { caseFile, listCases } from '../support/golden.ts';
import { installPacked, type Installed } from '../support/packed.ts';
import { runShell, type Ended, type RunOptions } from '../support/process.ts';
import { parseYaml } from '../../src/parse/yaml.ts';
import { makeRepositories } from '../support/repositories.ts';
import { Repository } from '../support/repository.ts';
import { at, resourceText } from '../support/resource.ts';

const cases = await listCases();
let installed: Installed;
beforeAll(async () => {
  installed = await installPacked();
});
afterAll(() => installed.remove());

const SHOP = resourceText({ password: undefined, passwordSecretRef: { name: 'shop-root', key: 'password' } });

/** Runs a line of bash that finds the installed command by its name. */
function run(line: string, { env = {}, ...options }: RunOptions = {}): Promise<Ended> {
  const path = [installed.bin, process.env['PATH']].join(delimiter);
  return runShell(line, { cwd: installed.folder, ...options, env: { ...env, PATH: path } });
}

describe('the tarball', () => {
  it('holds the program, the CRD and the texts about it, and nothing else', () => {
    const texts = ['CHANGELOG.md', 'LICENSE', 'README.md'].filter((file) => existsSync(file));
    expect(installed.files).toEqual([
      ...texts,
      'crds/mysqls.otus.homework.yaml',
      'dist/errors.js',
      'dist/kubectl-mysql.js',
      'dist/online-commands.cache',
      'dist/online-commands.js',
      'dist/online.js',
      'dist/package.json',
      'dist/program.cache',
      'dist/program.js',
      'dist/publish.js',
      'kustomizeconfig.yaml',
      'package.json',
      'plugin.yaml',
    ]);
  });

  it('brings no other package along', async () => {
    const folders = await readdir(join(installed.folder, 'node_modules'));
    expect(folders.filter((name) => !name.startsWith('.'))).toEqual(['kubectl-mysql']);
  });

  const files = ['crds/mysqls.otus.homework.yaml', 'plugin.yaml', 'kustomizeconfig.yaml'];
  it.each(files)('holds %s as it is in the repository', async (file) => {
    const packed = await readFile(join(installed.folder, 'node_modules/kubectl-mysql', file), 'utf8');
    expect(packed).toBe(await readFile(file, 'utf8'));
  });
});

describe('the installed command', () => {
  it('prints the version of the package', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(await run('kubectl-mysql version')).toEqual({ code: 0, out: `kubectl-mysql ${version}\n`, err: '' });
  });

  it.each(cases)('renders the golden case %s as the sources do', async (name) => {
    const input = await readFile(caseFile(name, 'input.yaml'), 'utf8');
    const { code, out } = await run('kubectl-mysql render -f -', { stdin: input });
    expect(code).toBe(0);
    expect(out).toBe(await readFile(caseFile(name, 'expected.yaml'), 'utf8'));
  });

  it.each([
    ['nothing to do', 'kubectl-mysql', 0, ''],
    ['a valid resource', 'kubectl-mysql validate -f -', 0, '1 resource is valid\n'],
    [
      'an unknown flag',
      'kubectl-mysql render --nmespace x',
      2,
      'error: unknown flag "--nmespace", did you mean "--namespace"?\n',
    ],
    ['an unknown command', 'kubectl-mysql rendr', 2, 'error: unknown command "rendr", did you mean "render"?\n'],
    ['a missing file', 'kubectl-mysql render -f nowhere.yaml', 1, 'error: nowhere.yaml: no such file or folder\n'],
    ['a folder as standard input', 'kubectl-mysql render -f - < /', 3, 'error: there is no object in the input\n'],
    ['a full disk', 'kubectl-mysql version > /dev/full', 1, 'error: standard output: ENOSPC\n'],
  ])('%s', async (...[, line, code, err]) => {
    expect(await run(line, { stdin: SHOP })).toMatchObject({ code, err });
  });

  it('names all problems of a file with their places, and exits with 3', async () => {
    const folder = await makeFolder({ 'shop.yaml': resourceText({ databse: 'x', image: 5 }) });
    expect(await run('kubectl-mysql validate -f shop.yaml', { cwd: folder })).toEqual({
      code: 3,
      out: '',
      err: [
        'error: shop.yaml:7:3: spec.databse: unknown field, did you mean "database"?',
        'error: shop.yaml:8:3: spec.image: must be a string, but is a number; write it in quotes',
        'warning: shop.yaml:9:3: spec.password: a password in git is no secret; use passwordSecretRef',
        '',
      ].join('\n'),
    });
  });

  it('a report for machines is on stdout, errors or not', async () => {
    const { code, out, err } = await run('kubectl-mysql validate -f - -o sarif', { stdin: resourceText({ image: 5 }) });
    expect([code, err]).toEqual([3, '']);
    expect(JSON.parse(out)).toMatchObject({
      version: '2.1.0',
      runs: [{ tool: { driver: { name: 'kubectl-mysql' } } }],
    });
  });

  const many = Array.from({ length: 300 }, (_, index) => resourceText({}, { name: `shop-${String(index)}` })).join(
    '---\n',
  );
  it.each([
    ['manifests', 'kubectl-mysql render -f - 2>/dev/null | head -1', 'apiVersion: "otus.homework/v1"\n'],
    [
      'problems',
      'kubectl-mysql validate -f - 2>&1 >/dev/null | head -1',
      expect.stringMatching(/^warning: /) as string,
    ],
    ['the help', 'kubectl-mysql help render | head -1', 'kubectl mysql render [options]\n'],
  ])('is quiet when nobody reads the rest of %s', async (_, line, out) => {
    expect(await run(line, { stdin: many })).toEqual({ code: 0, out, err: '' });
  });

  it.each([
    ['a gate closes', 'plan --fail-on create -f -', 5],
    ['a difference is one', 'diff -f -', 1],
  ])('%s, and nothing is left behind, when nobody reads the rest', async (_, command, code) => {
    const folder = await makeFolder({ 'other.yaml': resourceText({}, { name: 'other' }), 'tmp/.keep': '' });
    const line = `{ kubectl-mysql ${command} --previous other.yaml 2>/dev/null; echo $? >&2; } | head -1 >/dev/null`;
    const env = { TMPDIR: join(folder, 'tmp') };
    expect(await run(line, { cwd: folder, stdin: many, env })).toEqual({ code: 0, out: '', err: `${String(code)}\n` });
    expect(await readdir(join(folder, 'tmp'))).toEqual(['.keep']);
  });

  it('a full disk leaves nothing behind', async () => {
    const folder = await makeFolder({ 'other.yaml': resourceText({}, { name: 'other' }), 'tmp/.keep': '' });
    const env = { TMPDIR: join(folder, 'tmp') };
    const line = 'kubectl-mysql diff -f - --previous other.yaml >/dev/full';
    const { code, err } = await run(line, { cwd: folder, stdin: SHOP, env });
    expect([code, err]).toEqual([2, expect.stringMatching(/^error: standard output: ENOSPC\n$/m)]);
    expect(await readdir(join(folder, 'tmp'))).toEqual(['.keep']);
  });

  it.each([
    ['another time zone', { TZ: 'Pacific/Kiritimati' }],
    ['a Turkish locale', { LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8' }],
    ['no locale', { LC_ALL: 'C', LANG: 'C' }],
    ['colours forced', { FORCE_COLOR: '1' }],
    ['another home', { HOME: '/nowhere' }],
  ])('gives the same bytes with %s', async (_, env) => {
    const { code, out } = await run('kubectl-mysql render -f -', { stdin: many, env });
    expect(code).toBe(0);
    expect(out).toBe(await renderText(many));
  });
});

describe("V8's code cache", () => {
  const WATCH = 'watch --kubeconfig /dev/null';
  /** Says of each file that is started with a cache whether V8 refused it. */
  const tell = `const vm = require('node:vm');
    vm.Script = class extends vm.Script {
      constructor(text, options) {
        super(text, options);
        console.log(require('node:path').basename(options.filename), this.cachedDataRejected);
      }
    };`;

  async function copyDist(): Promise<string> {
    const folder = await makeFolder({});
    await cp(join(installed.folder, 'node_modules/kubectl-mysql/dist'), folder, { recursive: true });
    return folder;
  }

  it.each([
    ['alone', ''],
    ['with the NODE_OPTIONS of the Deployment', '--max-semi-space-size=2 --max-old-space-size=160'],
  ])('is taken for the program and the online commands: %s', async (_, options) => {
    const folder = await makeFolder({ 'tell.cjs': tell });
    const env = { NODE_OPTIONS: `${options} --require ${join(folder, 'tell.cjs')}` };
    const { out } = await run(`kubectl-mysql ${WATCH}`, { env });
    expect(out).toBe('program.js false\nonline-commands.js false\n');
  });

  it('is not read by another Node than the one that made it, with which it may crash', async () => {
    const folder = await copyDist();
    for (const name of ['kubectl-mysql', 'online']) {
      const file = join(folder, `${name}.js`);
      const text = await readFile(file, 'utf8');
      expect(text).toContain(`"${process.version} `);
      await writeFile(file, text.replace(`"${process.version} `, '"v20.0.0 '));
    }
    const teller = await makeFolder({ 'tell.cjs': tell });
    const env = { NODE_OPTIONS: `--require ${join(teller, 'tell.cjs')}` };
    const { out } = await run(`node ${join(folder, 'kubectl-mysql.js')} ${WATCH}`, { env });
    expect(out).toBe('program.js undefined\nonline-commands.js undefined\n');
  });

  it('is not needed', async () => {
    const folder = await copyDist();
    await Promise.all(['program', 'online-commands'].map((name) => rm(join(folder, `${name}.cache`))));
    const program = `node ${join(folder, 'kubectl-mysql.js')}`;
    expect(await run(`${program} render -f -`, { stdin: SHOP })).toMatchObject({
      code: 0,
      out: await renderText(SHOP),
    });
    expect(await run(`${program} ${WATCH}`)).toEqual(await run(`kubectl-mysql ${WATCH}`));
  });
});

describe('publish', () => {
  it('shows no credential, also when DEBUG asks for everything', async () => {
    const { source, environment, git, gitRemote } = await makeRepositories();
    await git('config', 'http.https://git.example/.extraHeader', 'Authorization: Basic dXNlcjpodW50ZXIyMg==');
    const { code, out, err } = await run('kubectl-mysql publish -f apps -b rendered', {
      cwd: source,
      env: { ...environment, DEBUG: '*', GIT_TRACE: '1', GIT_TRACE_CURL: '1' },
    });
    expect([code, err]).toEqual([0, '']);
    expect(out).not.toMatch(/hunter22|dXNlcjpodW50ZXIyMg/);
    expect(await gitRemote('log', '-1', '--format=%an', 'rendered')).toBe('Tester\n');
  });
});

describe('as a plugin of Argo CD', () => {
  const web = SHOP.replace('"shop"', '"web"');

  it("runs plugin.yaml's commands with what a sidecar has: no home, no folder for temporary files, and many at once", async () => {
    const plugin = parseYaml(await readFile('plugin.yaml', 'utf8'));
    const cwd = await makeFolder({ 'shop.yaml': SHOP, 'within/web.yaml': web });
    const env = {
      PATH: [installed.bin, process.env['PATH']].join(delimiter),
      HOME: '/nonexistent',
      TMPDIR: '/nonexistent',
      ARGOCD_APP_NAMESPACE: 'prod',
      ARGOCD_APP_SOURCE_PATH: '.',
      ARGOCD_APP_PARAMETERS: 'null',
    };
    const command = (...path: string[]): string => (at(plugin, 'spec', ...path, 'command') as string[]).join(' ');
    const runs = Array.from({ length: 20 }, () => runShell(command('generate'), { cwd, env }));
    const wanted = await renderText(`${SHOP}---\n${web}`, '-n', 'prod');
    for (const ended of await Promise.all(runs)) expect(ended).toEqual({ code: 0, out: wanted, err: '' });
    const announced = await runShell(command('parameters', 'dynamic'), { cwd, env });
    expect(JSON.parse(announced.out)).toContainEqual(expect.objectContaining({ name: 'image', string: 'mysql:8.4' }));
  });
});

describe('every example of the help works', () => {
  // Those of publish need repositories of their own: test/publish has them.
  const all = Object.entries(COMMANDS)
    .filter(([name]) => name !== 'publish')
    .flatMap(([name, { examples }]) => examples.map(([line]) => ({ name, line })));
  const needsCluster = ({ name, line }: (typeof all)[number]): boolean =>
    Object.hasOwn(online, name) || (['plan', 'diff'].includes(name) && !/--from-ref|--previous/.test(line));
  const onlineLines = all.filter(needsCluster).map(({ line }) => line);
  const lines = all.map(({ line }) => line).filter((line) => !onlineLines.includes(line));

  it.each(lines)('%s', async (line) => {
    const repository = await Repository.create({
      'shop.yaml': SHOP,
      'apps/web/web.yaml': SHOP.replace('"shop"', '"web"'),
      // Nothing that a folder's owner would keep beside them: as text it is no manifest.
      'resource-list.txt': 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n',
    });
    repository.git('update-ref', 'refs/remotes/origin/main', 'main');
    await repository.commit({ 'apps/blog/blog.yaml': SHOP.replace('"shop"', '"blog"') });
    // The parts that need a cluster or a repository have stand-ins.
    const here = line
      .replaceAll('kubectl mysql', 'kubectl-mysql')
      .replace('kubectl apply -f -', 'grep -q StatefulSet')
      .replace('kubectl apply --server-side -f -', 'grep -q Deployment')
      .replace('git show main:shop.yaml', 'cat shop.yaml')
      .replace('resource-list.yaml', 'resource-list.txt');
    expect(here).toContain('kubectl-mysql');
    expect(await run(here, { cwd: repository.folder })).toMatchObject({
      code: 0,
      err: expect.not.stringContaining('error') as string,
    });
  });

  it.each(onlineLines)('%s, as far as that can be without a cluster', async (line) => {
    const env = { HOME: '/nowhere', KUBECONFIG: '', KUBERNETES_SERVICE_HOST: '' };
    const cwd = await makeFolder({ 'shop.yaml': SHOP });
    const ended = await run(line.replaceAll('kubectl mysql', 'kubectl-mysql'), { cwd, env });
    expect(ended).toMatchObject({ code: 2, err: expect.stringContaining('no cluster') as string });
  });
});

// Where there is no kubectl, the end-to-end tests, which bring their own, check this.
const kubectl = join(homedir(), '.cache/kubectl-mysql-cluster/bin/kubectl');
if (existsSync(kubectl)) {
  describe('kubectl', () => {
    it('finds the command as its plugin', async () => {
      const { code, out } = await run(`${kubectl} mysql render -f - -o name`, { stdin: SHOP });
      expect([code, out.split('\n')[0]]).toEqual([0, 'mysql.otus.homework/shop']);
      expect((await run(`${kubectl} plugin list --name-only`)).out).toContain('kubectl-mysql');
    });
  });
}
