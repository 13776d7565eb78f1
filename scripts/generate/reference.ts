// docs/reference.md: every field of the resource.

import { GENERATED, walkSchema, type SchemaNode } from './crd.ts';

/** Types whose fields are Kubernetes' own and are described there. */
const AS_IN_KUBERNETES = ['affinity', 'tolerations', 'topologySpreadConstraints', 'networkPolicy.from'];

/** The Markdown page. */
export function generateReference(crd: SchemaNode): string {
  const spec = crd.properties?.['spec'];
  if (!spec) throw new Error('the CRD has no spec');
  const rows: string[] = [];
  const rules: string[] = [];
  walkSchema(spec, (node, path) => {
    const name = path.join('.').replaceAll('.*', '[]');
    const parent = AS_IN_KUBERNETES.find((field) => name.startsWith(`${field}[]`) || name.startsWith(`${field}.`));
    for (const { message } of node['x-kubernetes-validations'] ?? []) {
      if (parent === undefined) rules.push(`- ${name === '' ? '' : `\`${name}\`: `}${message.trim()}`);
    }
    if (path.length === 0 || path.at(-1) === '*' || parent !== undefined) return;
    rows.push(`| \`${name}\` | ${typeOf(node)} | ${describe(node)} |`);
  });
  return `<!-- ${GENERATED} -->

# The MySQL resource

\`apiVersion: otus.homework/v1\`, \`kind: MySQL\`. Required are \`image\`, \`database\`, one of \`password\` and
\`passwordSecretRef\`, and one of \`storage_size\` and \`storage\`.

| field of \`spec\` | type | what it is |
|---|---|---|
${rows.join('\n')}

## Rules

${[...new Set(rules)].join('\n')}
`;
}

function typeOf(node: SchemaNode): string {
  if (node['x-kubernetes-int-or-string']) return 'integer or string';
  if (node.items) return `list of ${node.items.type ?? 'string'}s`;
  if (node.additionalProperties) return 'map';
  return node.type ?? '';
}

function describe(node: SchemaNode): string {
  const parts = [
    node.description?.trim() ?? '',
    node.enum ? `One of ${node.enum.map((value) => `\`${String(value)}\``).join(', ')}.` : '',
    node.title === undefined ? '' : `Form: ${node.title}.`,
  ];
  return parts
    .filter((part) => part !== '')
    .join(' ')
    .replaceAll('|', '\\|');
}
