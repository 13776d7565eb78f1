// The compiled rules against a CEL library that interprets them: the same verdict on whatever a resource may hold.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCrd } from '../../scripts/generate/crd.ts';
import { RULES, type Rule } from '../../src/validate/rules.generated.ts';
import type { JsonObject } from '../../src/parse/source.ts';
import { checkSchema } from '../../src/validate/schema.ts';
import { withMutations } from '../support/arbitrary-mutation.ts';
import { arbitraryResource } from '../support/arbitrary-resource.ts';
import { createEnvironment } from '../support/cel-library.ts';

const RUNS = Math.ceil(Number(process.env['FUZZ_RUNS'] ?? 22_000) / 20);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_123);

const crd = await readCrd('crds/mysqls.otus.homework.yaml');
const environment = createEnvironment();
const interpreted = new Map(RULES.map(({ rule }) => [rule, environment.parse(rule)]));

type Values = Readonly<Record<string, unknown>>;

/** The values at a rule's path, and what stood there before. */
function valuesAt(value: unknown, earlier: unknown, [step, ...rest]: readonly string[]): (readonly unknown[])[] {
  if (value === undefined || value === null) return [];
  if (step === undefined) return [[value, earlier]];
  if (typeof value !== 'object') return [];
  const keys = step === '*' ? Object.keys(value) : Object.hasOwn(value, step) ? [step] : [];
  const before = typeof earlier === 'object' && earlier !== null ? (earlier as Values) : {};
  return keys.flatMap((key) => valuesAt((value as Values)[key], before[key], rest));
}

function attempt(run: () => unknown): unknown {
  try {
    return run();
  } catch {
    return 'not evaluated';
  }
}

/** Where the schema has spoken, it does not matter whether a rule holds or cannot be evaluated: nothing is said of either. */
function expectSame(value: JsonObject, earlier: JsonObject): void {
  const isValid = checkSchema(value).length + checkSchema(earlier).length === 0;
  const said = (outcome: unknown): unknown => (isValid ? outcome : outcome === false);
  const check = (rule: Rule): void => {
    for (const [self, oldSelf] of valuesAt(value, earlier, rule.path)) {
      if (rule.onChange && (oldSelf === undefined || oldSelf === null)) continue;
      const compiled = attempt(() => rule.holds(self, oldSelf));
      const library = attempt(() => interpreted.get(rule.rule)?.({ self, oldSelf }));
      expect(said(compiled), rule.rule).toBe(said(library));
    }
  };
  RULES.forEach(check);
}

describe('compiled rules say what the library says', () => {
  const raw = arbitraryResource(crd, { namespace: 'prod', repair: false });
  const repaired = arbitraryResource(crd, { namespace: 'prod', repair: true });
  const either = fc.oneof(raw, repaired);

  it(`of resources that keep to the schema, and of changes (${String(RUNS)} cases, seed ${String(SEED)})`, () => {
    fc.assert(
      fc.property(either, either, (value, earlier) => {
        expectSame({ ...value }, { ...earlier });
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });

  it(`of resources that do not (${String(RUNS)} cases, seed ${String(SEED)})`, () => {
    const check = fc.property(withMutations(repaired), withMutations(repaired), ({ value }, { value: earlier }) => {
      expectSame({ ...value }, { ...earlier });
    });
    fc.assert(check, { numRuns: RUNS, seed: SEED });
  });
});
