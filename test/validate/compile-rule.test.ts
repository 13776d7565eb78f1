// CEL rules, compiled ahead to JavaScript expressions: where its own && and || take the place of CEL's.

import { describe, expect, it } from 'vitest';
import { compileRule } from '../../scripts/generate/compile-rule.ts';

describe('a rule', () => {
  it.each([
    ['has() of the resource itself is never wrong', 'has(self.a) && self.a > 1', '(has(self, "a") && isTrue('],
    ['nor is has() within a field that is there', 'has(self.a) && has(self.a.b)', '(has(self, "a") && isTrue('],
    [
      'or behind a condition that says so',
      '!has(self.a) || !has(self.a.b) || self.a.b > 1',
      '((not(has(self, "a")) || ',
    ],
    ['within a field that may be missing it is', 'has(self.a.b) && true', 'and(() => has(field(self, "a"), "b"), '],
    ['a comparison may be wrong', 'self.a > 1 && has(self.a)', 'and(() => compare('],
    ['a name that means something else knows nothing', 'has(e.a) && l.all(e, has(e.a.b) && true)', 'and(() => has('],
  ])('%s', (_, rule, part) => {
    expect(compileRule(rule)).toContain(part);
  });
});
