// Plans of random pairs of valid resources, held against what is rendered of them: the table of consequences may neither
// say too much nor too little.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCrd } from '../../scripts/generate/crd.ts';
import { isSame } from '../../src/model/is-same.ts';
import { refusedUpgrade } from '../../src/model/release.ts';
import { parseYaml } from '../../src/parse/yaml.ts';
import { buildPlan, type PlanEntry } from '../../src/plan/plan.ts';
import { formatPlan } from '../../src/plan/format.ts';
import { PLAN_FORMATS } from '../../src/plan/plan-formats.ts';
import type { PlannedResource, Side } from '../../src/plan/side.ts';
import { renderManifests } from '../../src/render/manifests.ts';
import { createValidator } from '../../src/validate/validate.ts';
import { arbitraryResource, type ArbitraryResource, type Json } from '../support/arbitrary-resource.ts';
import { sideOf } from '../support/plan.ts';
import { at, parseObjects, textAt } from '../support/resource.ts';
import { block } from '../../src/render/yaml-block.ts';

/** `FUZZ_PAIRS=100000 npx vitest run test/fuzz/plan` looks longer. */
const PAIRS = Number(process.env['FUZZ_PAIRS'] ?? 300);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_123);

const crd = await readCrd('crds/mysqls.otus.homework.yaml');
const valid = arbitraryResource(crd, { namespace: 'prod', repair: true }).filter(
  (resource) => problemsOf(resource).length === 0,
);

function problemsOf(resource: object, earlier?: object): readonly string[] {
  const [object] = parseObjects(`${block(resource, 0)}\n`);
  if (!object) return ['nothing'];
  const key = `otus.homework/MySQL/prod/${textAt(object.value, 'metadata', 'name')}`;
  const before = earlier === undefined ? {} : { earlier: new Map([[key, earlier as Readonly<Json>]]) };
  const { problems } = createValidator(before)(object);
  return problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
}

/** Two forms of one resource: one with some fields of another one, as an edit leaves it. */
const pairs = fc
  .record({ before: valid, other: valid, share: fc.constantFrom(0, 0.05, 0.1, 0.3, 1), salt: fc.nat() })
  .map(({ before, other, share, salt }): [ArbitraryResource, ArbitraryResource] => {
    const keys = [...new Set([...Object.keys(before.spec), ...Object.keys(other.spec)])];
    const spec: Json = { ...before.spec };
    keys.forEach((key, index) => {
      const number = Math.abs(Math.sin(salt + index * 7919)) % 1;
      if (number >= share) return;
      if (other.spec[key] === undefined) Reflect.deleteProperty(spec, key);
      else spec[key] = other.spec[key];
    });
    const metadata = share === 1 ? { ...other.metadata, name: before.metadata.name } : before.metadata;
    return [before, { ...before, metadata, spec }];
  })
  .filter(([, after]) => problemsOf(after).length === 0);

interface Planned {
  readonly entry: PlanEntry;
  readonly before: PlannedResource;
  readonly after: PlannedResource;
}

function plan(pair: readonly [object, object]): Planned {
  const [before, after] = pair.map((resource) => sideOf(resource)) as [Side, Side];
  const [entry] = buildPlan({ before, after });
  const [from, to] = [before, after].map(({ resources }) => [...resources.values()][0]);
  if (!entry || !from || !to) throw new Error('there is no plan');
  return { entry, before: from, after: to };
}

function manifestsOf({ model }: PlannedResource): unknown[] {
  return renderManifests(model).map(({ yaml }) => parseYaml(yaml));
}

function podTemplate(resource: PlannedResource): unknown {
  const statefulSet = manifestsOf(resource).find((manifest) => at(manifest, 'kind') === 'StatefulSet');
  return at(statefulSet, 'spec', 'template');
}

function has({ consequences }: PlanEntry, kind: string): boolean {
  return consequences.some((each) => each.kind === kind);
}

/** All checks look at the same pairs: to make one takes far longer than to plan it. */
const sample = fc.sample(pairs, { numRuns: PAIRS, seed: SEED });

function check(title: string, holds: (planned: Planned) => void): void {
  it(`${title} (${String(PAIRS)} pairs, seed ${String(SEED)})`, () => {
    for (const pair of sample) {
      try {
        holds(plan(pair));
      } catch (error) {
        throw new Error(`it does not hold for ${JSON.stringify(pair)}`, { cause: error });
      }
    }
  });
}

describe('the plan of any two forms of a resource', () => {
  check('says that nothing happens exactly when all rendered manifests are equal', ({ entry, before, after }) => {
    const isEqual = isSame(manifestsOf(before), manifestsOf(after));
    expect(entry.change).toBe(isEqual ? 'unchanged' : 'changed');
    expect(entry.consequences.length === 0).toBe(isEqual);
  });

  check(
    'says restart exactly when the rendered pod template of a server that runs differs',
    ({ entry, before, after }) => {
      const isOther = !isSame(podTemplate(before), podTemplate(after));
      const runs = before.model.replicas === 1 && after.model.replicas === 1;
      expect(has(entry, 'restart')).toBe(isOther && runs);
    },
  );

  check('says stop and start exactly when the rendered number of pods changes', ({ entry, before, after }) => {
    const change = after.model.replicas - before.model.replicas;
    expect([has(entry, 'stop'), has(entry, 'start')]).toEqual([change < 0, change > 0]);
  });

  check('says grow exactly when a rendered claim asks for more', ({ entry, before, after }) => {
    const sizes = [before, after].map((side) => new Map(claimsOf(side)));
    const grown = [...(sizes[1] ?? [])].filter(([name, size]) => {
      const earlier = sizes[0]?.get(name);
      return earlier !== undefined && bytes(size) > bytes(earlier);
    });
    const isHostPath = [before, after].some(({ model }) => model.data.hostPath !== '' || model.backup.hostPath !== '');
    if (!isHostPath) expect(has(entry, 'grow')).toBe(grown.length > 0);
  });

  check('is refused exactly when the rules of the CRD, or MySQL, refuse', ({ entry, before, after }) => {
    const refusals = entry.consequences.filter(({ kind }) => kind === 'refused');
    const byRules = refusals.filter(({ refusedBy }) => refusedBy === 'api-server').map(({ message }) => message);
    expect([...byRules].sort()).toEqual([...problemsOf(after.resource, before.resource)].sort());
    const byMySQL = refusals.some(({ refusedBy }) => refusedBy === 'mysql');
    expect(byMySQL).toBe(refusedUpgrade(before.model.image, after.model.image) !== undefined);
  });

  check('holds no password, in any form', ({ entry, before, after }) => {
    const page = { entries: [entry], against: 'main', forbidden: [] };
    const secrets = [before, after].flatMap(({ resource }) => resource.spec.password ?? []);
    for (const format of PLAN_FORMATS) {
      const text = formatPlan(page, format);
      for (const secret of secrets.filter(({ length }) => length > 8)) expect(text).not.toContain(secret);
    }
  });
});

function claimsOf(resource: PlannedResource): [string, string][] {
  return manifestsOf(resource)
    .filter((manifest) => at(manifest, 'kind') === 'PersistentVolumeClaim')
    .map((claim) => [textAt(claim, 'metadata', 'name'), String(at(claim, 'spec', 'resources', 'requests', 'storage'))]);
}

const FACTORS: Readonly<Record<string, number>> = { '': 1, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 };

function bytes(size: string): number {
  const [, number = '', unit = ''] = /^([0-9.]+)(.*)$/.exec(size) ?? [];
  const factor = unit.endsWith('i') ? 1024 ** ('KMGTPE'.indexOf(unit.charAt(0)) + 1) : FACTORS[unit];
  return Number(number) * (factor ?? Number(`1${unit}`));
}
