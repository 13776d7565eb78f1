// The examples for code hosts: their files parse, and their shell steps do in a real repository what they say.

import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../src/parse/yaml.ts';
import { makeFolder } from '../support/folder.ts';
import { GIT_ENVIRONMENT, Repository } from '../support/repository.ts';
import { resourceText } from '../support/resource.ts';

interface Step {
  readonly name?: string;
  readonly run?: string;
}

const REF = { password: undefined, passwordSecretRef: { name: 'shop-root', key: 'password' } };
const MAIN = resolve('src/main.ts');
const TSX = resolve('node_modules/.bin/tsx');

async function readExample<T>(name: string): Promise<T> {
  return parseYaml(await readFile(`examples/ci/${name}`, 'utf8')) as T;
}

/**
 * The program, and stand-ins that write down how they were called.
 *
 * @param notes what the code host answers
 */
async function makePath(notes: object = []): Promise<{ readonly path: string; readonly calls: string }> {
  const folder = await makeFolder();
  const calls = join(folder, 'calls');
  const standIn = (name: string): string => `#!/bin/sh\nprintf '${name} %s\\n' "$*" >> ${calls}\n`;
  await mkdir(join(folder, 'bin'));
  const programs = {
    'kubectl-mysql': `#!/bin/sh\nexec ${TSX} ${MAIN} "$@"\n`,
    gh: standIn('gh'),
    curl: `${standIn('curl')}printf '%s\\n' '${JSON.stringify(notes)}'\n`,
    npm: standIn('npm'),
  };
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(folder, 'bin', name), text);
    await chmod(join(folder, 'bin', name), 0o755);
  }
  await writeFile(calls, '');
  return { path: `${join(folder, 'bin')}:${GIT_ENVIRONMENT.PATH}`, calls };
}

function runShell(flags: string, script: string, folder: string, environment: object): Promise<number> {
  const env = { ...GIT_ENVIRONMENT, ...environment };
  return new Promise((finish) => {
    execFile('bash', [flags, script], { cwd: folder, env, timeout: 120_000 }, (error) => {
      finish(error ? Number(error.code) : 0);
    });
  });
}

/** A pull request that changes this, as the code host checks it out: main, and its merge on top. */
async function makePullRequest(spec: object): Promise<Repository> {
  const repository = await Repository.create({ 'apps/shop.yaml': resourceText(REF) });
  repository.git('checkout', '--quiet', '-b', 'change');
  await repository.commit({ 'apps/shop.yaml': resourceText({ ...REF, ...spec }) });
  repository.git('checkout', '--quiet', 'main');
  await repository.commit({ 'README.md': 'meanwhile' });
  repository.git('merge', '--quiet', '--no-ff', '--no-edit', 'change');
  return repository;
}

describe('the workflow for GitHub', () => {
  it.each([
    ['a change that needs no approval', { labels: { a: 'b' } }, '0', '### MySQL: 1 config'],
    ['a restart that nobody approved', { image: 'mysql:8.4.6' }, '5', '**restart**'],
    ['a refusal', { database: 'b' }, '3', '**refused**'],
    ['a file that is invalid', { imag: 1 }, '3', 'spec.imag: unknown field'],
  ])('%s', async (_, spec, code, text) => {
    const { jobs } = await readExample<{ jobs: { plan: { steps: Step[] } } }>('github-actions.yaml');
    const repository = await makePullRequest(spec);
    const { path, calls } = await makePath();
    const files = { GITHUB_OUTPUT: repository.path('.output'), GITHUB_STEP_SUMMARY: repository.path('.summary') };
    const environment = { PATH: path, FOLDER: 'apps', FAIL_ON: 'restart,stop,delete,data-loss', ...files };
    const script = (name: string): string => jobs.plan.steps.find((step) => step.name === name)?.run ?? 'exit 99';
    // As GitHub runs a step.
    const run = (name: string, more: object = {}): Promise<number> =>
      runShell('-ec', script(name), repository.folder, { ...environment, ...more });
    expect(await run('Plan')).toBe(0);
    expect(await readFile(files.GITHUB_OUTPUT, 'utf8')).toBe(`code=${code}\n`);
    expect(await readFile(files.GITHUB_STEP_SUMMARY, 'utf8')).toContain(text);
    expect(await run('Comment', { REPOSITORY: 'a/b', NUMBER: '7' })).toBe(0);
    expect(await readFile(calls, 'utf8')).toContain(
      'gh api --method POST repos/a/b/issues/7/comments --field body=@plan.md\n',
    );
    expect(await run('Policy', { CODE: code })).toBe(Number(code));
  });

  it('takes an approval off when there is something new, runs when it comes, and works for forks', async () => {
    const text = await readFile('examples/ci/github-actions.yaml', 'utf8');
    expect(text).toContain('types: [opened, synchronize, reopened, labeled, unlabeled]');
    // What a repository holds of its own is kept from pull requests of forks.
    expect(text).not.toMatch(/\$\{\{ *(?:vars|secrets)\./);
    const { jobs } = await readExample<{ jobs: { plan: { steps: Step[] } } }>('github-actions.yaml');
    const { path, calls } = await makePath();
    const script = jobs.plan.steps.find(({ name }) => name === 'Approval')?.run ?? 'exit 99';
    const environment = { PATH: path, REPOSITORY: 'a/b', NUMBER: '7' };
    expect(await runShell('-ec', script, '.', environment)).toBe(0);
    expect(await readFile(calls, 'utf8')).toBe('gh api --method DELETE repos/a/b/issues/7/labels/mysql-approved\n');
  });
});

describe('the job for GitLab', () => {
  it.each([
    ['a change that needs no approval', { labels: { a: 'b' } }, 0, '### MySQL: 1 config'],
    ['a restart that nobody approved', { image: 'mysql:8.4.6' }, 5, '**restart**'],
    ['a refusal', { database: 'b' }, 3, '**refused**'],
    ['a file that is invalid', { imag: 1 }, 3, 'spec.imag: unknown field'],
  ])('%s', async (_, spec, code, text) => {
    const { repository, ...job } = await runGitLabJob(spec);
    expect(job.code).toBe(code);
    expect(await readFile(repository.path('plan.md'), 'utf8')).toContain(text);
    expect(job.calls.at(-1)).toMatch(
      /^curl .* --data-urlencode body@plan\.md https:\/\/gitlab\.example\/api\/v4\/.*\/notes$/,
    );
    expect(job.allowed).toEqual([5]);
  });

  it('changes the comment that is there', async () => {
    const notes = [
      { id: 3, body: 'looks good' },
      { id: 4, body: '<!-- kubectl-mysql plan -->\n### MySQL: 1 restart' },
    ];
    const { calls } = await runGitLabJob({ labels: { a: 'b' } }, notes);
    expect(calls.at(-1)).toMatch(/^curl .* --request PUT .*\/notes\/4$/);
  });
});

interface JobRun {
  readonly repository: Repository;
  readonly code: number;
  readonly calls: readonly string[];
  readonly allowed: readonly number[];
}

async function runGitLabJob(spec: object, notes: object = []): Promise<JobRun> {
  type Job = Record<'mysql-plan', { script: string[]; allow_failure: { exit_codes: number[] } }>;
  const { 'mysql-plan': job } = await readExample<Job>('gitlab-ci.yaml');
  const repository = await makePullRequest(spec);
  const { path, calls } = await makePath(notes);
  const environment = {
    PATH: path,
    FOLDER: 'apps',
    FAIL_ON: 'restart,stop,delete,data-loss',
    CI_MERGE_REQUEST_DIFF_BASE_SHA: repository.git('merge-base', 'main^1', 'change'),
    MYSQL_PLAN_TOKEN: 'token',
    CI_API_V4_URL: 'https://gitlab.example/api/v4',
    CI_PROJECT_ID: '1',
    CI_MERGE_REQUEST_IID: '7',
  };
  // As GitLab runs a job: its lines one after the other in one shell.
  const code = await runShell('-ec', `set -o pipefail\n${job.script.join('\n')}`, repository.folder, environment);
  const lines = (await readFile(calls, 'utf8')).trimEnd().split('\n');
  return { repository, code, calls: lines, allowed: job.allow_failure.exit_codes };
}
