// Holds the offline check to kubectl and the real API server: for mistakes that people really make, all three agree.

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNamespace, mapConcurrently, runKubectl, type OwnNamespace } from './support/api-client.ts';
import { judgeText } from './support/api-verdicts.ts';

const HEAD = `apiVersion: otus.homework/v1
kind: MySQL
metadata: {name: a}`;

/** Where the offline check is meant to be stricter than kubectl and the API server, and why. */
const STRICTER = {
  'a key twice, of which kubectl takes the last': `${HEAD}
spec: {image: mysql:8, image: mysql:9, database: d, password: p, storage_size: 1Gi}`,
  'an unknown field without a value, which kubectl drops': `${HEAD}
spec: {image: mysql:8, database: d, password: p, storage_size: 1Gi, usless_data: }`,
  'the same resource twice': `${HEAD}
spec: {image: mysql:8, database: d, password: p, storage_size: 1Gi}
---
${HEAD}
spec: {image: mysql:8, database: d, password: p, storage_size: 1Gi}`,
};

let namespace: OwnNamespace;

beforeAll(async () => {
  namespace = await createNamespace('corpus');
});
afterAll(async () => {
  await namespace.remove();
});

interface Entry {
  readonly title: string;
  readonly text: string;
}

function readCorpus(file: string): Entry[] {
  const text = readFileSync(new URL(`corpus/${file}`, import.meta.url), 'utf8').replace(/^#.*\n/, '');
  return text.split('\n---\n').map((document) => ({ title: /# (.*)/.exec(document)?.[1] ?? '', text: document }));
}

async function applyByKubectl({ text }: Entry): Promise<{ valid: boolean; reason: string }> {
  const { code, stderr } = await runKubectl(['apply', '--dry-run=server', '-n', namespace.name, '-f', '-'], text);
  return { valid: code === 0, reason: stderr };
}

async function compare(entries: readonly Entry[], expected: boolean): Promise<string[]> {
  const answers = await mapConcurrently(entries, 4, applyByKubectl);
  return entries.flatMap((entry, index) => {
    const { valid = !expected, reason = '' } = answers[index] ?? {};
    const offline = judgeText(entry.text, namespace.name);
    if (valid === expected && offline.valid === expected) return [];
    return [
      `${entry.title}: offline ${describeVerdict(offline.valid, offline.reasons.join('; '))}, kubectl ${describeVerdict(valid, reason)}`,
    ];
  });
}

function describeVerdict(valid: boolean, reason: string): string {
  return valid ? 'accepts' : `refuses (${reason})`;
}

describe('offline check, kubectl and the API server agree', () => {
  test('on resources that are accepted', async () => {
    expect(await compare(readCorpus('accepted.yaml'), true)).toEqual([]);
  });

  test('on mistakes that are refused', async () => {
    expect(await compare(readCorpus('refused.yaml'), false)).toEqual([]);
  });

  test.for(Object.entries(STRICTER))('except that offline only is refused %s', async ([title, text]) => {
    expect(judgeText(text, namespace.name).valid).toBe(false);
    expect(await applyByKubectl({ title, text })).toMatchObject({ valid: true });
  });
});
