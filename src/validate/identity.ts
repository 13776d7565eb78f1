// What tells objects of a cluster apart, and which of them a resource brings along.

import { GROUP, KIND, MANAGED_BY, childNames, volumeName } from '../api/names.ts';
import { isObject, type JsonObject, type SourceObject } from '../parse/source.ts';
import type { Finding } from './finding.ts';

/** Put together once: every object is asked many times. */
const GROUP_PREFIX = `${GROUP}/`;
const LIST_KIND = `${KIND}List`;

/** Tells a MySQL resource, valid or not, from other objects. */
export function isMySQL({ value }: SourceObject): boolean {
  const { apiVersion, kind } = value;
  return typeof apiVersion === 'string' && apiVersion.startsWith(GROUP_PREFIX) && kind !== LIST_KIND;
}

/** What identifies an object in a cluster: group, kind, namespace, name. */
export function identify(value: JsonObject, namespace = ''): string {
  const metadata = isObject(value['metadata']) ? value['metadata'] : {};
  const apiVersion = String(value['apiVersion']);
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const { namespace: own = namespace, name } = metadata as { readonly namespace?: string; readonly name?: string };
  return join(group, String(value['kind']), own, String(name));
}

function join(group: string, kind: string, namespace: string, name: string): string {
  return `${group}/${kind}/${namespace}/${name}`;
}

/** What a resource is rendered to, besides itself. */
function identifyRendered(value: JsonObject, name: string, namespace: string): string[] {
  const spec = isObject(value['spec']) ? value['spec'] : {};
  const names = childNames(name);
  const claims = spec['lifecycle'] === 'None' ? (['dataClaim'] as const) : (['dataClaim', 'backupClaim'] as const);
  const hostPathOf = (field: unknown): string =>
    isObject(field) && typeof field['hostPath'] === 'string' ? field['hostPath'] : '';
  const paths = { dataClaim: hostPathOf(spec['storage']), backupClaim: hostPathOf(spec['backup']) };
  return [
    ...claims.map((claim) => join('', 'PersistentVolumeClaim', namespace, names[claim])),
    // Two servers on one folder would ruin each other's data, so a folder counts as an object, too.
    ...claims
      .filter((claim) => paths[claim] !== '')
      .flatMap((claim) => [
        join('', 'PersistentVolume', '', volumeName(namespace, names[claim])),
        join('', 'hostPath', '', encodeURIComponent(paths[claim])),
      ]),
    ...(spec['password'] === undefined ? [] : [join('', 'Secret', namespace, names.rootSecret)]),
    ...(isObject(spec['networkPolicy']) ? [join('networking.k8s.io', 'NetworkPolicy', namespace, names.server)] : []),
    join('', 'ConfigMap', namespace, names.config),
    join('', 'Service', namespace, names.server),
    join('apps', 'StatefulSet', namespace, names.server),
  ];
}

/** All that a resource of a name can be rendered to, besides itself, whatever its spec says. */
export function identifyChildren(name: string, namespace: string): string[] {
  const names = childNames(name);
  const claims = [names.dataClaim, names.backupClaim];
  return [
    ...claims.map((claim) => join('', 'PersistentVolumeClaim', namespace, claim)),
    ...claims.map((claim) => join('', 'PersistentVolume', '', volumeName(namespace, claim))),
    join('', 'Secret', namespace, names.rootSecret),
    join('', 'ConfigMap', namespace, names.config),
    join('', 'Service', namespace, names.server),
    join('networking.k8s.io', 'NetworkPolicy', namespace, names.server),
    join('apps', 'StatefulSet', namespace, names.server),
  ];
}

interface Entry {
  readonly owner: SourceObject;
  readonly isRendered: boolean;
}

/**
 * Makes a function that remembers the objects of the input, and what its resources are rendered to, and reports an object
 * that is there twice: of two with one name, whoever applies them keeps the last one silently.
 *
 * @param namespace for objects that name none
 */
export function createRegister(namespace?: string): (object: SourceObject) => Finding[] {
  const seen = new Map<string, Entry>();
  return (object) => {
    const all = listIdentities(object, namespace);
    const met = all.find(({ key }) => seen.has(key));
    const earlier = met && seen.get(met.key);
    for (const { key, isRendered } of all) if (!seen.has(key)) seen.set(key, { owner: object, isRendered });
    if (!met || !earlier) return [];
    const isAgain = (earlier.isRendered && isLabelled(object)) || (met.isRendered && isLabelled(earlier.owner));
    const hint = isAgain ? '; that was rendered already, leave it out' : '';
    const message = `${describe(met, earlier)}${hint}`;
    return [{ severity: 'error', rule: 'duplicate', path: ['metadata', 'name'], message }];
  };
}

/** Every rendered object is labelled. */
function isLabelled({ value: { metadata } }: SourceObject): boolean {
  const labels = isObject(metadata) && isObject(metadata['labels']) ? metadata['labels'] : {};
  return labels['app.kubernetes.io/managed-by'] === MANAGED_BY;
}

interface Identity {
  readonly key: string;
  readonly isRendered: boolean;
}

/** The object itself, and what it is rendered to. Nothing for an object without a name. */
function listIdentities(object: SourceObject, namespace: string | undefined): Identity[] {
  const { value } = object;
  const { name, namespace: own } = isObject(value['metadata']) ? value['metadata'] : {};
  if (typeof name !== 'string') return [];
  if (!isMySQL(object)) {
    // Whether its kind has namespaces nobody tells here, so it counts as both.
    const keys = new Set([identify(value), identify(value, namespace)]);
    return [...keys].map((key) => ({ key, isRendered: false }));
  }
  const within = typeof own === 'string' ? own : (namespace ?? '');
  const rendered = identifyRendered(value, name, within).map((key) => ({ key, isRendered: true }));
  return [{ key: identify(value, namespace), isRendered: false }, ...rendered];
}

function describe({ key, isRendered }: Identity, earlier: Entry): string {
  const { owner } = earlier;
  const place = `${owner.file}:${String(owner.positionOf(['metadata', 'name']).line)}`;
  const [, kind = '', , name = ''] = key.split('/');
  const what = kind === 'hostPath' ? `hostPath ${decodeURIComponent(name)}` : `${kind} ${name}`;
  if (earlier.isRendered && isRendered) return `is rendered to the ${what}, as the resource in ${place} is`;
  if (earlier.isRendered) return `the resource in ${place} is rendered to a ${kind} of this name, too`;
  if (isRendered) return `is rendered to the ${what}, which stands already in ${place}`;
  return `this object stands already in ${place}`;
}
