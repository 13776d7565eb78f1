// The parameters that the plugin announces to Argo CD. Source: Argo CD's ParameterAnnouncement.

import { isObject, type SourceObject } from '../parse/source.ts';
import { PLUGIN_OPTIONS } from './settings.ts';

type StringMap = Readonly<Record<string, string>>;

/** A parameter as Argo CD's user interface shows it. */
export interface Announcement {
  readonly name: string;
  readonly title: string;
  readonly tooltip: string;
  readonly itemType?: 'boolean';
  readonly collectionType?: 'map';
  readonly string?: string;
  readonly map?: StringMap;
}

/** The parameters that every application has; plugin.yaml holds the same. */
export function announceOptions(): Announcement[] {
  return Object.entries(PLUGIN_OPTIONS).map(([name, { title, tooltip, type, unset }]) => ({
    name,
    title,
    tooltip,
    ...(type === 'boolean' ? { itemType: type } : {}),
    string: unset,
  }));
}

/** The fields that change most often; every other field of spec can be set, too. */
const FIELDS = ['image', 'storage.size', 'storage.className', 'backup.size', 'lifecycle', 'paused'];
const MAPS = ['resources', 'config'];

/**
 * The parameters of an application, each with its value where all resources have the same.
 *
 * @param resources what the application's folder holds, valid or not
 */
export function announceFields(resources: readonly SourceObject[]): Announcement[] {
  const values = (name: string): readonly unknown[] => resources.map((resource) => fieldOf(resource, name));
  const about = (name: string): Pick<Announcement, 'name' | 'title' | 'tooltip'> => ({
    name,
    title: name,
    tooltip: `spec.${name} of every MySQL; RESOURCE/${name} is for one of them`,
  });
  return [
    ...FIELDS.map((name) => ({ ...about(name), string: commonText(values(name)) })),
    ...MAPS.map((name) => ({ ...about(name), collectionType: 'map' as const, map: commonMap(values(name)) })),
  ];
}

function fieldOf({ value: { spec } }: SourceObject, name: string): unknown {
  if (!isObject(spec)) return undefined;
  if (name === 'storage.size' && spec['storage_size'] !== undefined) return spec['storage_size'];
  return name.split('.').reduce<unknown>((node, step) => (isObject(node) ? node[step] : undefined), spec);
}

function commonText(values: readonly unknown[]): string {
  const [first, ...others] = new Set(values.map((value) => toText(value) ?? ''));
  return others.length === 0 ? (first ?? '') : '';
}

function commonMap(values: readonly unknown[]): StringMap {
  const maps = values.map((value) => flatten(value, ''));
  const [first, ...others] = new Set(maps.map((map) => JSON.stringify(Object.entries(map).sort())));
  return first === undefined || others.length > 0 ? {} : (maps[0] ?? {});
}

/** The texts within an object; an inner one is named by its path. */
function flatten(value: unknown, path: string): StringMap {
  if (!isObject(value)) return {};
  const entries = Object.entries(value).flatMap(([key, child]): [string, string][] => {
    const text = toText(child);
    return text === undefined ? Object.entries(flatten(child, `${path}${key}.`)) : [[`${path}${key}`, text]];
  });
  return Object.fromEntries(entries);
}

function toText(value: unknown): string | undefined {
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value) ? String(value) : undefined;
}
