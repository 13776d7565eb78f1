// What the Jobs take for theirs on a volume without a complete database, and which passwords: the real scripts, with their
// folders moved below a temporary one. They end before a server is needed; the rest is in test/e2e.

import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kubectl-mysql-job-'));
  for (const folder of ['volume', 'backup', 'etc/kubectl-mysql/work', 'bin']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  for (const file of await readdir('templates/scripts')) {
    const text = await readFile(join('templates/scripts', file), 'utf8');
    await writeFile(join(root, 'bin', file), move(text));
  }
});
afterEach(() => rm(root, { recursive: true }));

/** A script with its folders below the temporary one. */
function move(text: string): string {
  const moved = [
    ['/var/lib/mysql', 'volume'],
    ['=/backup', 'backup'],
    ['/etc/kubectl-mysql', 'etc/kubectl-mysql'],
    ['/dev/termination-log', 'result'],
  ] as const;
  return moved.reduce(
    (changed, [from, to]) => changed.replaceAll(from, `${from.startsWith('=') ? '=' : ''}${join(root, to)}`),
    text,
  );
}

interface Result {
  readonly outcome: string;
  readonly reason: string;
}

async function run(step: 'backup' | 'restore' | 'change-password', more: object = {}): Promise<Result> {
  const env = { PATH: process.env['PATH'] ?? '', RESTORE_FROM: 'latest', NO_PROGRESS_SECONDS: '600', ...more };
  spawnSync('bash', [`${step}.sh`], { cwd: join(root, 'bin'), env, stdio: 'ignore' });
  return JSON.parse(await readFile(join(root, 'result'), 'utf8')) as Result;
}

/** Puts files on the volume. */
async function fill(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(root, 'volume', path)), { recursive: true });
    await writeFile(join(root, 'volume', path), 'rows');
  }
}

/** Marks what was begun, with the data folder that it is about. */
async function begin(mark: 'initialising' | 'restoring', folder: string): Promise<void> {
  await mkdir(join(root, 'volume', folder), { recursive: true });
  const { ino } = await stat(join(root, 'volume', folder));
  await mkdir(join(root, 'volume/state'), { recursive: true });
  await writeFile(join(root, 'volume/state', mark), `backup=0001-20260101-000000\ndata=${String(ino)}\n`);
}

describe.each(['initialising', 'restoring'] as const)('under the mark %s', (mark) => {
  it('what was begun is nothing to back up', async () => {
    await fill('data/ibdata1');
    await begin(mark, 'data');
    expect(await run('backup')).toMatchObject({ outcome: 'nothing' });
  });

  it('and with no data at all there is nothing to back up', async () => {
    await begin(mark, 'data');
    expect(await run('backup')).toMatchObject({ outcome: 'nothing' });
  });

  it.each(['backup', 'restore'] as const)('another data folder is left alone by the %s', async (step) => {
    await fill('data/ibdata1');
    await begin(mark, 'old');
    await rm(join(root, 'volume/old'), { recursive: true });
    const { outcome, reason } = await run(step);
    expect(reason).toContain("'data' is not what the interrupted first start or restore had made");
    expect(outcome).toBe('refused');
    expect(await readFile(join(root, 'volume/data/ibdata1'), 'utf8')).toBe('rows');
  });

  it.each(['backup', 'restore'] as const)('files beside the data folder are left alone by the %s', async (step) => {
    await fill('old/ibdata1');
    await begin(mark, 'data');
    const { outcome, reason } = await run(step);
    expect(reason).toContain("'old' is not what");
    expect(outcome).toBe('refused');
  });
});

describe('without any mark', () => {
  it.each(['backup', 'restore'] as const)('files are refused by the %s', async (step) => {
    await fill('data/ibdata1');
    expect(await run(step)).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('not ours') as string,
    });
  });

  it('an empty volume is nothing to back up, and without a backup nothing is restored', async () => {
    expect(await run('backup')).toMatchObject({ outcome: 'nothing' });
    expect(await run('restore')).toMatchObject({ outcome: 'nothing', found: 'empty' });
  });

  it('a restore that was killed while it wrote its mark had begun nothing', async () => {
    await fill('state/.restoring.part');
    await mkdir(join(root, 'volume/data'));
    expect(await run('backup')).toMatchObject({ outcome: 'nothing' });
    expect(await run('restore')).toMatchObject({ outcome: 'nothing', found: 'empty' });
  });

  it('a backup volume that cannot be read does not count as empty', async () => {
    await rm(join(root, 'backup'), { recursive: true });
    const { outcome, reason } = await run('restore');
    expect(reason).toContain('the backup volume cannot be read');
    expect(outcome).toBe('failed');
  });

  it.each(['backup', 'restore'] as const)('what should be a folder and is none is refused by the %s', async (step) => {
    const reason = expect.stringContaining("'data' is not a folder") as string;
    await fill('data');
    expect(await run(step)).toMatchObject({ outcome: 'refused', reason });
    await rm(join(root, 'volume/data'));
    await symlink('data', join(root, 'volume/data'));
    expect(await run(step)).toMatchObject({ outcome: 'refused', reason });
  });
});

it('a password of several lines is refused before the client can repeat one of them, and may be replaced', async () => {
  const keys = { CURRENT_KEY: 'current', NEXT_KEY: 'next', PREVIOUS_KEY: 'previous', DISCARD: 'false' };
  await mkdir(join(root, 'etc/kubectl-mysql/active'));
  await writeFile(join(root, 'etc/kubectl-mysql/active/current'), 'old\n');
  await writeFile(join(root, 'etc/kubectl-mysql/active/next'), 'swordfish\nsesame');
  const result = await run('change-password', keys);
  expect(result).toMatchObject({ outcome: 'refused', altered: false });
  expect(JSON.stringify(result)).not.toMatch(/swordfish|sesame/);
  expect(result.reason).toContain('holds a line break');
});
