// A few objects in memory, with resource versions and conditions as the API server has them. For what depends on time; what
// depends on the API server is tested against a real one.

import { ClusterError } from '../../src/cluster/errors.ts';
import type { Kind, ObjectKey } from '../../src/cluster/kinds.ts';
import type { Manifest, Objects, Patch, PatchOptions } from '../../src/cluster/objects.ts';
import type { StoredObject } from '../../src/cluster/types.ts';

export interface FakeObjects {
  readonly objects: Objects;
  /** The same ones, by a way that is never disturbed. */
  readonly undisturbed: Objects;
  readonly stored: Map<string, StoredObject & Record<string, unknown>>;
  /** Every call, as `verb name`. */
  readonly calls: string[];
  /** Called before each call is carried out, and after; may throw or wait. */
  disturb: ((call: string, phase: 'before' | 'after') => Promise<void> | void) | undefined;
}

export function failure(code: number, reason: string): ClusterError {
  return new ClusterError({ code, reason, message: reason });
}

export function createFakeObjects(): FakeObjects {
  const stored: FakeObjects['stored'] = new Map();
  let version = 0;

  type Call = <T>(verb: string, name: string, work: () => T) => Promise<T>;

  const disturbed: Call = async (verb, name, work) => {
    fake.calls.push(`${verb} ${name}`);
    await fake.disturb?.(verb, 'before');
    const result = structuredClone(work());
    await fake.disturb?.(verb, 'after');
    return result;
  };
  const undisturbed: Call = (_, __, work) =>
    new Promise((resolve) => {
      resolve(structuredClone(work()));
    });

  function read(name: string): StoredObject & Record<string, unknown> {
    const found = stored.get(name);
    if (!found) throw failure(404, 'NotFound');
    return found;
  }

  function put(name: string, object: Manifest & Record<string, unknown>): StoredObject {
    const metadata = { uid: `uid-${name}`, creationTimestamp: '', ...object.metadata, name };
    const next = { ...object, metadata: { ...metadata, resourceVersion: String(++version) } };
    stored.set(name, next);
    return next;
  }

  const make = (call: Call): object => ({
    find: (_: Kind, { name }: ObjectKey) => call('find', name, () => stored.get(name)),
    create: (_: Kind, manifest: Manifest) =>
      call('create', manifest.metadata.name ?? '', () => {
        const name = manifest.metadata.name ?? '';
        if (stored.has(name)) throw failure(409, 'AlreadyExists');
        return put(name, manifest as Manifest & Record<string, unknown>);
      }),
    patch: (_: Kind, { name }: ObjectKey, patch: Patch, { resourceVersion }: PatchOptions = {}) =>
      call('patch', name, () => {
        const object = read(name);
        if (resourceVersion && resourceVersion !== object.metadata.resourceVersion) throw failure(409, 'Conflict');
        const body = patch.kind === 'merge' ? patch.body : {};
        const spec = { ...(object['spec'] as object), ...(body['spec'] as object) };
        return put(name, { ...object, ...body, spec });
      }),
  });
  const fake: FakeObjects = {
    objects: make(disturbed) as Objects,
    undisturbed: make(undisturbed) as Objects,
    stored,
    calls: [],
    disturb: undefined,
  };
  return fake;
}
