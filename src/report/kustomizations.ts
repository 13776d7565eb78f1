// The Kustomizations of Flux that deliver resources: Flux names them in labels of what it applies.

import type { Kind } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import type { StoredObject } from '../cluster/types.ts';
import type { DoctorFacts, Kustomization } from './doctor-facts.ts';
import { unlessForbidden, type CollectOptions } from './collect.ts';

const KUSTOMIZATION: Kind<Kustomization> = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  plural: 'kustomizations',
  namespaced: true,
};

/** Reads those that deliver these resources; what is not there, or may not be read, is left out. */
export async function collectKustomizations(
  resources: DoctorFacts['resources'],
  { objects, ...reading }: Pick<CollectOptions, 'objects'> & Parameters<Objects['find']>[2],
): Promise<readonly Kustomization[]> {
  const names = resources === 'forbidden' ? [] : resources.flatMap(({ resource }) => nameOf(resource));
  const found = await Promise.all(
    [...new Set(names)].map((key) => {
      const [namespace = '', name = ''] = key.split('/');
      return unlessForbidden(objects.find(KUSTOMIZATION, { namespace, name }, reading));
    }),
  );
  return found.filter((one) => one !== undefined && one !== 'forbidden');
}

/** As `NAMESPACE/NAME`; empty for what Flux did not apply. */
export function nameOf({ metadata: { labels = {} } }: StoredObject): readonly string[] {
  const { 'kustomize.toolkit.fluxcd.io/name': name, 'kustomize.toolkit.fluxcd.io/namespace': namespace } = labels;
  return name === undefined || namespace === undefined ? [] : [`${namespace}/${name}`];
}
