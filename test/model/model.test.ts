// The model: every default filled in.

import { describe, expect, it } from 'vitest';
import type { MySQLResource } from '../../src/api/resource.ts';
import { buildModel, type Model } from '../../src/model/model.ts';
import { at, makeResource } from '../support/resource.ts';

function build(spec: object = {}, metadata: object = {}, namespace?: string): Model {
  return buildModel(makeResource(spec, metadata) as unknown as MySQLResource, namespace);
}

describe('a resource that says no more than it must', () => {
  it.each<[string, (model: Model) => unknown, unknown]>([
    ['is managed', ({ managed }) => managed, true],
    ['has one server', ({ replicas }) => replicas, 1],
    ['leaves the namespace to whoever applies it', ({ namespace }) => namespace, ''],
    ['leaves the pull policy to Kubernetes', ({ imagePullPolicy }) => imagePullPolicy, ''],
    ['takes the default class', ({ data }) => data.className, ''],
    ['has a backup volume of the same size', ({ backup }) => backup.size, '1Gi'],
    ['has no volume of the node', ({ data, backup }) => data.volumeName + backup.volumeName, ''],
    ['bounds no resources', ({ resources }) => resources, null],
    ['schedules anywhere', ({ scheduling }) => scheduling, null],
    ['has a Service within the cluster', ({ service }) => service.type, 'ClusterIP'],
    ['lets every client in', ({ networkPolicy }) => networkPolicy, null],
    ['reads the password that is in force', ({ password }) => password.secretName, 'shop-active'],
    ['keeps the inline password in base64', ({ password }) => password.inline, btoa('otuspassword')],
  ])('%s', (_, read, value) => {
    expect(read(build())).toEqual(value);
  });
});

describe('what a field changes', () => {
  const ref = { password: undefined, passwordSecretRef: { name: 's', key: 'k' } };
  it.each<[string, object, (model: Model) => unknown, unknown]>([
    ['lifecycle None: not managed', { lifecycle: 'None' }, ({ managed }) => managed, false],
    ['lifecycle None: the inline password', { lifecycle: 'None' }, ({ password }) => password.secretName, 'shop-root'],
    [
      'lifecycle None: the Secret that is named',
      { ...ref, lifecycle: 'None' },
      ({ password }) => [password.secretName, password.key],
      ['s', 'k'],
    ],
    [
      'Managed: never the Secret that is named',
      ref,
      ({ password }) => [password.secretName, password.key, password.inline],
      ['shop-active', 'current', ''],
    ],
    ['a password of any characters', { password: 'é😀' }, ({ password }) => password.inline, 'w6nwn5iA'],
    ['paused: no server', { paused: true }, ({ replicas }) => replicas, 0],
    ['paused: false', { paused: false }, ({ replicas }) => replicas, 1],
    [
      'the long spelling of the size',
      { storage_size: undefined, storage: { size: '1024Mi' } },
      ({ data }) => data.size,
      '1Gi',
    ],
    ["the backup's own size", { backup: { size: '0.5Gi' } }, ({ backup }) => backup.size, '512Mi'],
    [
      "the backup takes the data's class",
      { storage_size: undefined, storage: { size: '1Gi', className: 'fast' } },
      ({ backup }) => backup.className,
      'fast',
    ],
    ["the backup's own class", { backup: { className: 'slow' } }, ({ backup }) => backup.className, 'slow'],
    [
      'an empty network policy lets nobody in',
      { networkPolicy: {} },
      ({ networkPolicy }) => networkPolicy,
      { from: [] },
    ],
    [
      'a CPU as a number',
      { resources: { limits: { cpu: 2 } } },
      ({ resources }) => resources,
      { limits: { cpu: '2' } },
    ],
    ['empty lists of resources', { resources: { limits: {}, requests: {} } }, ({ resources }) => resources, null],
    ['empty scheduling', { affinity: {}, tolerations: [], nodeSelector: {} }, ({ scheduling }) => scheduling, null],
  ])('%s', (...[, spec, read, value]) => {
    expect(read(build(spec))).toEqual(value);
  });

  it('a path of the node has a volume of the namespace and the claim', () => {
    const spec = { storage_size: undefined, storage: { size: '1Gi', hostPath: '/a' }, backup: { hostPath: '/b' } };
    const { data, backup } = build(spec, {}, 'prod');
    expect([data.volumeName, backup.volumeName]).toEqual(['prod.shop-pvc', 'prod.backup-shop-pvc']);
  });
});

describe('the resource itself', () => {
  it("its own namespace stands, otherwise the command line's", () => {
    expect(build({}, { namespace: 'dev' }).namespace).toBe('dev');
    expect(build({}, {}, 'prod').namespace).toBe('prod');
    expect(at(build({}, {}, 'prod').resource, 'metadata', 'namespace')).toBe('prod');
  });

  it('loses what only a server writes, keeps what people write', () => {
    const { resource } = build(
      {},
      {
        uid: 'x',
        resourceVersion: '1',
        generation: 2,
        creationTimestamp: 'x',
        managedFields: [],
        labels: { a: 'b' },
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"password":"old"}', mine: 'stays' },
        finalizers: ['otus.homework/final-backup'],
      },
    );
    expect(at(resource, 'metadata')).toEqual({
      name: 'shop',
      labels: { a: 'b' },
      annotations: { mine: 'stays', 'kustomize.toolkit.fluxcd.io/ssa': 'Merge' },
      finalizers: ['otus.homework/final-backup'],
    });
  });
});
