// The names of published files: readable, and apart from each other on every file system.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INDEX_FILE, formatIndex, parseIndex } from '../../src/emit/files.ts';
import { nameFiles, publishedName } from '../../src/publish/names.ts';

const manifest = (part: object): Parameters<typeof publishedName>[0] => ({
  apiVersion: 'v1',
  kind: 'Service',
  name: 'shop',
  namespace: '',
  yaml: '',
  ...part,
});

describe('the name of a file', () => {
  it.each([
    [{}, 'v1_service_shop.yaml'],
    [{ namespace: 'prod', apiVersion: 'apps/v1', kind: 'StatefulSet' }, 'prod_apps_v1_statefulset_shop.yaml'],
    [{ kind: 'ClusterRole', name: 'system:Shop/..' }, 'v1_clusterrole_system%3a%53hop%2f...yaml'],
    [{ name: '..' }, 'v1_service_%2e%2e.yaml'],
  ])('%j is %s', (part, name) => {
    expect(publishedName(manifest(part))).toBe(name);
  });

  it('that is too long is cut, and a hash tells it from others', () => {
    const names = ['a', 'b'].map((end) => publishedName(manifest({ name: `${'x'.repeat(253)}${end}` })));
    expect(names.map((name) => name.length)).toEqual([240, 240]);
    expect(new Set(names).size).toBe(2);
    expect(names[0]).toMatch(/^v1_service_x+~[0-9a-f]{16}\.yaml$/);
  });

  it('is safe, its own, and the same again, whatever an object is called', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', '.', '..', '.git', 'a/b', 'A', 'a', 'ß', 'ss', 'é', 'e\u0301', 'x'.repeat(300), 'con', 'a~1'),
    );
    const object = fc.record({ apiVersion: text, kind: text, name: text, namespace: text }).map(manifest);
    fc.assert(
      fc.property(object, object, (one, other) => {
        const [a, b] = [publishedName(one), publishedName(other)];
        for (const name of [a, b]) {
          expect(name).toMatch(/^[a-z0-9%_~.-]+\.yaml$/);
          expect(name.length).toBeLessThanOrEqual(240);
          expect(name.startsWith('.')).toBe(false);
        }
        const identity = ({ apiVersion, kind, name, namespace }: typeof one): string =>
          // A kind's case is not told apart: no two kinds of one group differ by it.
          JSON.stringify([apiVersion.split('/'), kind.toLowerCase(), name, namespace]);
        expect(a === b).toBe(identity(one) === identity(other));
        expect(a.toLowerCase().normalize('NFC')).toBe(a);
        expect(parseIndex(formatIndex([a, b]))).toEqual([a, b].sort());
      }),
      { numRuns: 2000 },
    );
  });

  it('is asked for once: two objects of one name are refused', () => {
    expect(() => nameFiles([manifest({}), manifest({})], false)).toThrow('two objects of kind Service are called shop');
  });

  it.each([
    ['leads out of the folder', ['../x.yaml']],
    ['is in another folder', ['sub/x.yaml']],
    ["is the index's own", [INDEX_FILE]],
    ['is no text', [5]],
  ])('in an index that %s makes the index nobody’s', (_, files) => {
    expect(parseIndex(JSON.stringify({ generator: 'kubectl-mysql', files }))).toBeUndefined();
  });
});
