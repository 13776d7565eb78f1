// A git repository that Argo CD delivers from.

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runProgram } from '../process.ts';

/** A git repository in a folder; only what is committed counts. */
export class Repository {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(files: Readonly<Record<string, string>>): Promise<Repository> {
    const repository = new Repository(await mkdtemp('/var/tmp/kubectl-mysql-repository-'));
    await repository.#git('init', '--quiet', '--initial-branch=main');
    await repository.commit(files);
    return repository;
  }

  /** Writes files, or takes those away whose text is undefined, and commits that; gives the commit. */
  async commit(files: Readonly<Record<string, string | undefined>>): Promise<string> {
    for (const [name, text] of Object.entries(files)) await this.#put(name, text);
    return this.#commit();
  }

  async link(name: string, target: string): Promise<string> {
    await symlink(target, join(this.folder, name));
    return this.#commit();
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  async #put(name: string, text: string | undefined): Promise<void> {
    const file = join(this.folder, name);
    await mkdir(dirname(file), { recursive: true });
    if (text === undefined) await rm(file);
    else await writeFile(file, text);
  }

  async #commit(): Promise<string> {
    await this.#git('add', '--all', '--force');
    await this.#git(
      ...['-c', 'user.name=test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '-m', 'change'],
    );
    return (await this.#git('rev-parse', 'HEAD')).trim();
  }

  async #git(...words: string[]): Promise<string> {
    const { code, out, err } = await runProgram('git', ['-C', this.folder, ...words]);
    if (code !== 0) throw new Error(`git ${words.join(' ')}: ${err}`);
    return out;
  }
}
