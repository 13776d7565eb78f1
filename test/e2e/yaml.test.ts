// Holds the YAML reader to kubectl: what it reads is what kubectl reads from the same text.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSource } from '../../src/parse/source.ts';
import { mapConcurrently, runKubectl } from './support/api-client.ts';
import { SEED, runsOf } from './support/api-runs.ts';
import { DOCUMENTS, LOOSER, REFUSED, SCALARS, STRICTER } from './support/api-yaml-cases.ts';

const HEAD = 'apiVersion: otus.homework/v1\nkind: MySQL\nmetadata: {name: a, namespace: default}\n';

function readOffline(text: string): { values: unknown[]; problems: string[] } {
  const { objects, problems } = parseSource('f', new TextEncoder().encode(text));
  return { values: objects.map(({ value }) => value), problems: problems.map(({ message }) => message) };
}

async function readByKubectl(text: string): Promise<{ code: number; stdout: string; stderr: string }> {
  return runKubectl(['create', '--dry-run=client', '--validate=false', '-o', 'json', '-f', '-'], text);
}

const listOf = (scalars: readonly string[]): string => `${HEAD}spec:\n${scalars.map((one) => `  - ${one}\n`).join('')}`;

/** The items of `spec` as kubectl wrote them, one JSON token each, so that no digit of a large number is lost. */
function readTokens(stdout: string): string[] {
  const lines = stdout.split('\n').map((line) => line.trim().replace(/,$/, ''));
  return lines.slice(lines.indexOf('"spec": [') + 1, lines.lastIndexOf(']'));
}

function isSame(ours: unknown, token: string): boolean {
  if (typeof ours === 'bigint')
    return BigInt.asIntN(64, ours) === ours ? String(ours) === token : Number(ours) === Number(token);
  return JSON.stringify(ours) === JSON.stringify(JSON.parse(token));
}

/** Compares scalars that we can read, all in one call of kubectl. */
async function compareScalars(scalars: readonly string[]): Promise<string[]> {
  const text = listOf(scalars);
  const { code, stdout, stderr } = await readByKubectl(text);
  if (code !== 0) return [`kubectl cannot read ${scalars.length === 1 ? String(scalars[0]) : 'some'}: ${stderr}`];
  const ours = (readOffline(text).values[0] as { spec: unknown[] }).spec;
  const tokens = readTokens(stdout);
  if (tokens.length !== ours.length) return [`kubectl read ${String(tokens.length)} items, we ${String(ours.length)}`];
  return ours.flatMap((value, index) => {
    const token = tokens[index] ?? '';
    return isSame(value, token)
      ? []
      : [`${String(scalars[index])}: we read ${typeof value} ${String(value)}, kubectl ${token}`];
  });
}

const isReadable = (scalar: string): boolean => readOffline(listOf([scalar])).problems.length === 0;
const isScalar = (scalar: string): boolean => {
  const items = (readOffline(listOf([scalar])).values[0] as { spec: unknown[] }).spec;
  return items.length === 1 && (typeof items[0] !== 'object' || items[0] === null);
};

describe('what is read is what kubectl reads', () => {
  test('of scalars that people write', async () => {
    expect(SCALARS.filter((scalar) => !isReadable(scalar))).toEqual([]);
    expect(await compareScalars(SCALARS)).toEqual([]);
  });

  test('of random scalars that look like numbers, booleans or nothing', async () => {
    const part = fc.constantFrom(
      ...Array.from('0123456789_.+-eExXoObB:~'),
      '0x',
      '0b',
      '0o',
      '.inf',
      '.nan',
      '1_',
      'e+',
      'y',
      'n',
      'on',
    );
    const scalar = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
    const readable = fc.sample(scalar.filter(isReadable).filter(isScalar), { seed: SEED, numRuns: runsOf(400) });
    expect(await compareScalars(readable)).toEqual([]);
  });

  test('of random texts in all styles', async () => {
    const style = fc.constantFrom<(text: string) => string>(
      (text) => JSON.stringify(text),
      (text) => `'${text.replaceAll("'", "''").replace(/[^\x20-\x7e]/gu, '')}'`,
      (text) => text.replace(/[^\x20-\x7e]/gu, '') || 'x',
    );
    const scalar = fc.tuple(fc.string({ unit: 'grapheme', maxLength: 12 }), style).map(([text, write]) => write(text));
    const readable = fc.sample(
      scalar
        .filter((text) => !/^[&*]/.test(text))
        .filter(isReadable)
        .filter(isScalar),
      { seed: SEED, numRuns: runsOf(200) },
    );
    expect(await compareScalars(readable)).toEqual([]);
  });

  test('of documents with anchors, merges, blocks, comments, CRLF, JSON', async () => {
    const differences = await mapConcurrently(Object.entries(DOCUMENTS), 4, async ([title, body]) => {
      const text = body.startsWith('{') ? body : HEAD + body;
      const { code, stdout, stderr } = await readByKubectl(text);
      const ours = readOffline(text);
      if (code !== 0 || ours.problems.length > 0)
        return [`${title}: kubectl ${stderr}; we ${ours.problems.join('; ')}`];
      // Several objects come back one after the other.
      const theirs = JSON.parse(`[${stdout.replaceAll('\n}\n{', '\n},{')}]`) as unknown[];
      return JSON.stringify(sortKeys(theirs)) === JSON.stringify(sortKeys(ours.values))
        ? []
        : [`${title}: ${stdout} / ${JSON.stringify(ours.values)}`];
    });
    expect(differences.flat()).toEqual([]);
  });

  test('except for what only we refuse', async () => {
    const codes = await mapConcurrently(STRICTER, 4, async (body) => (await readByKubectl(HEAD + body)).code);
    expect(codes).toEqual(STRICTER.map(() => 0));
    expect(STRICTER.filter((body) => readOffline(HEAD + body).problems.length === 0)).toEqual([]);
  });

  test('except for what only kubectl refuses', async () => {
    const codes = await mapConcurrently(LOOSER, 4, async (body) => (await readByKubectl(HEAD + body)).code);
    expect(codes).toEqual(LOOSER.map(() => 1));
    expect(LOOSER.filter((body) => readOffline(HEAD + body).problems.length > 0)).toEqual([]);
  });

  test('and what one cannot read, the other cannot', async () => {
    const differences = await mapConcurrently(REFUSED, 4, async (body) => {
      const { code } = await readByKubectl(HEAD + body);
      const isRefused = readOffline(HEAD + body).problems.length > 0;
      return isRefused && code !== 0
        ? []
        : [`${body}: kubectl ${String(code)}, we ${isRefused ? 'refuse' : 'read it'}`];
    });
    expect(differences.flat()).toEqual([]);
  });
});

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, child]) => [key, sortKeys(child)]));
}
