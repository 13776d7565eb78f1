// The TypeScript types of the resource.

import { compile } from 'json-schema-to-typescript';
import { GENERATED, toJsonSchema, walkSchema, type SchemaNode } from './crd.ts';

/** The module `src/api/types.generated.ts`. */
export async function generateTypes(crd: SchemaNode): Promise<string> {
  const spec = crd.properties?.['spec'];
  if (!spec) throw new Error('the CRD has no spec');
  const schema = toJsonSchema(withoutBounds(spec));
  return compile(schema, 'MySQLSpec', {
    additionalProperties: false,
    bannerComment: `// ${GENERATED}\n/* eslint-disable */`,
    style: { singleQuote: true, printWidth: 120 },
  });
}

/** Titles and bounds would become type names and tuples. */
function withoutBounds(node: SchemaNode): SchemaNode {
  const copy = structuredClone(node);
  walkSchema(copy, (child) => {
    for (const keyword of ['title', 'minItems', 'maxItems']) Reflect.deleteProperty(child, keyword);
  });
  return copy;
}
