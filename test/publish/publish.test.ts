// kubectl mysql publish with real git and bare repositories over file://.

import { chmod, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderText, runCli } from '../support/command-line.ts';
import { makeFolder, readFolder } from '../support/folder.ts';
import { resourceText } from '../support/resource.ts';
import { commitRemotely, listBranch, makeRepositories, shopText } from '../support/repositories.ts';

const INDEX = '.kubectl-mysql-index';
const FILES = [
  'prod_apps_v1_statefulset_shop.yaml',
  'prod_otus.homework_v1_mysql_shop.yaml',
  'prod_v1_configmap_shop-config.yaml',
  'prod_v1_persistentvolumeclaim_backup-shop-pvc.yaml',
  'prod_v1_persistentvolumeclaim_shop-pvc.yaml',
  'prod_v1_service_shop.yaml',
];
const POLICY = 'prod_networking.k8s.io_v1_networkpolicy_shop.yaml';

interface Result {
  readonly status: string;
  readonly commit: string | null;
  readonly parent: string | null;
  readonly attempts: number;
  readonly diff?: string;
  readonly files: Readonly<Record<string, readonly string[]>>;
}

function parse(out: string): Result {
  return JSON.parse(out) as Result;
}

describe('what is committed', () => {
  it('is one file per object, with the bytes that render prints, and an index; the branch is made', async () => {
    const repositories = await makeRepositories();
    const { publish, gitRemote } = repositories;
    const { code, out, lines } = await publish();
    expect([code, lines]).toEqual([0, []]);
    expect(out).toMatch(/^file:\/\/.*remote\.git, branch rendered: published files: 6 added; commit [0-9a-f]{40}\n$/);
    expect(await listBranch(repositories)).toEqual([INDEX, ...FILES]);
    const contents = await Promise.all(FILES.map((file) => gitRemote('show', `rendered:${file}`)));
    expect(contents.sort()).toEqual((await renderText(shopText())).split(/^---\n/m).sort());
    expect((await gitRemote('rev-list', '--count', 'rendered')).trim()).toBe('1');
  });

  it('is the same whatever line ends and filters the user has configured', async () => {
    const { publish, gitRemote, git, commit } = await makeRepositories();
    await git('config', 'core.autocrlf', 'true');
    await commit({ '.gitattributes': '* text=auto eol=crlf\n' });
    expect((await publish()).code).toBe(0);
    expect(await gitRemote('show', `rendered:${FILES[1] ?? ''}`)).not.toContain('\r');
  });

  it('has trailers that git reads, and that lead to the source commit', async () => {
    const { publish, gitRemote, git, commit } = await makeRepositories();
    await git('config', 'remote.origin.pushurl', (await git('remote', 'get-url', 'origin')).trim());
    await git('config', 'remote.origin.url', 'https://user:hunter22@git.example/team/apps.git');
    await commit({ 'apps/shop.yaml': shopText({ image: 'mysql:9.1' }) }, 'feat: newer\n\nfirst: line\n\nsecond');
    expect((await publish()).code).toBe(0);
    const trailers = await gitRemote('log', '-1', '--format=%(trailers:only,unfold)', 'rendered');
    expect(trailers.trim().split('\n')).toEqual([
      'Argocd-reference-commit-author: Author <author@example.com>',
      `Argocd-reference-commit-sha: ${(await git('rev-parse', 'HEAD')).trim()}`,
      'Argocd-reference-commit-subject: feat: newer',
      String.raw`Argocd-reference-commit-body: "first: line\n\nsecond"`,
      `Argocd-reference-commit-date: ${(await git('log', '-1', '--format=%aI')).trim()}`,
      'Argocd-reference-commit-repourl: https://git.example/team/apps.git',
    ]);
    expect(await gitRemote('log', '-1', '--format=%s', 'rendered')).toMatch(
      /^Render apps from [0-9a-f]{12}: feat: newer\n$/,
    );
    expect(await gitRemote('log', '-1', '-p', 'rendered')).not.toContain('hunter22');
  });

  it('has the message that was given, before the trailers', async () => {
    const { publish, gitRemote } = await makeRepositories();
    await publish('-m', 'deploy: shop\n\nfor the sale');
    const message = await gitRemote('log', '-1', '--format=%B', 'rendered');
    expect(message).toMatch(/^deploy: shop\n\nfor the sale\n\nArgocd-reference-commit-author: /);
  });

  it('is signed when the commits of the user are; what signing says when it fails is one line', async () => {
    const { publish, git, root, gitRemote } = await makeRepositories();
    const program = join(root, 'sign');
    const script = [
      '#!/bin/sh',
      'cat > /dev/null',
      'printf "[GNUPG:] SIG_CREATED \\n" >&2',
      'printf -- "-----BEGIN PGP SIGNATURE-----\\n\\nabc\\n-----END PGP SIGNATURE-----\\n"',
    ];
    await writeFile(program, script.join('\n'));
    await chmod(program, 0o755);
    await git('config', 'commit.gpgSign', 'true');
    await git('config', 'gpg.program', program);
    expect((await publish()).code).toBe(0);
    expect(await gitRemote('cat-file', 'commit', 'rendered')).toContain('BEGIN PGP SIGNATURE');
    await git('config', 'gpg.program', '/nowhere');
    const { code, lines } = await publish('--path', 'other');
    expect(code).toBe(4);
    expect(lines).toEqual([
      expect.stringMatching(/^error: the commit could not be signed, which commit.gpgSign asks for/),
    ]);
  });

  it('goes to one folder of a branch that others use, also the one that the source stands in', async () => {
    const repositories = await makeRepositories();
    const { source, environment, git, gitRemote } = repositories;
    await git('push', '--quiet', 'origin', 'main');
    const line = ['publish', '-R', '-f', `${source}/apps`, '-b', 'main', '--path', 'clusters/prod'];
    expect((await runCli(line, '', { folder: source, environment })).code).toBe(0);
    expect(await listBranch(repositories, 'main')).toContain('apps/shop.yaml');
    expect(await listBranch(repositories, 'main')).toContain(`clusters/prod/${INDEX}`);
    expect(await gitRemote('rev-parse', 'main~1')).toBe(await git('rev-parse', 'main'));
  });
});

describe('another run', () => {
  it('commits nothing when only the index would change', async () => {
    const { publish, gitRemote, commit } = await makeRepositories();
    await publish();
    const tip = await gitRemote('rev-parse', 'rendered');
    await commit({ 'README.md': 'another source commit' });
    const { code, out } = await publish('-o', 'json');
    expect(code).toBe(0);
    expect(parse(out)).toMatchObject({ status: 'unchanged', commit: tip.trim(), attempts: 1 });
    expect((await publish()).out).toMatch(/: nothing to change\n$/);
    expect(await gitRemote('rev-parse', 'rendered')).toBe(tip);
  });

  it('changes what changed, removes what is no longer made, and leaves the files of others', async () => {
    const repositories = await makeRepositories();
    const { publish, commit, gitRemote } = repositories;
    await commit({ 'apps/shop.yaml': shopText({ networkPolicy: {} }) });
    await publish('--path', 'prod/db');
    expect(await listBranch(repositories)).toContain(`prod/db/${POLICY}`);
    const others = {
      'README.md': 'mine',
      'prod/x.yaml': 'mine',
      'prod/db/x.yaml': 'mine',
      'prod/db/sub/y.yaml': 'mine',
    };
    await commitRemotely(repositories, others);
    await commit({ 'apps/shop.yaml': shopText({ image: 'mysql:9.1' }) });
    const { code, out } = await publish('--path', './prod/db/', '-o', 'json');
    expect(code).toBe(0);
    expect(parse(out).files).toMatchObject({ added: [], removed: [POLICY] });
    expect(parse(out).files['changed']).toEqual([FILES[0], FILES[1]]);
    for (const [name, content] of Object.entries(others)) {
      expect(await gitRemote('show', `rendered:${name}`)).toBe(content);
    }
    expect(await listBranch(repositories)).not.toContain(`prod/db/${POLICY}`);
    expect((await gitRemote('rev-list', '--count', 'rendered')).trim()).toBe('3');
  });

  it('mends what somebody changed or removed by hand', async () => {
    const repositories = await makeRepositories();
    const { publish } = repositories;
    await publish();
    await commitRemotely(repositories, { [FILES[0] ?? '']: 'broken', [FILES[1] ?? '']: null });
    const { out } = await publish('-o', 'json');
    expect(parse(out).files).toMatchObject({ added: [FILES[1]], changed: [FILES[0]], removed: [] });
  });

  it('removes everything only when that is said to be meant', async () => {
    const repositories = await makeRepositories();
    const { publish, git, commit } = repositories;
    await publish();
    await commit({ 'apps/note.txt': 'kept' });
    await git('rm', '--quiet', 'apps/shop.yaml');
    await commit({});
    expect((await publish()).code).toBe(3);
    await commit({ 'apps/none.yaml': '# nothing\n' });
    const { code, lines } = await publish();
    expect([code, lines[0]]).toEqual([3, expect.stringContaining('--allow-empty says that this is meant')]);
    expect((await publish('--allow-empty')).code).toBe(0);
    expect(await listBranch(repositories)).toEqual([INDEX]);
    expect((await publish('--allow-empty')).out).toMatch(/nothing to change\n$/);
  });
});

describe('what stands in the way is refused, and nothing is pushed', () => {
  it.each([
    ['a file of that name', { [FILES[2] ?? '']: 'mine' }, 'this file was not written by kubectl-mysql'],
    ['a folder of that name', { [`${FILES[2] ?? ''}/x`]: 'mine' }, 'this is a folder and is in the way'],
    [
      'a file that only case tells apart',
      { [(FILES[2] ?? '').toUpperCase()]: 'mine' },
      'are one name on some file systems',
    ],
    ['an index of somebody else', { [INDEX]: '{}' }, 'this is not the index that kubectl-mysql wrote'],
    ['a file where the folder should be', { db: 'mine' }, '"db" is a file and no folder', 'db'],
    ['a folder that only case tells apart', { 'DB/x': 'mine' }, 'are one name on some file systems', 'db'],
  ])('%s', async (_, files, message, path = '.') => {
    const repositories = await makeRepositories();
    const { git, gitRemote, publish } = repositories;
    await git('push', '--quiet', 'origin', 'main:rendered');
    await commitRemotely(repositories, files);
    const tip = await gitRemote('rev-parse', 'rendered');
    const { code, lines } = await publish('--path', path);
    expect([code, lines]).toEqual([3, [expect.stringContaining(message)]]);
    expect(await gitRemote('rev-parse', 'rendered')).toBe(tip);
  });

  it('a link, also in place of a file that was published', async () => {
    const repositories = await makeRepositories();
    const { root, gitIn, remote, publish } = repositories;
    await publish('--path', 'db');
    const clone = await makeFolder();
    await gitIn(root, 'clone', '--quiet', '--branch', 'rendered', remote, clone);
    await gitIn(clone, 'rm', '--quiet', `db/${FILES[0] ?? ''}`);
    await symlink('/etc/passwd', join(clone, 'db', FILES[0] ?? ''));
    await symlink('/etc', join(clone, 'etc'));
    await gitIn(clone, 'add', '--all');
    await gitIn(clone, 'commit', '--quiet', '-m', 'links');
    await gitIn(clone, 'push', '--quiet');
    expect((await publish('--path', 'db')).lines).toEqual([
      `error: ${FILES[0] ?? ''}: this is a link and is in the way; move it`,
    ]);
    expect((await publish('--path', 'etc/db')).lines).toEqual(['error: etc: "etc" is a link and no folder']);
  });

  it('what is there already and equal is taken over', async () => {
    const repositories = await makeRepositories();
    const { publish, commit, git } = repositories;
    await commit({ 'apps/other.txt': 'x' });
    const file = FILES[5] ?? '';
    const yaml = (await renderText(shopText())).split(/^---\n/m).find((text) => text.includes('kind: Service'));
    await git('checkout', '--quiet', '-b', 'rendered');
    await commit({ [file]: yaml ?? '' });
    await git('push', '--quiet', 'origin', 'rendered');
    await git('checkout', '--quiet', 'main');
    expect(parse((await publish('-o', 'json')).out).files).toMatchObject({ unchanged: [file] });
  });
});

describe('the source', () => {
  it.each([
    ['changed', { 'shop.yaml': `${shopText()}# more\n` }, 'apps/shop.yaml'],
    ['not committed', { 'new.yaml': shopText({}, { name: 'new' }) }, 'apps/new.yaml'],
    ['ignored by git', { 'secret.local.yaml': shopText({}, { name: 'local' }) }, 'apps/secret.local.yaml'],
  ])('with a file that is %s is refused, unless that is said to be meant', async (_, files, name) => {
    const repositories = await makeRepositories();
    const { publish, source, commit, gitRemote } = repositories;
    await commit({ '.gitignore': '*.local.yaml\n' });
    for (const [file, content] of Object.entries(files)) await writeFile(join(source, 'apps', file), content);
    const { code, lines } = await publish();
    expect([code, lines]).toEqual([3, [`error: not as in the last commit: ${name}; commit it, or say --allow-dirty`]]);
    expect((await publish('--allow-dirty')).code).toBe(0);
    expect(await gitRemote('show', `rendered:${INDEX}`)).toContain('"dirty": true');
    expect(await gitRemote('log', '-1', '--format=%s', 'rendered')).toContain('with uncommitted changes');
  });

  it('with a file that was removed is refused', async () => {
    const { publish, source, commit, gitIn } = await makeRepositories();
    await commit({ 'apps/web.yaml': shopText({}, { name: 'web' }) });
    await gitIn(source, 'rm', '--quiet', '--cached', 'apps/web.yaml');
    expect((await publish()).lines[0]).toContain('apps/web.yaml');
  });

  it('may be changed where nothing is read', async () => {
    const { publish, source } = await makeRepositories();
    await writeFile(join(source, 'notes.yaml'), 'x: 1\n');
    await writeFile(join(source, 'apps/notes.txt'), 'x');
    expect((await publish()).code).toBe(0);
  });

  it('is never written to: working tree, index, branches, objects', async () => {
    const { publish, source, git, commit } = await makeRepositories();
    await publish();
    await commit({ 'apps/shop.yaml': shopText({ image: 'mysql:9.1' }) });
    const before = await readFolder(source);
    const folders = await readdir(source, { recursive: true });
    expect((await publish()).code).toBe(0);
    expect(await readFolder(source)).toEqual(before);
    expect(await readdir(source, { recursive: true })).toEqual(folders);
    expect(await git('status', '--porcelain')).toBe('');
  });

  it.each([
    ['a shallow clone with no branch checked out, as in CI', ['--depth=1'], ['checkout', '--quiet', '--detach']],
    ['a linked working tree', [], ['worktree', 'add', '--quiet', '-b', 'linked', 'tree']],
  ])('may be %s', async (_, options, words) => {
    const repositories = await makeRepositories();
    const { root, remote, environment, gitIn, git, commit } = repositories;
    await commit({ 'apps/shop.yaml': shopText({ networkPolicy: {} }) });
    await git('push', '--quiet', 'origin', 'main');
    const clone = await makeFolder();
    await gitIn(root, 'clone', '--quiet', ...options, `file://${remote}`, clone);
    await gitIn(clone, ...words);
    const folder = words[0] === 'worktree' ? join(clone, 'tree') : clone;
    const line = ['publish', '-f', `${folder}/apps`, '-b', 'rendered'];
    expect(await runCli(line, '', { folder, environment })).toMatchObject({ code: 0, lines: [] });
    expect(await listBranch(repositories)).toContain(POLICY);
    // A branch that is checked out in a repository of somebody is not pushed to.
    const checkedOut = ['publish', '-f', `${folder}/apps`, '-b', 'main', '--path', 'x', '--repo', clone];
    await gitIn(clone, 'checkout', '--quiet', 'main');
    const refused = await runCli(checkedOut, '', { folder, environment });
    expect([refused.code, refused.lines[0]]).toEqual([4, expect.stringContaining('branch is currently checked out')]);
  });

  it('may be a submodule', async () => {
    const { root, environment, gitIn, source, remote, git } = await makeRepositories();
    await git('push', '--quiet', 'origin', 'main');
    const outer = join(root, 'outer');
    await gitIn(root, 'init', '--quiet', outer);
    await gitIn(outer, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', `file://${remote}`, 'within');
    const line = ['publish', '-f', `${outer}/within/apps`, '-b', 'rendered', '-o', 'json'];
    const { code, out } = await runCli(line, '', { folder: source, environment });
    expect([code, parse(out).status]).toEqual([0, 'published']);
  });

  it('may lie in no repository, and come by standard input: then --repo is needed, and there are no trailers', async () => {
    const { remote, environment, root, gitRemote } = await makeRepositories();
    const folder = await makeFolder({ 'shop.yaml': shopText() });
    const run = (...words: readonly string[]): ReturnType<typeof runCli> =>
      runCli(['publish', '-b', 'rendered', ...words], shopText(), { folder, environment });
    expect(await run('-f', `${folder}/shop.yaml`)).toMatchObject({
      code: 2,
      lines: ['error: say with --repo which repository is published to: the source has no remote origin'],
    });
    expect((await run('-f', '-', '--repo', remote)).code).toBe(0);
    expect(await gitRemote('log', '-1', '--format=%B', 'rendered')).toBe('Render MySQL resources\n\n');
    expect((await run('-f', `${folder}/shop.yaml`, '--repo', remote)).out).toContain('nothing to change');
    expect(root).not.toBe('');
  });

  it('is one repository', async () => {
    const { publish } = await makeRepositories();
    const elsewhere = await makeFolder({ 'web.yaml': shopText({}, { name: 'web' }) });
    const { code, lines } = await publish('-f', elsewhere);
    expect([code, lines[0]]).toEqual([3, expect.stringContaining('lies outside of the repository')]);
  });

  it('that links to a file elsewhere in the repository is as clean as that file', async () => {
    const { publish, source, commit } = await makeRepositories();
    await commit({ 'base/web.yaml': shopText({}, { name: 'web' }) });
    await symlink('../base/web.yaml', join(source, 'apps/web.yaml'));
    await commit({});
    expect((await publish()).code).toBe(0);
    await writeFile(join(source, 'base/web.yaml'), shopText({ image: 'mysql:9.1' }, { name: 'web' }));
    expect((await publish()).lines[0]).toContain('base/web.yaml');
  });
});

describe('no secret goes to git', () => {
  it.each([
    ['a password', resourceText({}, { namespace: 'prod' }), 'spec.password: a password is not published to git'],
    [
      'a Secret',
      `apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {a: b}\n---\n${shopText()}`,
      'stringData: a Secret is not',
    ],
  ])('%s is refused by name, unless that is said to be meant', async (_, text, message) => {
    const { publish, commit } = await makeRepositories();
    await commit({ 'apps/shop.yaml': text });
    const { code, lines } = await publish();
    expect(code).toBe(3);
    expect(lines).toContainEqual(expect.stringContaining(message));
    expect((await publish('--allow-secrets')).code).toBe(0);
  });
});

describe('--dry-run', () => {
  it('prints as a diff what is then committed, and changes nothing', async () => {
    const repositories = await makeRepositories();
    const { publish, commit, gitRemote } = repositories;
    await commit({ 'apps/shop.yaml': shopText({ networkPolicy: {} }) });
    for (const spec of [{ networkPolicy: {} }, { image: 'mysql:9.1' }]) {
      await commit({ 'apps/shop.yaml': shopText(spec), 'note.txt': JSON.stringify(spec) });
      const tips = await gitRemote('for-each-ref');
      const dry = await publish('--dry-run');
      expect(dry).toMatchObject({ code: 0, lines: [expect.stringContaining('would be published')] });
      expect(await gitRemote('for-each-ref')).toBe(tips);
      const result = parse((await publish('-o', 'json', '--dry-run')).out);
      expect(result).toMatchObject({ status: 'dry-run', diff: dry.out });
      await publish();
      const shown = await gitRemote('show', '--format=', '--no-renames', '--full-index', 'rendered');
      expect(shown).toBe(dry.out);
    }
    expect(await publish('--dry-run')).toMatchObject({ code: 0, out: '' });
  });

  it('shows that a Secret or a password changes, and no value of it', async () => {
    const { publish, commit, gitRemote } = await makeRepositories();
    const change = (word: string): Promise<void> => {
      const stringData = { password: `${word}-of-secret`, 'ca.crt': 'the-same-all-the-time' };
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'other' }, stringData };
      const password = `${word}-of-resource`;
      const shop = shopText({
        password,
        passwordSecretRef: undefined,
        image: `mysql:${word === 'first' ? '8.4' : '9.7'}`,
      });
      return commit({ 'apps/shop.yaml': shop, 'apps/secret.yaml': JSON.stringify(secret) });
    };
    const dryRun = async (): Promise<string> => {
      const { code, out } = await publish('--dry-run', '--allow-secrets');
      expect(code).toBe(0);
      const coded = ['first-of-secret', 'second-of-secret', 'first-of-resource', 'second-of-resource'].map(btoa);
      for (const secret of [...coded, 'of-secret', 'of-resource', 'the-same-all']) expect(out).not.toContain(secret);
      return out;
    };
    await change('first');
    expect(await dryRun()).toContain('+  password: "***"\n');
    expect((await publish('--allow-secrets')).code).toBe(0);
    await change('second');
    const diff = await dryRun();
    expect(diff).toContain('-  password: "*** (before)"\n');
    expect(diff).toContain('+  password: "*** (after)"\n');
    expect(diff).toContain('+  image: "mysql:9.7"\n');
    // Nor does it tell by which a value can be guessed.
    const stored = (await gitRemote('ls-tree', '-r', 'rendered')).split('\n').filter((line) => line.includes('secret'));
    expect(stored.length).toBeGreaterThan(1);
    for (const line of stored) expect(diff).not.toContain(/[0-9a-f]{40}/.exec(line)?.[0]);
    await commit({ 'apps/shop.yaml': shopText(), 'apps/secret.yaml': '# none' });
    const { code, out } = await publish('--dry-run');
    expect([code, out]).toEqual([0, expect.stringContaining('-  password: "***"\n')]);
    expect(out).not.toMatch(/of-(?:secret|resource)/);
  });

  it('applies to the branch as it is', async () => {
    const repositories = await makeRepositories();
    const { publish, root, remote, gitIn } = repositories;
    await publish();
    const { commit } = repositories;
    await commit({ 'apps/shop.yaml': shopText({ image: 'mysql:9.1' }) });
    const { out } = await publish('--dry-run');
    const clone = await makeFolder({ '.patch': out });
    await gitIn(root, 'clone', '--quiet', '--branch', 'rendered', remote, join(clone, 'clone'));
    await gitIn(join(clone, 'clone'), 'apply', '--index', join(clone, '.patch'));
    await publish();
    await gitIn(join(clone, 'clone'), 'fetch', '--quiet');
    expect(await gitIn(join(clone, 'clone'), 'diff', '--cached', 'origin/rendered')).toBe('');
  });
});

describe('the command line', () => {
  it.each([
    [['--path', '../up'], '--path must be a folder within the branch'],
    [['--path', '/etc'], '--path must be a folder within the branch'],
    [['--path', 'a/.GIT/hooks'], '--path must be a folder within the branch'],
    [['--branch=a..b'], '--branch must be the name of a branch'],
    [['--branch=-x'], '--branch must be the name of a branch'],
    [['--branch=refs/heads/x'], '--branch must be the name of a branch'],
    [['--branch=a//b'], '--branch must be the name of a branch'],
    [['--branch=HEAD'], '--branch must be the name of a branch'],
    [['--branch', 'main', '--path', 'apps/rendered'], '--path lies within the input apps of the same branch'],
    [
      ['--repo', 'origin', '--branch', 'main', '--path', 'apps/rendered'],
      '--path lies within the input apps of the same branch',
    ],
    [['-f', '-'], 'publish takes files and folders, or standard input, not both'],
  ])('%j is wrong usage', async (words, message) => {
    const { source, environment } = await makeRepositories();
    const branch = words.some((word) => word.startsWith('--branch')) ? [] : ['-b', 'rendered'];
    const line = ['publish', '-R', '-f', `${source}/apps`, ...branch, ...words];
    const { code, lines } = await runCli(line, shopText({}, { name: 'other' }), { folder: source, environment });
    expect([code, lines]).toEqual([2, [expect.stringContaining(message)]]);
  });

  it('needs a branch', async () => {
    expect(await runCli(['publish', '-f', 'x'])).toMatchObject({
      code: 2,
      lines: [expect.stringContaining('--branch')],
    });
  });

  it('says what to do when git does not know who commits; it never guesses', async () => {
    const { publish, gitRemote } = await makeRepositories('[init]\n  defaultBranch = main\n');
    expect(await publish()).toMatchObject({
      code: 4,
      lines: [expect.stringMatching(/^error: git does not know who commits: set/)],
    });
    expect(await gitRemote('for-each-ref')).toBe('');
  });

  it('takes the author from the environment, and settings of the source repository alone', async () => {
    const { source, environment, gitRemote, git } = await makeRepositories('[init]\n  defaultBranch = main\n');
    const names = { GIT_AUTHOR_NAME: 'CI', GIT_AUTHOR_EMAIL: 'ci@example.com' };
    await git('config', 'user.name', 'Local');
    await git('config', 'user.email', 'local@example.com');
    const line = ['publish', '-f', `${source}/apps`, '-b', 'rendered'];
    expect((await runCli(line, '', { folder: source, environment: { ...environment, ...names } })).code).toBe(0);
    expect(await gitRemote('log', '-1', '--format=%an %ae %cn %ce', 'rendered')).toBe(
      'CI ci@example.com Local local@example.com\n',
    );
  });

  it('is not led astray by the variables of a hook that runs it, or by hooks that the user has set up', async () => {
    const { source, environment, root, git } = await makeRepositories();
    await git('config', 'core.hooksPath', join(root, 'hooks'));
    const folder = await makeFolder({ 'hooks/pre-push': '#!/bin/sh\nexit 1\n' });
    await chmod(join(folder, 'hooks/pre-push'), 0o755);
    await git('config', 'core.hooksPath', join(folder, 'hooks'));
    const strange = { GIT_DIR: root, GIT_WORK_TREE: '/', GIT_INDEX_FILE: '/nowhere', GIT_TRACE: '1' };
    const line = ['publish', '-f', `${source}/apps`, '-b', 'rendered'];
    expect(await runCli(line, '', { folder: source, environment: { ...environment, ...strange } })).toMatchObject({
      code: 0,
      lines: [],
    });
  });

  it('follows url.*.insteadOf, and settings that only hold in some folders', async () => {
    const { root, source, git, environment, remote } = await makeRepositories(
      '[init]\n  defaultBranch = main\n[includeIf "gitdir:~/source/"]\n  path = ~/.gitconfig-work\n',
    );
    await writeFile(
      join(root, '.gitconfig-work'),
      `[user]\n name = Work\n email = work@example.com\n[url "file://${remote}"]\n insteadOf = https://git.example/apps.git\n`,
    );
    await git('remote', 'set-url', 'origin', 'https://git.example/apps.git');
    const line = ['publish', '-f', `${source}/apps`, '-b', 'rendered'];
    const { code, out } = await runCli(line, '', { folder: source, environment });
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^https:\/\/git.example\/apps.git, branch rendered: published/),
    ]);
  });

  it('with --kustomization writes one that kustomize and Flux build from, which is no input of its own', async () => {
    const repositories = await makeRepositories();
    await repositories.publish('--kustomization');
    expect(await listBranch(repositories)).toContain('kustomization.yaml');
  });

  it('writes to another repository, given as a folder from where the user is', async () => {
    const { root, source, environment, gitIn } = await makeRepositories();
    await gitIn(root, 'init', '--quiet', '--bare', 'deploy.git');
    const line = [
      'publish',
      '-f',
      `${source}/apps`,
      '-b',
      'live',
      '--repo',
      '../deploy.git',
      '--path',
      'clusters/prod',
    ];
    expect((await runCli(line, '', { folder: source, environment })).code).toBe(0);
    expect(await gitIn(join(root, 'deploy.git'), 'ls-tree', '-r', '--name-only', 'live')).toContain(
      `clusters/prod/${INDEX}`,
    );
  });

  it.each([
    ['no such repository', 'file:///nowhere/at-all.git', 'there is no such repository, or no right to see it'],
    ['no such host', 'https://user:hunter22@nowhere.invalid/x.git', 'https://nowhere.invalid/x.git: cannot be reached'],
    ['a transport that git refuses', 'ext::sh -c date', "transport 'ext' not allowed"],
  ])('%s is one line, without credentials', async (_, repo, message) => {
    const { publish } = await makeRepositories();
    const { code, out, lines } = await publish('--repo', repo);
    expect([code, out, lines]).toEqual([4, '', [expect.stringContaining(message)]]);
    expect(lines.join()).not.toContain('hunter22');
  });
});
