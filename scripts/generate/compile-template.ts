// From a Handlebars template to a JavaScript expression over the functions of src/render/template-values.ts: Handlebars
// itself takes longer to load and to call than what the templates do. It reads them here, at build time.

import Handlebars from 'handlebars';
import { literal } from '../../src/render/yaml-block.ts';

/** What a template may use besides its context. */
export interface TemplateSources {
  /** Texts of the templates that others include, by name. */
  readonly partials: Readonly<Record<string, string>>;
  /** Scripts that are the same for every resource, by name. */
  readonly scripts: Readonly<Record<string, string>>;
}

/** The helpers that templates call, and how many arguments each takes. */
const HELPERS: Readonly<Record<string, number>> = { quote: 1, block: 2, literal: 2 };

/** The functions that compiled templates may need, by the module of src/render/ that has them. */
export const TEMPLATE_FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  'template-values': ['isGiven', 'print'],
  'yaml-block': Object.keys(HELPERS).sort(),
};

/**
 * Compiles a template.
 *
 * @returns an expression of `it`, the context
 * @throws Error for what no template has needed so far
 */
export function compileTemplate(text: string, sources: TemplateSources): string {
  const parts = joinTexts(compileProgram(Handlebars.parse(text), sources));
  return parts.length === 0 ? '""' : parts.join('\n    + ');
}

/** Text in quotes, as JSON writes it; everything else is code. */
type Part = string;

function compileProgram({ body }: hbs.AST.Program, sources: TemplateSources): Part[] {
  return body.flatMap((statement) => compileStatement(statement, sources));
}

function compileStatement(statement: hbs.AST.Statement, sources: TemplateSources): Part[] {
  switch (statement.type) {
    case 'ContentStatement':
      return [JSON.stringify((statement as hbs.AST.ContentStatement).value)];
    case 'CommentStatement':
      return [];
    case 'MustacheStatement':
      return [compileMustache(statement as hbs.AST.MustacheStatement, sources)];
    case 'PartialStatement':
      return compilePartial(statement as hbs.AST.PartialStatement, sources);
    case 'BlockStatement':
      return [compileBlock(statement as hbs.AST.BlockStatement, sources)];
    default:
      throw new Error(`a template holds a ${statement.type}, which is not known`);
  }
}

function compileMustache({ path, params }: hbs.AST.MustacheStatement, { scripts }: TemplateSources): Part {
  const name = (path as hbs.AST.PathExpression).original;
  if (params.length === 0) return `print(${compileValue(path)})`;
  if (name === 'script') {
    const script = scripts[(params[0] as hbs.AST.StringLiteral).value];
    if (script === undefined) throw new Error('a template names a script that is not there');
    return JSON.stringify(literal(script, 4));
  }
  if (HELPERS[name] !== params.length) throw new Error(`a template calls ${name} with ${String(params.length)} values`);
  return `${name}(${params.map(compileValue).join(', ')})`;
}

/** What another template says stands in its place: both have the same context. */
function compilePartial(statement: hbs.AST.PartialStatement, sources: TemplateSources): Part[] {
  const { original } = statement.name as hbs.AST.PathExpression;
  const text = sources.partials[original];
  if (text === undefined || statement.indent !== '')
    throw new Error(`a template includes ${original} in an unknown way`);
  return compileProgram(Handlebars.parse(text), sources);
}

function compileBlock({ path, params, program, inverse }: hbs.AST.BlockStatement, sources: TemplateSources): Part {
  const { original } = path;
  const [condition] = params;
  if (original !== 'if' || !condition) throw new Error(`a template holds a block ${original}, which is not known`);
  // Handlebars' types know no block without an else, which is most of them.
  const branch = (of: hbs.AST.Program | undefined): string =>
    of ? joinTexts(compileProgram(of, sources)).join(' + ') : '""';
  return `(isGiven(${compileValue(condition)}) ? ${branch(program)} : ${branch(inverse)})`;
}

function compileValue(value: hbs.AST.Expression): string {
  if (value.type === 'NumberLiteral') return String((value as hbs.AST.NumberLiteral).value);
  if (value.type !== 'PathExpression') throw new Error(`a template holds a ${value.type}, which is not known`);
  return ['it', ...(value as hbs.AST.PathExpression).parts].join('.');
}

/** Joins texts that follow each other. */
function joinTexts(parts: readonly Part[]): Part[] {
  const joined: Part[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last?.startsWith('"') && part.startsWith('"')) joined[joined.length - 1] = last.slice(0, -1) + part.slice(1);
    else joined.push(part);
  }
  return joined;
}
