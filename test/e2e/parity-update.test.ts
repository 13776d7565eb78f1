// Holds the rules about a change to the real API server: what may become of a resource that exists.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCrd } from '../../scripts/generate/crd.ts';
import { arbitraryResource, type ArbitraryResource, type Json } from '../support/arbitrary-resource.ts';
import { createApiClient, createNamespace, mapConcurrently, toJson, type OwnNamespace } from './support/api-client.ts';
import { SEED, runsOf } from './support/api-runs.ts';
import { collectionPath, judgeOffline, judgeUpdate } from './support/api-verdicts.ts';

const crd = await readCrd('crds/mysqls.otus.homework.yaml');
const api = createApiClient();
let namespace: OwnNamespace;

beforeAll(async () => {
  namespace = await createNamespace('update');
});
afterAll(async () => {
  await namespace.remove();
  api.close();
});

/** A spec and what it is changed to; fields that both lack are those of `BASE`. */
type Change = readonly [title: string, before: Json, after: Json, accepted: boolean];

const BASE = { image: 'mysql:8.4', database: 'd', password: 'p' };
const storage = (fields: Json): Json => ({ storage: { size: '2Gi', ...fields } });
const short = { storage_size: '2Gi' };

const CHANGES: readonly Change[] = [
  ['nothing', short, short, true],
  ['the data volume grows', short, { storage_size: '3Gi' }, true],
  ['the data volume shrinks', short, { storage_size: '1Gi' }, false],
  ['the size is spelled differently', short, { storage_size: '2048Mi' }, true],
  ['the short spelling becomes the long one', short, storage({}), true],
  ['the long spelling becomes the short one', storage({}), short, true],
  ['the long spelling becomes a smaller short one', storage({}), { storage_size: '2G' }, false],
  ['the class is given later', short, storage({ className: 'fast' }), false],
  ['the class is taken away', storage({ className: 'fast' }), short, false],
  ['the class changes', storage({ className: 'fast' }), storage({ className: 'slow' }), false],
  ['the folder changes', storage({ hostPath: '/data/a' }), storage({ hostPath: '/data/b' }), false],
  [
    'a volume with a folder grows',
    storage({ hostPath: '/data/a' }),
    storage({ hostPath: '/data/a', size: '3Gi' }),
    false,
  ],
  ['the backup volume grows', { ...short, backup: { size: '1Gi' } }, { ...short, backup: { size: '2Gi' } }, true],
  ['the backup volume shrinks', { ...short, backup: { size: '3Gi' } }, { ...short, backup: { size: '2Gi' } }, false],
  ['the backup size is taken away, below the data size', { ...short, backup: { size: '1Gi' } }, short, true],
  ['the backup size is taken away, above the data size', { ...short, backup: { size: '3Gi' } }, short, false],
  ['the backup size is given later, smaller', short, { ...short, backup: { size: '1Gi' } }, false],
  ['the backup class is given later', short, { ...short, backup: { className: 'slow' } }, false],
  [
    'the backup class is the data class',
    storage({ className: 'a' }),
    { ...storage({ className: 'a' }), backup: { className: 'a' } },
    true,
  ],
  [
    'the backup folder changes',
    { ...short, backup: { hostPath: '/b/a' } },
    { ...short, backup: { hostPath: '/b/b' } },
    false,
  ],
  [
    'a backup volume with a folder grows with the data',
    { ...short, backup: { hostPath: '/b/a' } },
    { storage_size: '3Gi', backup: { hostPath: '/b/a' } },
    false,
  ],
  ['the database is renamed', short, { ...short, database: 'e' }, false],
  ['the image changes', short, { ...short, image: 'mysql:9' }, true],
  [
    'the password moves to a Secret',
    short,
    { ...short, password: undefined, passwordSecretRef: { name: 'a', key: 'b' } },
    true,
  ],
  ['the lifecycle changes', short, { ...short, lifecycle: 'None' }, true],
  ['the server is paused', short, { ...short, paused: true }, true],
  ['a page size is given later', short, { ...short, config: { innodb_page_size: '8k' } }, false],
  [
    'a page size stays among others',
    { ...short, config: { innodb_page_size: 8192 } },
    { ...short, config: { innodb_page_size: '8192', max_connections: 5 } },
    true,
  ],
  [
    'lower_case_table_names changes',
    { ...short, config: { lower_case_table_names: 0 } },
    { ...short, config: { lower_case_table_names: 1 } },
    false,
  ],
  ['an empty field takes the size away', storage({}), { storage: null, storage_size: '2Gi' }, true],
];

async function create(name: string, spec: Json): Promise<string> {
  const value = { apiVersion: 'otus.homework/v1', kind: 'MySQL', metadata: { name, namespace: namespace.name }, spec };
  const path = collectionPath(namespace.name);
  const { code, body } = await api.send('POST', path, toJson(value));
  if (code !== 201) throw new Error(`cannot create ${name}: ${String(body['message'])}`);
  return `${path}/${name}`;
}

/** Both verdicts about a change of a resource that is made for it. */
async function judgeChange(
  name: string,
  before: Json,
  after: Json,
): Promise<{ offline: boolean; server: boolean; why: string }> {
  const path = await create(name, before);
  const { body: live } = await api.send('GET', path);
  const value = { ...live, spec: after };
  const server = await judgeUpdate(api, path, value);
  const offline = judgeOffline(value, namespace.name, live);
  return { offline: offline.valid, server: server.valid, why: [...offline.reasons, '/', ...server.reasons].join('; ') };
}

describe('the offline verdict about a change is the verdict of the API server', () => {
  test.for(CHANGES.map((change, index) => [...change, index] as const))(
    'when %s',
    async ([, before, after, accepted, index]) => {
      const verdicts = await judgeChange(`change-${String(index)}`, { ...BASE, ...before }, { ...BASE, ...after });
      expect(verdicts).toMatchObject({ offline: accepted, server: accepted });
    },
  );

  test('when random fields of a random resource are those of another', async () => {
    const resources = arbitraryResource(crd, { namespace: namespace.name, repair: true });
    const valid = resources.filter((value) => judgeOffline(value, namespace.name).valid);
    const pairs = fc.sample(fc.tuple(valid, valid, fc.nat()), { seed: SEED, numRuns: runsOf(200) });
    const differences = await mapConcurrently(pairs, 8, async ([one, other, choice]) => {
      const name = `random-${String(pairs.findIndex((pair) => pair[0] === one && pair[1] === other))}`;
      const { offline, server, why } = await judgeChange(name, one.spec, mixSpecs(one, other, choice));
      return offline === server ? [] : [`${why}\n${toJson(one.spec)}\n${toJson(mixSpecs(one, other, choice))}`];
    });
    expect(differences.flat()).toEqual([]);
  });
});

/** One field, or a third of all fields, of the other. */
function mixSpecs(one: ArbitraryResource, other: ArbitraryResource, choice: number): Json {
  const fields = Object.keys(other.spec);
  const taken = fields.filter((_, index) =>
    choice % 2 === 0 ? index === choice % fields.length : (index + choice) % 3 === 0,
  );
  return { ...one.spec, ...Object.fromEntries(taken.map((field) => [field, other.spec[field]])) };
}
