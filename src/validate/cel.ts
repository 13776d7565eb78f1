// The CEL half of the offline check: the CRD's own rules, compiled ahead.

import type { JsonObject } from '../parse/source.ts';
import type { Path } from '../parse/path.ts';
import type { Finding } from './finding.ts';
import { RULES, type Rule } from './rules.generated.ts';

/** The name of a rule that met a value of a kind it was not made for; to the API server it does not hold. */
export const NOT_EVALUATED = 'cel-error';

/** Evaluates the CRD's rules on resources. */
export interface RuleChecker {
  /**
   * @param resource the resource, whole
   * @param earlier its form before the change; without it rules about a change say nothing
   */
  readonly check: (resource: JsonObject, earlier?: JsonObject) => Finding[];
}

/** Makes a checker. */
export function createRuleChecker(): RuleChecker {
  const groups = groupByPath(RULES);
  return {
    check(resource, earlier) {
      const findings: Finding[] = [];
      for (const { path, rules, passed } of groups) {
        const nodes = nodesAt(resource, earlier, path).filter((node) => !passed.has(node));
        if (nodes.length === 0) continue;
        const found: Finding[] = [];
        for (const rule of rules) for (const node of nodes) checkNode(rule, node, found);
        for (const node of found.length === 0 ? nodes : []) passed.add(node);
        findings.push(...found);
      }
      return findings;
    },
  };
}

interface Group {
  readonly path: readonly string[];
  readonly rules: Rule[];
  readonly passed: PassedNodes;
}

/** Rules of one node stand next to each other in the table; the node is looked up once for all of them. */
function groupByPath(rules: readonly Rule[]): Group[] {
  const groups: Group[] = [];
  for (const rule of rules) {
    const group = groups.at(-1);
    if (group?.path.join('\n') === rule.path.join('\n')) group.rules.push(rule);
    // Resource and spec hold a name, so no two of them are the same.
    else groups.push({ path: rule.path, rules: [rule], passed: createPassedNodes(rule.path.length > 1) });
  }
  return groups;
}

/** Nodes that passed all rules of a group: a fleet repeats its options and sizes, and rules see nothing but the node. */
interface PassedNodes {
  readonly has: (node: Node) => boolean;
  readonly add: (node: Node) => void;
}

const MAX_PASSED = 1000;
const MAX_PASSED_LENGTH = 1000;

function createPassedNodes(isUseful: boolean): PassedNodes {
  const texts = new Set<string>();
  const textOf = ({ value, earlier }: Node): string | undefined =>
    isUseful && earlier === undefined ? toText(value) : undefined;
  return {
    has(node) {
      const text = textOf(node);
      return text !== undefined && texts.has(text);
    },
    add(node) {
      const text = textOf(node);
      if (text === undefined || text.length > MAX_PASSED_LENGTH) return;
      if (texts.size >= MAX_PASSED) texts.clear();
      texts.add(text);
    },
  };
}

/** JSON knows no bigint. */
function toText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function checkNode(rule: Rule, { value, earlier, path }: Node, found: Finding[]): void {
  if (rule.onChange && earlier === undefined) return;
  const outcome = runRule(rule, value, earlier);
  if (outcome === true) return;
  const name = outcome === undefined ? NOT_EVALUATED : 'cel';
  found.push({ severity: 'error', rule: name, path: [...path, ...rule.field], message: rule.message });
}

/** Gives what the rule says, or undefined when it cannot be evaluated. */
function runRule({ holds }: Rule, value: unknown, earlier: unknown): boolean | undefined {
  try {
    return holds(value, earlier) === true;
  } catch {
    return undefined;
  }
}

interface Node {
  readonly value: unknown;
  readonly earlier: unknown;
  readonly path: Path;
}

/** All nodes that a rule's path names; none where the resource lacks the field. */
function nodesAt(resource: unknown, earlier: unknown, pattern: readonly string[]): Node[] {
  const nodes: Node[] = [];
  collectNodes(resource, earlier, { pattern, path: [], nodes });
  return nodes;
}

interface Walk {
  readonly pattern: readonly string[];
  /** Where the walk is; copied for what is found, since most fields of most resources are not there. */
  readonly path: (string | number)[];
  readonly nodes: Node[];
}

function collectNodes(value: unknown, earlier: unknown, walk: Walk): void {
  if (value === undefined || value === null) return;
  const { pattern, path, nodes } = walk;
  const step = pattern[path.length];
  if (step === undefined) nodes.push({ value, earlier, path: [...path] });
  else if (step !== '*') enter(step, value, earlier, walk);
  else if (typeof value === 'object') for (const key of keysOf(value)) enter(key, value, earlier, walk);
}

function enter(key: string | number, value: unknown, earlier: unknown, walk: Walk): void {
  const child = childOf(value, key);
  if (child === undefined) return;
  walk.path.push(key);
  collectNodes(child, childOf(earlier, key), walk);
  walk.path.pop();
}

function keysOf(value: object): (string | number)[] {
  return Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
}

function childOf(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string | number, unknown>)[key];
}
