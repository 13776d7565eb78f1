// `cmp generate` as Argo CD's sidecar runs it: user 999, a home that cannot be written, nothing to write but /tmp, no network.

import { chmod, chown, cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderText } from '../support/command-line.ts';
import { runProgram, type Ended } from '../support/process.ts';
import { resourceText } from '../support/resource.ts';

const USER = 999;
const SHOP = resourceText({ password: undefined, passwordSecretRef: { name: 'shop-root', key: 'password' } });

let state = '';
beforeAll(async () => {
  // Not below /tmp, which the program gets of its own. The checkout may lie where user 999 may not look.
  state = await mkdtemp('/var/tmp/kubectl-mysql-sidecar-');
  await chmod(state, 0o755);
  await cp('dist', join(state, 'dist'), { recursive: true });
  for (const folder of ['home', 'tmp', 'repository/app', 'repository/.git']) {
    await mkdir(join(state, folder), { recursive: true });
  }
  await chown(join(state, 'tmp'), USER, USER);
  await writeFile(join(state, 'repository/app/shop.yaml'), SHOP);
});
afterAll(() => rm(state, { recursive: true, force: true }));

/** Runs a program in the sidecar's place, with the application's folder as its working folder. */
function runInside(...words: readonly string[]): Promise<Ended> {
  const place = [
    `mount --make-rprivate / && mount --bind ${state}/tmp /tmp && mount -o remount,bind,ro /`,
    `cd ${state}/repository/app`,
    `exec setpriv --reuid=${String(USER)} --regid=${String(USER)} --clear-groups --no-new-privs "$@"`,
  ];
  const env = {
    PATH: `${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`,
    HOME: join(state, 'home'),
    TMPDIR: '/tmp',
    ARGOCD_APP_NAMESPACE: 'prod',
    ARGOCD_APP_SOURCE_PATH: 'app',
    ARGOCD_APP_PARAMETERS: 'null',
  };
  return runProgram('unshare', ['--net', '--mount', 'sh', '-c', place.join(' && '), 'sh', ...words], { env });
}

function generate(): Promise<Ended> {
  return runInside('node', join(state, 'dist/kubectl-mysql.js'), 'cmp', 'generate');
}

describe('in the place of the sidecar', () => {
  it('a program is user 999, can write to /tmp alone, and has no network', async () => {
    expect((await runInside('id', '-u')).out).toBe('999\n');
    expect((await runInside('sh', '-c', 'for f in . "$HOME" /var/tmp /usr; do touch $f/x && echo $f; done')).out).toBe(
      '',
    );
    expect((await runInside('sh', '-c', 'touch /tmp/x && rm /tmp/x')).code).toBe(0);
    const connect = "require('net').connect(80, '192.0.2.1').on('error', ({ code }) => console.log(code))";
    expect((await runInside('node', '-e', connect)).out).toBe('ENETUNREACH\n');
  });

  it('generate prints what render prints, eight times at once, and leaves nothing behind', async () => {
    const wanted = { code: 0, out: await renderText(SHOP, '-n', 'prod'), err: '' };
    const all = await Promise.all(Array.from({ length: 8 }, generate));
    expect(all).toEqual(all.map(() => wanted));
    expect(await readdir(join(state, 'tmp'))).toEqual([]);
  });

  it.each([
    ['a link that leaves the repository', '/etc/hostname', 3, 'x.yaml: this link leaves the repository'],
    ['a link by way of its own folder', '../../outside.yaml', 3, 'x.yaml: this link leaves the repository'],
    ['a file that it may not read', '', 1, 'x.yaml: permission denied'],
  ])('generate refuses %s, and prints nothing', async (_, target, wanted, message) => {
    const file = join(state, 'repository/app/x.yaml');
    await writeFile(join(state, 'outside.yaml'), SHOP);
    await (target === '' ? writeFile(file, SHOP, { mode: 0o600 }) : symlink(target, file));
    try {
      const { code, out, err } = await generate();
      expect([code, out]).toEqual([wanted, '']);
      expect(err).toContain(message);
    } finally {
      await rm(file);
    }
  });
});
