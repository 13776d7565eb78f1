// Input that is made to keep the program busy, or to exhaust its memory, ends with error lines. What took more than a
// constant for each byte of it would not end within the test's time at all.

import { describe, expect, it } from 'vitest';
import { runCli } from '../support/command-line.ts';

const HEAD = 'apiVersion: otus.homework/v1\nkind: MySQL\nmetadata: {name: a}\n';
const SPEC = 'spec:\n  image: mysql:8.4\n  database: a\n  passwordSecretRef: {name: a, key: b}\n';

function repeat(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('');
}

describe('comes to an end:', () => {
  it.each<[string, string, number]>([
    [
      'a List of 10,000 resources with a warning each',
      `kind: List\nitems:\n${repeat(10_000, (n) => `- {apiVersion: otus.homework/v1, kind: MySQL, metadata: {name: a${String(n)}}, spec: {image: a, database: a, password: b, storage_size: 1Gi}}\n`)}`,
      0,
    ],
    ['50,000 unknown fields', `${HEAD}spec:\n${repeat(50_000, (n) => `  x${String(n)}: 1\n`)}`, 3],
    [
      '100,000 labels that are none',
      `${HEAD}${SPEC}  storage_size: 1Gi\n  labels:\n${repeat(100_000, (n) => `    x${String(n)}: "a b"\n`)}`,
      3,
    ],
    ['40,000 JSON objects on one line', '{"apiVersion":"v1","kind":"A"}'.repeat(40_000), 3],
    ['a JSON string that fills a file', `{"a":"${'b'.repeat(9_000_000)}"}`, 3],
    ['a JSON string of nothing but escapes', `{"a":"${'\\"'.repeat(4_500_000)}"}`, 3],
    ['4 million blank lines', '\n'.repeat(4_000_000), 3],
    ['3 million lines of comment', '#a\n'.repeat(3_000_000), 3],
    ['4 million blank lines before a resource', `${'\n'.repeat(4_000_000)}${HEAD}${SPEC}  storage_size: 1Gi\n`, 0],
    ['500,000 quotes that are never closed', `{${'\\"'.repeat(500_000)}`, 3],
    ['a million separators', '---\n'.repeat(1_000_000), 3],
    ['brackets that all stand too far left', `a: {\n${'b: [\n],\n'.repeat(100_000)}}\n`, 3],
    ['200,000 lines in quotes that all stand too far left', `a: "\n${'- x,\n'.repeat(200_000)}`, 3],
    ['a thousand documents of lines that stand too far left', `a: [\n${'x,\n'.repeat(3000)}]\n---\n`.repeat(1000), 3],
    ['a comment of 200,000 blocks before a block that does not end', `a: | ${'# | '.repeat(200_000)}\n b`, 3],
    ['a key of 200,000 blocks before a block that does not end', `"${'| #'.repeat(200_000)}": |\n b`, 3],
    ['a line of 200,000 blocks above a block that does not end', `${'# | '.repeat(200_000)}\na: |\n b`, 3],
    ['a size with a huge exponent', `${HEAD}${SPEC}  storage_size: 1e-999999999\n`, 3],
    [
      'a key that makes patterns backtrack',
      `${HEAD}${SPEC}  storage_size: 1Gi\n  nodeSelector: {"${'a-'.repeat(50_000)}!": b}\n`,
      3,
    ],
  ])('%s', async (...[, input, code]) => {
    const outcome = await runCli(['validate', '-f', '-'], input);
    expect(outcome.code).toBe(code);
    expect(outcome.out).toBe('');
  });
});
