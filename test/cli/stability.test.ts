// The same resources give the same bytes, however they are written down.

import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../src/parse/source.ts';
import { renderText, runCli } from '../support/command-line.ts';
import { makeFolder } from '../support/folder.ts';
import { caseFile, listCases } from '../support/golden.ts';
import { parseObjects } from '../support/resource.ts';

const resources: JsonObject[] = [];
for (const name of await listCases()) {
  const objects = parseObjects(await readFile(caseFile(name, 'input.yaml'), 'utf8'));
  const found = objects.filter(({ value }) => value['kind'] === 'MySQL');
  // Cases share names; each gets a namespace of its own.
  found.forEach(({ value }, index) => {
    const namespace = `${name}-${String(index)}`;
    resources.push({ ...value, metadata: { ...(value['metadata'] as object), namespace } });
  });
}
const texts = resources.map((resource) => JSON.stringify(resource));
const expected = await renderText(texts.join('\n'));

/** The same value, its keys in another order. */
function shuffleKeys(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffleKeys(item, random));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, child]) => [random(), key, shuffleKeys(child, random)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => a - b).map(([, key, child]) => [key, child]));
}

const options = { numRuns: 30, seed: 20_261_123 };
/** The places of all documents, in any order. */
const shuffled = fc.shuffledSubarray([...texts.keys()], { minLength: texts.length });
const textsAt = (places: readonly number[]): string[] => places.map((place) => `${texts[place] ?? ''}\n`);

describe('the same bytes', () => {
  it('on every run', async () => {
    expect(await renderText(texts.join('\n'))).toBe(expected);
  });

  it('with the documents in any order', async () => {
    await fc.assert(
      fc.asyncProperty(shuffled, async (places) => {
        expect(await renderText(textsAt(places).join('---\n'))).toBe(expected);
      }),
      options,
    );
  });

  it('with the keys in any order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), async (numbers) => {
        const random = (): number => Number(numbers.next().value);
        const documents = resources.map((resource) => JSON.stringify(shuffleKeys(resource, random)));
        expect(await renderText(documents.join('\n'))).toBe(expected);
      }),
      options,
    );
  });

  it('from files in any order, from a folder, and from a List', async () => {
    const folder = await makeFolder(Object.fromEntries(texts.map((text, index) => [`${String(index)}.json`, text])));
    const files = texts.map((_, index) => `${folder}/${String(index)}.json`);
    for (const names of [files, files.toReversed(), [folder]]) {
      const { code, out } = await runCli(['render', ...names.flatMap((name) => ['-f', name])]);
      expect([code, out]).toEqual([0, expected]);
    }
    expect(await renderText(`{"kind": "List", "items": [${texts.join()}]}`)).toBe(expected);
  });
});

describe('other objects', () => {
  it('keep their bytes and their places, whatever the order of the resources', async () => {
    const others = [
      '# one\napiVersion: v1\nkind: A\n',
      'kind:   B # two\napiVersion: v1\n',
      'apiVersion: v1\nkind: C\n',
    ];
    await fc.assert(
      fc.asyncProperty(shuffled, async (places) => {
        const [first = '', second = '', third = ''] = textsAt(places);
        const input = [others[0], first, others[1], second, third, others[2]].join('---\n');
        const names = await renderText(input, '-o', 'name');
        expect(names.split('\n').filter((name) => /^[abc]\//.test(name))).toEqual(['a/', 'b/', 'c/']);
        const out = await renderText(input);
        expect(out.startsWith(`${others[0] ?? ''}---\n`)).toBe(true);
        expect(out).toContain(`---\n${others[1] ?? ''}---\n`);
        expect(out.endsWith(`---\n${others[2] ?? ''}`)).toBe(true);
      }),
      options,
    );
  });
});
