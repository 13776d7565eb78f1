// From a CEL rule to a JavaScript expression over the functions of src/validate/cel-functions.ts: the library that reads
// CEL takes longer to load than all else that `render` does for one resource. It reads the rules here and in the tests.

import { parse, type ASTNode } from '@marcbachmann/cel-js';
import { NOTHING, cannotFail, forget, learn, type Known } from './rule-knowledge.ts';

/** CEL's operators, as JavaScript writes them with these functions. */
const OPERATORS: Readonly<Record<string, (a: string, b: string) => string>> = {
  '==': (a, b) => `equals(${a}, ${b})`,
  '!=': (a, b) => `!equals(${a}, ${b})`,
  '<': (a, b) => `compare(${a}, ${b}) < 0`,
  '<=': (a, b) => `compare(${a}, ${b}) <= 0`,
  '>': (a, b) => `compare(${a}, ${b}) > 0`,
  '>=': (a, b) => `compare(${a}, ${b}) >= 0`,
  '+': (a, b) => `plus(${a}, ${b})`,
  '[]': (a, b) => `item(${a}, ${b})`,
  in: (a, b) => `isIn(${a}, ${b})`,
};

/** CEL's functions and methods, by the name that they have in JavaScript. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  cidr: 'cidr',
  duration: 'duration',
  isCIDR: 'isCidr',
  quantity: 'quantity',
  string: 'toText',
};
const METHODS: Readonly<Record<string, string>> = {
  compareTo: 'compareTo',
  contains: 'contains',
  containsCIDR: 'containsCidr',
  endsWith: 'endsWith',
  isGreaterThan: 'isGreaterThan',
  isLessThan: 'isLessThan',
  lowerAscii: 'lowerAscii',
  masked: 'masked',
  prefixLength: 'prefixLength',
  size: 'size',
  startsWith: 'startsWith',
  substring: 'substring',
  sum: 'sum',
};
/** Methods whose argument is evaluated for each item. */
const MACROS: readonly string[] = ['all', 'exists', 'map'];

/** The functions that rules may need. */
export const RULE_FUNCTIONS: readonly string[] = [
  ...['and', 'compare', 'equals', 'field', 'has', 'isIn', 'isTrue', 'item', 'matches', 'not', 'or', 'plus'],
  ...MACROS,
  ...Object.values(FUNCTIONS),
  ...Object.values(METHODS),
].sort();

/**
 * Compiles a rule.
 *
 * @returns an expression of `self` and `oldSelf`
 * @throws Error for what no rule has needed so far
 */
export function compileRule(rule: string): string {
  try {
    return compile(parse(rule).ast, NOTHING);
  } catch (cause) {
    throw new Error(`the rule ${rule}`, { cause });
  }
}

function compile(node: ASTNode, known: Known): string {
  switch (node.op) {
    case 'value':
      return typeof node.args === 'bigint' ? `${String(node.args)}n` : JSON.stringify(node.args);
    case 'id':
      return node.args;
    case '.':
      return `field(${compile(node.args[0], known)}, ${JSON.stringify(node.args[1])})`;
    case 'list':
      return `[${node.args.map((item) => compile(item, known)).join(', ')}]`;
    case '!_':
      return `not(${compile(node.args, known)})`;
    case '?:':
      return compileChoice(node.args, known);
    case 'call':
      return compileCall(node.args[0], node.args[1], known);
    case 'rcall':
      return compileMethod(node.args[0], node.args[1], { args: node.args[2], known });
    default:
      return compileOperator(node, known);
  }
}

/**
 * In CEL what one side decides counts, whatever is wrong with the other. JavaScript's own operators do the same where
 * nothing can be wrong with the left side, and make no functions on the way.
 */
function compileDecision(op: '&&' | '||', [left, right]: readonly [ASTNode, ASTNode], known: Known): string {
  if (!cannotFail(left, known)) {
    return `${op === '&&' ? 'and' : 'or'}(() => ${compile(left, known)}, () => ${compile(right, known)})`;
  }
  const then = learn(left, op === '&&', known);
  return `(${compile(left, known)} ${op} isTrue(${compile(right, then)}))`;
}

function compileChoice([condition, yes, no]: readonly [ASTNode, ASTNode, ASTNode], known: Known): string {
  const branch = (node: ASTNode, outcome: boolean): string => compile(node, learn(condition, outcome, known));
  return `(isTrue(${compile(condition, known)}) ? ${branch(yes, true)} : ${branch(no, false)})`;
}

function compileOperator({ op, args }: ASTNode, known: Known): string {
  if (op === '&&' || op === '||') return compileDecision(op, args, known);
  const write = OPERATORS[op];
  const [left, right] = args as [ASTNode, ASTNode];
  if (!write) throw new Error(`the operator ${op} is not known`);
  return write(compile(left, known), compile(right, known));
}

function compileCall(name: string, args: readonly ASTNode[], known: Known): string {
  const [first] = args;
  if (name === 'has' && first?.op === '.') {
    return `has(${compile(first.args[0], known)}, ${JSON.stringify(first.args[1])})`;
  }
  const written = FUNCTIONS[name];
  if (written === undefined) throw new Error(`the function ${name} is not known`);
  return `${written}(${args.map((each) => compile(each, known)).join(', ')})`;
}

function compileMethod(
  name: string,
  target: ASTNode,
  { args, known }: { args: readonly ASTNode[]; known: Known },
): string {
  const [first, second] = args;
  if (MACROS.includes(name) && first?.op === 'id' && second) {
    return `${name}(${compile(target, known)}, (${first.args}) => ${compile(second, forget(first.args, known))})`;
  }
  if (name === 'matches' && first?.op === 'value') {
    return `matches(${compile(target, known)}, ${String(new RegExp(String(first.args)))})`;
  }
  const written = METHODS[name];
  if (written === undefined) throw new Error(`the method ${name} is not known`);
  return `${written}(${[target, ...args].map((each) => compile(each, known)).join(', ')})`;
}
