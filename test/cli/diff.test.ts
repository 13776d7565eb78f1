// `kubectl mysql diff --from-ref`: the rendered objects of two commits, by diff or by another program.

import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { makeComparable } from '../../src/plan/comparable.ts';
import { takeAway } from '../../src/plan/take-away.ts';
import { runCli, type Outcome } from '../support/command-line.ts';
import { makeFolder } from '../support/folder.ts';
import { GIT_ENVIRONMENT, Repository } from '../support/repository.ts';
import { resourceText } from '../support/resource.ts';

function diff(repository: Repository, environment: Record<string, string> = {}): Promise<Outcome> {
  const words = ['diff', '-f', repository.folder, '--from-ref', 'main'];
  return runCli(words, '', { environment: { ...GIT_ENVIRONMENT, ...environment } });
}

/** Some program that compares two folders. */
async function makeProgram(script: string): Promise<string> {
  const folder = await makeFolder();
  await writeFile(`${folder}/compare`, `#!/bin/sh\n${script}\n`);
  await chmod(`${folder}/compare`, 0o755);
  return `${folder}/compare`;
}

async function changed(): Promise<Repository> {
  const repository = await Repository.create({ 'a.yaml': resourceText() });
  await repository.write({ 'a.yaml': resourceText({ image: 'mysql:9.7', password: 'ganz-geheim' }) });
  return repository;
}

describe('the exit code', () => {
  it('0 without a difference', async () => {
    const repository = await Repository.create({ 'a.yaml': resourceText() });
    await repository.write({ 'a.yaml': `# only a comment\n${resourceText()}` });
    expect(await diff(repository)).toMatchObject({ code: 0, out: '' });
  });

  it('1 with one, as a unified diff, no secret in it', async () => {
    const { code, out } = await diff(await changed());
    expect(code).toBe(1);
    expect(out).toMatch(/^-  image: "mysql:8.4"$/m);
    expect(out).toMatch(/^\+  image: "mysql:9.7"$/m);
    expect(out).toContain('-  password: "*** (before)"\n+  password: "*** (after)"\n');
    for (const text of ['otuspassword', 'ganz-geheim', btoa('otuspassword'), btoa('ganz-geheim')]) {
      expect(out).not.toContain(text);
    }
  });

  it.each([
    ['a commit that is unknown', ['--from-ref', 'nope'], {}, 4],
    ['a file that is not there', ['--from-ref', 'main', '-f', '/nowhere.yaml'], {}, 4],
    ['a program that is not there', ['--from-ref', 'main'], { KUBECTL_EXTERNAL_DIFF: 'no-such-program' }, 2],
    ['no cluster', [], {}, 2],
  ])('more than 1 for %s', async (_, words, environment, expected) => {
    const repository = await changed();
    const around = { environment: { ...GIT_ENVIRONMENT, ...environment } };
    const { code, out, lines } = await runCli(['diff', '-f', repository.folder, ...words], '', around);
    expect([code, out]).toEqual([expected, '']);
    expect(lines.some((line) => line.startsWith('error: '))).toBe(true);
  });

  it('more than 1 where no temporary file can be written, which is no defect of ours', async () => {
    const repository = await changed();
    vi.stubEnv('TMPDIR', '/nowhere');
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const { code, lines } = await diff(repository);
    expect([code, lines.at(-1)]).toEqual([2, expect.stringMatching(/^error: \/nowhere\/.*: no such file or folder$/)]);
    const publish = await runCli([
      'publish',
      '-f',
      repository.folder,
      '-b',
      'x',
      '--repo',
      '.',
      '--allow-secrets',
      '--allow-dirty',
    ]);
    expect(publish.lines.at(-1)).toMatch(/^error: \/nowhere\/.*: no such file or folder$/);
  });

  it('more than 1 for a file that neither side has', async () => {
    const repository = await changed();
    const words = ['diff', '-f', repository.path('b.yaml'), '--from-ref', 'main'];
    const { code } = await runCli(words, '', { environment: GIT_ENVIRONMENT });
    expect(code).toBe(2);
  });

  it.each([
    [0, 0],
    [1, 1],
    [7, 7],
  ])('%s of another program is %s', async (exit, expected) => {
    const program = await makeProgram(`echo "compared $3 $4"; exit ${String(exit)}`);
    const { code, out } = await diff(await changed(), { KUBECTL_EXTERNAL_DIFF: `${program} -N --colour=x ;rm` });
    // As kubectl does: the flags stand behind the folders, and what is no plain flag is left out.
    expect([code, out]).toEqual([expected, 'compared -N --colour=x\n']);
  });
});

it('compares with other files, too', async () => {
  const folder = await makeFolder({ 'a.yaml': resourceText(), 'b.yaml': resourceText({ image: 'mysql:9.7' }) });
  const line = ['diff', '-f', join(folder, 'b.yaml'), '--previous', join(folder, 'a.yaml')];
  const { code, out } = await runCli(line, '', { environment: GIT_ENVIRONMENT });
  expect(code).toBe(1);
  expect(out).toMatch(/^\+  image: "mysql:9.7"$/m);
});

it('shows the line of my.cnf that differs, and not the scripts beside it', async () => {
  const repository = await Repository.create({ 'a.yaml': resourceText({ config: { max_connections: 200 } }) });
  await repository.write({ 'a.yaml': resourceText({ config: { max_connections: 300 } }) });
  const { out } = await diff(repository);
  expect(out).toContain('\n-    max_connections=200\n+    max_connections=300\n');
  expect(out).not.toContain('start-guard');
});

it('shows objects that come and go', async () => {
  const repository = await Repository.create({ 'a.yaml': resourceText() });
  await repository.write({ 'a.yaml': resourceText({ networkPolicy: {} }, { name: 'new' }) });
  const { out } = await diff(repository);
  expect(out).toMatch(/^--- .*networking\.k8s\.io\.v1\.NetworkPolicy\.\.new/m);
  expect(out).toMatch(/^-kind: "StatefulSet"$/m);
  expect(out).toMatch(/^\+kind: "StatefulSet"$/m);
});

describe('secrets', () => {
  const secret = (data: object): object => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, data });
  it('are masked: equal ones, different ones, and those that only one side has', () => {
    const { before, after } = makeComparable(
      secret({ same: 'x', other: 'y', gone: 'z' }),
      secret({ same: 'x', other: 'q', come: 'z' }),
    );
    expect(before).toContain('data:\n  gone: "***"\n  other: "*** (before)"\n  same: "***"\n');
    expect(after).toContain('data:\n  come: "***"\n  other: "*** (after)"\n  same: "***"\n');
  });
  it('do not come in by what kubectl remembers', () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"a":"secret"}}' };
    const { before } = makeComparable({ ...secret({}), metadata: { name: 'a', annotations } }, undefined);
    expect(before).not.toContain('secret"');
  });
});

type Taken = readonly [
  title: string,
  states: readonly [merged: object, applied: object | undefined, wanted: object],
  left: object,
];

describe('what kubectl apply would take away', () => {
  it.each<Taken>([
    ['a label that it had applied', [{ a: 1, b: 2, c: 3 }, { a: 1, b: 2 }, { a: 1 }], { a: 1, c: 3 }],
    ['a map, but not what others put into it', [{ m: { a: 1, x: 9 } }, { m: { a: 1 } }, {}], { m: { x: 9 } }],
    ['a map that holds nothing else', [{ m: { a: 1 } }, { m: { a: 1 } }, {}], {}],
    ['nothing of an empty map', [{ m: { x: 9 } }, { m: {} }, {}], { m: { x: 9 } }],
    [
      'an item of a list',
      [
        { l: [{ name: 'a' }, { name: 'b' }, { name: 'x' }] },
        { l: [{ name: 'a' }, { name: 'b' }] },
        { l: [{ name: 'a' }] },
      ],
      { l: [{ name: 'a' }, { name: 'x' }] },
    ],
    ['nothing that it never applied', [{ a: 1 }, undefined, {}], { a: 1 }],
  ])('%s', (_, [merged, applied, wanted], left) => {
    expect(takeAway(merged, applied, wanted)).toEqual(left);
  });
});
