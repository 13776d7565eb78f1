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

interface Note {
  readonly id: number;
  readonly author: { readonly id: number };
  readonly body: string;
}

const TOKEN = 'glpat-secret';
const OWN = { id: 1 };
const NOTE: Note = {
  id: 4,
  author: OWN,
  body: '<!-- kubectl-mysql plan -->\n### MySQL: 1 of 1 resource changes (1 with restart)',
};

/**
 * The program, and stand-ins that write down how they were called.
 *
 * @param notes the comments that the code host has; on GitHub its own filter finds ours
 */
async function makePath(notes: readonly Note[] = []): Promise<{ readonly path: string; readonly calls: string }> {
  const folder = await makeFolder();
  const calls = join(folder, 'calls');
  const standIn = (name: string): string => `#!/bin/sh\nprintf '${name} %s\\n' "$*" >> ${calls}\n`;
  const answer = (value: object): string => `printf '%s\\n' '${JSON.stringify(value).replaceAll('\\', '\\\\')}'`;
  await mkdir(join(folder, 'bin'));
  const programs = {
    'kubectl-mysql': `#!/bin/sh\nexec ${TSX} ${MAIN} "$@"\n`,
    gh: `${standIn('gh')}case "$*" in *--paginate*) echo ${notes.map(({ id }) => id).join(' ')} ;; esac\n`,
    curl: `${standIn('curl')}[ "$2" != @- ] || sed 's/^/sent /' >> ${calls}\ncase "$*" in */user) ${answer(OWN)} ;; *) ${answer(notes)} ;; esac\n`,
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

/** A pull request that changes this, as the code host checks it out: main, where another resource came, and its merge on top. */
async function makePullRequest(spec: object): Promise<Repository> {
  const repository = await Repository.create({ 'apps/shop.yaml': resourceText(REF) });
  repository.git('checkout', '--quiet', '-b', 'change');
  await repository.commit({ 'apps/shop.yaml': resourceText({ ...REF, ...spec }) });
  repository.git('checkout', '--quiet', 'main');
  await repository.commit({ 'apps/other.yaml': resourceText(REF, { name: 'other' }) });
  repository.git('merge', '--quiet', '--no-ff', '--no-edit', 'change');
  return repository;
}

interface Workflow {
  readonly jobs: {
    readonly plan: { readonly env: Readonly<Record<string, string>>; readonly steps: readonly Step[] };
  };
}

/** What a run of the workflow left behind. */
interface WorkflowRun {
  readonly output: string;
  readonly summary: string;
  readonly calls: string;
  /** The code that the run ends with. */
  readonly code: number;
}

async function runWorkflow(spec: object, event: string, notes: readonly Note[] = []): Promise<WorkflowRun> {
  const { jobs } = await readExample<Workflow>('github-actions.yaml');
  const repository = await makePullRequest(spec);
  const { path, calls } = await makePath(notes);
  const files = { GITHUB_OUTPUT: repository.path('.output'), GITHUB_STEP_SUMMARY: repository.path('.summary') };
  const environment = { ...jobs.plan.env, PATH: path, EVENT: event, REPOSITORY: 'a/b', NUMBER: '7', ...files };
  // As GitHub runs a step.
  const run = (name: string, more: object = {}): Promise<number> => {
    const script = jobs.plan.steps.find((step) => step.name === name)?.run ?? 'exit 99';
    return runShell('-ec', script, repository.folder, { ...environment, ...more });
  };
  expect(await run('Plan')).toBe(0);
  expect(await run('Comment')).toBe(0);
  const [output = '', summary = '', called = ''] = await Promise.all(
    [files.GITHUB_OUTPUT, files.GITHUB_STEP_SUMMARY, calls].map((file) => readFile(file, 'utf8')),
  );
  const code = await run('Policy', { CODE: output.replace('code=', '').trim() });
  return { output, summary, calls: called, code };
}

const COMMENTS = 'repos/a/b/issues/7/comments --field body=@plan.md\n';

describe('the workflow for GitHub', () => {
  it.each<[string, object, string, [number, string]]>([
    ['a change that needs no approval', { labels: { a: 'b' } }, 'opened', [0, '(1 with config)']],
    ['a restart that nobody approved', { image: 'mysql:8.4.6' }, 'opened', [5, '**restart**']],
    ['a restart that somebody approves', { image: 'mysql:8.4.6' }, 'labeled', [0, '**restart**']],
    ['a restart that somebody had approved', { image: 'mysql:8.4.6' }, 'synchronize', [5, '**restart**']],
    ['opened again after an approval', { image: 'mysql:8.4.6' }, 'reopened', [5, '**restart**']],
    ['a refusal', { database: 'b' }, 'opened', [3, '**refused**']],
    ['a refusal that somebody approves', { database: 'b' }, 'labeled', [3, '**refused**']],
    ['a file that is invalid', { imag: 1 }, 'opened', [3, 'spec.imag: unknown field']],
  ])('%s', async (_, spec, event, [code, text]) => {
    const run = await runWorkflow(spec, event);
    expect([run.output, run.code]).toEqual([`code=${String(code)}\n`, code]);
    expect(run.summary).toContain(text);
    expect(run.calls).toContain(`gh api --method POST ${COMMENTS}`);
  });

  it('changes the comment that is there, which only it may have written', async () => {
    const { calls } = await runWorkflow({ labels: { a: 'b' } }, 'synchronize', [NOTE]);
    expect(calls).toContain('select(.user.login == "github-actions[bot]" and (.body | startswith("<!-- kubectl-mysql');
    expect(calls).toMatch(/\ngh api --method PATCH repos\/a\/b\/issues\/comments\/4 --field body=@plan\.md\n$/);
  });

  it('writes no comment when nothing happens, but changes one that says more', async () => {
    expect((await runWorkflow({}, 'opened')).calls).not.toContain('--method');
    expect((await runWorkflow({}, 'synchronize', [NOTE])).calls).toContain('--method PATCH');
  });

  it('takes an approval off when it counts no more, runs when it comes, and works for forks', async () => {
    const text = await readFile('examples/ci/github-actions.yaml', 'utf8');
    expect(text).toContain('types: [opened, synchronize, reopened, labeled, unlabeled]');
    // What a repository holds of its own is kept from pull requests of forks.
    expect(text).not.toMatch(/\$\{\{ *(?:vars|secrets)\./);
    const { jobs } = await readExample<Workflow>('github-actions.yaml');
    const { path, calls } = await makePath();
    const script = jobs.plan.steps.find(({ name }) => name === 'Approval')?.run ?? 'exit 99';
    const environment = { PATH: path, REPOSITORY: 'a/b', NUMBER: '7' };
    expect(await runShell('-ec', script, '.', environment)).toBe(0);
    expect(await readFile(calls, 'utf8')).toBe('gh api --method DELETE repos/a/b/issues/7/labels/mysql-approved\n');
  });
});

describe('the job for GitLab', () => {
  it.each([
    ['a change that needs no approval', { labels: { a: 'b' } }, 0, '(1 with config)'],
    ['a restart that nobody approved', { image: 'mysql:8.4.6' }, 5, '**restart**'],
    ['a refusal', { database: 'b' }, 3, '**refused**'],
    ['a file that is invalid', { imag: 1 }, 3, 'spec.imag: unknown field'],
  ])('%s', async (_, spec, code, text) => {
    const job = await runGitLabJob(spec);
    expect(job.code).toBe(code);
    expect(job.plan).toContain(text);
    expect(lastCall(job)).toMatch(
      /^curl .* --data-urlencode body@plan\.md https:\/\/gitlab\.example\/api\/v4\/.*\/notes$/,
    );
    expect(job.allowed).toEqual([5]);
  });

  it('gives the token to no command as a word, which every process of the machine may read', async () => {
    const { calls } = await runGitLabJob({ labels: { a: 'b' } });
    const [commands, sent] = [/^curl /, /^sent /].map((pattern) => calls.filter((line) => pattern.test(line)));
    expect(commands?.join()).not.toContain(TOKEN);
    expect(sent).toEqual(commands?.map(() => `sent PRIVATE-TOKEN: ${TOKEN}`));
  });

  it('changes the comment that is there, and none of somebody else', async () => {
    const theirs = { ...NOTE, id: 3, author: { id: 2 } };
    const { calls } = await runGitLabJob({ labels: { a: 'b' } }, { notes: [theirs, NOTE] });
    expect(lastCall({ calls })).toMatch(/^curl .* --request PUT .*\/notes\/4$/);
  });

  it('writes no comment when nothing happens, but changes one that says more', async () => {
    expect(lastCall(await runGitLabJob({}))).toMatch(/\/notes\?sort=asc&per_page=100$/);
    expect(lastCall(await runGitLabJob({}, { notes: [NOTE] }))).toContain('--request PUT');
  });

  it('compares the merge with the branch that it goes to, where that is checked out', async () => {
    const { plan } = await runGitLabJob({ image: 'mysql:8.4.6' }, { isMerged: true });
    expect(plan).toContain('### MySQL: 1 of 2 resources changes (1 with restart)\n');
  });
});

interface JobRun {
  readonly code: number;
  readonly plan: string;
  readonly calls: readonly string[];
  readonly allowed: readonly number[];
}

function lastCall({ calls }: Pick<JobRun, 'calls'>): string | undefined {
  return calls.findLast((line) => line.startsWith('curl '));
}

/** @param merged the merge is checked out, as with merged results; else the branch */
async function runGitLabJob(
  spec: object,
  { notes = [], isMerged = false }: { readonly notes?: readonly Note[]; readonly isMerged?: boolean } = {},
): Promise<JobRun> {
  type Job = Record<'mysql-plan', { script: string[]; allow_failure: { exit_codes: number[] } }>;
  const { 'mysql-plan': job } = await readExample<Job>('gitlab-ci.yaml');
  const repository = await makePullRequest(spec);
  if (!isMerged) repository.git('checkout', '--quiet', 'change');
  const { path, calls } = await makePath(notes);
  const environment = {
    PATH: path,
    FOLDER: 'apps',
    FAIL_ON: 'restart,stop,delete,data-loss,unknown',
    CI_MERGE_REQUEST_DIFF_BASE_SHA: repository.git('merge-base', 'main^1', 'change'),
    CI_MERGE_REQUEST_TARGET_BRANCH_SHA: isMerged ? repository.git('rev-parse', 'main^1') : '',
    MYSQL_PLAN_TOKEN: TOKEN,
    CI_API_V4_URL: 'https://gitlab.example/api/v4',
    CI_PROJECT_ID: '1',
    CI_MERGE_REQUEST_IID: '7',
  };
  // As GitLab runs a job: its lines one after the other in one shell.
  const code = await runShell('-ec', `set -o pipefail\n${job.script.join('\n')}`, repository.folder, environment);
  const [lines, plan] = [await readFile(calls, 'utf8'), await readFile(repository.path('plan.md'), 'utf8')];
  return { code, plan, calls: lines.trimEnd().split('\n'), allowed: job.allow_failure.exit_codes };
}
