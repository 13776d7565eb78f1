// Publishing over HTTP with authentication: credentials come from git's configuration, and no output holds one.

import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serveGit, type GitServer } from '../support/git-server.ts';
import { makeRepositories, type Repositories } from '../support/repositories.ts';

const PASSWORD = 'hunter2-and-more';
const BASIC = Buffer.from(`tester:${PASSWORD}`).toString('base64');

async function serve(): Promise<Repositories & { readonly server: GitServer; readonly url: string }> {
  const repositories = await makeRepositories();
  const server = await serveGit(repositories.root, `tester:${PASSWORD}`);
  const url = `${server.url}/remote.git`;
  await repositories.git('remote', 'set-url', 'origin', url);
  return { ...repositories, server, url };
}

/** Everything that a run has shown, and everything that it has left in the remote repository. */
async function shown({ publish, gitRemote }: Repositories, ...options: readonly string[]): Promise<string> {
  const { out, lines } = await publish(...options);
  const log = await gitRemote('log', '-p', '--all').catch(() => '');
  return [out, ...lines, log].join('\n');
}

describe('credentials', () => {
  it.each([
    ['a helper of the source repository', (url: string) => [`credential.${url}.helper`, helper()]],
    [
      'a header of the source repository, as actions/checkout sets it',
      (url: string) => [`http.${url}.extraHeader`, `Authorization: Basic ${BASIC}`],
    ],
  ])('come from %s', async (_, setting) => {
    const repositories = await serve();
    const { git, url, gitRemote, publish } = repositories;
    const [key = '', value = ''] = setting(url);
    await git('config', key, value);
    expect(await publish()).toMatchObject({ code: 0, lines: [] });
    expect(await gitRemote('rev-list', '--count', 'rendered')).toBe('1\n');
    for (const options of [
      ['-o', 'json'],
      ['--dry-run', '--path', 'x'],
    ]) {
      const text = await shown(repositories, ...options);
      expect(text).not.toContain(PASSWORD);
      expect(text).not.toContain(BASIC);
    }
  });

  it('come from a helper that is set up for the user, and from the environment', async () => {
    const repositories = await serve();
    const { root, gitIn, source, publish } = repositories;
    await gitIn(source, 'config', '--file', join(root, '.gitconfig'), 'credential.helper', helper());
    expect((await publish()).code).toBe(0);
  });

  it('come from a program that asks', async () => {
    const repositories = await serve();
    const { root, git, publish } = repositories;
    const program = join(root, 'ask');
    await writeFile(program, `#!/bin/sh\ncase "$1" in User*) echo tester;; *) echo '${PASSWORD}';; esac\n`);
    await chmod(program, 0o755);
    await git('config', 'core.askPass', program);
    expect((await publish()).code).toBe(0);
  });

  it('in a URL work, and are shown nowhere', async () => {
    const repositories = await serve();
    const { git, url, publish } = repositories;
    const given = url.replace('://', `://tester:${encodeURIComponent(PASSWORD)}@`);
    const { code, out } = await publish('--repo', given);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^http:\/\/127.0.0.1:\d+\/remote.git, branch rendered: published/),
    ]);
    await git('remote', 'set-url', 'origin', given);
    for (const options of [[], ['-o', 'json'], ['--dry-run'], ['--path', 'x', '-o', 'json']]) {
      expect(await shown(repositories, ...options)).not.toContain(PASSWORD);
    }
  });

  it('behind the question mark of a URL are shown nowhere, neither to people nor in a commit', async () => {
    const repositories = await serve();
    const { git, url, remote, gitRemote } = repositories;
    await git('remote', 'set-url', 'origin', `${url}?access_token=${PASSWORD}`);
    // The server takes the parameter for a part of the repository's name.
    const failed = await repositories.publish();
    expect(failed).toMatchObject({ code: 4, lines: [expect.stringContaining('remote.git?***')] });
    const text = await shown(repositories, '--repo', remote, '-o', 'json');
    expect([failed.lines.join(), text].join()).not.toContain(PASSWORD);
    expect(await gitRemote('log', '-1', '--format=%B', 'rendered')).toContain(
      `Argocd-reference-commit-repourl: ${url}\n`,
    );
  });

  it.each([
    ['missing', []],
    ['wrong', ['config', 'credential.helper', '!f() { echo username=tester; echo password=wrong-password; }; f']],
  ])('that are %s are one line, at once: nobody is asked', async (_, words) => {
    const repositories = await serve();
    const { git, publish, url } = repositories;
    if (words.length > 0) await git(...words);
    expect(await publish()).toEqual({
      code: 4,
      out: '',
      lines: [
        `error: ${url}: git has no right to it, or no credentials; it takes those of its own configuration, as in git push`,
      ],
    });
  });

  it('that stand in what a server or a helper says are taken out', async () => {
    const repositories = await serve();
    const { git, url, publish, remote } = repositories;
    await git('config', `http.${url}.extraHeader`, `Authorization: Basic ${BASIC}`);
    const hook = join(remote, 'hooks/pre-receive');
    const said = `echo "no: https://tester:${PASSWORD}@git.example/x, and ${BASIC}" >&2`;
    await writeFile(hook, `#!/bin/sh\n${said}\nexit 1\n`);
    await chmod(hook, 0o755);
    const { code, lines } = await publish();
    expect([code, lines]).toEqual([
      4,
      ['error: the push to rendered was refused: pre-receive hook declined: no: https://git.example/x, and ***'],
    ]);
  });
});

describe('a server', () => {
  it('that knows no such repository is named, without credentials', async () => {
    const { publish, server, url, git } = await serve();
    await git('config', `http.${server.url}.extraHeader`, `Authorization: Basic ${BASIC}`);
    const other = url.replace('remote.git', 'other.git');
    expect((await publish('--repo', other)).lines).toEqual([
      `error: ${other}: there is no such repository, or no right to see it`,
    ]);
    expect(server.seen).toContain(`Basic ${BASIC}`);
  });

  it('that is down is named', async () => {
    const { publish } = await serve();
    const { code, lines } = await publish('--repo', 'http://127.0.0.1:1/x.git');
    expect([code, lines]).toEqual([
      4,
      [expect.stringMatching(/^error: http:\/\/127.0.0.1:1\/x.git: cannot be reached: /)],
    ]);
  });
});

function helper(): string {
  return `!f() { test "$1" = get && echo username=tester && echo password=${PASSWORD}; }; f`;
}
