// Random input through the whole command line: whatever comes in, what comes out is manifests or error lines, never both,
// never a stack trace, never the password.

import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../src/parse/yaml.ts';
import { runCli, type Outcome } from '../support/command-line.ts';
import { caseFile, listCases } from '../support/golden.ts';
import { damaged } from '../support/mutate.ts';
import { parseObjects } from '../support/resource.ts';

/** Number of cases in all; `FUZZ_RUNS=1000000 npx vitest run test/fuzz` looks longer. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 22_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_123);
const PASSWORD = 'correct-horse-battery';

const golden = await Promise.all((await listCases()).map((name) => readFile(caseFile(name, 'input.yaml'), 'utf8')));
const texts = golden.map((text) =>
  text.replace(/passwordSecretRef: .*/g, `password: ${PASSWORD}`).replace(/password: .*/g, `password: ${PASSWORD}`),
);
const jsonTexts = texts.filter((text) => !/^---/m.test(text)).map((text) => JSON.stringify(parseYaml(text), null, 1));

function run(name: string, share: number, check: fc.IAsyncProperty<unknown[]> | fc.IAsyncProperty<[string]>): void {
  const numRuns = Math.ceil(RUNS * share);
  it(`${name} (${String(numRuns)} cases, seed ${String(SEED)})`, async () => {
    await fc.assert(check as fc.IAsyncProperty<unknown>, { numRuns, seed: SEED });
  });
}

/** What holds for every command line. */
function expectOrderly({ code, out, lines }: Outcome, codes: readonly number[] = [0, 2, 3]): void {
  expect(codes).toContain(code);
  if (code !== 0) {
    expect(out).toBe('');
    expect(lines.some((line) => line.startsWith('error: '))).toBe(true);
  }
  for (const line of lines) {
    expect(line).toMatch(/^(?:error|warning): |^\d+ resources? (?:is|are) valid$/);
    expect(line).not.toMatch(/\n\s+at |undefined|\[object Object\]|defect/);
    expect(line).not.toContain('\n');
    expect(line).not.toContain(PASSWORD);
  }
}

async function expectOrderlyInput(input: string | Uint8Array, ...options: readonly string[]): Promise<void> {
  const rendered = await runCli(['render', '-f', '-', ...options], input);
  expectOrderly(rendered);
  if (rendered.code === 0) expect(parseObjects(rendered.out)).not.toHaveLength(0);
  const validated = await runCli(
    ['validate', '-f', '-', ...options.filter((word) => /^--?(v|n)|^prod$/.test(word))],
    input,
  );
  expectOrderly(validated);
  // validate says yes to nothing that render refuses.
  if (validated.code === 0) expect(rendered.code).toBe(0);
}

describe('random input', () => {
  run(
    'bytes',
    0.1,
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (bytes) => expectOrderlyInput(bytes)),
  );
  run(
    'text of any characters',
    0.1,
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), (text) => expectOrderlyInput(text)),
  );
  run(
    'damaged YAML',
    0.45,
    fc.asyncProperty(damaged(texts), (text) => expectOrderlyInput(text)),
  );
  run(
    'damaged YAML, unknown fields dropped',
    0.1,
    fc.asyncProperty(damaged(texts), (text) => expectOrderlyInput(text, '--validate=warn', '-n', 'prod')),
  );
  run(
    'damaged JSON',
    0.1,
    fc.asyncProperty(damaged(jsonTexts), (text) => expectOrderlyInput(text, '-o', 'json')),
  );
  run(
    'JSON of any shape',
    0.05,
    fc.asyncProperty(fc.json(), fc.json(), (spec, metadata) =>
      expectOrderlyInput(`{"apiVersion":"otus.homework/v1","kind":"MySQL","metadata":${metadata},"spec":${spec}}`),
    ),
  );
  // Not damaged: a key of `spec` is no secret, and damage would make one of what stands within the password.
  const key = fc.constantFrom(PASSWORD, `x${PASSWORD}`, `\${${PASSWORD}}`, 'name', '__proto__');
  const { value: shape } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(null, PASSWORD, `\${${PASSWORD}}`, '', 5),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 3 }),
    ),
  }));
  const field = fc.constantFrom('password', 'pasword', 'database', 'storage_size');
  run(
    'a password of any shape',
    0.05,
    fc.asyncProperty(field, shape, fc.constantFrom('text', 'json', 'sarif'), async (name, value, report) => {
      const spec = { image: 'mysql:8.4', database: 'a', storage_size: '1Gi', [name]: value };
      const input = JSON.stringify({ apiVersion: 'otus.homework/v1', kind: 'MySQL', metadata: { name: 'a' }, spec });
      await expectOrderlyInput(input);
      await expectOrderlyInput(input, '--validate=warn');
      expect((await runCli(['validate', '-f', '-', '-o', report], input)).out).not.toContain(PASSWORD);
    }),
  );
  const word = fc.oneof(
    fc.constantFrom(
      'render',
      'validate',
      'version',
      'help',
      '-f',
      '-',
      '--filename',
      '-o',
      'yaml',
      'json',
      'name',
      'text',
    ),
    fc.constantFrom(
      'sarif',
      '-n',
      'prod',
      '-R',
      '-h',
      '--help',
      '--version',
      '--no-resource',
      '--kustomization',
      '--validate',
    ),
    fc.constantFrom(
      'warn',
      '--',
      '-Rf',
      '-ojson',
      '--previous',
      '=',
      '--=',
      '--__proto__',
      '--_',
      '-f=-',
      '--no-resource=x',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => !/[/~]|\.\./.test(text)),
  );
  const commands = fc.tuple(fc.constantFrom('render', 'validate', 'version', 'help'), fc.array(word, { maxLength: 7 }));
  run(
    'arguments',
    0.1,
    fc.asyncProperty(
      fc.oneof(
        commands.map((words) => words.flat()),
        fc.array(word, { maxLength: 8 }),
      ),
      async (argv) => {
        const { code, out, lines } = await runCli(argv, texts[0]);
        // A report is asked-for data, also when it holds errors.
        const isReport = argv.includes('validate') && code === 3 && out.startsWith('{');
        const said = isReport ? ['error: in the report', ...lines] : lines;
        // 1: a file that is not there.
        expectOrderly({ code, out: isReport ? '' : out, lines: said }, [0, 1, 2, 3]);
      },
    ),
  );
});
