// kubectl-mysql fn: a function for Kustomize and kpt. It renders the MySQL resources among the items in their places, and
// what it rendered in an earlier run it makes anew.

import { isObject, type JsonObject, type SourceObject } from '../parse/source.ts';
import { MAX_LIST_BYTES, parseResourceList, type ResourceList } from '../parse/resource-list.ts';
import { formatProblem } from '../emit/problems.ts';
import { formatResourceList, runnerAnnotations, sourcePath, type ObjectProblem } from '../emit/resource-list.ts';
import { EXIT, type Problem } from '../errors.ts';
import { block } from '../render/yaml-block.ts';
import { findRenamed, withoutRendered } from '../validate/rendered.ts';
import { identify, isMySQL } from '../validate/identity.ts';
import { applySettings, checkResourceNames, type Parameter } from '../validate/parameters.ts';
import { createValidator } from '../validate/validate.ts';
import type { Run } from './command.ts';
import { refuse } from './read-input.ts';
import { refuseNoResource, renderObjects, writeStream } from './render-objects.ts';
import { FUNCTION_OPTIONS, readSettings, type Settings } from './settings.ts';

export const fn: Run = async (_, io) => {
  const bytes = await io.readStdin(MAX_LIST_BYTES).catch((error: unknown) => refuse('<stdin>', error));
  const { list, problems } = parseResourceList('<stdin>', bytes);
  if (!list) {
    for (const problem of problems) io.writeError(formatProblem(problem));
    return EXIT.invalid;
  }
  const checked = checkList(list, problems);
  for (const problem of checked.problems) io.writeError(formatObjectProblem(problem));
  const isRefused = checked.problems.some(({ problem }) => problem.severity === 'error');
  const items = isRefused || checked.settings.options['validate-only'] === 'true' ? giveBack(list) : render(checked);
  await writeStream(formatResourceList(list.apiVersion, items, { ...list, problems: checked.problems }), io);
  return isRefused ? EXIT.failure : EXIT.ok;
};

interface CheckedList {
  readonly objects: readonly SourceObject[];
  /** What an earlier run rendered, by its identity. */
  readonly rendered: ReadonlyMap<string, SourceObject>;
  readonly settings: Settings;
  readonly problems: readonly ObjectProblem[];
}

function checkList(list: ResourceList, found: readonly Problem[]): CheckedList {
  const { functionConfig } = list;
  const { settings, problems: wrong } = readConfig(functionConfig);
  const adapt = (object: SourceObject): SourceObject =>
    applySettings(object, { settings: settings.fields, namespace: undefined });
  const { objects, rendered } = withoutRendered(addResource(list).map(adapt));
  const check = createValidator({ unknownFields: settings.options['validate'] === 'warn' ? 'warn' : 'error' });
  const results = objects.map((object) => ({ ...check(object), given: object }));
  const kept = results.map(({ object }) => object);
  const names = functionConfig ? checkResourceNames(settings.fields, kept) : [];
  const problems: ObjectProblem[] = [
    ...found.map((problem) => ({ problem, object: undefined })),
    ...[...wrong, ...names].map((message) => blameConfig(message, functionConfig)),
    ...results.flatMap(({ problems: own, given }) => own.map((problem) => ({ problem, object: given }))),
    ...kept.flatMap((object) => findRenamed(object).map(({ message, ...finding }) => blame(object, message, finding))),
    ...(settings.options['no-resource'] === 'true' ? kept : []).flatMap((object) =>
      refuseNoResource([object]).map((problem) => ({ problem, object })),
    ),
  ];
  return { objects: kept, rendered, settings, problems };
}

function blame(
  object: SourceObject,
  message: string,
  { severity, rule, path }: { severity: Problem['severity']; rule: string; path: readonly (string | number)[] },
): ObjectProblem {
  const position = object.positionOf(path);
  return { problem: { severity, rule, file: object.file, position, path: path.join('.'), message }, object };
}

function blameConfig(message: string, config: SourceObject | undefined): ObjectProblem {
  const position = config?.positionOf([]) ?? { line: 1, column: 1 };
  const problem: Problem = { severity: 'error', rule: 'function-config', file: '<stdin>', position, path: '', message };
  return { problem, object: config };
}

/** A ConfigMap holds parameters; a MySQL is a resource to render. */
function readConfig(config: SourceObject | undefined): { settings: Settings; problems: readonly string[] } {
  const none = readSettings([], FUNCTION_OPTIONS);
  if (!config || isMySQL(config)) return { settings: none, problems: [] };
  const { apiVersion, kind, data } = config.value;
  if (apiVersion !== 'v1' || kind !== 'ConfigMap') {
    return { settings: none, problems: ['the functionConfig must be a MySQL, or a ConfigMap with parameters'] };
  }
  if (data === undefined || data === null) return { settings: none, problems: [] };
  if (!isObject(data)) return { settings: none, problems: ['data of the functionConfig must be a map'] };
  const parameters: Parameter[] = [];
  const wrong: string[] = [];
  for (const [name, value] of Object.entries(data)) {
    if (typeof value === 'string') parameters.push({ name, value });
    else wrong.push(`parameter "${name}" must be a string; write it in quotes`);
  }
  const settings = readSettings(parameters, FUNCTION_OPTIONS);
  return { settings, problems: [...wrong, ...settings.errors] };
}

/** What tells a runner about the function; the resource that is rendered says nothing of it. */
const FUNCTION_ANNOTATIONS = [
  'config.kubernetes.io/function',
  'config.k8s.io/function',
  'config.kubernetes.io/local-config',
];

/** A resource that is the function's configuration takes the place of the item of its name, or comes last. */
function addResource({ items, functionConfig }: ResourceList): readonly SourceObject[] {
  if (!functionConfig || !isMySQL(functionConfig)) return items;
  const key = identify(functionConfig.value);
  const index = items.findIndex((item) => isMySQL(item) && identify(item.value) === key);
  const earlier = items[index];
  const resource = { ...functionConfig, value: withAnnotationsOf(functionConfig.value, earlier?.value) };
  return earlier ? items.with(index, resource) : [...items, resource];
}

function withAnnotationsOf(value: JsonObject, item: JsonObject | undefined): JsonObject {
  const metadata = isObject(value['metadata']) ? value['metadata'] : undefined;
  if (!metadata) return value;
  const own = isObject(metadata['annotations']) ? metadata['annotations'] : {};
  const internal = Object.keys(runnerAnnotations(value));
  const annotations = [
    ...Object.entries(own).filter(([key]) => !internal.includes(key)),
    ...Object.entries(item ? runnerAnnotations(item) : {}),
  ].filter(([key]) => !FUNCTION_ANNOTATIONS.includes(key));
  return { ...value, metadata: { ...metadata, annotations: Object.fromEntries(annotations) } };
}

function* render({ objects, rendered, settings }: CheckedList): Iterable<string> {
  const manifests = renderObjects(objects, {
    noResource: settings.options['no-resource'] === 'true',
    annotationsOf({ apiVersion, kind, name, namespace }) {
      const earlier = rendered.get(identify({ apiVersion, kind, metadata: { name, namespace } }));
      return earlier ? runnerAnnotations(earlier.value) : {};
    },
  });
  for (const { yaml } of manifests) yield yaml;
}

/** The items as they came. */
function* giveBack({ given }: ResourceList): Iterable<string> {
  for (const item of given) {
    const isFilled = typeof item === 'object' && item !== null && Object.keys(item).length > 0;
    yield `${isFilled ? block(item, 0) : block([item], 0).slice(2)}\n`;
  }
}

/** Nobody sees the function's standard input, so a line names the object, and its file where that is known. */
function formatObjectProblem({ problem, object }: ObjectProblem): string {
  if (!object) return formatProblem(problem);
  const { kind, metadata } = object.value;
  const name = isObject(metadata) && typeof metadata['name'] === 'string' ? ` ${metadata['name']}` : '';
  const path = sourcePath(object.value);
  const subject = `${String(kind)}${name}${path === undefined ? '' : ` (${path})`}`;
  return formatProblem({ ...problem, path: problem.path === '' ? subject : `${subject}: ${problem.path}` });
}
