// Real git repositories for the time of a test.

import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from './folder.ts';

/** Of nobody's own settings, and of no repository around. */
export const GIT_ENVIRONMENT = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
};

/** A repository on the branch main. */
export class Repository {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(files: Readonly<Record<string, string>>): Promise<Repository> {
    const repository = new Repository(await makeFolder());
    repository.git('init', '--quiet', '--initial-branch', 'main');
    await repository.commit(files);
    return repository;
  }

  /** Another clone. */
  static async clone(url: string, ...flags: readonly string[]): Promise<Repository> {
    const repository = new Repository(await makeFolder());
    repository.git('clone', '--quiet', ...flags, url, '.');
    return repository;
  }

  git(...words: readonly string[]): string {
    const options = { cwd: this.folder, env: GIT_ENVIRONMENT, encoding: 'utf8', timeout: 60_000 } as const;
    return execFileSync('git', [...words], { ...options, stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  }

  /** Writes files, or removes them where the text is undefined. */
  async write(files: Readonly<Record<string, string | undefined>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const path = this.path(name);
      await mkdir(dirname(path), { recursive: true });
      await (text === undefined ? rm(path) : writeFile(path, text));
    }
  }

  async commit(files: Readonly<Record<string, string | undefined>>): Promise<void> {
    await this.write(files);
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '--message', 'change');
  }

  path(name: string): string {
    return join(this.folder, name);
  }
}
