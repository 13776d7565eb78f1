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
  const checkNodes = (rule: Rule, nodes: readonly Node[]): Finding[] =>
    nodes.flatMap(({ value, earlier, path }): Finding[] => {
      if (rule.onChange && earlier === undefined) return [];
      const outcome = runRule(() => rule.holds(value, earlier));
      if (outcome === true) return [];
      const finding = { severity: 'error', path: [...path, ...rule.field], message: rule.message } as const;
      return [{ ...finding, rule: outcome === undefined ? NOT_EVALUATED : 'cel' }];
    });
  return {
    check(resource, earlier) {
      const findings: Finding[] = [];
      for (const { path, rules, passed } of groups) {
        const nodes = nodesAt(resource, earlier, path).filter((node) => !passed.has(node));
        if (nodes.length === 0) continue;
        const found = rules.flatMap((rule) => checkNodes(rule, nodes));
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

/** Gives what the rule says, or undefined when it cannot be evaluated. */
function runRule(run: () => unknown): boolean | undefined {
  try {
    return run() === true;
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
function nodesAt(value: unknown, earlier: unknown, pattern: readonly string[], path: Path = []): Node[] {
  if (value === undefined || value === null) return [];
  const step = pattern[path.length];
  if (step === undefined) return [{ value, earlier, path }];
  if (typeof value !== 'object') return [];
  const enter = (key: string | number): Node[] =>
    nodesAt(childOf(value, key), childOf(earlier, key), pattern, [...path, key]);
  return step === '*' ? keysOf(value).flatMap(enter) : enter(step);
}

function keysOf(value: object): (string | number)[] {
  return Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
}

function childOf(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string | number, unknown>)[key];
}
