// `kubectl mysql plan --from-ref` in real git repositories.

import { chmod, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderText, runCli, type Outcome } from '../support/command-line.ts';
import { makeFolder, readFolder } from '../support/folder.ts';
import { GIT_ENVIRONMENT, Repository } from '../support/repository.ts';
import { resourceText } from '../support/resource.ts';

const REF = { password: undefined, passwordSecretRef: { name: 'shop-root', key: 'password' } };

function shop(spec: object = {}, metadata: object = {}): string {
  return resourceText({ ...REF, ...spec }, metadata);
}

function secret(password: string): string {
  return `apiVersion: v1\nkind: Secret\nmetadata:\n  name: shop-root\nstringData:\n  password: ${password}\n`;
}

function plan(...words: readonly string[]): Promise<Outcome> {
  return runCli(['plan', ...words], '', { environment: GIT_ENVIRONMENT });
}

/** The plan of a folder against main, as JSON. */
async function planFolder(repository: Repository, ...words: readonly string[]): Promise<Record<string, string[]>> {
  const { out, lines } = await plan('-R', '-f', repository.folder, '--from-ref', 'main', '-o', 'json', ...words);
  expect(lines.filter((line) => !line.startsWith('error: '))).toEqual([]);
  const { resources } = JSON.parse(out) as {
    resources: { namespace: string; name: string; change: string; consequences: { kind: string }[] }[];
  };
  return Object.fromEntries(
    resources.map(({ namespace, name, change, consequences }) => {
      const key = namespace === '' ? name : `${namespace}/${name}`;
      return [key, [change, ...new Set(consequences.map(({ kind }) => kind))]];
    }),
  );
}

it('counts resources, not the rows of each', async () => {
  const repository = await Repository.create({ 'a.yaml': shop(), 'b.yaml': shop({}, { name: 'b' }) });
  await repository.write({ 'a.yaml': shop({ storage_size: '20Gi', backup: { size: '20Gi' } }) });
  const { out } = await plan('-f', repository.folder, '--from-ref', 'main');
  expect(out.match(/^ {2}grow /gm)).toHaveLength(2);
  expect(out).toContain('\nPlan, compared with main: 1 of 2 resources changes (1 with grow).\n');
});

describe('what a pull request does', () => {
  it.each<[string, Record<string, string | undefined>, Record<string, string[]>]>([
    ['nothing, when only a comment changes', { 'a.yaml': `# a comment\n${shop()}` }, { shop: ['unchanged'] }],
    ['a restart', { 'a.yaml': shop({ image: 'mysql:8.4.6' }) }, { shop: ['changed', 'restart'] }],
    [
      'a new resource, which may be restored',
      { 'b/c.yaml': shop({}, { name: 'new' }) },
      { new: ['added', 'create', 'restore', 'policy'], shop: ['unchanged'] },
    ],
    ['a final backup, when the file goes', { 'a.yaml': undefined }, { shop: ['removed', 'backup', 'delete', 'stop'] }],
    ['nothing, when the file moves', { 'a.yaml': undefined, 'b/a.yaml': shop() }, { shop: ['unchanged'] }],
    [
      'a deletion and a creation, when it is renamed',
      { 'a.yaml': shop({}, { name: 'store' }) },
      { shop: ['removed', 'backup', 'delete', 'stop'], store: ['added', 'create', 'restore', 'policy'] },
    ],
    [
      'a deletion and a creation, when it moves to a namespace',
      { 'a.yaml': shop({}, { namespace: 'prod' }) },
      { shop: ['removed', 'backup', 'delete', 'stop'], 'prod/shop': ['added', 'create', 'restore', 'policy'] },
    ],
    [
      'a password Job, when the Secret beside it changes',
      { 'secret.yaml': secret('new') },
      { shop: ['changed', 'password'] },
    ],
    ['a refusal', { 'a.yaml': shop({ storage_size: '1Mi' }) }, { shop: ['changed', 'refused'] }],
  ])('%s', async (_, change, expected) => {
    const repository = await Repository.create({ 'a.yaml': shop(), 'secret.yaml': secret('old'), 'README.md': 'x' });
    await repository.write(change);
    expect(await planFolder(repository)).toEqual(expected);
  });

  it.each([
    ['Retain', ['removed', 'stop', 'policy']],
    ['Delete', ['removed', 'data-loss', 'stop']],
  ])('a resource with deletionPolicy %s that goes', async (deletionPolicy, expected) => {
    const repository = await Repository.create({
      'a.yaml': shop({ deletionPolicy }),
      'b.yaml': shop({}, { name: 'b' }),
    });
    await repository.write({ 'a.yaml': undefined });
    expect(await planFolder(repository)).toEqual({ b: ['unchanged'], shop: expected });
  });

  it('a final backup that an annotation gives up', async () => {
    const annotations = { 'otus.homework/skip-final-backup': 'true' };
    const repository = await Repository.create({ 'a.yaml': shop({}, { annotations }) });
    await repository.write({ 'a.yaml': undefined });
    const { out } = await plan('-f', repository.path('a.yaml'), '--from-ref', 'main');
    expect(out).toContain('data-loss ALL DATA SINCE THE LAST BACKUP IS LOST');
  });

  it('says how data is lost, loudly, and how a rename treats it', async () => {
    const repository = await Repository.create({ 'a.yaml': shop({ deletionPolicy: 'Delete' }) });
    await repository.write({ 'a.yaml': shop({ deletionPolicy: 'Delete' }, { name: 'store' }) });
    const { out } = await plan('-f', repository.path('a.yaml'), '--from-ref', 'main');
    expect(out).toContain(
      'data-loss ALL DATA IS LOST: no backup is made; the claim shop-pvc and its volume are deleted',
    );
    expect(out).toContain(
      'create    shop is renamed: the data stays with the old one, and the new one does not find it',
    );
    expect(out).toMatch(
      /\nPlan, compared with main: 2 of 2 resources change \(1 with data-loss, 1 with stop, 1 with create, 1 with restore, 1 with policy\)\.\n$/,
    );
  });
});

type ExitRow = readonly [title: string, spec: object, words: readonly string[], end: readonly [number, ...string[]]];

describe('exit codes', () => {
  it.each<ExitRow>([
    ['0: nothing forbidden', { image: 'mysql:8.4.6' }, [], [0]],
    ['0: another thing is forbidden', { image: 'mysql:8.4.6' }, ['--fail-on', 'delete,data-loss'], [0]],
    [
      '5: a restart is forbidden',
      { image: 'mysql:8.4.6' },
      ['--fail-on', 'delete,restart'],
      [5, 'error: --fail-on: the plan holds restart (shop)'],
    ],
    [
      '5: anything is forbidden',
      { labels: { a: 'b' } },
      ['--fail-on', 'delete', '--fail-on', 'any'],
      [5, 'error: --fail-on: the plan holds any (shop)'],
    ],
    [
      '3: an older series',
      { image: 'mysql:8.0' },
      ['--fail-on', 'restart'],
      [
        3,
        'error: FILE:7:3: spec.image: MySQL 8.0 does not start on data of MySQL 8.4; load a dump into a new server',
        'error: --fail-on: the plan holds restart (shop)',
      ],
    ],
    [
      '3: two series at once',
      { image: 'mysql:10.2' },
      [],
      [
        3,
        'error: FILE:7:3: spec.image: an upgrade from MySQL 8.4 to 10.2 is not supported, no series may be skipped; upgrade to 9.7 first',
      ],
    ],
    [
      '3: a smaller volume',
      { storage_size: '512Mi', backup: { size: '1Gi' } },
      [],
      [3, 'error: FILE:5:1: spec: the storage size cannot shrink, volumes only grow; put the old size back'],
    ],
    [
      '3: another class',
      { storage_size: undefined, storage: { size: '1Gi', className: 'fast' }, backup: { className: 'slow' } },
      [],
      [
        3,
        'error: FILE:5:1: spec: storage.className cannot change, the claim keeps the class it was made with; put the old one back',
        'error: FILE:5:1: spec: backup.className cannot change, the claim keeps the class it was made with; put the old one back',
      ],
    ],
    [
      '3: the database is renamed',
      { database: 'b' },
      [],
      [
        3,
        'error: FILE:6:3: spec.database: the database cannot be renamed here, only the first start creates it; rename it by SQL or make a second resource',
      ],
    ],
    [
      '3: invalid',
      { storag: 1 },
      [],
      [3, 'error: FILE:11:3: spec.storag: unknown field, did you mean "storage"?', 'error: nothing was compared'],
    ],
    [
      '2: what --fail-on does not know',
      {},
      ['--fail-on', 'restrat'],
      [2, 'error: --fail-on does not know "restrat", did you mean "restart"?'],
    ],
    [
      '2: a cluster where none is asked',
      {},
      ['--context', 'prod'],
      [2, 'error: --context is for the cluster, and --from-ref compares without one; leave one of them out'],
    ],
    ['2: two things to compare with', {}, ['--live'], [2, 'error: give --from-ref or --live, not both']],
  ])('%s', async (_, spec, words, [code, ...lines]) => {
    const repository = await Repository.create({ 'a.yaml': shop() });
    await repository.write({ 'a.yaml': shop(spec) });
    const file = repository.path('a.yaml');
    const outcome = await plan('-f', file, '--from-ref', 'main', ...words);
    expect(outcome.lines.map((line) => line.replace(file, 'FILE'))).toEqual(lines);
    expect(outcome.code).toBe(code);
  });
});

describe('the commit that is compared with', () => {
  it('is any that git knows, and its files are read where they were', async () => {
    const repository = await Repository.create({ 'x/a.yaml': shop({ image: 'mysql:8.4.1' }) });
    await repository.commit({ 'x/a.yaml': shop({ image: 'mysql:8.4.2' }) });
    repository.git('tag', 'v1', 'HEAD~1');
    for (const ref of ['HEAD~1', 'v1', 'main~', repository.git('rev-parse', 'HEAD~1')]) {
      const { out } = await plan('-f', repository.path('x/a.yaml'), '--from-ref', ref);
      expect(out).toContain('(mysql:8.4.1 → mysql:8.4.2)');
    }
  });

  it('that is unknown is told, with what to do', async () => {
    const repository = await Repository.create({ 'a.yaml': shop() });
    const { code, out, lines } = await plan('-f', repository.path('a.yaml'), '--from-ref', 'nope');
    const message =
      'error: --from-ref: "nope" is no commit of this repository; git fetch brings what others have pushed';
    expect([code, out, lines]).toEqual([4, '', [message]]);
  });

  it('that a shallow clone does not hold is told, with how to fetch it', async () => {
    const origin = await Repository.create({ 'a.yaml': shop() });
    await origin.commit({ 'a.yaml': shop({ image: 'mysql:9.7' }) });
    const commit = origin.git('rev-parse', 'HEAD~1');
    origin.git('branch', 'a/b', commit);
    const hint = 'this clone is shallow and holds few commits; fetch it first: git ';
    const ways: readonly (readonly [string, string])[] = [
      ['origin/a/b', 'fetch --depth=1 origin a/b:refs/remotes/origin/a/b'],
      [commit, `fetch --depth=1 origin ${commit}`],
      ['HEAD~1', 'fetch --deepen=1'],
      ['HEAD^1', 'fetch --deepen=1'],
    ];
    for (const [ref, command] of ways) {
      const clone = await Repository.clone(`file://${origin.folder}`, '--depth', '1');
      const missing = await plan('-f', clone.path('a.yaml'), '--from-ref', ref);
      const message = `error: --from-ref: "${ref}" is no commit of this repository; ${hint}${command}`;
      expect([missing.code, missing.lines]).toEqual([4, [message]]);
      clone.git(...command.split(' '));
      const found = await plan('-f', clone.path('a.yaml'), '--from-ref', ref);
      expect(found.out).toContain('(mysql:8.4 → mysql:9.7)');
    }
  });

  it('is looked for by what lies here, also in a hook of another repository', async () => {
    const repository = await Repository.create({ 'apps/a.yaml': shop() });
    await repository.write({ 'apps/a.yaml': shop({ image: 'mysql:9.7' }) });
    const strange = {
      GIT_DIR: '.git',
      GIT_WORK_TREE: '/',
      GIT_INDEX_FILE: '/nowhere',
      GIT_TRACE: '1',
      GIT_PREFIX: 'x',
    };
    const line = ['plan', '-f', repository.path('apps'), '--from-ref', 'HEAD'];
    const { code, out } = await runCli(line, '', { environment: { ...GIT_ENVIRONMENT, ...strange } });
    expect([code, out]).toEqual([0, expect.stringContaining('(mysql:8.4 → mysql:9.7)')]);
  });

  it('in a repository of somebody else is refused by git, with what to do', async () => {
    const repository = await Repository.create({ 'a.yaml': shop() });
    const asOther = `#!/bin/sh\nexport GIT_TEST_ASSUME_DIFFERENT_OWNER=1 PATH=${GIT_ENVIRONMENT.PATH}\nexec git "$@"\n`;
    const folder = await makeFolder({ 'bin/git': asOther });
    await chmod(join(folder, 'bin/git'), 0o755);
    const line = ['plan', '-f', repository.path('a.yaml'), '--from-ref', 'HEAD'];
    const environment = { ...GIT_ENVIRONMENT, PATH: `${join(folder, 'bin')}:${GIT_ENVIRONMENT.PATH}` };
    const { code, lines } = await runCli(line, '', { environment });
    expect(code).toBe(4);
    expect(lines[0]).toContain(`: git config --global --add safe.directory '${repository.folder}'`);
  });

  it('in a clone without blobs, which git fetches', async () => {
    const origin = await Repository.create({ 'a.yaml': shop() });
    origin.git('config', 'uploadpack.allowFilter', 'true');
    await origin.commit({ 'a.yaml': shop({ image: 'mysql:9.7' }) });
    const clone = await Repository.clone(`file://${origin.folder}`, '--filter', 'blob:none');
    expect((await plan('-f', clone.path('a.yaml'), '--from-ref', 'HEAD~1')).out).toContain('(mysql:8.4 → mysql:9.7)');
  });

  it('cannot be had of a folder outside of git', async () => {
    const folder = await makeFolder({ 'a.yaml': shop() });
    const { code, lines } = await plan('-f', `${folder}/a.yaml`, '--from-ref', 'main');
    expect([code, lines.length]).toEqual([4, 1]);
    expect(lines[0]).toMatch(/^error: .*a\.yaml: not a git repository/);
  });

  it('may not be a flag of git', async () => {
    const repository = await Repository.create({ 'a.yaml': shop() });
    const { code, lines } = await plan('-f', repository.path('a.yaml'), '--from-ref=--all');
    expect([code, lines]).toEqual([2, ['error: --from-ref must name a commit, not "--all"']]);
  });

  it('has none of a file that it does not hold: all in it is new', async () => {
    const repository = await Repository.create({ 'README.md': 'x' });
    await repository.write({ 'a.yaml': shop() });
    expect(await planFolder(repository)).toEqual({ shop: ['added', 'create', 'restore', 'policy'] });
  });

  it('does not take for deleted what cannot be read', async () => {
    const repository = await Repository.create({ 'x/a.yaml': shop() });
    await symlink('nowhere', repository.path('x/b.yaml'));
    const { code, out, lines } = await plan('-R', '-f', repository.path('x'), '--from-ref', 'main');
    expect([code, out, lines]).toEqual([1, '', [`error: ${repository.path('x/b.yaml')}: no such file or folder`]]);
  });

  it('has a folder that is there and empty now: all in it is deleted', async () => {
    const repository = await Repository.create({ 'x/a.yaml': shop(), 'x/README.md': '' });
    await repository.write({ 'x/a.yaml': undefined });
    const { code, out } = await plan('-f', repository.path('x'), '--from-ref', 'main');
    expect([code, out]).toEqual([0, expect.stringContaining('MySQL shop is DELETED')]);
  });

  it('is not asked for a file that neither side has', async () => {
    const repository = await Repository.create({ 'a.yaml': shop() });
    const { code, lines } = await plan('-f', repository.path('b.yaml'), '--from-ref', 'main');
    expect([code, lines]).toEqual([1, [`error: ${repository.path('b.yaml')}: no such file or folder`]]);
  });

  it('lets the fix of what was invalid be merged, and calls it no creation: nobody can tell what happens', async () => {
    const repository = await Repository.create({ 'a.yaml': shop({ image: 'a b' }) });
    await repository.write({ 'a.yaml': shop() });
    const { code, out, lines } = await plan('-f', repository.path('a.yaml'), '--from-ref', 'main');
    expect([code, out]).toEqual([0, expect.stringContaining('MySQL shop cannot be compared')]);
    expect(out).toMatch(/\n {2}unknown {3}what it was before cannot be read \(main:.*a\.yaml:1: spec\.image: /);
    expect(lines).toEqual([expect.stringMatching(/^warning: main:.*a\.yaml:\d+:\d+: spec\.image: /)]);
    expect((await plan('-f', repository.path('a.yaml'), '--from-ref', 'main', '--fail-on', 'unknown')).code).toBe(5);
  });

  it.each<[string, string, string]>([
    ['no YAML', 'a: [\n', 'flow'],
    ['no kind', 'apiVersion: otus.homework/v1\nmetadata: {name: shop}\n', 'kind'],
    [
      'a list of what to build',
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamePrefix: a-\n',
      '',
    ],
  ])('tells what was in a file that has %s: any resource may have stood there', async (_, text, reason) => {
    const repository = await Repository.create({ 'a.yaml': text, 'b.yaml': shop({}, { name: 'b' }) });
    await repository.write({ 'a.yaml': shop() });
    const { code, out } = await plan('-f', repository.folder, '--from-ref', 'main', '-o', 'markdown');
    expect(code).toBe(0);
    expect(out).toContain('### MySQL: 1 of 2 resources changes (1 with unknown); 1 file cannot be compared\n');
    expect(out).toMatch(
      /#### shop cannot be compared\n[^#]*\| \*\*unknown\*\* \|  \| it may have stood in main:.*a\.yaml before/,
    );
    expect(out).toMatch(new RegExp(`#### File main:.*a\\.yaml cannot be compared\n[^#]*it cannot be read .*${reason}`));
  });

  it.each([
    ['a rule that another CRD need not have', shop({ storage_size: '1Gi' })],
    ['a pattern', shop({ image: 'a b' })],
    ['an object of the same name', `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop-config}\n---\n${shop()}`],
  ])('counts what was invalid by %s when it goes: its data goes, too', async (_, text) => {
    const repository = await Repository.create({ 'a.yaml': text, 'b.yaml': shop({}, { name: 'b' }) });
    await repository.write({ 'a.yaml': undefined });
    const { code, out } = await plan('-f', repository.folder, '--from-ref', 'main', '--fail-on', 'delete');
    expect([code, out]).toEqual([5, expect.stringContaining('MySQL shop is DELETED')]);
  });

  it('does not know what is deleted with a resource that nothing can be made of, and says so', async () => {
    const repository = await Repository.create({ 'a.yaml': shop({ database: 3 }), 'b.yaml': shop({}, { name: 'b' }) });
    await repository.write({ 'a.yaml': undefined });
    const { code, out, lines } = await plan('-f', repository.folder, '--from-ref', 'main', '--fail-on', 'unknown');
    expect([code, lines[0]]).toEqual([5, expect.stringMatching(/^warning: .*a\.yaml:\d+:\d+: spec\.database: /)]);
    expect(out).toMatch(/MySQL shop cannot be compared .*\n {2}unknown .*nobody can tell what is deleted with it\n/);
  });

  it('follows links to files, there as here', async () => {
    const repository = await Repository.create({ 'real/a.txt': shop(), 'x/README.md': '' });
    await symlink('../real/a.txt', repository.path('x/a.yaml'));
    await symlink('/etc/passwd', repository.path('x/b.yaml'));
    await repository.commit({});
    await repository.write({ 'real/a.txt': shop({ image: 'mysql:9.7' }), 'x/b.yaml': undefined });
    const { out, lines } = await plan('-f', repository.path('x'), '--from-ref', 'main');
    expect(out).toContain('(mysql:8.4 → mysql:9.7)');
    expect(out).toMatch(/\nFile main:.*x\/b\.yaml cannot be compared/);
    expect(lines).toEqual([
      `warning: main:${repository.path('x/b.yaml')}: this link leaves the repository, or leads to no file`,
    ]);
  });

  it.each([
    ['that leaves the repository', '/etc/hostname', 'this link leaves the repository'],
    ['to a folder', 'real', 'this is a link to a folder, which is not followed; link its files, or move it here'],
  ])('refuses a link %s, as the Argo CD plugin does, by whichever way it is named', async (_, target, reason) => {
    const repository = await Repository.create({ 'a.yaml': shop(), 'real/b.yaml': shop({}, { name: 'b' }) });
    await symlink(target, repository.path('x.yaml'));
    const named = target === 'real' ? [repository.folder] : [repository.folder, repository.path('x.yaml')];
    for (const name of named) {
      const { code, out, lines } = await plan('-f', name, '--from-ref', 'main');
      expect([code, out, lines]).toEqual([3, '', [`error: ${repository.path('x.yaml')}: ${reason}`]]);
    }
  });

  it('reads hidden files as the Argo CD plugin, kubectl and Argo CD itself read them', async () => {
    const repository = await Repository.create({
      'a.yaml': shop(),
      '.gitlab-ci.yml': 'job: {}\n',
      '.github/a.yaml': 'on: push\njobs: |\n  apiVersion: v1\n  kind: ConfigMap\n',
    });
    await repository.write({ 'a.yaml': undefined, '.a.yaml': shop() });
    expect(await planFolder(repository)).toEqual({ shop: ['unchanged'] });
    const folder = { folder: repository.folder };
    expect((await runCli(['cmp', 'generate'], '', folder)).out).toBe(await renderText(shop()));
    await repository.write({ '.a.yaml': shop({ image: 'mysql:8.4.6' }), '.gitlab-ci.yml': 'job: {a: b}\n' });
    expect(await planFolder(repository)).toEqual({ shop: ['changed', 'restart'] });
    await repository.write({ '.a.yaml': undefined });
    expect(await planFolder(repository)).toEqual({ shop: ['removed', 'backup', 'delete', 'stop'] });
  });

  it('reads names of any characters', async () => {
    const repository = await Repository.create({ 'ä b/"c".yaml': shop(), '-x.yaml': shop({}, { name: 'x' }) });
    expect(await planFolder(repository)).toEqual({ shop: ['unchanged'], x: ['unchanged'] });
  });
});

it('changes nothing: neither the working tree nor the index, any ref, or a lock', async () => {
  const repository = await Repository.create({ 'a.yaml': shop() });
  await repository.write({ 'a.yaml': shop({ image: 'mysql:9.7' }), 'untracked.yaml': shop({}, { name: 'b' }) });
  const before = await readFolder(repository.folder);
  await plan('-f', repository.folder, '--from-ref', 'main', '-o', 'markdown');
  await runCli(['diff', '-f', repository.folder, '--from-ref', 'main'], '', { environment: GIT_ENVIRONMENT });
  expect(await readFolder(repository.folder)).toEqual(before);
});

describe('--previous', () => {
  it('names files that hold line breaks and commands for a terminal without obeying them', async () => {
    const name = 'a\u001b[2J\nPlan: nothing happens.yaml';
    const folder = await makeFolder({ [name]: shop() });
    const { out } = await runCli(['plan', '-f', '-', '--previous', join(folder, name)], CONFIG);
    const shown = join(folder, 'a\\u001b[2J\\u000aPlan: nothing happens.yaml');
    expect(out).toContain(`MySQL shop is DELETED (${shown}:1)\n`);
    expect(out).toContain(`\nPlan, compared with ${shown}: `);
  });

  const CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n';

  it('compares two streams, as kustomize builds them, rendered or not', async () => {
    const [from, to] = [shop(), shop({ image: 'mysql:9.7' })];
    const folder = await makeFolder({ 'before.yaml': `${CONFIG}---\n${await renderText(from)}` });
    const previous = join(folder, 'before.yaml');
    for (const text of [to, await renderText(to)]) {
      const { code, out, lines } = await runCli(['plan', '-f', '-', '--previous', previous], `${text}---\n${CONFIG}`);
      expect([code, lines]).toEqual([0, []]);
      expect(out).toContain('MySQL shop changes (<stdin>:1)\n  restart   spec.image: the image changes');
      expect(out).toContain(`Plan, compared with ${previous}: 1 of 1 resource changes (1 with restart).`);
    }
    const gone = await runCli(['plan', '-f', '-', '--previous', previous], CONFIG);
    expect(gone.out).toContain(`MySQL shop is DELETED (${previous}:5)`);
  });

  it.each(['', 'prod'])(
    'tells that a pod in "%s" is rendered in another way, as by another version',
    async (namespace) => {
      const rendered = await renderText(shop());
      const before = rendered.replace('periodSeconds: 2', 'periodSeconds: 3');
      const folder = await makeFolder({ 'before.yaml': before });
      const line = ['plan', '-f', '-', '--previous', join(folder, 'before.yaml')];
      if (namespace !== '') line.push('-n', namespace);
      const { out } = await runCli(line, rendered);
      expect(out).toContain(`MySQL ${namespace === '' ? '' : 'prod/'}shop changes`);
      expect(out).toContain('  restart   the rendered pod is another one, although the resource does not ask for it');
      expect((await runCli(line, before)).out).toContain(': nothing happens.');
      const paused = await runCli(line, await renderText(shop({ paused: true })));
      expect(paused.out).not.toContain('the rendered pod');
    },
  );

  it.each([
    [['--previous', 'x', '--from-ref', 'main'], 2, 'error: give --from-ref or --previous, not both'],
    [['--previous', 'x', '--live'], 2, 'error: give --previous or --live, not both'],
    [
      ['--previous', 'x', '--kubeconfig', 'y'],
      2,
      'error: --kubeconfig is for the cluster, and --previous compares without one; leave one of them out',
    ],
    [['--previous', '-'], 2, 'error: standard input can be read only once'],
    [['--previous', '/nowhere.yaml'], 1, 'error: /nowhere.yaml: no such file or folder'],
  ])('%j is refused', async (words, code, line) => {
    expect(await runCli(['plan', '-f', '-', ...words], shop())).toMatchObject({ code, out: '', lines: [line] });
  });
});

it('is not made of files that kustomize changes: it would not tell what is delivered', async () => {
  const patches = '{target: {kind: MySQL}, patch: "[{op: replace, path: /spec/image, value: mysql:9.7}]"}';
  const head = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n';
  const repository = await Repository.create({ 'a.yaml': shop(), 'kustomization.yaml': head });
  expect((await plan('-f', repository.folder, '--from-ref', 'main')).code).toBe(0);
  await repository.write({ 'kustomization.yaml': `${head}patches: [${patches}]\n` });
  const { code, out, lines } = await plan('-f', repository.folder, '--from-ref', 'main');
  expect([code, out]).toEqual([3, '']);
  expect(lines[0]).toContain(
    'kustomization.yaml:1:1: this folder is for kustomize: give what "kustomize build" prints',
  );
});

it.each([
  ['leaves a resource out, which is not delivered any more', '[a.yaml]'],
  ['is empty', '[]'],
  ['leads out of the folder', '[a.yaml, b.yaml, ../base]'],
  ['leads to a folder that is not read', '[a.yaml, b.yaml, sub]'],
  ['leads elsewhere', '[a.yaml, b.yaml, "https://git.example/base?ref=v1"]'],
])('is not made of a list for kustomize that %s', async (_, resources) => {
  const list = (files: string): string =>
    `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: ${files}\n`;
  const files = { 'x/a.yaml': shop(), 'x/b.yaml': shop({}, { name: 'b' }) };
  const repository = await Repository.create({ ...files, 'x/kustomization.yaml': list('[./a.yaml, b.yaml]') });
  expect(await planFolder(repository)).toEqual({ b: ['unchanged'], shop: ['unchanged'] });
  await repository.write({ 'x/kustomization.yaml': list(resources) });
  const { code, out, lines } = await plan('-R', '-f', repository.folder, '--from-ref', 'main');
  expect([code, out]).toEqual([3, '']);
  expect(lines[0]).toContain('x/kustomization.yaml:1:1: this folder is for kustomize');
});

it('warns where the earlier side was for kustomize', async () => {
  const head =
    'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamePrefix: x-\nresources: [a.yaml]\n';
  const repository = await Repository.create({ 'a.yaml': shop(), 'kustomization.yaml': head });
  await repository.write({ 'kustomization.yaml': undefined });
  const { lines } = await plan('-R', '-f', repository.folder, '--from-ref', 'main');
  expect(lines).toEqual([expect.stringMatching(/^warning: .*kustomization\.yaml:1:1: this folder is for kustomize/)]);
});

it('reads a rendered branch, too', async () => {
  const repository = await Repository.create({});
  const render = (text: string): Promise<Outcome> =>
    runCli(['render', '-f', '-', '--output-dir', repository.path('prod'), '--kustomization'], text);
  await render(shop());
  await repository.commit({});
  await render(shop({ image: 'mysql:9.7' }));
  expect(await planFolder(repository)).toEqual({ shop: ['changed', 'restart'] });
});

describe('what was rendered for a resource', () => {
  async function planRendered(change: (text: string) => string, back = false): Promise<string> {
    const rendered = await renderText(shop());
    const [before, after] = back ? [change(rendered), rendered] : [rendered, change(rendered)];
    const repository = await Repository.create({ 'a.yaml': before });
    await repository.write({ 'a.yaml': after });
    return (await plan('-f', repository.path('a.yaml'), '--from-ref', 'main')).out;
  }
  const withoutSet = (text: string): string =>
    text
      .split(/^---$/m)
      .filter((each) => !each.includes('kind: StatefulSet'))
      .join('---');
  const stopped = (text: string): string => text.replace(/replicas: 1$/m, 'replicas: 0');

  it('tells that the StatefulSet goes, which stops the server', async () => {
    expect(await planRendered(withoutSet)).toMatch(/\n {2}stop {6}the StatefulSet shop is not rendered any more/);
    expect(await planRendered((text) => withoutSet(text).replace('mysql:8.4', 'mysql:8.4.6'))).toMatch(
      /\n {2}stop {6}the/,
    );
    expect(await planRendered(() => shop())).toMatch(/\n {2}stop {6}the StatefulSet shop is not rendered any more/);
  });

  it('tells that it has no replica any more, or has one again', async () => {
    expect(await planRendered(stopped)).toMatch(/\n {2}stop {6}the rendered StatefulSet shop has no replica/);
    expect(await planRendered(stopped, true)).toMatch(
      /\n {2}start {5}the rendered StatefulSet shop has a replica again/,
    );
    expect(await planRendered((text) => withoutSet(stopped(text)))).toMatch(/\n {2}stop {6}/);
  });
});

describe('a Namespace', () => {
  const NAMESPACE = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: prod}\n';
  const inProd = (spec: object = {}, name = 'shop'): string => shop(spec, { name, namespace: 'prod' });

  it('that is taken out of git takes every server in it along, without a backup', async () => {
    const files = {
      'ns.yaml': NAMESPACE,
      'a.yaml': inProd(),
      'b.yaml': inProd({}, 'b'),
      'c.yaml': shop({}, { namespace: 'x' }),
    };
    const repository = await Repository.create(files);
    await repository.write({ 'ns.yaml': undefined, 'b.yaml': undefined });
    expect(await planFolder(repository)).toEqual({
      prod: ['removed', 'stop'],
      'prod/b': ['removed', 'stop', 'policy'],
      'prod/shop': ['changed', 'stop', 'policy'],
      'x/shop': ['unchanged'],
    });
    const { out } = await plan('-R', '-f', repository.folder, '--from-ref', 'main');
    expect(out).toMatch(
      /\nNamespace prod is DELETED \(main:.*ns\.yaml:1\)\n {2}stop {6}everything in it is deleted with it/,
    );
    expect(out).toContain(
      'no final backup is made, whatever deletionPolicy says; the volumes of b-pvc and backup-b-pvc are kept',
    );
    expect(out).not.toContain('backup-b-job');
  });

  it('loses the data of a server that no watcher guards', async () => {
    const none = { lifecycle: 'None' };
    const repository = await Repository.create({ 'ns.yaml': NAMESPACE, 'a.yaml': inProd(none) });
    await repository.write({ 'ns.yaml': undefined });
    expect((await planFolder(repository))['prod/shop']).toEqual(['changed', 'data-loss', 'stop']);
  });

  it('is told of where nothing else stands, and not when it moves to another file', async () => {
    const repository = await Repository.create({ 'ns.yaml': NAMESPACE });
    await repository.write({ 'ns.yaml': undefined, 'other.yaml': NAMESPACE, 'a.yaml': inProd() });
    expect(Object.keys(await planFolder(repository))).toEqual(['prod/shop']);
    await repository.write({ 'other.yaml': undefined, 'a.yaml': undefined });
    expect(await planFolder(repository)).toEqual({ prod: ['removed', 'stop'] });
  });
});

describe('without --from-ref', () => {
  it('asks the cluster, and says what else there is when there is none', async () => {
    const folder = await makeFolder({ 'a.yaml': shop() });
    const message =
      'error: no cluster: give --kubeconfig or KUBECONFIG, or run in a pod; --from-ref REF compares with a commit instead';
    for (const command of ['plan', 'diff']) {
      const { code, out, lines } = await runCli([command, '-f', `${folder}/a.yaml`]);
      expect([code, out, lines]).toEqual([2, '', [message]]);
    }
  });
});

describe('Markdown', () => {
  it('cannot be broken by what stands in git', async () => {
    const value = '`x` | <b> @team # [a](b)';
    const repository = await Repository.create({ 'a.yaml': shop() });
    await repository.write({ 'a.yaml': shop({ config: { init_connect: value } }) });
    const { out } = await plan('-f', repository.path('a.yaml'), '--from-ref', 'main', '-o', 'markdown');
    const row = out.split('\n').find((line) => line.startsWith('| **restart**'));
    expect(row).toContain('init\\_connect (not set → \\`x\\` \\| \\<b\\> @\u200bteam \\# \\[a\\](b))');
  });

  it('stays below what a comment may hold, and says what is left out, which is nothing grave', async () => {
    const repository = await Repository.create({ 'z.yaml': shop({}, { name: 'zz' }) });
    await repository.write({ 'z.yaml': undefined });
    const names = Array.from({ length: 150 }, (_, index) => `db-${String(index)}`);
    await repository.write({ 'a.yaml': names.map((name) => `---\n${shop({}, { name })}`).join('') });
    const words = ['-o', 'markdown', '--fail-on', 'create'];
    const { out, lines } = await plan('-f', repository.folder, '--from-ref', 'main', ...words);
    expect(out.length).toBeLessThan(61_000);
    expect(lines).toEqual([expect.stringMatching(/^error: --fail-on: .* create \(db-0, .*, db-\d+ and 130 more\)$/)]);
    expect(out).toMatch(/… and \d+ more: run `kubectl mysql plan` to see them\./);
    expect(/^#### .*$/m.exec(out)?.[0]).toBe('#### zz is DELETED');
  });
});
