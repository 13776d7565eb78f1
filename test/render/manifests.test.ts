// The rendered objects: labels, annotations, hashes, names.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { childNames, volumeName } from '../../src/api/names.ts';
import type { JsonObject } from '../../src/parse/source.ts';
import { renderText } from '../support/command-line.ts';
import { at, findObject, parseObjects, resourceText } from '../support/resource.ts';

const EVERYTHING = {
  storage_size: undefined,
  storage: { size: '1Gi', hostPath: '/a' },
  backup: { hostPath: '/b' },
  networkPolicy: { from: [{ podSelector: {} }] },
  labels: { team: 'a' },
  podLabels: { tier: 'b' },
  annotations: { 'helm.sh/resource-policy': 'delete', note: 'c' },
  podAnnotations: { scrape: 'true' },
};

async function render(spec: object = {}): Promise<readonly JsonObject[]> {
  const text = await renderText(resourceText(spec, { namespace: 'prod' }));
  return parseObjects(text).map(({ value }) => value);
}

async function renderKind(kind: string, spec: object = {}): Promise<JsonObject> {
  return findObject(await renderText(resourceText(spec)), kind);
}

const HASH = ['spec', 'template', 'metadata', 'annotations', 'otus.homework/config-hash'] as const;

describe('labels', () => {
  it('every rendered object says whose it is, beside the labels that the resource gives', async () => {
    for (const object of (await render(EVERYTHING)).slice(1)) {
      expect(at(object, 'metadata', 'labels')).toMatchObject({
        'app.kubernetes.io/managed-by': 'kubectl-mysql',
        'app.kubernetes.io/name': 'mysql',
        'otus.homework/mysql': 'shop',
        team: 'a',
      });
    }
  });

  it('app: NAME is on the server pod and nowhere else', async () => {
    const objects = await render(EVERYTHING);
    const withApp = objects.filter((object) => at(object, 'metadata', 'labels', 'app') !== undefined);
    expect(withApp).toEqual([]);
    const pod = objects.find(({ kind }) => kind === 'StatefulSet');
    expect(at(pod, 'spec', 'template', 'metadata', 'labels', 'app')).toBe('shop');
  });

  it('app.kubernetes.io/instance, by which Argo CD prunes, is nowhere', async () => {
    expect(JSON.stringify(await render(EVERYTHING))).not.toContain('app.kubernetes.io/instance');
  });

  it('Service, StatefulSet and NetworkPolicy select the server pod', async () => {
    const objects = await render(EVERYTHING);
    const pod = at(
      objects.find(({ kind }) => kind === 'StatefulSet'),
      'spec',
      'template',
      'metadata',
      'labels',
    );
    const find = (kind: string): unknown => objects.find((object) => object['kind'] === kind)?.['spec'];
    expect(pod).toMatchObject(at(find('Service'), 'selector') as object);
    expect(pod).toMatchObject(at(find('StatefulSet'), 'selector', 'matchLabels') as object);
    expect(pod).toMatchObject(at(find('NetworkPolicy'), 'podSelector', 'matchLabels') as object);
  });
});

describe('annotations', () => {
  it('claims and volumes keep what protects data, whatever annotations the resource gives', async () => {
    const kept = (await render(EVERYTHING)).filter(({ kind }) => String(kind).startsWith('PersistentVolume'));
    expect(kept).toHaveLength(4);
    for (const object of kept) {
      expect(at(object, 'metadata', 'annotations')).toEqual({
        'argocd.argoproj.io/compare-options': 'IgnoreExtraneous',
        'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false',
        'helm.sh/resource-policy': 'keep',
        'kustomize.toolkit.fluxcd.io/prune': 'disabled',
        note: 'c',
      });
    }
  });

  it('the resource keeps Flux from taking annotations of others off', async () => {
    const [resource] = await render();
    expect(at(resource, 'metadata', 'annotations')).toEqual({ 'kustomize.toolkit.fluxcd.io/ssa': 'Merge' });
  });

  it('objects without annotations have no empty map of them', async () => {
    expect(at(await renderKind('Service'), 'metadata')).not.toHaveProperty('annotations');
  });
});

describe('what restarts the server', () => {
  const text = async (spec: object): Promise<string> => JSON.stringify(await renderKind('StatefulSet', spec));

  it.each<[string, object]>([
    ['another password', { password: 'another' }],
    ['a password in a Secret', { password: undefined, passwordSecretRef: { name: 'a', key: 'b' } }],
    ['another size', { storage_size: '2Gi' }],
    ['a Service for the world', { service: { type: 'LoadBalancer' } }],
    ['a network policy', { networkPolicy: {} }],
  ])('%s changes no byte of the StatefulSet', async (_, spec) => {
    expect(await text(spec)).toBe(await text({}));
  });

  it('with lifecycle None, another password changes no byte of it either', async () => {
    expect(await text({ lifecycle: 'None', password: 'another' })).toBe(await text({ lifecycle: 'None' }));
  });

  it.each<[string, object]>([
    ['an option', { config: { max_connections: 5 } }],
    ["the buffer pool's size, by the memory limit", { resources: { limits: { memory: '4Gi' } } }],
  ])('%s changes the hash of the configuration', async (_, spec) => {
    const before = at(await renderKind('StatefulSet'), ...HASH);
    const after = at(await renderKind('StatefulSet', spec), ...HASH);
    expect(before).toMatch(/^[0-9a-f]{16}$/);
    expect(after).toMatch(/^[0-9a-f]{16}$/);
    expect(after).not.toBe(before);
  });

  it('another image changes the image and what the server is told of it, and nothing else', async () => {
    expect((await text({ image: 'mysql:9' })).replaceAll('mysql:9', 'mysql:8.4')).toBe(await text({}));
  });

  it('paused changes nothing but the number of servers', async () => {
    expect(await text({ paused: true })).toBe((await text({})).replace('"replicas":1', '"replicas":0'));
  });
});

describe('secrets', () => {
  it('the password stands in the resource and in its Secret, and nowhere else, nor any hash of it', async () => {
    const password = 'correct-horse-battery';
    const marks = [password, btoa(password)];
    const before = await render();
    const after = await render({ password });
    for (const [index, object] of after.entries()) {
      if (object['kind'] === 'MySQL' || object['kind'] === 'Secret') continue;
      for (const mark of marks) expect(JSON.stringify(object)).not.toContain(mark);
      expect(object).toEqual(before[index]);
    }
  });
});

describe('the gate', () => {
  it('with lifecycle None there is no gate, no backup claim and no Secret of the watcher', async () => {
    const text = JSON.stringify((await render({ lifecycle: 'None' })).slice(1));
    for (const name of ['gate', 'backup-shop-pvc', 'shop-active']) expect(text).not.toContain(`"${name}`);
    expect(text).not.toContain('waits-for-mysql-watcher');
  });

  it('managed, the pod mounts it, and it is not optional', async () => {
    const pod = at(await renderKind('StatefulSet'), 'spec', 'template', 'spec');
    const volume = { name: 'waits-for-mysql-watcher', configMap: { name: 'shop-gate' } };
    expect(at(pod, 'volumes')).toContainEqual(volume);
    const mount = { name: 'waits-for-mysql-watcher', mountPath: '/etc/kubectl-mysql/gate', readOnly: true };
    expect(at(pod, 'containers', 0, 'volumeMounts')).toContainEqual(mount);
  });
});

describe('names', () => {
  const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,45}[a-z0-9])?$/);
  const parts = fc.constantFrom('a', 'backup', 'pvc', 'config', 'root', 'gate', 'active', 'job', 'change', 'pass');
  const built = fc.array(parts, { minLength: 1, maxLength: 5 }).map((words) => words.join('-'));
  const name = fc.oneof(label, built).filter((text) => text.length <= 47 && !text.startsWith('backup-'));
  /** `Kind/name` of everything that belongs to a resource. */
  const ownedBy = (resource: string): string[] => {
    const { server, dataClaim, backupClaim, config, rootSecret, gate, activeSecret } = childNames(resource);
    return [
      ...['Service', 'StatefulSet', 'NetworkPolicy'].map((kind) => `${kind}/${server}`),
      ...[dataClaim, backupClaim].map((claim) => `PersistentVolumeClaim/${claim}`),
      ...[config, gate].map((map) => `ConfigMap/${map}`),
      ...[rootSecret, activeSecret].map((secret) => `Secret/${secret}`),
      ...['backup', 'restore', 'change-pass'].map((step) => `Job/${step}-${resource}-job`),
    ];
  };

  it('no two resources of a namespace own an object of the same kind and name', () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        const all = [...new Set([a, b])].flatMap(ownedBy);
        expect(new Set(all).size).toBe(all.length);
      }),
      { numRuns: 20_000, seed: 1 },
    );
  });

  it('no two claims of any namespaces share a volume', () => {
    fc.assert(
      fc.property(name, name, name, name, (space, claim, otherSpace, otherClaim) => {
        const isSame = space === otherSpace && claim === otherClaim;
        expect(volumeName(space, claim) === volumeName(otherSpace, otherClaim)).toBe(isSame);
      }),
      { numRuns: 20_000, seed: 1 },
    );
  });

  it('no name is longer than a label', () => {
    const longest = 'a'.repeat(47);
    for (const owned of ownedBy(longest)) expect(owned.replace(/.*\//, '').length).toBeLessThanOrEqual(63);
  });
});
