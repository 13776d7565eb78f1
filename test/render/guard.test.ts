// The start guard and the program that stands before mysqld, each row of docs/start.md: the real scripts, with their folders
// moved below a temporary one and an entrypoint that only says that it was reached. Real volumes are in test/e2e.

import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kubectl-mysql-guard-'));
  await mkdir(join(root, 'volume'));
  await write('etc/kubectl-mysql/bin/start-guard', await script('start-guard'), 0o755);
  await write('etc/kubectl-mysql/bin/mysqld', await script('mysqld'), 0o755);
  await write('etc/mysql/conf.d/my.cnf', '[mysqld]\n');
  await write('image/docker-entrypoint.sh', '#!/bin/sh\necho "entrypoint $*"\n', 0o755);
  await write('image/mysqld', '#!/bin/sh\necho "mysqld $*"; env\n', 0o755);
});
afterEach(() => rm(root, { recursive: true }));

/** A script with its folders below the temporary one. */
async function script(name: string): Promise<string> {
  const text = await readFile(`templates/scripts/${name}.sh`, 'utf8');
  const moved = [
    ['/var/lib/mysql', 'volume'],
    ['/etc/kubectl-mysql', 'etc/kubectl-mysql'],
    ['/etc/mysql', 'etc/mysql'],
    ['/dev/termination-log', 'refusal'],
  ] as const;
  return moved.reduce((changed, [from, to]) => changed.replaceAll(from, join(root, to)), text);
}

async function write(path: string, content: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
  await chmod(join(root, path), mode);
}

interface Result {
  readonly status: number | null;
  readonly output: string;
}

function start(program: string, words: readonly string[] = []): Result {
  const path = `${join(root, 'image')}:${process.env['PATH'] ?? ''}`;
  const env = { PATH: path, IMAGE_PATH: path, SERVER_IMAGE: 'mysql:9.7', MYSQL_ROOT_PASSWORD: 'rootpassword' };
  const { status, stdout, stderr } = spawnSync(join(root, 'etc/kubectl-mysql/bin', program), words, {
    env,
    encoding: 'utf8',
  });
  return { status, output: `${stdout}${stderr}` };
}

/** Puts files on the volume; a name that ends in `/` is a folder. */
async function fill(...paths: string[]): Promise<void> {
  for (const path of paths) {
    if (path.endsWith('/')) await mkdir(join(root, 'volume', path), { recursive: true });
    else await write(`volume/${path}`, 'x');
  }
}

/** Marks a first start that was interrupted, with the data folder that it is about. */
async function beginIn(folder: string, mark = 'initialising'): Promise<void> {
  await write(`volume/state/${mark}`, `time=now\ndata=${String((await stat(join(root, 'volume', folder))).ino)}\n`);
}

function exists(path: string): Promise<boolean> {
  return stat(join(root, 'volume', path)).then(
    () => true,
    () => false,
  );
}

const STARTS = 'entrypoint mysqld';

describe('the start guard', () => {
  type Row = readonly [state: string, files: readonly string[], empty: string, data: string, anything: string];
  const rows: readonly Row[] = [
    ['initialised, with data', ['state/initialised', 'data/mysql/'], STARTS, STARTS, STARTS],
    [
      'initialised, without data',
      ['state/initialised'],
      'data/mysql is missing',
      'data/mysql is missing',
      'data/mysql is missing',
    ],
    [
      'a restore that was interrupted',
      ['state/restoring', 'data/'],
      STARTS,
      'data was expected',
      'restore of this volume was interrupted',
    ],
    ['nothing', [], STARTS, 'no data but data was expected', STARTS],
    [
      'nothing but lost+found and empty folders',
      ['lost+found/', 'data/', 'state/'],
      STARTS,
      'data was expected',
      STARTS,
    ],
    [
      'nothing but what a restore left that was killed while it wrote its mark',
      ['data/', 'state/.restoring.part'],
      STARTS,
      'no data but data was expected',
      STARTS,
    ],
    ['data of somebody else in data/', ['data/mysql/'], "such as 'data/mysql'", "such as 'data/mysql'", STARTS],
    ['files of somebody else', ['ibdata1', 'mysql/'], "such as 'ibdata1'", "such as 'ibdata1'", "such as 'ibdata1'"],
    ['a file in state/ that is not ours', ['state/x'], "such as 'state/x'", "such as 'state/x'", "such as 'state/x'"],
    ['a file in place of data/', ['data'], 'is not a folder', 'is not a folder', 'is not a folder'],
  ];

  it.each(rows)('%s', async (_, files, ...expected) => {
    for (const [index, expectation] of (['empty', 'data', 'anything'] as const).entries()) {
      await rm(join(root, 'volume'), { recursive: true });
      await mkdir(join(root, 'volume'));
      await fill(...files);
      if (expectation === 'anything') await rm(join(root, 'etc/kubectl-mysql/gate'), { recursive: true, force: true });
      else await write('etc/kubectl-mysql/gate/expect', expectation);
      const { status, output } = start('start-guard');
      expect(output, expectation).toContain(expected[index]);
      expect(status, expectation).toBe(expected[index] === STARTS ? 0 : 1);
    }
  });

  it.each(['initialising', 'restoring'])('clears the data folder of a start that was interrupted: %s', async (mark) => {
    await fill('data/ibdata1');
    await beginIn('data', mark);
    await write('etc/kubectl-mysql/gate/expect', 'empty');
    expect(start('start-guard').output).toContain('clearing');
    expect(await exists('data/ibdata1')).toBe(false);
  });

  it.each(['initialising', 'restoring'])(
    'never clears another data folder under a forgotten mark: %s',
    async (mark) => {
      await fill('old/', 'data/mysql/', 'data/ibdata1');
      await beginIn('old', mark);
      await write('etc/kubectl-mysql/gate/expect', 'empty');
      const { status, output } = start('start-guard');
      expect(output).toContain('stays as it is');
      expect(status).toBe(1);
      expect(await exists('data/ibdata1')).toBe(true);
    },
  );

  it('begins anew where it was killed between clearing and making', async () => {
    await fill('state/initialising');
    expect(start('start-guard')).toMatchObject({ status: 0 });
    expect(await exists('data')).toBe(true);
  });

  it('refuses a gate that says nothing, or something else', async () => {
    await mkdir(join(root, 'etc/kubectl-mysql/gate'));
    expect(start('start-guard').output).toContain('does not say what to expect');
    await write('etc/kubectl-mysql/gate/expect', 'maybe');
    expect(start('start-guard').output).toContain("expects 'maybe'");
  });

  it('writes the refusal where Kubernetes shows it', async () => {
    await fill('ibdata1');
    start('start-guard');
    expect(await readFile(join(root, 'refusal'), 'utf8')).toContain(
      'start-guard: the volume holds files that are not ours',
    );
  });
});

describe('what stands before mysqld', () => {
  it.each([
    [['--verbose', '--help', '--log-bin-index=x']],
    [['--initialize-insecure', '--default-time-zone=SYSTEM']],
    [['--daemonize', '--skip-networking', '--socket=x']],
    [['--skip_networking=ON']],
    [['--validate-config']],
    [['--version']],
  ])('lets a call with %s pass, and the first start is not complete', async (words) => {
    await fill('state/initialising');
    expect(start('mysqld', words).output).toContain(`mysqld ${words.join(' ')}`);
    expect(await exists('state/initialised')).toBe(false);
  });

  it.each([[[]], [['--console']], [['--character-set-server=utf8mb4']]])(
    'takes a call with %s for the server',
    async (words) => {
      await fill('state/initialising');
      expect(start('mysqld', words).status).toBe(0);
      expect(await exists('state/initialised')).toBe(true);
      expect(await exists('state/initialising')).toBe(false);
      expect(await readFile(join(root, 'volume/state/my.cnf'), 'utf8')).toBe('[mysqld]\n');
    },
  );

  it.each([[[]], [['--initialize-insecure']]])('keeps the password out of the environment of %s', (words) => {
    const { output } = start('mysqld', words);
    expect(output).toContain('SERVER_IMAGE=');
    expect(output).not.toContain('rootpassword');
  });

  it('starts a server that has data although the volume takes no file', async () => {
    await fill('state/initialised', 'state/.my.cnf.part/');
    expect(start('mysqld')).toMatchObject({ status: 0 });
  });

  it('does not start one that has none yet', async () => {
    await fill('state/initialising', 'state/.my.cnf.part/');
    expect(start('mysqld')).toMatchObject({ status: 1 });
  });
});
