// The offline check of a set of objects: everything that is wrong, with its place in the file.

import { API_VERSION, GROUP, KIND } from '../api/names.ts';
import type { Problem } from '../errors.ts';
import { isObject, type JsonObject, type SourceObject } from '../parse/source.ts';
import { NOT_EVALUATED, createRuleChecker, type RuleChecker } from './cel.ts';
import { dropEmptyFields } from './empty-fields.ts';
import { formatPath, type Finding } from './finding.ts';
import { createRegister, identify, isMySQL } from './identity.ts';
import { checkKeyedLists, lint } from './lint.ts';
import { checkMetadata } from './metadata.ts';
import { checkSchema } from './schema.ts';

/** How to judge. */
export interface ValidateOptions {
  /** The namespace of the command line; a resource may not name another one. */
  readonly namespace?: string;
  /** The namespace that objects without one get, whatever others name. */
  readonly defaultNamespace?: string | undefined;
  /** `warn` names unknown fields as warnings, as `kubectl apply --validate=warn` does. */
  readonly unknownFields?: 'error' | 'warn';
  /** Earlier forms of the resources, to check rules about a change; told apart by namespace and name. */
  readonly earlier?: ReadonlyMap<string, JsonObject>;
}

/** An object after the check. */
export interface CheckedObject {
  /** Without the fields that the API server would drop. */
  readonly object: SourceObject;
  readonly problems: readonly Problem[];
}

/** A function that checks one object after the other and remembers what it has seen. */
export type Validator = (object: SourceObject) => CheckedObject;

/** Makes a validator. Rules are compiled once, so use one for a whole run. */
export function createValidator(options: ValidateOptions = {}): Validator {
  const rules = createRuleChecker();
  const checkRepeated = createRegister(options.namespace ?? options.defaultNamespace);
  return (given) => {
    const { object, findings } = checkResource(given, rules, options);
    const repeated = checkRepeated(object);
    const problems = [...findings, ...repeated].map((finding) => toProblem(finding, object));
    const dropped = findings.filter(({ rule, severity }) => rule === 'unknown-field' && severity === 'warning');
    return { object: dropped.length > 0 ? withoutFields(object, dropped) : object, problems };
  };
}

interface CheckedResource {
  readonly object: SourceObject;
  readonly findings: readonly Finding[];
}

function checkResource(given: SourceObject, rules: RuleChecker, options: ValidateOptions): CheckedResource {
  if (!isMySQL(given)) return { object: given, findings: [] };
  const kind = checkKind(given);
  if (kind.length > 0) return { object: given, findings: kind };
  const { object, findings: empty } = withoutEmptyFields(given);
  return { object, findings: withoutHidden([...empty, ...checkFields(object, rules, options)]) };
}

function withoutEmptyFields(given: SourceObject): CheckedResource {
  const { value, empty } = dropEmptyFields(given.value);
  const findings = empty.map((path): Finding => {
    return { severity: 'warning', rule: 'empty-field', path, message: 'is empty, which counts as not given' };
  });
  return { object: { ...given, value }, findings };
}

/**
 * Leaves out what was found below a field that is unknown or of the wrong type: it says nothing more, and its keys may be
 * a secret, as in `password: {hunter2}`.
 */
function withoutHidden(findings: readonly Finding[]): readonly Finding[] {
  const hiding = new Set(findings.filter(({ rule }) => HIDING.has(rule)).map(({ path }) => JSON.stringify(path)));
  if (hiding.size === 0) return findings;
  return findings.filter(({ path }) => !path.some((_, length) => hiding.has(JSON.stringify(path.slice(0, length)))));
}

const HIDING = new Set(['type', 'unknown-field']);

function withoutFields(object: SourceObject, dropped: readonly Finding[]): SourceObject {
  const value = structuredClone(object.value);
  for (const { path } of dropped) {
    const parent = path
      .slice(0, -1)
      .reduce<unknown>((node, step) => (node as Record<string | number, unknown>)[step], value);
    Reflect.deleteProperty(parent as object, path.at(-1) ?? '');
  }
  return { ...object, value };
}

function checkFields(object: SourceObject, rules: RuleChecker, options: ValidateOptions): Finding[] {
  const { value } = object;
  const stored = options.earlier?.get(identify(value, options.namespace));
  const earlier = stored && dropEmptyFields(stored).value;
  const schema = checkSchema(value).map((finding) => lenient(finding, options));
  // What a rule could not be evaluated for is a field that is missing or of the wrong type; the schema said it better.
  const isNews = ({ rule }: Finding): boolean => rule !== NOT_EVALUATED || schema.length === 0;
  const cel = rules.check(value, earlier).filter(isNews);
  const outside = [...checkKeyedLists(value), ...checkMetadata(value), ...checkNamespace(object, options)];
  return [...schema, ...cel, ...outside, ...lint(value)];
}

function lenient(finding: Finding, { unknownFields = 'error' }: ValidateOptions): Finding {
  return unknownFields === 'warn' && finding.rule === 'unknown-field' ? { ...finding, severity: 'warning' } : finding;
}

function checkKind({ value }: SourceObject): Finding[] {
  const wrong = (path: string, message: string): Finding[] => [
    { severity: 'error', rule: 'kind', path: [path], message },
  ];
  if (value['kind'] !== KIND) return wrong('kind', `the group ${GROUP} has only the kind ${KIND}`);
  if (value['apiVersion'] !== API_VERSION) return wrong('apiVersion', `must be ${API_VERSION}`);
  return [];
}

function checkNamespace({ value }: SourceObject, { namespace }: ValidateOptions): Finding[] {
  const metadata = isObject(value['metadata']) ? value['metadata'] : {};
  const own = metadata['namespace'];
  if (own === undefined) return namespace === undefined ? checkHostPaths(value) : [];
  if (namespace === undefined || own === namespace) return [];
  const message = `the resource says another namespace than --namespace ${namespace}`;
  return [{ severity: 'error', rule: 'namespace', path: ['metadata', 'namespace'], message }];
}

function checkHostPaths({ spec }: JsonObject): Finding[] {
  return (['storage', 'backup'] as const).flatMap((field): Finding[] => {
    const volume = isObject(spec) ? spec[field] : undefined;
    if (!isObject(volume) || volume['hostPath'] === undefined) return [];
    const message =
      'needs metadata.namespace or --namespace, because a volume is reserved for one claim of one namespace';
    return [{ severity: 'error', rule: 'namespace', path: ['spec', field, 'hostPath'], message }];
  });
}

function toProblem({ severity, rule, path, message }: Finding, object: SourceObject): Problem {
  const name = formatPath(path);
  const text = message.startsWith(`${name} `) ? message.slice(name.length + 1) : message;
  return { severity, rule, file: object.file, position: object.positionOf(path), path: name, message: text };
}
