// Publishing over SSH, to a real sshd: keys and known hosts are ssh's own matter, nobody is asked, and what ssh says is told.

import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli, type Outcome } from '../support/command-line.ts';
import { listBranch, makeRepositories, type Repositories } from '../support/repositories.ts';
import { makeKey, serveSsh, type SshServer } from '../support/ssh-server.ts';

interface Served extends Repositories {
  readonly server: SshServer;
  /** The environment in which `ssh` on PATH is the one of the test. */
  readonly withSsh: Readonly<Record<string, string>>;
  readonly publishIn: (
    environment: Readonly<Record<string, string>>,
    ...options: readonly string[]
  ) => Promise<Outcome>;
}

async function serve(): Promise<Served> {
  const repositories = await makeRepositories();
  const { git, remote, source, environment } = repositories;
  const server = await serveSsh();
  await git('remote', 'set-url', 'origin', `${server.url}${remote}`);
  const publishIn = (env: Readonly<Record<string, string>>, ...options: readonly string[]): Promise<Outcome> => {
    return runCli(['publish', '-f', join(source, 'apps'), '-b', 'rendered', ...options], '', {
      folder: source,
      environment: env,
    });
  };
  const withSsh = { ...environment, PATH: `${server.path}:${environment['PATH'] ?? ''}` };
  return { ...repositories, server, withSsh, publishIn };
}

describe('over SSH', () => {
  it('publishes with a key that ssh finds by itself, and changes nothing the second time', async () => {
    const served = await serve();
    const { publishIn, withSsh, gitRemote } = served;
    expect(await publishIn(withSsh)).toMatchObject({ code: 0, lines: [] });
    expect(await listBranch(served)).toHaveLength(7);
    expect(JSON.parse((await publishIn(withSsh, '-o', 'json')).out)).toMatchObject({ status: 'unchanged' });
    await gitRemote('fsck', '--strict');
  });

  it.each<[string, (served: Served) => Promise<Readonly<Record<string, string>>>]>([
    [
      'core.sshCommand of the source repository',
      async ({ git, server, environment }) => {
        await git('config', 'core.sshCommand', server.command);
        return environment;
      },
    ],
    [
      'GIT_SSH_COMMAND',
      ({ server, environment }) => Promise.resolve({ ...environment, GIT_SSH_COMMAND: server.command }),
    ],
  ])('takes the key that %s names', async (_, prepare) => {
    const served = await serve();
    const environment = await prepare(served);
    expect(await served.publishIn(environment, '--dry-run')).toMatchObject({ code: 0 });
    expect(await served.publishIn(environment)).toMatchObject({ code: 0, lines: [] });
    expect(await listBranch(served)).toHaveLength(7);
  });

  it('two publishers at once both end, and nothing is lost', async () => {
    const { publishIn, withSsh, gitRemote } = await serve();
    const ended = await Promise.all(['a', 'b', 'c'].map((path) => publishIn(withSsh, '--path', path)));
    expect(ended.map(({ code, lines }) => ({ code, lines }))).toEqual(ended.map(() => ({ code: 0, lines: [] })));
    expect((await gitRemote('rev-list', '--count', 'rendered')).trim()).toBe('3');
  });

  it("a hook's refusal is shown", async () => {
    const { remote, publishIn, withSsh, gitRemote } = await serve();
    const hook = join(remote, 'hooks/pre-receive');
    await writeFile(hook, '#!/bin/sh\necho "open a pull request" >&2\nexit 1\n');
    await chmod(hook, 0o755);
    expect(await publishIn(withSsh)).toEqual({
      code: 4,
      out: '',
      lines: ['error: the push to rendered was refused: pre-receive hook declined: open a pull request'],
    });
    expect(await gitRemote('for-each-ref')).toBe('');
  });

  it('a key that the server does not know is one line, and nobody is asked', async () => {
    const { root, server, publishIn, withSsh, remote } = await serve();
    await makeKey(join(root, 'stranger'));
    const config = await readFile(server.config, 'utf8');
    await writeFile(server.config, config.replace(/^IdentityFile .*$/m, `IdentityFile ${join(root, 'stranger')}`));
    expect(await publishIn(withSsh)).toEqual({
      code: 4,
      out: '',
      lines: [
        `error: ${server.url}${remote}: git has no right to it, or no credentials; it takes those of its own configuration, as in git push`,
      ],
    });
  });

  it('an ssh that the user says how to start asks no terminal either, but the program that he has for it', async () => {
    const { git, root, publishIn, environment } = await serve();
    const program = join(root, 'start-ssh');
    await writeFile(program, `#!/bin/sh\necho "$SSH_ASKPASS_REQUIRE $SSH_ASKPASS" >> ${root}/asked\nexit 1\n`);
    await chmod(program, 0o755);
    await git('config', 'core.sshCommand', program);
    expect((await publishIn(environment)).code).toBe(4);
    expect((await publishIn({ ...environment, SSH_ASKPASS: '/bin/mine' })).code).toBe(4);
    expect(await readFile(join(root, 'asked'), 'utf8')).toBe('force false\nforce /bin/mine\n');
  });

  it('a server that ssh does not know is one line that says so', async () => {
    const { server, publishIn, withSsh, remote } = await serve();
    const config = await readFile(server.config, 'utf8');
    await writeFile(server.config, config.replace(/^UserKnownHostsFile .*$/m, 'UserKnownHostsFile /dev/null'));
    expect(await publishIn(withSsh)).toEqual({
      code: 4,
      out: '',
      lines: [
        `error: ${server.url}${remote}: ssh does not know this server's key, or knows another one; put the right one into known_hosts`,
      ],
    });
  });
});
