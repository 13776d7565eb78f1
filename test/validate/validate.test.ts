// What the offline check says beside the rules of the CRD: names, kinds, namespaces, duplicates, empty fields, warnings.

import { describe, expect, it } from 'vitest';
import { createValidator, type ValidateOptions } from '../../src/validate/validate.ts';
import { nearest } from '../../src/validate/nearest.ts';
import { parseObjects, resourceText } from '../support/resource.ts';

const SECRET = { password: undefined, passwordSecretRef: { name: 'shop-root', key: 'password' } };

/** All problems as `severity line path: message`. */
function check(text: string, options: ValidateOptions = {}): string[] {
  const validator = createValidator(options);
  return parseObjects(text)
    .flatMap((object) => validator(object).problems)
    .map(({ severity, position, path, message }) => `${severity} ${String(position.line)} ${path}: ${message}`);
}

function checkNamed(name: string): string[] {
  return check(resourceText(SECRET, { name }));
}

describe('the name of a resource', () => {
  it.each(['a', 'shop', 'shop-1', 'backup', 'backups-a', 'a'.repeat(47), 'null', 'e5'])('%s is accepted', (name) => {
    expect(checkNamed(name)).toEqual([]);
  });

  const FORM =
    "error 4 metadata.name: must start with a letter and hold only a-z, 0-9 and '-', because a Service is named after it";
  const LENGTH =
    'error 4 metadata.name: must be at most 47 characters, because the Job change-pass-NAME-job is named after it';
  it.each([
    ['1a', FORM],
    ['a.b', FORM],
    ['A', FORM],
    ['a-', FORM],
    ['a_b', FORM],
    ['a'.repeat(48), LENGTH],
    [
      'backup-shop',
      'error 4 metadata.name: must not start with "backup-", because the claim backup-NAME-pvc of another resource would have the same name',
    ],
  ])('%s is refused, with the reason', (name, problem) => {
    expect(checkNamed(name)).toContain(problem);
  });

  it('must be there, and be a string', () => {
    expect(check(resourceText(SECRET, { name: undefined, namespace: 'a' }))).toContain(
      'error 3 metadata.name: is required, but not given',
    );
    expect(check(resourceText(SECRET, { name: 5 }))[0]).toMatch(
      /^error 4 metadata.name: must be a string, but is a number/,
    );
  });
});

describe('the kind', () => {
  it.each([
    [
      'another kind of the group',
      'apiVersion: otus.homework/v1\nkind: MySql\n',
      'error 2 kind: the group otus.homework has only the kind MySQL',
    ],
    ['another version', 'apiVersion: otus.homework/v2\nkind: MySQL\n', 'error 1 apiVersion: must be otus.homework/v1'],
  ])('%s is an error', (_, text, problem) => {
    expect(check(`${text}metadata: {name: a}\nspec: {}\n`)).toEqual([problem]);
  });

  it('of other groups are not judged', () => {
    expect(check('apiVersion: other/v1\nkind: MySQL\nmetadata: {name: A}\nspec: 5\n')).toEqual([]);
  });

  it('a resource without a spec says so', () => {
    expect(check('apiVersion: otus.homework/v1\nkind: MySQL\nmetadata: {name: a}\n')).toEqual([
      'error 1 spec: is required, but not given',
    ]);
  });
});

describe('duplicates', () => {
  const shop = resourceText(SECRET);
  const inProd = resourceText(SECRET, { namespace: 'prod' });
  const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n';
  it.each<[string, string[], ValidateOptions, number]>([
    ['the same resource twice', [shop, shop], {}, 1],
    ['three times', [shop, shop, shop], {}, 2],
    ['in two namespaces', [shop, inProd], {}, 0],
    ['in two namespaces that -n makes one', [shop, inProd], { namespace: 'prod' }, 1],
    ['the same object of another kind twice', [map, map], {}, 1],
    [
      'a version does not tell objects apart',
      ['apiVersion: a/v1\nkind: B\nmetadata: {name: c}\n', 'apiVersion: a/v2\nkind: B\nmetadata: {name: c}\n'],
      {},
      1,
    ],
    ['objects without a name', ['apiVersion: v1\nkind: A\n', 'apiVersion: v1\nkind: A\n'], {}, 0],
  ])('%s', (...[, texts, options, count]) => {
    const found = check(texts.join('---\n'), options).filter((problem) =>
      problem.includes('this object stands already in'),
    );
    expect(found).toHaveLength(count);
  });

  it('names the place of the first', () => {
    expect(check(`${shop}---\n${shop}`)).toEqual(['error 16 metadata.name: this object stands already in test.yaml:4']);
  });

  it('two resources on one folder of the node are refused, whatever their namespaces', () => {
    const on = (name: string): string =>
      `apiVersion: otus.homework/v1\nkind: MySQL\nmetadata: {name: ${name}, namespace: ${name}}\nspec: {image: a, database: a, passwordSecretRef: {name: a, key: a}, storage: {size: 1Gi, hostPath: /data/x}}\n`;
    expect(check(`${on('a')}---\n${on('b')}`).join()).toContain(
      'is rendered to the hostPath /data/x, as the resource in',
    );
  });

  it.each([
    ['Service', 'v1', 'shop'],
    ['ConfigMap', 'v1', 'shop-config'],
    ['StatefulSet', 'apps/v1', 'shop'],
    ['PersistentVolumeClaim', 'v1', 'backup-shop-pvc'],
  ])('a %s with the name of a rendered one is refused, before and after', (kind, apiVersion, name) => {
    const object = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}}\n`;
    expect(check(`${shop}---\n${object}`).join()).toContain(`is rendered to a ${kind} of this name, too`);
    expect(check(`${object}---\n${shop}`).join()).toContain(`is rendered to the ${kind} ${name}, which stands already`);
    // It would be applied to the same namespace, whichever of both names it.
    const prod = resourceText(SECRET, { namespace: 'prod' });
    for (const options of [{ namespace: 'prod' }, { defaultNamespace: 'prod' }])
      expect(check(`${prod}---\n${object}`, options).join()).toContain(`is rendered to a ${kind} of this name, too`);
    expect(check(`${prod}---\n${object}`, { defaultNamespace: 'dev' })).toEqual([]);
  });

  it('a volume, which has no namespace, with the name of a rendered one is refused', () => {
    const storage = { storage_size: undefined, storage: { size: '1Gi', hostPath: '/a' } };
    const volume = 'apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: prod.shop-pvc}\n';
    const found = check(`${resourceText({ ...SECRET, ...storage })}---\n${volume}`, { namespace: 'prod' });
    expect(found.join()).toContain('is rendered to a PersistentVolume of this name, too');
  });
});

describe('namespaces', () => {
  const path = { ...SECRET, storage_size: undefined, storage: { size: '1Gi', hostPath: '/a' } };
  it('must agree with --namespace', () => {
    expect(check(resourceText(SECRET, { namespace: 'dev' }), { namespace: 'prod' })).toEqual([
      'error 5 metadata.namespace: the resource says another namespace than --namespace prod',
    ]);
  });

  it('a volume of the node needs one', () => {
    expect(check(resourceText(path))).toEqual([
      expect.stringMatching(/^error \d+ spec.storage.hostPath: needs metadata.namespace or --namespace/),
    ]);
    expect(check(resourceText(path), { namespace: 'prod' })).toEqual([]);
    expect(check(resourceText(path, { namespace: 'prod' }))).toEqual([]);
  });
});

describe('metadata as the API server checks it', () => {
  it.each<[string, object]>([
    ['a label whose key has a blank', { labels: { 'a b': 'c' } }],
    ['a label whose value has a blank', { labels: { a: 'b c' } }],
    ['a label that is a number', { labels: { a: 5 } }],
    ['an annotation that is a number', { annotations: { a: 5 } }],
    ["an annotation's key with two slashes", { annotations: { 'a/b/c': 'd' } }],
    ['a finalizer without a name', { finalizers: ['a/'] }],
    ['an owner without a uid', { ownerReferences: [{ apiVersion: 'v1', kind: 'A', name: 'b' }] }],
    ['an unknown field', { lables: {} }],
    ['a namespace that is none', { namespace: 'A' }],
  ])('%s is an error', (_, metadata) => {
    expect(check(resourceText(SECRET, metadata)).filter((problem) => problem.startsWith('error'))).not.toEqual([]);
  });

  it('what a server writes is no problem', () => {
    const metadata = { uid: 'a', generation: 5, creationTimestamp: '2026-01-01T00:00:00Z', resourceVersion: '1' };
    expect(check(resourceText(SECRET, metadata))).toEqual([]);
  });
});

describe('warnings', () => {
  it.each([
    ['an inline password', {}, 'spec.password: a password in git is no secret; use passwordSecretRef'],
    [
      '"${" in an annotation',
      { ...SECRET, annotations: { a: 'x${Y}' } },
      'spec.annotations.a: holds "${", which Flux replaces when post-build substitution is on',
    ],
    ['a field that holds nothing', { ...SECRET, paused: null }, 'spec.paused: is empty, which counts as not given'],
  ])('%s', (_, spec, warning) => {
    expect(check(resourceText(spec))).toEqual([expect.stringMatching(/^warning \d+ /)]);
    expect(check(resourceText(spec))[0]).toContain(warning);
  });

  it('no message holds the password', () => {
    const spec = { password: "hunter2'\\", image: 5, storage_size: 'x' };
    expect(check(resourceText(spec)).join('\n')).not.toContain('hunter2');
  });

  it.each<[string, object]>([
    ['in braces, where it is the key of an empty field', { password: { hunter2: null } }],
    ['in braces within a list', { password: [{ hunter2: null }] }],
    ['as the key of a value with "${"', { password: { hunter2: '${a}' } }],
    ['below a misspelt field', { pasword: { hunter2: null, b: { hunter2: '${a}' } } }],
    ['below a field that holds no objects', { database: { hunter2: null } }],
  ])('nor a password that stands %s', (_, spec) => {
    for (const unknownFields of ['error', 'warn'] as const) {
      const found = check(resourceText(spec), { unknownFields });
      expect(found.join('\n')).toMatch(/spec\.(pasword: unknown field|(password|database): must be a string)/);
      expect(found.join('\n')).not.toContain('hunter2');
    }
  });

  it('nor the password of a resource of a kind that is not known', () => {
    const text = resourceText({ password: { hunter2: null } }).replace('otus.homework/v1', 'otus.homework/v2');
    expect(check(text)).toEqual(['error 1 apiVersion: must be otus.homework/v1']);
  });
});

describe('a field with a name that every JavaScript object has is an unknown one', () => {
  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])('%s', (name) => {
    const within = `  ${name}: {x: null, y: {}}\n`;
    const metadata = `  ${name}: 5\n`;
    const text = `${resourceText(SECRET).replace('metadata:\n', `metadata:\n${metadata}`)}${within}${name}: {x: null, y: {}}\n`;
    for (const unknownFields of ['error', 'warn'] as const) {
      const found = check(text, { unknownFields }).join('\n');
      for (const path of [name, `spec.${name}`, `metadata.${name}`]) expect(found).toContain(` ${path}: unknown field`);
      expect(found).not.toContain('did you mean');
    }
  });
});

describe('the word that was meant', () => {
  const words = ['storage', 'storage_size', 'database', 'config', 'className'];
  it.each([
    ['storge', 'storage'],
    ['classname', 'className'],
    ['databases', 'database'],
    ['CONFIG', 'config'],
    ['usless_data', undefined],
    ['', undefined],
  ])('%s: %s', (word, meant) => {
    expect(nearest(word, words)).toBe(meant);
  });
});
