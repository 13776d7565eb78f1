// What a delivery tool may set by parameter: a few options by name, and every field of a resource's spec.

import { readFieldParameters, type FieldSetting, type Parameter } from '../validate/parameters.ts';
import { isNamespace } from './namespace.ts';

/** An option that is set by a parameter. */
interface OptionParameter {
  readonly title: string;
  readonly tooltip: string;
  readonly type: 'string' | 'boolean';
  readonly choices?: readonly string[];
  /** What counts when it is not given. */
  readonly unset: string;
}

type OptionTable = Readonly<Record<string, OptionParameter>>;

const NAMESPACE: OptionParameter = {
  title: 'Namespace',
  tooltip: 'The namespace of every MySQL, whatever its file says; other objects keep theirs',
  type: 'string',
  unset: '',
};
const NO_RESOURCE: OptionParameter = {
  title: 'No resource',
  tooltip: 'Leave the MySQL resource itself out, for clusters without its CRD; needs lifecycle: None',
  type: 'boolean',
  unset: 'false',
};
const VALIDATE: OptionParameter = {
  title: 'Validate',
  tooltip: 'strict: an unknown field is an error; warn: it is dropped, as the API server does',
  type: 'string',
  choices: ['strict', 'warn'],
  unset: 'strict',
};

/** The options of the Argo CD plugin, by the parameter's name. */
export const PLUGIN_OPTIONS = {
  namespace: NAMESPACE,
  'allow-empty': {
    title: 'Allow empty',
    tooltip: 'Nothing to deliver is no error: everything that was delivered before is pruned',
    type: 'boolean',
    unset: 'false',
  },
  'no-resource': NO_RESOURCE,
  validate: VALIDATE,
} as const satisfies OptionTable;

/** The options of the function for Kustomize and kpt. */
export const FUNCTION_OPTIONS = {
  namespace: NAMESPACE,
  'no-resource': NO_RESOURCE,
  validate: VALIDATE,
  'validate-only': {
    title: 'Validate only',
    tooltip: 'Check the items and give them back as they came, as validators must',
    type: 'boolean',
    unset: 'false',
  },
} as const satisfies OptionTable;

/** Parameters that were read. */
export interface Settings {
  readonly options: Readonly<Record<string, string>>;
  readonly fields: readonly FieldSetting[];
  /** What is wrong, one line each. */
  readonly errors: readonly string[];
}

/**
 * Reads parameters.
 *
 * @param known the options; every other name is a field's
 */
export function readSettings(parameters: readonly Parameter[], known: OptionTable): Settings {
  const options: Record<string, string> = {};
  const errors: string[] = [];
  const names = parameters.map(({ name }) => name);
  for (const name of new Set(names.filter((each, index) => names.indexOf(each) !== index))) {
    errors.push(`parameter "${name}" is given more than once`);
  }
  for (const { name, value } of parameters) {
    const option = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!option) continue;
    const wrong = checkOption(name, value, option);
    if (wrong !== undefined) errors.push(wrong);
    // An empty text is what a form sends that nobody has filled in.
    else if (typeof value === 'string' && value !== '') options[name] = value;
  }
  const fields = parameters.filter(({ name }) => !Object.hasOwn(known, name));
  const read = readFieldParameters(fields, Object.keys(known));
  const { namespace } = options;
  const moved: FieldSetting[] =
    namespace === undefined
      ? []
      : [{ parameter: 'namespace', resource: undefined, path: ['metadata', 'namespace'], value: namespace }];
  return { options, fields: [...moved, ...read.settings], errors: [...errors, ...read.errors] };
}

function checkOption(
  name: string,
  value: Parameter['value'],
  { type, choices = type === 'boolean' ? ['true', 'false'] : undefined }: OptionParameter,
): string | undefined {
  if (typeof value !== 'string') return `parameter "${name}" must be a string`;
  if (value === '') return undefined;
  if (choices && !choices.includes(value)) return `parameter "${name}" must be ${choices.join(' or ')}`;
  if (name === 'namespace' && !isNamespace(value)) return `parameter "${name}" must be the name of a namespace`;
  return undefined;
}
