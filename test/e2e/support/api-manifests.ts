// Rendered objects at the API server: applying, reading, comparing.

import type { Manifest } from '../../../src/render/manifests.ts';
import { runKubectl, type ApiAnswer, type ApiClient } from './api-client.ts';

const PLURALS: Readonly<Record<string, string>> = {
  ConfigMap: 'configmaps',
  MySQL: 'mysqls',
  NetworkPolicy: 'networkpolicies',
  PersistentVolume: 'persistentvolumes',
  PersistentVolumeClaim: 'persistentvolumeclaims',
  Secret: 'secrets',
  Service: 'services',
  StatefulSet: 'statefulsets',
};

/** The path of an object at the API server. */
export function objectPath({ apiVersion, kind, name, namespace }: Manifest): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = namespace === '' ? '' : `/namespaces/${namespace}`;
  return `${root}${within}/${PLURALS[kind] ?? kind}/${name}`;
}

/** Applies an object on the server's side, as Argo CD and Flux do. */
export async function applyManifest(api: ApiClient, manifest: Manifest, query: string): Promise<ApiAnswer> {
  const path = `${objectPath(manifest)}?fieldManager=test&fieldValidation=Strict&force=true&${query}`;
  return api.send('PATCH', path, manifest.yaml, 'application/apply-patch+yaml');
}

/** Names every field that was written and is not there, or is there with another value. */
export function listMissing(written: unknown, live: unknown, path = ''): string[] {
  if (typeof written !== 'object' || written === null) {
    return written === live ? [] : [`${path}: wrote ${String(written)}, is ${JSON.stringify(live)}`];
  }
  if (Array.isArray(written) !== Array.isArray(live) || typeof live !== 'object' || live === null) {
    return [`${path}: is ${JSON.stringify(live)}`];
  }
  if (Array.isArray(written) && written.length !== (live as unknown[]).length) return [`${path}: another length`];
  return Object.entries(written).flatMap(([key, child]) =>
    listMissing(child, (live as Record<string, unknown>)[key], `${path}.${key}`),
  );
}

/** Deletes the volumes that were made for the claims of a namespace; they do not go with it. */
export async function deleteClusterObjects(namespace: string): Promise<void> {
  const { stdout } = await runKubectl(['get', 'persistentvolumes', '-o', 'name']);
  const own = stdout.split('\n').filter((name) => name.startsWith(`persistentvolume/${namespace}.`));
  if (own.length > 0) await runKubectl(['delete', '--wait=false', ...own]);
}
