// What a function of Kustomize or kpt answers: a ResourceList with items and results.

import { isObject, type JsonObject, type SourceObject } from '../parse/source.ts';
import { LIST_KIND } from '../parse/resource-list.ts';
import type { Problem } from '../errors.ts';
import { block } from '../render/yaml-block.ts';

/** Annotations by which whoever runs a function knows the items again. */
const RUNNERS = /^(?:(?:internal|alpha)\.)?config\.kubernetes\.io\/|^(?:kustomize\.)?config\.k8s\.io\//;
const PATHS = ['internal.config.kubernetes.io/path', 'config.kubernetes.io/path'];
const INDEXES = ['internal.config.kubernetes.io/index', 'config.kubernetes.io/index'];

type StringMap = Readonly<Record<string, string>>;

/** A problem, and the object that it is about. */
export interface ObjectProblem {
  readonly problem: Problem;
  readonly object: SourceObject | undefined;
}

/** Those of an object's annotations that belong to whoever runs the function. */
export function runnerAnnotations(value: JsonObject): StringMap {
  return Object.fromEntries(Object.entries(annotationsOf(value)).filter(([key]) => RUNNERS.test(key)));
}

/** The file that an object came from, where the runner says so. */
export function sourcePath(value: JsonObject): string | undefined {
  const annotations = annotationsOf(value);
  return PATHS.map((key) => annotations[key]).find((path) => path !== undefined);
}

function annotationsOf(value: JsonObject): StringMap {
  const { annotations } = isObject(value['metadata']) ? value['metadata'] : {};
  if (!isObject(annotations)) return {};
  return Object.fromEntries(
    Object.entries(annotations).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/**
 * Formats a ResourceList, one piece of text after the other.
 *
 * @param items YAML documents, their last lines ended
 */
export function* formatResourceList(
  apiVersion: string,
  items: Iterable<string>,
  { functionConfig, problems }: { functionConfig: SourceObject | undefined; problems: readonly ObjectProblem[] },
): Iterable<string> {
  yield `${block({ apiVersion, kind: LIST_KIND }, 0)}\n`;
  let head = 'items:\n';
  for (const item of items) {
    yield `${head}- ${item.replace(/(?<=\n)(?=[^\n])/g, '  ')}`;
    head = '';
  }
  if (head !== '') yield 'items: []\n';
  if (functionConfig) yield `${block({ functionConfig: functionConfig.value }, 0)}\n`;
  if (problems.length > 0) yield `${block({ results: problems.map(toResult) }, 0)}\n`;
}

/** An entry of `results`, as the specification of KRM functions wants it. */
function toResult({ problem: { severity, rule, path, message }, object }: ObjectProblem): object {
  const text = path === '' ? message : `${path}: ${message}`;
  return {
    message: text,
    severity,
    ...(object ? { resourceRef: referTo(object.value) } : {}),
    ...(path === '' ? {} : { field: { path } }),
    ...(object ? referToFile(object.value) : {}),
    tags: { rule },
  };
}

function referTo(value: JsonObject): object {
  const { name, namespace } = isObject(value['metadata']) ? value['metadata'] : {};
  return {
    apiVersion: value['apiVersion'],
    kind: value['kind'],
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof namespace === 'string' ? { namespace } : {}),
  };
}

function referToFile(value: JsonObject): object {
  const path = sourcePath(value);
  if (path === undefined) return {};
  const annotations = annotationsOf(value);
  const index = Number(INDEXES.map((key) => annotations[key]).find((text) => text !== undefined));
  return { file: { path, ...(Number.isInteger(index) ? { index } : {}) } };
}
