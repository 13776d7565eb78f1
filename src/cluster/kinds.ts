// Which kinds there are, and under which path each one's objects are.

import { API_VERSION, KIND } from '../api/names.ts';
import type { MySQLSpec } from '../api/resource.ts';
import type { Connection } from './connect.ts';
import { ClusterError } from './errors.ts';
import type * as types from './types.ts';

/** A kind of objects, and their type. */
export interface Kind<T extends types.StoredObject = types.StoredObject> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** One object is read without anything but its metadata. */
  readonly metadataOnly?: boolean;
  /** The objects' type. There is no such value. */
  readonly type?: T;
}

/** A MySQL resource as the API server has it. */
export interface StoredMySQL extends types.StoredObject {
  readonly spec: MySQLSpec;
  readonly status?: Readonly<Record<string, unknown>>;
}

function kindOf<T extends types.StoredObject>(
  apiVersion: string,
  kind: string,
  plural: string,
  namespaced = true,
): Kind<T> {
  return { apiVersion, kind, plural, namespaced };
}

/** The kinds that this program works with. */
export const KINDS = {
  ConfigMap: kindOf<types.ConfigMap>('v1', 'ConfigMap', 'configmaps'),
  Deployment: kindOf<types.Deployment>('apps/v1', 'Deployment', 'deployments'),
  Event: kindOf<types.Event>('v1', 'Event', 'events'),
  Job: kindOf<types.Job>('batch/v1', 'Job', 'jobs'),
  Lease: kindOf<types.Lease>('coordination.k8s.io/v1', 'Lease', 'leases'),
  MySQL: kindOf<StoredMySQL>(API_VERSION, KIND, 'mysqls'),
  Namespace: kindOf<types.Namespace>('v1', 'Namespace', 'namespaces', false),
  NetworkPolicy: kindOf<types.NetworkPolicy>('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'),
  Node: kindOf<types.Node>('v1', 'Node', 'nodes', false),
  PersistentVolume: kindOf<types.PersistentVolume>('v1', 'PersistentVolume', 'persistentvolumes', false),
  PersistentVolumeClaim: kindOf<types.PersistentVolumeClaim>('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'),
  Pod: kindOf<types.Pod>('v1', 'Pod', 'pods'),
  Secret: kindOf<types.Secret>('v1', 'Secret', 'secrets'),
  Service: kindOf<types.Service>('v1', 'Service', 'services'),
  StatefulSet: kindOf<types.StatefulSet>('apps/v1', 'StatefulSet', 'statefulsets'),
  StorageClass: kindOf<types.StorageClass>('storage.k8s.io/v1', 'StorageClass', 'storageclasses', false),
} as const;

/** Where an object is. */
export interface ObjectKey {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** Where an object of a namespace is. */
export interface NamespacedKey extends ObjectKey {
  readonly namespace: string;
}

/** `NAMESPACE/NAME`, as keys of maps and of the queue. */
export function idOf({ namespace = '', name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

/** The path of a kind's objects: of one namespace, or of all. */
export function collectionPath({ apiVersion, plural, namespaced }: Kind, namespace: string | undefined): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = namespaced && namespace !== undefined ? `/namespaces/${encodeSegment(namespace)}` : '';
  return `${root}${within}/${plural}`;
}

/**
 * The path of one object.
 *
 * @throws TypeError without a name or namespace, since that path is the one of all objects, to be deleted together
 */
export function objectPath(kind: Kind, { namespace, name }: ObjectKey): string {
  if (kind.namespaced && namespace === undefined) throw new TypeError(`${kind.kind} ${name}: a namespace is needed`);
  return `${collectionPath(kind, namespace)}/${encodeSegment(name)}`;
}

function encodeSegment(name: string): string {
  if (name === '' || name === '.' || name === '..') throw new TypeError(`"${name}" is no name of an object`);
  return encodeURIComponent(name);
}

/**
 * Asks the API server about a kind that we do not know.
 *
 * @throws ClusterError NotFound when the server does not know it either
 */
export async function findKind(connection: Connection, apiVersion: string, kind: string): Promise<Kind> {
  const known = Object.values<Kind>(KINDS).find((each) => each.apiVersion === apiVersion && each.kind === kind);
  if (known) return known;
  const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const { resources = [] } = (await connection.send({ method: 'GET', path })) as {
    resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
  };
  const found = resources.find((each) => each.kind === kind && !each.name.includes('/'));
  if (found) return { apiVersion, kind, plural: found.name, namespaced: found.namespaced };
  throw new ClusterError({
    code: 404,
    reason: 'NotFound',
    message: `the API server has no kind ${kind} in ${apiVersion}`,
  });
}
