// The program as kubectl's plugin.

import { chmod, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, tryRun } from './support/kubectl.ts';
import { mysql, stringify } from './support/resource.ts';

describe('kubectl mysql', () => {
  let folder: string;
  const path = process.env['PATH'] ?? '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubectl-mysql-plugin-'));
    await chmod('dist/kubectl-mysql.js', 0o755);
    await symlink(resolve('dist/kubectl-mysql.js'), join(folder, 'kubectl-mysql'));
    process.env['PATH'] = `${folder}${delimiter}${path}`;
  });
  afterAll(async () => {
    process.env['PATH'] = path;
    await rm(folder, { recursive: true });
  });

  it('is found by kubectl', async () => {
    expect(await run('kubectl', ['plugin', 'list'])).toContain(join(folder, 'kubectl-mysql'));
  });

  it('renders from standard input', async () => {
    const names = await run('kubectl', ['mysql', 'render', '-f', '-', '-o', 'name'], stringify(mysql('shop')));
    expect(names.split('\n')).toContain('statefulset.apps/shop');
  });

  it('writes a folder in which kubectl takes every file for a manifest, and only those', async () => {
    const rendered = join(folder, 'rendered');
    await run('kubectl', ['mysql', 'render', '-f', '-', '--output-dir', rendered], stringify(mysql('shop')));
    const names = await run('kubectl', ['create', '--dry-run=client', '-f', rendered, '-o', 'name']);
    const stream = await run('kubectl', ['mysql', 'render', '-f', '-', '-o', 'name'], stringify(mysql('shop')));
    expect(names.split('\n').sort()).toEqual(stream.split('\n').sort());
  });

  it('passes kubectl the exit code of a wrong input, and nothing on standard output', async () => {
    const wrong = stringify(mysql('shop', { storge: {} }));
    const { code, stdout, stderr } = await tryRun('kubectl', ['mysql', 'render', '-f', '-'], wrong);
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toContain('spec.storge: unknown field, did you mean "storage"?');
  });
});
