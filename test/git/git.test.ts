// What git is told, and what of its words is shown.

import { describe, expect, it } from 'vitest';
import { carryOver, configEnvironment, parseConfig } from '../../src/git/config.ts';
import { gitEnvironment } from '../../src/git/environment.ts';
import { GitFailure, createGit } from '../../src/git/git.ts';
import { createHide, hideInUrls } from '../../src/git/redact.ts';

describe('what is shown', () => {
  it.each([
    [
      "fatal: unable to access 'https://user:pass@host/x.git/': no",
      "fatal: unable to access 'https://host/x.git/': no",
    ],
    ['https://ghp_token@host/x and http://a:b@c', 'https://host/x and http://c'],
    [`see 'https://jane:it's"me@host/x.git': no, jane@host`, "see 'https://host/x.git': no, jane@host"],
    [`https://to'ken@host/x`, 'https://host/x'],
    ['ssh://git@host/x', 'ssh://git@host/x'],
    ["access 'https://host/x.git?access_token=abc&a=b/info/refs': no", "access 'https://host/x.git?***': no"],
    ['https://me:a?b@host/x?private_token=abc', 'https://host/x?***'],
    [`see 'https://host/x.git?token=it's"me': no`, "see 'https://host/x.git?***': no"],
    ['is it https://host/x? yes', 'is it https://host/x? yes'],
    ['mail jane@example.com, see https://host/a@b', 'mail jane@example.com, see https://host/a@b'],
  ])('%s', (text, shown) => {
    expect(hideInUrls(text)).toBe(shown);
  });

  it('holds no credential of the configuration, in whatever form', () => {
    const config = parseConfig(
      [
        `http.https://host/.extraheader\nAuthorization: Basic ${Buffer.from('me:s3cret-token').toString('base64')}`,
        'http.extraheader\nX-Token: abcdef123',
        'remote.origin.url\nhttps://me:p%40ssword@host/x.git',
        'url.https://insteadof-token@host/.insteadof\nhttps://host/',
        'remote.deploy.url\nhttps://me:pass phrase@host/x.git',
        'remote.query.url\nhttps://host/x.git?ref=main&private_token=queried%2Dtoken',
        'http.https://host/x.git?token=asked-token.proxy\nno',
        '',
      ].join('\0'),
    );
    const hide = createHide(config, ['https://given-token@host/y']);
    const said = `${config.map(({ value, key }) => `${key} ${value}`).join(' ')} s3cret-token p@ssword p%40ssword given-token insteadof-token pass phrase queried-token queried%2Dtoken asked-token`;
    expect(hide(said)).not.toMatch(
      /s3cret|bWU6czNj|abcdef|ssword|given-token|insteadof-token|phrase|queried|asked-token/,
    );
    expect(hide('nothing to hide in abc of main')).toBe('nothing to hide in abc of main');
  });
});

describe('the configuration that is carried over', () => {
  it('is what another repository does not know by itself, of what concerns connections and people', () => {
    const here = parseConfig(
      'a.b\nx\0user.name\nA\0core.worktree\n/x\0credential.helper\n\0credential.helper\nh\0commit.gpgsign\0core.hookspath\nh\0',
    );
    const there = parseConfig('user.name\nA\0credential.helper\nh\0');
    expect(carryOver(here, there)).toEqual([
      { key: 'credential.helper', value: '' },
      { key: 'commit.gpgsign', value: 'true' },
    ]);
    expect(configEnvironment(carryOver(here, there))).toEqual({
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'credential.helper',
      GIT_CONFIG_KEY_1: 'commit.gpgsign',
      GIT_CONFIG_VALUE_0: '',
      GIT_CONFIG_VALUE_1: 'true',
    });
  });
});

describe('the environment', () => {
  it('names no repository of a hook, traces nothing, and asks nobody', () => {
    const given = {
      GIT_DIR: 'x',
      GIT_INDEX_FILE: 'x',
      GIT_TRACE_CURL: '1',
      GIT_CONFIG_COUNT: '0',
      EDITOR: 'vi',
      A: undefined,
    };
    const kept = { HOME: '/h', GIT_SSH_COMMAND: 'ssh', GIT_AUTHOR_NAME: 'A', GIT_ASKPASS: 'p', HTTPS_PROXY: 'x' };
    const { LC_ALL, LANGUAGE, GIT_TERMINAL_PROMPT, GIT_OPTIONAL_LOCKS, ...rest } = gitEnvironment(
      { ...given, ...kept },
      { config: false },
    );
    expect(rest).toEqual(kept);
    expect([LC_ALL, LANGUAGE, GIT_TERMINAL_PROMPT, GIT_OPTIONAL_LOCKS]).toEqual(['C.UTF-8', 'C', '0', '0']);
    expect(gitEnvironment(given, { config: true })).toMatchObject({ GIT_CONFIG_COUNT: '0' });
  });
});

describe('git', () => {
  const environment = { PATH: process.env['PATH'] ?? '' };
  const git = createGit({ folder: '.', environment, abort: new AbortController().signal });

  it('fails by its exit code, also when it says nothing', async () => {
    await expect(git(['rev-parse', '--quiet', '--verify', 'no-such-thing'])).rejects.toThrow(GitFailure);
  });

  it('gets its standard input whole', async () => {
    const text = 'ü'.repeat(1_000_000);
    expect(await git(['stripspace'], text)).toBe(`${text}\n`);
  });

  it('is not started when the program was interrupted', async () => {
    const stopped = createGit({ folder: '.', environment, abort: AbortSignal.abort() });
    await expect(stopped(['version'])).rejects.toMatchObject({ reason: 'interrupted' });
  });
});
