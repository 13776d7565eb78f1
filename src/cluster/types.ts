// Kubernetes' objects as they come over the wire. client-node's classes have Dates where JSON has text, and what its
// deserialiser does not know it drops; so we take its types, for their fields, and leave the objects as they are.

import type {
  CoreV1Event,
  V1ConfigMap,
  V1Deployment,
  V1Job,
  V1Lease,
  V1Namespace,
  V1NetworkPolicy,
  V1Node,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1Pod,
  V1Secret,
  V1Service,
  V1StatefulSet,
  V1StorageClass,
} from '@kubernetes/client-node';

/** A type of client-node as JSON. */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Wire<Item>[]
    : T extends object
      ? { readonly [Field in keyof T]: Wire<T[Field]> }
      : T;

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** The metadata of an object that the API server has. */
export interface StoredMetadata {
  readonly name: string;
  /** Undefined for an object of the whole cluster. */
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly generation?: number;
  readonly generateName?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
  /** Who wrote which fields. What is cached is without it. */
  readonly managedFields?: readonly { readonly manager?: string; readonly time?: string }[];
}

/** Any object that the API server has. */
export interface StoredObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: StoredMetadata;
}

type Stored<T> = StoredObject & { readonly [Field in Exclude<keyof T, keyof StoredObject>]: Wire<T[Field]> };

export type ConfigMap = Stored<V1ConfigMap>;
export type Deployment = Stored<V1Deployment>;
export type Event = Stored<CoreV1Event>;
export type Job = Stored<V1Job>;
export type Lease = Stored<V1Lease>;
export type Namespace = Stored<V1Namespace>;
export type NetworkPolicy = Stored<V1NetworkPolicy>;
export type Node = Stored<V1Node>;
export type PersistentVolume = Stored<V1PersistentVolume>;
export type PersistentVolumeClaim = Stored<V1PersistentVolumeClaim>;
export type Pod = Stored<V1Pod>;
export type Secret = Stored<V1Secret>;
export type Service = Stored<V1Service>;
export type StatefulSet = Stored<V1StatefulSet>;
export type StorageClass = Stored<V1StorageClass>;
