// The MySQL resource as it is written.

import type { MySQLSpec } from './types.generated.ts';

export type { MySQLSpec } from './types.generated.ts';

/** What metadata holds in a manifest. */
export interface ResourceMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly object[];
}

/** A resource that passed validation. */
export interface MySQLResource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ResourceMetadata;
  readonly spec: MySQLSpec;
}
