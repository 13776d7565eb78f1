// Holds what is rendered to the real API server: every object of every valid resource is accepted, is stored as it was
// written, and stays as it is when it is applied again.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCrd } from '../../scripts/generate/crd.ts';
import type { MySQLResource } from '../../src/api/resource.ts';
import { formatManifests } from '../../src/emit/formats.ts';
import { buildModel } from '../../src/model/model.ts';
import { parseYaml } from '../../src/parse/yaml.ts';
import { renderManifests, type Manifest } from '../../src/render/manifests.ts';
import { arbitraryResource, type ArbitraryResource } from '../support/arbitrary-resource.ts';
import {
  createApiClient,
  createNamespace,
  mapConcurrently,
  runKubectl,
  type OwnNamespace,
} from './support/api-client.ts';
import { applyManifest, deleteClusterObjects, listMissing, objectPath } from './support/api-manifests.ts';
import { SEED, runsOf } from './support/api-runs.ts';
import { judgeOffline } from './support/api-verdicts.ts';

const crd = await readCrd('crds/mysqls.otus.homework.yaml');
const api = createApiClient();
let namespace: OwnNamespace;

beforeAll(async () => {
  namespace = await createNamespace('manifests');
});
afterAll(async () => {
  await deleteClusterObjects(namespace.name);
  await namespace.remove();
  api.close();
});

/** Random valid resources, each with a name of its own. */
function sampleValid(seed: number, runs: number): ArbitraryResource[] {
  const resources = arbitraryResource(crd, { namespace: namespace.name, repair: true }).map(withoutDigitsInKeys);
  const isValid = (value: object): boolean => judgeOffline(value, namespace.name).valid;
  return fc.sample(resources.filter(isValid), { seed, numRuns: runs }).map((resource, index) => {
    const name = `${resource.metadata.name.slice(0, 30)}-${String(index)}`;
    return { ...resource, metadata: { ...resource.metadata, name } };
  });
}

/** `kubectl diff` prints keys that hold digits in an order that changes from run to run, and then shows a difference. */
function withoutDigitsInKeys<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => withoutDigitsInKeys(item)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, child]): [string, unknown] => [
    key.replace(/[0-9]/g, 'x'),
    withoutDigitsInKeys<unknown>(child),
  ]);
  return Object.fromEntries(entries) as T;
}

function renderOne(resource: ArbitraryResource): readonly Manifest[] {
  return renderManifests(buildModel(resource as unknown as MySQLResource));
}

function formatStream(resources: readonly ArbitraryResource[]): string {
  return [...formatManifests(resources.flatMap(renderOne), 'yaml')].join('');
}

describe('what is rendered for a valid resource', () => {
  test('is accepted by the API server, object by object', async () => {
    const manifests = sampleValid(SEED, runsOf(150)).flatMap(renderOne);
    const answers = await mapConcurrently(manifests, 8, async (manifest) => {
      const { code, body } = await applyManifest(api, manifest, 'dryRun=All');
      return code < 300 ? [] : [`${manifest.kind}/${manifest.name}: ${String(body['message'])}\n${manifest.yaml}`];
    });
    expect(answers.flat()).toEqual([]);
  });

  test('is accepted by kubectl as one stream', async () => {
    const stream = formatStream(sampleValid(SEED + 1, 12));
    const args = ['apply', '--dry-run=server', '-n', namespace.name, '-f', '-'];
    expect(await runKubectl(args, stream)).toMatchObject({ code: 0 });
  });

  test('stays as it was written: no field differs, kubectl diff is empty, a second apply changes nothing', async () => {
    const resources = sampleValid(SEED + 2, runsOf(20));
    const stream = formatStream(resources);
    const apply = ['apply', '-n', namespace.name, '-f', '-'];
    const first = await runKubectl(apply, stream);
    expect({ ...first, stderr: withoutWarnings(first.stderr) }).toMatchObject({ code: 0, stderr: '' });
    expect(await runKubectl(['diff', '-n', namespace.name, '-f', '-'], stream)).toMatchObject({ code: 0, stdout: '' });

    const manifests = resources.flatMap(renderOne);
    const before = await readAll(manifests);
    const differences = manifests.flatMap((manifest, index) => {
      const missing = listMissing(parseYaml(manifest.yaml), before[index]);
      return missing.map((path) => `${manifest.kind}/${manifest.name} ${path}`);
    });
    expect(differences).toEqual([]);

    const { stdout } = await runKubectl(apply, stream);
    expect(stdout.split('\n').filter((line) => line !== '' && !line.endsWith(' unchanged'))).toEqual([]);
    expect((await readAll(manifests)).map(fingerprint)).toEqual(before.map(fingerprint));
  });
});

/** Without the one warning that is about what the user wrote, not about how it was rendered. */
function withoutWarnings(stderr: string): string {
  return stderr.replace(/^Warning: .*a null labelSelector results in matching no pod\n/gm, '');
}

async function readAll(manifests: readonly Manifest[]): Promise<Record<string, unknown>[]> {
  return mapConcurrently(manifests, 8, async (manifest) => (await api.send('GET', objectPath(manifest))).body);
}

/** Objects that controllers write to: their status, their binding. */
const WRITTEN_BY_OTHERS = ['PersistentVolume', 'PersistentVolumeClaim', 'Service', 'StatefulSet'];

/** What changes with every write of ours. */
function fingerprint({ metadata, kind }: Record<string, unknown>): unknown {
  const { name, uid, generation, resourceVersion, managedFields } = metadata as Record<string, unknown>;
  const own = (managedFields as { manager: string }[]).filter(({ manager }) => manager.startsWith('kubectl'));
  return { kind, name, uid, generation, own, ...(WRITTEN_BY_OTHERS.includes(String(kind)) ? {} : { resourceVersion }) };
}
