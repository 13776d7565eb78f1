// Real git repositories for tests, with nobody's own configuration in the way.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runCli, type Outcome } from './command-line.ts';
import { makeFolder } from './folder.ts';
import { runProgram } from './process.ts';
import { resourceText } from './resource.ts';

/** A resource that may be published. */
export function shopText(spec: object = {}, metadata: object = {}): string {
  const secret = { password: undefined, passwordSecretRef: { name: 'shop-root', key: 'password' } };
  return resourceText({ ...secret, ...spec }, { namespace: 'prod', ...metadata });
}

/** A source repository and a bare one that is its remote `origin`, for the time of a test. */
export interface Repositories {
  /** The folder around them, which is the home of whoever runs git. */
  readonly root: string;
  readonly source: string;
  readonly remote: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Runs git in the source repository; throws what it says when it fails. */
  readonly git: (...words: readonly string[]) => Promise<string>;
  /** Runs git in the remote repository. */
  readonly gitRemote: (...words: readonly string[]) => Promise<string>;
  /** Runs git in some folder. */
  readonly gitIn: (folder: string, ...words: readonly string[]) => Promise<string>;
  /** Writes files of the source and commits all that is there. */
  readonly commit: (files: Readonly<Record<string, string>>, message?: string) => Promise<void>;
  /** Publishes the folder `apps` of the source to the branch `rendered`. */
  readonly publish: (...options: readonly string[]) => Promise<Outcome>;
}

const TESTER = '[user]\n  name = Tester\n  email = tester@example.com\n[init]\n  defaultBranch = main\n';

/** Makes the repositories, with one resource in the folder `apps` of the source. */
export async function makeRepositories(config = TESTER): Promise<Repositories> {
  const root = await makeFolder({ '.gitconfig': config });
  const [source, remote] = [join(root, 'source'), join(root, 'remote.git')];
  const environment = { PATH: process.env['PATH'] ?? '', HOME: root, GIT_CONFIG_NOSYSTEM: '1' };
  const gitIn = async (folder: string, ...words: readonly string[]): Promise<string> => {
    const ended = await runProgram('git', ['-C', folder, ...words], { env: { ...NO_GIT, ...environment } });
    if (ended.code !== 0) throw new Error(`git ${words.join(' ')}: ${ended.out}${ended.err}`);
    return ended.out;
  };
  const git = (...words: readonly string[]): Promise<string> => gitIn(source, ...words);
  await gitIn(root, 'init', '--quiet', '--bare', '--initial-branch=main', remote);
  await gitIn(root, 'init', '--quiet', '--initial-branch=main', source);
  await git('remote', 'add', 'origin', `file://${remote}`);
  const commit = async (files: Readonly<Record<string, string>>, message = 'a change'): Promise<void> => {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(source, name)), { recursive: true });
      await writeFile(join(source, name), content);
    }
    await git('add', '--all');
    // Also where the tested configuration names nobody.
    await git(
      '-c',
      'user.name=Author',
      '-c',
      'user.email=author@example.com',
      'commit',
      '--quiet',
      '--no-gpg-sign',
      '-m',
      message,
    );
  };
  await commit({ 'apps/shop.yaml': shopText() }, 'feat: a shop');
  const publish = (...options: readonly string[]): Promise<Outcome> => {
    const words = ['publish', '-R', '-f', join(source, 'apps'), '--branch', 'rendered', ...options];
    return runCli(words, '', { folder: source, environment });
  };
  const gitRemote = (...words: readonly string[]): Promise<string> => gitIn(remote, ...words);
  return { root, source, remote, environment, git, gitRemote, gitIn, commit, publish };
}

/** The tests may themselves be run by a hook of git. */
const NO_GIT = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => name.startsWith('GIT_'))
    .map((name) => [name, undefined]),
);

/** The names of the files of a branch. */
export async function listBranch({ gitRemote }: Repositories, branch = 'rendered'): Promise<string[]> {
  const text = await gitRemote('ls-tree', '-r', '--name-only', branch);
  return text.split('\n').filter((line) => line !== '');
}

/** Puts a commit on a branch of the remote as somebody else would; `null` removes a file. */
export async function commitRemotely(
  { root, remote, gitIn }: Repositories,
  files: Readonly<Record<string, string | null>>,
  branch = 'rendered',
): Promise<void> {
  const clone = await makeFolder();
  await gitIn(root, 'clone', '--quiet', '--branch', branch, remote, clone);
  for (const [name, content] of Object.entries(files)) {
    if (content === null) await gitIn(clone, 'rm', '--quiet', name);
    else {
      await mkdir(dirname(join(clone, name)), { recursive: true });
      await writeFile(join(clone, name), content);
    }
  }
  await gitIn(clone, 'add', '--all');
  await gitIn(clone, 'commit', '--quiet', '-m', "somebody else's");
  await gitIn(clone, 'push', '--quiet', 'origin', branch);
}
