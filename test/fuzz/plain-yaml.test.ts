// What is read without the library is what the library reads.

import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPlainYaml } from '../../src/parse/plain-yaml.ts';
import { parseYaml } from '../../src/parse/yaml.ts';
import { caseFile, listCases } from '../support/golden.ts';
import { damaged } from '../support/mutate.ts';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 22_000);
const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_123);
const golden = await Promise.all((await listCases()).map((name) => readFile(caseFile(name, 'input.yaml'), 'utf8')));
const texts = golden.flatMap((text) => text.split(/^---.*\n/m)).map((text) => `${text.trimEnd()}\n`);

/** Texts of what a reader of lines may misread, put together at random. */
const tokens = [
  'a', 'b', 'a: ', 'b: ', 'c:', '- ', '-', ':', '#', ' #', ' ', '  ', '\n', '\n', '\n', '\n  ', '\n  ', '\n    ', '\n- ', '\n  - ',
  '"', '"x"', "'", "'y'", '{}', '[]', '{', '}', '[', ']', ', ', '{a: b}', '[a, b]', '{a: ', '|', '>', '&a ', '*a', '!a ', '<<: ', '? ', '---', '...', '%', '@', '`', '\\',
  'on', '~', 'null', '1', '-1', '+1', '0x1', '.5', '1e3', '-.inf', '/p', '_', 'x.y/z', '\t', '\r', 'é', ',', '__proto__: ',
]; // prettier-ignore
const anyText = fc
  .array(fc.constantFrom(...tokens), { minLength: 1, maxLength: 24 })
  .map((words) => `${words.join('')}\n`);

/** With the order of keys, and with bigints, which JSON does not know. */
function describeValue(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? { bigint: String(item) } : item));
}

function expectSame(text: string): void {
  const value = readPlainYaml(text);
  if (value === undefined) return;
  // A comment that is no ASCII is the library's.
  expect(describeValue(value)).toBe(describeValue(parseYaml(`${text}# é\n`)));
}

describe('read with and without the library', () => {
  it(`any text (seed ${String(seed)})`, () => {
    fc.assert(fc.property(anyText, expectSame), { numRuns: RUNS, seed });
  });
  it(`damaged YAML (seed ${String(seed)})`, () => {
    fc.assert(fc.property(damaged(texts), expectSame), { numRuns: Math.ceil(RUNS / 4), seed });
  });
  it('most documents that people write need no library', () => {
    const plain = texts.filter((text) => readPlainYaml(text) !== undefined);
    expect(plain.length / texts.length).toBeGreaterThan(0.5);
  });
});
