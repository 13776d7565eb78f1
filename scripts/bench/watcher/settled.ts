// A resource at rest, as the watcher and the rest of the cluster leave it: for sizes at which only the rest is measured.

import { FINALIZER, RESOURCE_LABEL, RESOURCE_UID_ANNOTATION, RETAINED_AT_ANNOTATION } from '../../../src/api/names.ts';
import { formatTime } from '../../../src/cluster/clock.ts';
import { KINDS, type Kind } from '../../../src/cluster/kinds.ts';
import type { Manifest, Objects } from '../../../src/cluster/objects.ts';
import type { StoredObject } from '../../../src/cluster/types.ts';
import { parseYaml } from '../../../src/parse/yaml.ts';
import type { Manifest as Rendered } from '../../../src/render/manifests.ts';

type Parsed = Manifest & {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: Readonly<Record<string, unknown>> & { readonly template: object; readonly password: string };
};

const ALL_KINDS: Readonly<Record<string, Kind>> = KINDS;
const CAPACITY = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] };
const ON_STATUS = { subresource: 'status' } as const;

/** Makes what is rendered, which begins with the resource, and everything else that is there at rest. */
export async function deliverSettled(objects: Objects, rendered: readonly Rendered[]): Promise<void> {
  let resource: StoredObject | undefined;
  let claimUid = '';
  // Nobody asks for a Service, and addresses are few.
  for (const { kind, name, yaml } of rendered.filter((each) => each.kind !== 'Service')) {
    const manifest = parseYaml(yaml) as Parsed;
    if (kind === 'MySQL') resource = await makeResource(objects, manifest);
    else if (kind === 'PersistentVolumeClaim') {
      const uid = await makeClaim(objects, manifest, resource?.metadata.uid ?? '');
      if (!name.startsWith('backup-')) claimUid = uid;
    } else await objects.create(ALL_KINDS[kind] ?? KINDS.ConfigMap, manifest);
    if (kind === 'StatefulSet') await makePod(objects, manifest);
  }
  if (resource) await makeChildren(objects, resource, claimUid);
}

async function makeResource(objects: Objects, manifest: Parsed): Promise<StoredObject> {
  const { name, namespace } = manifest.metadata;
  const made = { ...manifest, metadata: { ...manifest.metadata, finalizers: [FINALIZER] } };
  const resource = await objects.create(KINDS.MySQL, made);
  const status = { observedGeneration: 1, server: { image: 'mysql:9.7' }, conditions: [makeReady()] };
  await objects.patch(KINDS.MySQL, { namespace, name }, { kind: 'merge', body: { status } }, ON_STATUS);
  return resource;
}

/** @returns the uid of the claim */
async function makeClaim(objects: Objects, manifest: Parsed, owner: string): Promise<string> {
  const { name, namespace } = manifest.metadata;
  const volumeName = `pvc-${namespace}-${name}`;
  const bound = { ...manifest, spec: { ...manifest.spec, volumeName } };
  const { metadata } = await objects.create(KINDS.PersistentVolumeClaim, bound);
  const marks = { [RESOURCE_UID_ANNOTATION]: owner, [RETAINED_AT_ANNOTATION]: '2026-01-01T00:00:00Z' };
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volumeName, annotations: marks },
    spec: {
      ...CAPACITY,
      persistentVolumeReclaimPolicy: 'Retain',
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid: metadata.uid },
      hostPath: { path: '/nowhere' },
    },
  };
  await objects.create(KINDS.PersistentVolume, volume);
  const body = { status: { phase: 'Bound', ...CAPACITY } };
  await objects.patch(KINDS.PersistentVolumeClaim, { namespace, name }, { kind: 'merge', body }, ON_STATUS);
  return metadata.uid;
}

async function makePod(objects: Objects, { metadata: { name: server, namespace }, spec }: Parsed): Promise<void> {
  const name = `${server}-0`;
  const labels = { app: server, [RESOURCE_LABEL]: server };
  const pod = { ...spec.template, apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels } };
  await objects.create(KINDS.Pod, pod);
  const body = { status: { phase: 'Running', conditions: [makeReady()] } };
  await objects.patch(KINDS.Pod, { namespace, name }, { kind: 'merge', body }, ON_STATUS);
}

/** What the watcher makes: the passwords and the gate. */
async function makeChildren(objects: Objects, resource: StoredObject, claim: string): Promise<void> {
  const { name, namespace = '', uid } = resource.metadata;
  const { password = '' } = (resource as { readonly spec?: { readonly password?: string } }).spec ?? {};
  const child = (kind: string, suffix: string, data: object): Manifest & { readonly data: object } => {
    const metadata = { namespace, name: `${name}-${suffix}`, labels: { [RESOURCE_LABEL]: name } };
    return { apiVersion: 'v1', kind, metadata, data };
  };
  await objects.create(KINDS.Secret, child('Secret', 'active', { current: Buffer.from(password).toString('base64') }));
  const gate = { expect: 'data', claim, resource: uid, created: 'without restore-job' };
  await objects.create(KINDS.ConfigMap, child('ConfigMap', 'gate', gate));
}

function makeReady(): object {
  const lastTransitionTime = formatTime(Date.now());
  return { type: 'Ready', status: 'True', reason: 'Ready', message: '', lastTransitionTime };
}
