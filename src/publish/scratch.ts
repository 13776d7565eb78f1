// A throw-away repository, in which the commit is made and from which it is pushed. The user's own repository, its working
// tree, index, branches and objects, is never written to; a run that is killed leaves a folder for temporary files and
// nothing else, which a later run removes. See docs/adr/0011-publish-from-a-throw-away-repository.md.

import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { carryOver, configEnvironment, parseConfig, type ConfigEntry } from '../git/config.ts';
import { gitEnvironment, namesSsh } from '../git/environment.ts';
import { createGit, type Git } from '../git/git.ts';

/** The name of the remote in the throw-away repository. */
export const REMOTE = 'kubectl-mysql';

/** What the throw-away repository takes over. */
export interface ScratchOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly abort: AbortSignal;
  /** Where git runs, for remotes that are named from there. */
  readonly folder: string;
  /** The configuration that counts in the source repository. */
  readonly config: readonly ConfigEntry[];
  readonly remote: readonly ConfigEntry[];
  /** `sha1` or `sha256`. */
  readonly hash: string;
}

/** A throw-away repository. */
export interface Scratch {
  readonly git: Git;
  readonly remove: () => Promise<void>;
}

/** Nothing of the user's may run or be pushed that was not asked for, and nobody is guessed to be the author. */
const OWN: readonly ConfigEntry[] = [
  { key: 'core.hookspath', value: '/dev/null' },
  { key: 'gc.auto', value: '0' },
  { key: 'i18n.commitencoding', value: 'UTF-8' },
  { key: 'maintenance.auto', value: 'false' },
  { key: 'push.followtags', value: 'false' },
  { key: 'push.recursesubmodules', value: 'no' },
  { key: 'fetch.recursesubmodules', value: 'false' },
  { key: 'user.useconfigonly', value: 'true' },
];

const PREFIX = 'kubectl-mysql-publish-';
/** No run takes so long, so a folder of this age belongs to one that was killed. */
const STALE_MS = 24 * 60 * 60 * 1000;

/** Makes a throw-away repository; whoever calls this removes it. */
export async function createScratch(options: ScratchOptions): Promise<Scratch> {
  const { abort, folder, hash } = options;
  const place = await mkdtemp(join(tmpdir(), PREFIX));
  const remove = (): Promise<void> => rm(place, { recursive: true, force: true, maxRetries: 3 });
  try {
    await removeStale(place);
    const environment = { ...gitEnvironment(options.environment, { config: false }), ...quietSsh(options) };
    await createGit({ folder: place, environment, abort })(['init', '--bare', `--object-format=${hash}`]);
    const here = { ...environment, GIT_DIR: place };
    const known = parseConfig(await createGit({ folder, environment: here, abort })(['config', '--list', '-z']));
    const config = [...carryOver(options.config, known), ...OWN, ...options.remote];
    return { git: createGit({ folder, environment: { ...here, ...configEnvironment(config) }, abort }), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * An ssh that asks on a terminal would wait for ever. Where the user has said how to start it, that counts: it may be a
 * program that knows no such option, but ssh itself then asks by a program, the user's or one that gives no answer.
 */
function quietSsh({ environment, config }: ScratchOptions): Record<string, string> {
  const isNamed = namesSsh(environment) || config.some(({ key }) => key === 'core.sshcommand');
  if (!isNamed) return { GIT_SSH_COMMAND: 'ssh -oBatchMode=yes' };
  return { SSH_ASKPASS: environment['SSH_ASKPASS'] ?? 'false', SSH_ASKPASS_REQUIRE: 'force' };
}

/**
 * Removes what earlier runs of this user have left that were killed. What cannot be removed is no obstacle.
 *
 * @param own a folder that this user has made just now
 */
async function removeStale(own: string): Promise<void> {
  const [{ uid, mtimeMs: now }, names] = await Promise.all([lstat(own), readdir(tmpdir())]);
  const remove = async (name: string): Promise<void> => {
    const place = join(tmpdir(), name);
    const found = await lstat(place);
    const isStale = found.isDirectory() && found.uid === uid && now - found.mtimeMs > STALE_MS;
    if (isStale) await rm(place, { recursive: true, force: true });
  };
  await Promise.allSettled(names.filter((name) => name.startsWith(PREFIX)).map(remove));
}
