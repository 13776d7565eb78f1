// Which file each object goes to when the output is a folder.

import type { Manifest } from '../render/manifests.ts';

/** The file in which a folder's owner remembers what it wrote. By its ending nobody takes it for a manifest. */
export const INDEX_FILE = '.kubectl-mysql-index';
/** What is being written. It is ours by its name, and gone when a run ends. */
export const PART_FILE = '.kubectl-mysql-part';
export const KUSTOMIZATION_FILE = 'kustomization.yaml';

/**
 * Names an object's file as `kustomize build -o DIR` does, with the namespace in front. The parts are joined by `_`,
 * which no part can hold, so two objects never share a file.
 */
export function fileName({ apiVersion, kind, name, namespace }: Manifest): string {
  const parts = [...(namespace === '' ? [] : [namespace]), ...apiVersion.split('/'), kind.toLowerCase(), name];
  return `${parts.map(encodePart).join('_')}.yaml`;
}

/** Names of roles and the like hold characters that file systems refuse, and letters that only case tells apart. */
function encodePart(part: string): string {
  return part.replace(/[^a-z0-9.-]|^\.+/g, (found) => found.replace(/./gsu, percent));
}

function percent(character: string): string {
  return [...new TextEncoder().encode(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

/**
 * The index of a folder: the files in it that are ours.
 *
 * @param source what they were rendered from
 */
export function formatIndex(files: readonly string[], source?: object): string {
  const about = { generator: 'kubectl-mysql', ...(source ? { source } : {}) };
  return `${JSON.stringify({ ...about, files: [...files].sort() }, null, 2)}\n`;
}

/**
 * Reads an index.
 *
 * @returns undefined when the text is no index of ours
 */
export function parseIndex(text: string): readonly string[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { generator, files } = (value ?? {}) as { generator?: unknown; files?: unknown };
  if (generator !== 'kubectl-mysql' || !Array.isArray(files)) return undefined;
  const isSafe = (file: unknown): file is string => typeof file === 'string' && /^[A-Za-z0-9%._~-]+$/.test(file);
  return files.every(isSafe) && !files.includes(INDEX_FILE) ? files : undefined;
}

/**
 * A kustomization.yaml that lists the files. Their order is the order of the output, and kustomize is told to keep it: its
 * own order by kind puts claims before the resource that they belong to.
 */
export function formatKustomization(files: readonly string[]): string {
  const lines = files.map((file) => `  - ${file}`);
  const head = ['apiVersion: kustomize.config.k8s.io/v1beta1', 'kind: Kustomization', 'sortOptions:', '  order: fifo'];
  return [...head, 'resources:', ...lines, ''].join('\n');
}
