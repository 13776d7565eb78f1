// The offline schema check: ajv compiled to plain code, so that no schema is compiled when the command starts.

import { Ajv } from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';
import { GENERATED, toJsonSchema, type SchemaNode } from './crd.ts';
import { objectMeta } from './object-meta.ts';

/** The validator's code as a module with a default export. */
export async function generateValidator(crd: SchemaNode): Promise<string> {
  const schema = toJsonSchema(crd);
  schema['required'] = ['apiVersion', 'kind', 'metadata', ...(crd.required ?? [])];
  schema['properties'] = {
    ...(schema['properties'] as object),
    metadata: toJsonSchema(objectMeta),
    // The API server takes no status from a manifest, but it knows the names of its fields.
    status: toJsonSchema(namesOnly(crd.properties?.['status'] ?? {})),
  };
  const ajv = new Ajv({
    allErrors: true,
    strict: true,
    // The status has names without types.
    strictTypes: false,
    allowUnionTypes: true,
    inlineRefs: false,
    code: { source: true, esm: true },
  });
  const code = standaloneCode.default(ajv, ajv.compile(shareRepeated(schema)));
  const bundle = await build({
    stdin: { contents: code, resolveDir: process.cwd(), loader: 'js' },
    bundle: true,
    // node_modules may be a link; the paths in the comments must not tell where it leads.
    preserveSymlinks: true,
    format: 'esm',
    write: false,
    legalComments: 'none',
    logLevel: 'error',
  });
  const module = appendInPlace(bundle.outputFiles[0]?.text ?? '');
  return `// ${GENERATED}\n/* eslint-disable */\n// @ts-nocheck\n${module}`;
}

/** A schema that says nothing about values. */
function namesOnly({ properties, items }: SchemaNode): SchemaNode {
  const children = Object.entries(properties ?? {}).map(([name, child]) => [name, namesOnly(child)] as const);
  return {
    ...(properties ? { properties: Object.fromEntries(children) } : {}),
    ...(items ? { items: namesOnly(items) } : {}),
  };
}

/** ajv copies all errors for each one that it adds, which takes minutes for a resource with 100,000 of them. */
function appendInPlace(code: string): string {
  const append = `function append(all, more) {\n  for (const error of more) all.push(error);\n  return all;\n}\n`;
  return append + code.replaceAll(/vErrors\.concat\((\w+\.errors)\)/g, 'append(vErrors, $1)');
}

type Json = Record<string, unknown>;

/**
 * Gives a definition of its own to what stands in many places and to what is large: the code shrinks tenfold, and a part
 * that a resource does not use is never compiled.
 */
function shareRepeated(schema: Json): Json {
  const definitions: Record<string, { name: string; schema: Json; uses: number }> = {};
  const visit = (node: unknown, change: (node: Json) => Json | undefined): unknown => {
    if (Array.isArray(node)) return node.map((item) => visit(item, change));
    if (typeof node !== 'object' || node === null) return node;
    const { description: _, title: __, ...rest } = node as Json;
    const mapped = Object.fromEntries(Object.entries(rest).map(([key, child]) => [key, visit(child, change)]));
    return change(mapped) ?? mapped;
  };
  const plain = visit(schema, (node) => {
    if (!('type' in node) || JSON.stringify(node).length < 60) return undefined;
    const text = JSON.stringify(node);
    definitions[text] ??= { name: `d${String(Object.keys(definitions).length)}`, schema: node, uses: 0 };
    definitions[text].uses += 1;
    return undefined;
  });
  const shared = Object.entries(definitions).filter(([text, { uses }]) => uses > 1 || text.length > 400);
  const names = new Map(shared.map(([text, { name }]) => [text, name]));
  const refer = (node: unknown, own = ''): Json => {
    if (Array.isArray(node)) return node.map((item) => refer(item)) as unknown as Json;
    if (typeof node !== 'object' || node === null) return node as Json;
    const name = names.get(JSON.stringify(node));
    if (name !== undefined && name !== own) return { $ref: `#/$defs/${name}` };
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, refer(child)]));
  };
  const $defs = Object.fromEntries(shared.map(([, { name, schema: part }]) => [name, refer(part, name)]));
  return { ...refer(plain), $defs };
}
