// Holds the offline check to the real API server: for random resources both say the same.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCrd } from '../../scripts/generate/crd.ts';
import { withMutations } from '../support/arbitrary-mutation.ts';
import { arbitraryResource } from '../support/arbitrary-resource.ts';
import {
  createApiClient,
  createNamespace,
  mapConcurrently,
  runKubectl,
  type OwnNamespace,
} from './support/api-client.ts';
import { SEED, runsOf } from './support/api-runs.ts';
import { judgeCreate, judgeOffline, type Verdict } from './support/api-verdicts.ts';

const crd = await readCrd('crds/mysqls.otus.homework.yaml');
const api = createApiClient();
let namespace: OwnNamespace;

beforeAll(async () => {
  namespace = await createNamespace('parity');
});
afterAll(async () => {
  await namespace.remove();
  api.close();
});

interface Case {
  readonly value: object;
  readonly mutations: readonly string[];
}

const plain = (value: object): Case => ({ value, mutations: [] });
const at = (repair: boolean) => arbitraryResource(crd, { namespace: namespace.name, repair });

/** The cases on which the two judges differ, written for a person. */
async function findDifferences(cases: readonly Case[]): Promise<string[]> {
  const answers = await mapConcurrently(cases, 8, ({ value }) => judgeCreate(api, namespace.name, value));
  return cases.flatMap((one, index) => {
    const offline = judgeOffline(one.value, namespace.name);
    const server = answers[index] ?? { valid: false, reasons: ['no answer'] };
    return offline.valid === server.valid ? [] : [describeDifference(one, offline, server)];
  });
}

function describeDifference({ value, mutations }: Case, offline: Verdict, server: Verdict): string {
  const refusal = server.valid
    ? `only offline: ${offline.reasons.join('; ')}`
    : `only the server: ${server.reasons.join('; ')}`;
  return `${mutations.join(', ')} → ${refusal}\n${JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? String(item) : item))}`;
}

describe('the offline verdict is the verdict of the API server', () => {
  test('for resources that keep to the rules, and most of them are valid', async () => {
    const cases = fc.sample(at(true), { seed: SEED, numRuns: runsOf(300) }).map(plain);
    expect(await findDifferences(cases)).toEqual([]);
    const valid = cases.filter(({ value }) => judgeOffline(value, namespace.name).valid).length;
    expect(valid / cases.length).toBeGreaterThan(0.8);
  });

  test('for resources that keep to the schema only', async () => {
    const cases = fc.sample(at(false), { seed: SEED, numRuns: runsOf(200) }).map(plain);
    expect(await findDifferences(cases)).toEqual([]);
  });

  test('for resources with one or two things broken', async () => {
    const cases = fc.sample(withMutations(at(true)), { seed: SEED, numRuns: runsOf(800) });
    expect(await findDifferences(cases)).toEqual([]);
  });

  test('and kubectl says what its requests say', async () => {
    const cases = fc.sample(withMutations(at(true)), { seed: SEED + 1, numRuns: 24 });
    const differences = await mapConcurrently(cases, 4, async ({ value }) => {
      const server = await judgeCreate(api, namespace.name, value);
      const args = ['apply', '--dry-run=server', '-n', namespace.name, '-f', '-'];
      const { code, stderr } = await runKubectl(args, JSON.stringify(value, bigIntToNumber));
      return (code === 0) === server.valid ? [] : [`${server.reasons.join('; ')} / ${stderr}`];
    });
    expect(differences.flat()).toEqual([]);
  });
});

function bigIntToNumber(_: string, item: unknown): unknown {
  return typeof item === 'bigint' ? Number(item) : item;
}
