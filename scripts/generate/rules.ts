// The CRD's CEL rules and list types as a table: what the API server checks beside the schema.

import { RULE_FUNCTIONS, compileRule } from './compile-rule.ts';
import { GENERATED, walkSchema, type SchemaNode, type SchemaRule } from './crd.ts';
import { TIME, objectMeta } from './object-meta.ts';

/** The module `src/validate/rules.generated.ts`. */
export function generateRules(crd: SchemaNode): string {
  const rules: string[] = [];
  const lists: unknown[] = [];
  const forms: Record<string, string> = {
    '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$': 'the name of a namespace',
    [TIME]: 'a time such as 2026-01-31T12:00:00Z',
  };
  const fields: Record<string, string[]> = {};
  walkSchema(crd, (node, path) => {
    if (node.properties) fields[path.join('.')] = Object.keys(node.properties);
    for (const given of node['x-kubernetes-validations'] ?? []) rules.push(formatRule(path, given));
    if (typeof node['pattern'] === 'string' && node.title !== undefined) forms[node['pattern']] = node.title;
    const keys = node['x-kubernetes-list-map-keys'];
    if (keys) lists.push({ path, keys });
  });
  Object.assign(fields, metadataFields());
  return `// ${GENERATED}
/* eslint-disable */

import { ${listFunctions(rules.join('\n')).join(', ')} } from './cel-functions.ts';

/** A CEL rule of the CRD. In \`path\`, \`*\` stands for every item of a list or value of a map. */
export interface Rule {
  readonly path: readonly string[];
  readonly rule: string;
  /** The same compiled; it throws where the rule cannot be evaluated. */
  readonly holds: (self: unknown, oldSelf: unknown) => unknown;
  readonly message: string;
  /** The rule compares with the resource's earlier form and says nothing without it. */
  readonly onChange: boolean;
  /** The field below \`path\` that the message is about; empty when it is the node itself. */
  readonly field: readonly string[];
}

/** A list whose items must differ in these keys. */
export interface KeyedList {
  readonly path: readonly string[];
  readonly keys: readonly string[];
}

export const RULES: readonly Rule[] = [
${rules.join(',\n')},
];

/** What a pattern of the schema stands for, in words. */
export const FORMS: Readonly<Record<string, string>> = ${JSON.stringify(forms, null, 2)};

/** The fields of every object of the schema, for suggestions. */
export const FIELDS: Readonly<Record<string, readonly string[]>> = ${JSON.stringify(fields, null, 2)};

export const KEYED_LISTS: readonly KeyedList[] = ${JSON.stringify(lists, null, 2)};
`;
}

function formatRule(path: readonly string[], { rule, message, fieldPath }: SchemaRule): string {
  // A CRD cannot point at metadata.name; a rule of the root without a field is about it.
  const field = fieldPath?.replace(/^\./, '') ?? (path.length === 0 ? 'metadata.name' : '');
  const onChange = rule.includes('oldSelf');
  const entry = {
    path,
    field: field.split('.').filter(Boolean),
    rule: rule.trim(),
    message: message.trim(),
    onChange,
  };
  const head = JSON.stringify(entry, null, 2).replace(/\n}$/, ',');
  return `${head}\n  holds: (${onChange ? 'self, oldSelf' : 'self'}) => ${compileRule(entry.rule)},\n}`;
}

/** The functions that compiled rules call. */
function listFunctions(rules: string): string[] {
  const called = new Set(rules.match(/\b\w+(?=\()/g));
  return RULE_FUNCTIONS.filter((name) => called.has(name));
}

/** The fields of metadata and of what it holds. */
function metadataFields(): Record<string, string[]> {
  const fields: Record<string, string[]> = {};
  const visit = ({ properties }: SchemaNode, path: readonly string[]): void => {
    if (properties) fields[path.join('.')] = Object.keys(properties);
  };
  walkSchema(objectMeta, visit, ['metadata']);
  return fields;
}
