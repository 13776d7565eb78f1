// A resource in its total form: every default filled in, every quantity in the API server's own spelling.

import {
  LAST_APPLIED_ANNOTATION,
  RESOURCE_ANNOTATIONS,
  childNames,
  volumeName,
  type ChildNames,
} from '../api/names.ts';
import type { MySQLResource, MySQLSpec } from '../api/resource.ts';
import { buildMyCnf } from './my-cnf.ts';
import { buildPolicy, type Policy } from './policy.ts';
import { normaliseBytes, normaliseCpu, omitEmpty } from './normal-form.ts';

type StringMap = Readonly<Record<string, string>>;

/** A claim and what it is bound to. Texts are empty where there is nothing to say. */
export interface VolumeModel {
  readonly claim: string;
  readonly size: string;
  readonly className: string;
  readonly hostPath: string;
  /** The PersistentVolume that the claim is tied to; only with a hostPath. */
  readonly volumeName: string;
}

/** Everything that the templates need to know. */
export interface Model {
  /** The resource itself as it goes into the output. */
  readonly resource: object;
  readonly name: string;
  /** Empty when whoever applies the manifests decides. */
  readonly namespace: string;
  readonly names: ChildNames;
  readonly managed: boolean;
  readonly replicas: 0 | 1;
  readonly image: string;
  readonly imagePullPolicy: string;
  readonly database: string;
  readonly password: {
    /** The Secret that the server's pod mounts. */
    readonly secretName: string;
    readonly key: string;
    /** Base64, for the Secret's `data`; empty when the password is in a Secret of its own. */
    readonly inline: string;
  };
  readonly data: VolumeModel;
  readonly backup: VolumeModel;
  readonly resources: Readonly<Record<string, StringMap>> | null;
  readonly myCnf: string;
  /** The pod's optional fields, sorted, as Kubernetes names them; null when there are none. */
  readonly scheduling: object | null;
  readonly labels: StringMap;
  readonly annotations: StringMap;
  readonly podLabels: StringMap;
  readonly podAnnotations: StringMap;
  readonly service: {
    readonly type: string;
    readonly annotations: StringMap;
    readonly loadBalancerSourceRanges: readonly string[] | null;
  };
  readonly policy: Policy;
  readonly networkPolicy: { readonly from: readonly object[] } | null;
}

/**
 * Builds the model.
 *
 * @param resource a resource that passed validation
 * @param namespace for a resource that names none
 */
export function buildModel(resource: MySQLResource, namespace = ''): Model {
  const { spec } = resource;
  const { name } = resource.metadata;
  const own = resource.metadata.namespace ?? namespace;
  const names = childNames(name);
  const managed = spec.lifecycle !== 'None';
  return {
    resource: cleanResource(resource, own),
    name,
    namespace: own,
    names,
    managed,
    database: spec.database,
    password: buildPassword(spec, names, managed),
    data: buildDataVolume(spec, names, own),
    backup: buildBackupVolume(spec, names, own),
    ...buildPod(spec),
    labels: spec.labels ?? {},
    annotations: spec.annotations ?? {},
    service: buildService(spec),
    policy: buildPolicy(spec),
    networkPolicy: spec.networkPolicy ? { from: omitEmpty(spec.networkPolicy.from ?? []) } : null,
  };
}

type PodModel = Pick<
  Model,
  'image' | 'imagePullPolicy' | 'replicas' | 'resources' | 'myCnf' | 'scheduling' | 'podLabels' | 'podAnnotations'
>;

function buildPod(spec: MySQLSpec): PodModel {
  return {
    image: spec.image,
    imagePullPolicy: spec.imagePullPolicy ?? '',
    replicas: spec.paused === true ? 0 : 1,
    resources: buildResources(spec),
    myCnf: buildMyCnf({ config: spec.config ?? {}, memoryLimit: memoryLimit(spec) }),
    scheduling: buildScheduling(spec),
    podLabels: spec.podLabels ?? {},
    podAnnotations: spec.podAnnotations ?? {},
  };
}

function buildService({ service = {} }: MySQLSpec): Model['service'] {
  return {
    type: service.type ?? 'ClusterIP',
    annotations: service.annotations ?? {},
    loadBalancerSourceRanges: service.loadBalancerSourceRanges ?? null,
  };
}

/** Leaves out what only a server writes, so that a resource read from a cluster renders like the one in git. */
function cleanResource({ apiVersion, kind, metadata, spec }: MySQLResource, namespace: string): object {
  const { [LAST_APPLIED_ANNOTATION]: _, ...annotations } = metadata.annotations ?? {};
  return {
    apiVersion,
    kind,
    metadata: {
      name: metadata.name,
      ...(namespace === '' ? {} : { namespace }),
      ...(metadata.labels && Object.keys(metadata.labels).length > 0 ? { labels: metadata.labels } : {}),
      annotations: { ...annotations, ...RESOURCE_ANNOTATIONS },
      ...(metadata.finalizers && metadata.finalizers.length > 0 ? { finalizers: metadata.finalizers } : {}),
      ...(metadata.ownerReferences?.length ? { ownerReferences: metadata.ownerReferences } : {}),
    },
    spec,
  };
}

/** With a watcher the server reads the password that is in force; without one, the one that git names. */
function buildPassword(spec: MySQLSpec, names: ChildNames, managed: boolean): Model['password'] {
  const inline = spec.password === undefined ? '' : encodeBase64(spec.password);
  if (managed) return { secretName: names.activeSecret, key: 'current', inline };
  const { name, key } = spec.passwordSecretRef ?? { name: names.rootSecret, key: 'password' };
  return { secretName: name, key, inline };
}

function encodeBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function buildDataVolume(spec: MySQLSpec, names: ChildNames, namespace: string): VolumeModel {
  const hostPath = spec.storage?.hostPath ?? '';
  return {
    claim: names.dataClaim,
    size: normaliseBytes(dataSize(spec)),
    className: spec.storage?.className ?? '',
    hostPath,
    volumeName: hostPath === '' ? '' : volumeName(namespace, names.dataClaim),
  };
}

function buildBackupVolume(spec: MySQLSpec, names: ChildNames, namespace: string): VolumeModel {
  const { backup = {} } = spec;
  const hostPath = backup.hostPath ?? '';
  return {
    claim: names.backupClaim,
    size: normaliseBytes(backup.size ?? dataSize(spec)),
    className: backup.className ?? spec.storage?.className ?? '',
    hostPath,
    volumeName: hostPath === '' ? '' : volumeName(namespace, names.backupClaim),
  };
}

/** Validation has seen to it that exactly one spelling is there. */
function dataSize(spec: MySQLSpec): string {
  return spec.storage?.size ?? spec.storage_size ?? '0';
}

function buildResources({ resources = {} }: MySQLSpec): Model['resources'] {
  const lists = Object.entries({ limits: resources.limits, requests: resources.requests }).flatMap(([name, list]) => {
    const entries = Object.entries(list ?? {}).map(
      ([key, value]) => [key, key === 'cpu' ? normaliseCpu(value) : normaliseBytes(value)] as const,
    );
    return entries.length > 0 ? [[name, Object.fromEntries(entries)] as const] : [];
  });
  return lists.length > 0 ? Object.fromEntries(lists) : null;
}

function memoryLimit({ resources }: MySQLSpec): string | undefined {
  const limit = resources?.limits?.['memory'];
  return limit === undefined ? undefined : String(limit);
}

function buildScheduling(spec: MySQLSpec): object | null {
  const { affinity, imagePullSecrets, nodeSelector, priorityClassName } = spec;
  const { serviceAccountName, tolerations, topologySpreadConstraints } = spec;
  const all = {
    affinity,
    imagePullSecrets,
    nodeSelector,
    priorityClassName,
    serviceAccountName,
    tolerations,
    topologySpreadConstraints,
  };
  const given = Object.entries(omitEmpty(all)).filter(([, value]) => value !== undefined && !isEmpty(value));
  return given.length > 0 ? Object.fromEntries(given) : null;
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
