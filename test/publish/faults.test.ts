// What may go wrong in the middle: others push at the same time, the server refuses, the program is killed.

import { chmod, lutimes, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/command-line.ts';
import { makeFolder, readFolder } from '../support/folder.ts';
import { runProgram, type Ended } from '../support/process.ts';
import { listBranch, makeRepositories, shopText, type Repositories } from '../support/repositories.ts';

async function writeHook({ remote }: Repositories, name: string, lines: readonly string[]): Promise<void> {
  const hook = join(remote, 'hooks', name);
  await writeFile(hook, ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(hook, 0o755);
}

/** Puts a script in front of git; `$real` is git itself, `$count` which call it is. */
async function interpose(
  lines: readonly string[],
): Promise<{ readonly path: string; readonly log: () => Promise<readonly string[]> }> {
  const folder = await makeFolder({ log: '' });
  const real = (await runProgram('sh', ['-c', 'command -v git'])).out.trim();
  const head = ['#!/bin/sh', `real=${real}`, `echo "$*" >> ${folder}/log`, `count=$(wc -l < ${folder}/log)`];
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin/git'), [...head, ...lines, ''].join('\n'));
  await chmod(join(folder, 'bin/git'), 0o755);
  return {
    path: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
    log: async () => (await readFile(join(folder, 'log'), 'utf8')).trim().split('\n'),
  };
}

describe('two publishers at once', () => {
  it('to different folders: both end, and nothing is lost', async () => {
    const repositories = await makeRepositories();
    const { publish, gitRemote } = repositories;
    const paths = ['a', 'b', 'c', 'd'];
    const ended = await Promise.all(paths.map((path) => publish('--path', path)));
    expect(ended.map(({ code, lines }) => ({ code, lines }))).toEqual(paths.map(() => ({ code: 0, lines: [] })));
    const files = await listBranch(repositories);
    for (const path of paths) expect(files.filter((file) => file.startsWith(`${path}/`))).toHaveLength(7);
    expect((await gitRemote('rev-list', '--count', 'rendered')).trim()).toBe('4');
    await gitRemote('fsck', '--strict');
  });

  it('to the same folder: both end, with one commit', async () => {
    const { publish, gitRemote } = await makeRepositories();
    const ended = await Promise.all([publish('-m', 'one'), publish('-m', 'two')]);
    expect(ended.map(({ code, lines }) => ({ code, lines }))).toEqual([0, 0].map((code) => ({ code, lines: [] })));
    expect((await gitRemote('rev-list', '--count', 'rendered')).trim()).toBe('1');
  });
});

describe("somebody else's push in between", () => {
  /** Before each of the first pushes, somebody else pushes to the branch. */
  async function disturb(repositories: Repositories, times: number): Promise<string> {
    const { root, remote, gitIn } = repositories;
    await gitIn(root, 'clone', '--quiet', '--branch', 'rendered', remote, 'other');
    const other = `${root}/other`;
    const { path } = await interpose([
      'case "$1" in push)',
      `  if [ "$(ls ${root} | grep -c ^pushed)" -lt ${String(times)} ]; then`,
      `    touch ${root}/pushed-$count`,
      `    (unset GIT_DIR GIT_CONFIG_COUNT; cd ${other} && date +%N > "other-$count" && $real add . &&`,
      `      $real commit -qm other && $real push -q origin rendered) >&2 || exit 99`,
      '  fi ;;',
      'esac',
      'exec $real "$@"',
    ]);
    return path;
  }

  it('is kept: the commit is made again on top of it', async () => {
    const repositories = await makeRepositories();
    const { publish, commit, source, environment, gitRemote } = repositories;
    await publish();
    await commit({ 'apps/shop.yaml': shopText({ image: 'mysql:9.1' }) });
    const path = await disturb(repositories, 2);
    const line = ['publish', '-f', `${source}/apps`, '-b', 'rendered', '-o', 'json'];
    const { code, out, lines } = await runCli(line, '', {
      folder: source,
      environment: { ...environment, PATH: path },
    });
    expect([code, lines]).toEqual([0, []]);
    expect(JSON.parse(out)).toMatchObject({ status: 'published', attempts: 3 });
    expect((await gitRemote('rev-list', '--count', '--first-parent', 'rendered')).trim()).toBe('4');
    expect((await listBranch(repositories)).filter((file) => file.startsWith('other-'))).toHaveLength(2);
  });

  it('again and again ends in one line, and nothing is forced', async () => {
    const repositories = await makeRepositories();
    const { publish, commit, source, environment, gitRemote } = repositories;
    await publish();
    await commit({ 'apps/shop.yaml': shopText({ image: 'mysql:9.1' }) });
    const path = await disturb(repositories, 1000);
    const line = ['publish', '-f', `${source}/apps`, '-b', 'rendered'];
    const { code, lines } = await runCli(line, '', { folder: source, environment: { ...environment, PATH: path } });
    expect([code, lines]).toEqual([
      4,
      ['error: the branch rendered was changed by others 10 times while this was published; run it again'],
    ]);
    expect((await gitRemote('log', '-1', '--format=%s', 'rendered')).trim()).toBe('other');
  });
});

describe('a server that refuses', () => {
  it.each([
    ['by a pre-receive hook', 'pre-receive', 'pre-receive hook declined: open a pull request / see the handbook'],
    ['by an update hook', 'update', 'hook declined: open a pull request / see the handbook'],
  ])('%s: its words are shown, and nothing is left behind', async (_, name, reason) => {
    const repositories = await makeRepositories();
    const { gitRemote, source } = repositories;
    const before = await readFolder(source);
    await writeHook(repositories, name, ['echo "open a pull request" >&2', 'echo "see the handbook" >&2', 'exit 1']);
    const temporary = await makeFolder();
    expect(await run(repositories, { TMPDIR: temporary })).toEqual({
      code: 4,
      out: '',
      err: `error: the push to rendered was refused: ${reason}\n`,
    });
    expect(await gitRemote('for-each-ref')).toBe('');
    expect(await readFolder(source)).toEqual(before);
    expect(await listScratch(temporary)).toEqual([]);
  });

  it('that dies in the middle of a push is named', async () => {
    const repositories = await makeRepositories();
    await writeHook(repositories, 'pre-receive', ['kill -9 $PPID']);
    const { code, lines } = await repositories.publish();
    expect([code, lines]).toEqual([4, [expect.stringMatching(/^error: /)]]);
    expect(lines[0]).not.toContain('\n');
  });
});

describe('a program', () => {
  it('that is missing is named', async () => {
    const { source, environment } = await makeRepositories();
    const line = ['publish', '-f', `${source}/apps`, '-b', 'rendered'];
    const ended = await runCli(line, '', { folder: source, environment: { ...environment, PATH: '/nowhere' } });
    expect(ended).toMatchObject({ code: 4, lines: ['error: git is not found on PATH'] });
  });

  it('that is interrupted ends, and removes what it has made', async () => {
    const repositories = await makeRepositories();
    const { path } = await interpose(['case "$1" in push) kill -TERM $PPID; exec sleep 60 ;; esac', 'exec $real "$@"']);
    const temporary = await makeFolder();
    const ended = await run(repositories, { PATH: path, TMPDIR: temporary });
    expect(ended).toMatchObject({ code: 1, err: 'error: interrupted\n' });
    expect(await listScratch(temporary)).toEqual([]);
  });
});

describe('what a killed run has left', () => {
  it('is removed by a later one after a day; nothing else is', async () => {
    const repositories = await makeRepositories();
    const temporary = await makeFolder({
      'kubectl-mysql-publish-old000/objects/x': 'x',
      'kubectl-mysql-publish-new000/objects/x': 'x',
      'kubectl-mysql-other-old000/x': 'x',
      'kubectl-mysql-publish-file00': 'x',
      'elsewhere/x': 'x',
    });
    await symlink(join(temporary, 'elsewhere'), join(temporary, 'kubectl-mysql-publish-link00'));
    const dayAgo = new Date(Date.now() - 25 * 60 * 60 * 1000);
    for (const name of await listScratch(temporary)) {
      if (!name.includes('new')) await lutimes(join(temporary, name), dayAgo, dayAgo);
    }
    expect(await run(repositories, { TMPDIR: temporary })).toMatchObject({ code: 0, err: '' });
    expect((await listScratch(temporary)).sort()).toEqual([
      'kubectl-mysql-other-old000',
      'kubectl-mysql-publish-file00',
      'kubectl-mysql-publish-link00',
      'kubectl-mysql-publish-new000',
    ]);
    expect(await readdir(join(temporary, 'elsewhere'))).toEqual(['x']);
  });
});

describe('killed (SIGKILL)', () => {
  /** Where it is killed in every run of the tests; with FAULTS=all at every call of git. */
  const SOME = ['status', 'init', 'fetch', 'fast-import', 'update-index', 'commit-tree', 'push'];

  it('at any call of git leaves nothing half done, and the next run works', async () => {
    const repositories = await makeRepositories();
    const { path, log } = await interpose(['exec $real "$@"']);
    await repositories.publish();
    await change(repositories);
    expect(await run(repositories, { PATH: path, TMPDIR: await makeFolder() })).toMatchObject({ code: 0, err: '' });
    const calls = await log();
    const isSome = (line: string): boolean => SOME.some((command) => line.split(' ').slice(0, 2).includes(command));
    const chosen = calls.flatMap((line, index) => (process.env['FAULTS'] === 'all' || isSome(line) ? [index + 1] : []));
    expect(chosen.length).toBeGreaterThanOrEqual(SOME.length);
    const last = calls.length;
    const kills: Kill[] = [
      ...chosen.map((call): Kill => ({ call, lines: ['kill -9 $PPID'] })),
      { call: last, lines: ['$real "$@"; kill -9 $PPID'] },
      ...[0.005, 0.02, 0.05].map((seconds): Kill => {
        return { call: last, lines: ['$real "$@" &', `sleep ${String(seconds)}; kill -9 $PPID; wait`] };
      }),
    ];
    // Four at a time.
    for (let at = 0; at < kills.length; at += 4) await Promise.all(kills.slice(at, at + 4).map(killAt));
  });

  interface Kill {
    /** Which call of git it is. */
    readonly call: number;
    /** What is done then, in place of git or around it. */
    readonly lines: readonly string[];
  }

  async function change({ commit }: Repositories): Promise<void> {
    await commit({ 'apps/shop.yaml': shopText({ image: 'mysql:9.1', networkPolicy: {} }) });
  }

  async function killAt({ call, lines }: Kill): Promise<void> {
    const repositories = await makeRepositories();
    const { publish, gitRemote, source, git } = repositories;
    await publish();
    await change(repositories);
    const [tip, before] = [await gitRemote('rev-parse', 'rendered'), await readFolder(source)];
    const { path } = await interpose([
      `if [ $count = ${String(call)} ]; then`,
      ...lines,
      'exit 1',
      'fi',
      'exec $real "$@"',
    ]);
    const when = `killed at call ${String(call)} by: ${lines.join('; ')}`;
    expect((await run(repositories, { PATH: path, TMPDIR: await makeFolder() })).code, when).toBe(null);
    expect(await readFolder(source), when).toEqual(before);
    expect(await git('status', '--porcelain'), when).toBe('');
    const result = JSON.parse((await publish('-o', 'json')).out) as { status: string };
    expect(['published', 'unchanged'], when).toContain(result.status);
    expect((await gitRemote('rev-parse', 'rendered~1')).trim(), when).toBe(tip.trim());
    expect(await listBranch(repositories), when).toHaveLength(8);
    await gitRemote('fsck', '--strict');
  }
});

/** Runs the program in a process of its own. */
function run({ source, environment }: Repositories, env: Readonly<Record<string, string>>): Promise<Ended> {
  const words = [
    '--import',
    import.meta.resolve('tsx'),
    resolve('src/main.ts'),
    'publish',
    '-f',
    'apps',
    '-b',
    'rendered',
  ];
  return runProgram(process.execPath, words, { cwd: source, env: { ...environment, ...env } });
}

/** The folders of publishing among the temporary files. */
async function listScratch(temporary: string): Promise<string[]> {
  return (await readdir(temporary)).filter((name) => name.startsWith('kubectl-mysql'));
}
