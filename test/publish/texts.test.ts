// The pure parts of publishing: messages, URLs, paths, what is dirty, what is hidden.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePath, planChanges, refuseWithin, type Entry } from '../../src/publish/folder.ts';
import { formatIndex, INDEX_FILE } from '../../src/emit/files.ts';
import { findDirty } from '../../src/publish/dirty.ts';
import { formatMessage } from '../../src/publish/message.ts';
import { maskSecrets } from '../../src/publish/masked.ts';
import { displayUrl, locate, referenceUrl } from '../../src/publish/repository-url.ts';
import { findSecrets } from '../../src/publish/secrets.ts';
import { block } from '../../src/render/yaml-block.ts';
import { parseObjects } from '../support/resource.ts';

const COMMIT = {
  sha: '699143cdc7a689a3b91b7fed2e21cf939b73edf3',
  authorName: 'Jane Doe',
  authorEmail: 'jane@example.com',
  date: '2026-11-23T11:31:31+00:00',
  subject: 'feat: shop',
  body: '',
};
const FACTS = { text: undefined, inputs: ['apps'], commit: COMMIT, isDirty: false, url: undefined };
const trailer = (name: string, commit: object): string | undefined =>
  formatMessage({ ...FACTS, commit: { ...COMMIT, ...commit } })
    .split('\n')
    .find((line) => line.startsWith(`Argocd-reference-commit-${name}: `))
    ?.replace(/^[^:]*: /, '');

describe('a trailer', () => {
  it.each([
    ['a plain name', 'Jane Doe', 'Jane Doe <jane@example.com>'],
    ['a name in another script', 'Ян Дое', 'Ян Дое <jane@example.com>'],
    ['a name with a comma', 'Doe, Jane', '"Doe, Jane" <jane@example.com>'],
    ['a name with quotes', 'J "JD" \\ Doe', String.raw`"J \"JD\" \\ Doe" <jane@example.com>`],
    [
      'a name of two lines',
      'Jane\nArgocd-reference-commit-sha: 0',
      '"Jane Argocd-reference-commit-sha: 0" <jane@example.com>',
    ],
    ['no name', '', '<jane@example.com>'],
  ])('holds an author with %s as a mail address', (_, authorName, wanted) => {
    expect(trailer('author', { authorName })).toBe(wanted);
  });

  it('is left out where Argo CD would refuse it', () => {
    expect(trailer('author', { authorEmail: 'root@(none)' })).toBeUndefined();
    expect(trailer('body', { body: '\n' })).toBeUndefined();
    expect(trailer('repourl', {})).toBeUndefined();
  });

  it('never spans lines, and gives the body back by JSON', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, text, (authorName, subject, body) => {
        const commit = { ...COMMIT, authorName, subject, body };
        const lines = formatMessage({ ...FACTS, text: 'x', commit })
          .trimEnd()
          .split('\n')
          .slice(2);
        for (const line of lines) expect(line).toMatch(/^Argocd-reference-commit-(author|sha|subject|body|date): /);
        const found = trailer('body', { body });
        expect(found === undefined ? '' : JSON.parse(found)).toBe(body.trim());
      }),
    );
  });
});

describe('a Secret', () => {
  const SOPS = { sops: { version: '3.9.0' } };
  const secret = (fields: object): string =>
    block({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, ...fields }, 0);
  it.each<[string, object, string[]]>([
    ['holds nothing', { data: {} }, []],
    ['is plain', { stringData: { password: 'a' } }, ['stringData']],
    ['was encrypted by SOPS', { data: { password: 'ENC[AES256_GCM,data:a,type:str]', empty: '' }, ...SOPS }, []],
    [
      'was encrypted by SOPS in parts',
      { data: { user: 'YQ==', password: 'ENC[AES256_GCM,data:a]' }, ...SOPS },
      ['data'],
    ],
    ['only says that SOPS has encrypted it', { stringData: { password: 'a' }, sops: {} }, ['stringData']],
  ])('that %s', (_, fields, paths) => {
    expect(findSecrets(parseObjects(secret(fields))).map(({ path }) => path)).toEqual(paths);
  });
});

describe('a place', () => {
  it.each([
    ['https://git.example/a/b.git', 'https://git.example/a/b.git', 'https://git.example/a/b.git'],
    ['https://user:secret@git.example/b.git', 'https://git.example/b.git', 'https://git.example/b.git'],
    ['https://token@git.example/b.git', 'https://git.example/b.git', 'https://git.example/b.git'],
    ['https://user:p@ss:w/rd@git.example/b.git', 'https://git.example/b.git', 'https://git.example/b.git'],
    [`https://user:it's"me@git.example/b.git`, 'https://git.example/b.git', 'https://git.example/b.git'],
    ['https://user:pass phrase@git.example/b.git', 'https://git.example/b.git', 'https://git.example/b.git'],
    ['https://git.example/b.git?token=abc', 'https://git.example/b.git?***', 'https://git.example/b.git'],
    ['ssh://git@git.example:2222/b.git', 'ssh://git@git.example:2222/b.git', 'ssh://git@git.example:2222/b.git'],
    ['ssh://git:secret@git.example/b.git', 'ssh://git@git.example/b.git', 'ssh://git@git.example/b.git'],
    ['git@git.example:team/b.git', 'git@git.example:team/b.git', 'ssh://git@git.example/team/b.git'],
    ['/srv/git/b.git', '/srv/git/b.git', undefined],
    ['/srv/my git/b.git', '/srv/my git/b.git', undefined],
    ['file:///srv/git/b.git', 'file:///srv/git/b.git', undefined],
  ])('%s is shown as %s, and is %s to others', (place, shown, reference) => {
    expect([displayUrl(place), referenceUrl(place)]).toEqual([shown, reference]);
  });

  it.each([
    ['../deploy.git', '/home/deploy.git'],
    ['.', '/home/me'],
    ['./a:b', '/home/me/a:b'],
    ['host:path', 'host:path'],
    ['https://git.example/x', 'https://git.example/x'],
  ])('%s of a user in /home/me is %s', (repository, wanted) => {
    expect(locate(repository, '/home/me')).toBe(wanted);
  });
});

describe('--path', () => {
  it.each([
    ['.', []],
    ['./a/', ['a']],
    ['clusters/prod', ['clusters', 'prod']],
  ])('%s is %j', (path, steps) => {
    expect(parsePath(path)).toEqual(steps);
  });

  it.each([
    '',
    '..',
    'a/../b',
    '/a',
    'a//b',
    '.git',
    'a/.Git',
    'a/.git ',
    'git~1/x',
    'a\\b',
    'c:',
    'a\nb',
    '.g\u200cit',
  ])('%j is refused', (path) => {
    expect(() => parsePath(path)).toThrow('--path must be a folder within the branch');
  });

  it('within the input is refused, where the next run would read it', () => {
    const within = (path: string[], inputs: string[], recursive: boolean): boolean => {
      try {
        refuseWithin(path, inputs, recursive);
        return false;
      } catch {
        return true;
      }
    };
    expect(within(['apps'], ['apps'], false)).toBe(true);
    expect(within(['apps', 'x'], ['apps'], false)).toBe(false);
    expect(within(['apps', 'x'], ['apps'], true)).toBe(true);
    expect(within(['apps2'], ['apps'], true)).toBe(false);
    expect(within(['x'], ['.'], true)).toBe(true);
    expect(within([], ['apps'], true)).toBe(false);
  });
});

describe('a plan', () => {
  const name = fc.constantFrom('a.yaml', 'b.yaml', 'A.yaml', 'c.yaml', 'README.md');
  const entry = fc.record({
    name,
    id: fc.constantFrom('1', '2'),
    mode: fc.constantFrom('100644', '100755', '120000', '040000'),
  });
  const state = fc.uniqueArray(entry, { selector: (each: Entry) => each.name });
  const wanted = fc.dictionary(fc.constantFrom('a.yaml', 'b.yaml', 'c.yaml'), fc.constantFrom('1', '2'));
  const owned = fc.subarray(['a.yaml', 'b.yaml', 'c.yaml', 'gone.yaml']);

  it('touches only files that are owned or new, and leads to what is wanted; another run has nothing to do', () => {
    fc.assert(
      fc.property(state, wanted, owned, (entries, wants, own) => {
        const files = new Map(Object.entries(wants));
        const indexed = [...entries, { name: INDEX_FILE, id: 'i', mode: '100644' }];
        let changes;
        try {
          changes = planChanges({ entries: indexed, index: formatIndex(own) }, files);
        } catch {
          return;
        }
        const after = new Map<string, Entry>(entries.map((each) => [each.name, each]));
        for (const each of changes.removed) {
          expect(own).toContain(each);
          after.delete(each);
        }
        for (const each of changes.changed)
          expect(own.includes(each) || after.get(each)?.id === files.get(each)).toBe(true);
        for (const each of changes.added) expect(after.has(each)).toBe(false);
        for (const each of [...changes.added, ...changes.changed]) {
          after.set(each, { name: each, id: files.get(each) ?? '', mode: '100644' });
        }
        for (const [file, id] of files) expect(after.get(file)).toMatchObject({ id, mode: '100644' });
        const next = {
          entries: [...after.values(), { name: INDEX_FILE, id: 'i', mode: '100644' }],
          index: formatIndex([...files.keys()]),
        };
        expect(planChanges(next, files).isNeeded).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('dirty', () => {
  const read = { files: ['apps/a.yaml', 'apps/sub/b.yaml'], folders: ['apps'], recursive: true };
  it.each([
    ['a file that was read', ' M apps/a.yaml\0', ['apps/a.yaml']],
    ['a file that git does not know', '?? apps/a.yaml\0', ['apps/a.yaml']],
    ['a submodule that was read', ' M apps/sub\0', ['apps/sub']],
    ['a file that is gone', ' D apps/gone.yaml\0', ['apps/gone.yaml']],
    ['a file that is gone and would not be read', ' D apps/gone.txt\0', []],
    ['another file', '## main\0 M apps/readme.md\0?? other.yaml\0', []],
    ['a name with a line break', ' M apps/x\ny.yaml\0 M apps/a.yaml\0', ['apps/a.yaml']],
  ])('%s: %j', (_, status, wanted) => {
    expect(findDirty(status, read)).toEqual(wanted);
  });

  it('a file that is gone from a folder within, where those are not read, does not count', () => {
    expect(findDirty(' D apps/sub/x.yaml\0', { ...read, recursive: false })).toEqual([]);
  });
});

const NOT_SHOWN = '# not shown: this is no single object that can be read\n';

describe('the diff of a dry run', () => {
  it.each<[string, string | undefined, string | undefined, [string | undefined, string | undefined] | undefined]>([
    [
      'shows no file anew that holds no secret',
      'kind: MySQL\nspec: {image: a}\n',
      'kind: MySQL\nspec: {}\n',
      undefined,
    ],
    ['hides what somebody made of a file of ours', 'password: [abc\n', undefined, [NOT_SHOWN, undefined]],
    [
      'hides several objects in one',
      'kind: A\n---\nkind: Secret\n',
      'kind: MySQL\nspec: {}\n',
      [NOT_SHOWN, 'kind: MySQL\nspec: {}\n'],
    ],
    [
      'hides a value that is no text',
      'kind: Secret\ndata: {a: 1}\n',
      undefined,
      ['kind: Secret\ndata:\n  a: "***"\n', undefined],
    ],
    ['hides data that is none', 'kind: Secret\ndata: abc\n', undefined, ['kind: Secret\ndata: "***"\n', undefined]],
  ])('%s', (_, before, after, shown) => {
    const masked = maskSecrets({ before, after });
    expect(
      masked && [masked.before, masked.after].map((each) => each?.replace(/"(kind|data|spec|a|MySQL|Secret)"/g, '$1')),
    ).toEqual(shown);
  });
});
