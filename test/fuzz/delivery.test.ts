// Random input through the entries of the delivery tools: ResourceLists, folders, parameters. What comes out is everything
// or nothing, and every failure has its line.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isObject } from '../../src/parse/source.ts';
import { parseYaml } from '../../src/parse/yaml.ts';
import { block } from '../../src/render/yaml-block.ts';
import { runCli, type Outcome } from '../support/command-line.ts';
import { makeFolder } from '../support/folder.ts';
import { caseFile, listCases } from '../support/golden.ts';
import { damaged } from '../support/mutate.ts';
import { at, parseObjects } from '../support/resource.ts';

/** Number of cases in all; `FUZZ_RUNS=1000000 npx vitest run test/fuzz` looks longer. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 4000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_123);
const PASSWORD = 'correct-horse-battery';

const golden = await Promise.all((await listCases()).map((name) => readFile(caseFile(name, 'input.yaml'), 'utf8')));
const texts = golden.map((text) =>
  text.replace(/passwordSecretRef: .*/g, `password: ${PASSWORD}`).replace(/password: .*/g, `password: ${PASSWORD}`),
);
const lists = texts.map((text) => {
  const items = parseObjects(text).map(({ value }) => value);
  return `${block({ apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items }, 0)}\n`;
});

function run(name: string, share: number, check: fc.IAsyncPropertyWithHooks<[string]>): void {
  const numRuns = Math.ceil(RUNS * share);
  it(`${name} (${String(numRuns)} cases, seed ${String(SEED)})`, () => fc.assert(check, { numRuns, seed: SEED }));
}

function expectLines({ code, lines }: Outcome): void {
  if (code !== 0) expect(lines.some((line) => line.startsWith('error: '))).toBe(true);
  for (const line of lines) {
    expect(line).toMatch(/^(?:error|warning): /);
    expect(line).not.toMatch(/\n|undefined|\[object Object\]|defect/);
    expect(line).not.toContain(PASSWORD);
  }
}

/** A function answers with a ResourceList, or with nothing; after an error with the items that it was given. */
async function expectFunction(input: string): Promise<void> {
  const outcome = await runCli(['fn'], input);
  expectLines(outcome);
  expect([0, 1, 3]).toContain(outcome.code);
  if (outcome.code === 3) {
    expect([outcome.out, outcome.lines.length]).toEqual(['', 1]);
    return;
  }
  const answer = parseYaml(outcome.out);
  expect(at(answer, 'kind')).toBe('ResourceList');
  if (outcome.code === 0) {
    // The order of the results follows the input.
    const again = await runCli(['fn'], outcome.out);
    expect(again.out.split('\nresults:')[0]).toBe(outcome.out.split('\nresults:')[0]);
  } else expect(at(answer, 'items')).toEqual(at(parseYaml(input), 'items'));
}

/** The plugin prints manifests, or nothing. */
function expectPlugin(outcome: Outcome): void {
  expectLines(outcome);
  expect([0, 3]).toContain(outcome.code);
  if (outcome.code === 0) expect(parseObjects(outcome.out)).not.toHaveLength(0);
  else expect(outcome.out).toBe('');
}

describe('ResourceLists', () => {
  run(
    'damaged',
    0.3,
    fc.asyncProperty(damaged(lists), (input) => expectFunction(input)),
  );
  run(
    'of any shape',
    0.15,
    fc.asyncProperty(
      fc.json().map((json) => `{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList","items":[${json}]}`),
      (input) => expectFunction(input),
    ),
  );
  run(
    'with any functionConfig',
    0.15,
    fc.asyncProperty(
      fc.json().map((json) => {
        const config: unknown = JSON.parse(json);
        const functionConfig = {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          data: isObject(config) ? config : { image: config },
        };
        const list = { apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items: [], functionConfig };
        return JSON.stringify(list);
      }),
      (input) => expectFunction(input),
    ),
  );
});

describe('parameters', () => {
  const shop = `${block(parseObjects(texts[0] ?? '')[0]?.value, 0)}\n`;
  const name = fc.oneof(
    fc.constantFrom(
      'image',
      'storage.size',
      'resources',
      'config',
      'shop/paused',
      'password',
      'namespace',
      'allow-empty',
    ),
    fc.string({ unit: 'binary', maxLength: 12 }),
  );
  const value = fc.oneof(
    fc.constantFrom('', '5', 'true', PASSWORD, '20Gi'),
    fc.string({ unit: 'binary', maxLength: 12 }),
  );
  const parameter = fc.oneof(
    fc.record({ name, string: value }),
    fc.record({ name, map: fc.dictionary(name, value, { maxKeys: 3 }) }),
    fc.record({ name, array: fc.array(value, { maxLength: 3 }) }),
  );
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubectl-mysql-fuzz-'));
    await writeFile(join(folder, 'shop.yaml'), shop);
  });
  afterAll(() => rm(folder, { recursive: true }));
  const given = fc.oneof(
    fc.array(parameter, { maxLength: 3 }).map((list) => JSON.stringify(list)),
    fc.json(),
    fc.string({ unit: 'binary', maxLength: 40 }),
  );
  run(
    'of any kind',
    0.25,
    fc.asyncProperty(given, async (text) => {
      expectPlugin(await runCli(['cmp', 'generate'], '', { folder, environment: { ARGOCD_APP_PARAMETERS: text } }));
    }),
  );
});

describe('folders', () => {
  const content = fc.oneof(
    damaged(texts).map((text) => new TextEncoder().encode(text)),
    fc.uint8Array({ maxLength: 100 }),
    fc
      .constantFrom('', '# nothing\n', 'a: 1\n', 'kind: A\n', '---\n---\n', '\u0000')
      .map((text) => new TextEncoder().encode(text)),
  );
  const file = fc.constantFrom(
    'a.yaml',
    'b.yml',
    'c.json',
    'd/e.yaml',
    'd/.f.yaml',
    'g.bin',
    'kustomization.yaml',
    'ü .yaml',
  );
  run(
    'of any files',
    0.15,
    fc.asyncProperty(
      fc
        .dictionary(file, content, { maxKeys: 4 })
        .map((files) => JSON.stringify(Object.entries(files).map(([key, bytes]) => [key, [...bytes]]))),
      async (text) => {
        const entries = (JSON.parse(text) as [string, number[]][]).map(([key, bytes]) => [key, Uint8Array.from(bytes)]);
        const folder = await makeFolder(Object.fromEntries(entries) as Record<string, Uint8Array>);
        expectPlugin(await runCli(['cmp', 'generate'], '', { folder }));
        expectLines(await runCli(['cmp', 'parameters'], '', { folder }));
      },
    ),
  );
});
