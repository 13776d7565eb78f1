// The CEL half of the offline check: the CRD's own rules, evaluated by a CEL library with the functions that Kubernetes
// adds. Source: k8s.io/apiserver/pkg/cel/library (quantity, cidr, lists).

import { Environment } from '@marcbachmann/cel-js';
import ipaddr from 'ipaddr.js';
import { compareQuantities, parseQuantity, type Quantity } from '../parse/quantity.ts';
import type { JsonObject } from '../parse/source.ts';
import type { Path } from '../parse/path.ts';
import type { Finding } from './finding.ts';
import { RULES, type Rule } from './rules.generated.ts';

class CelQuantity {
  readonly value: Quantity;
  constructor(text: string) {
    const value = parseQuantity(text);
    if (!value) throw new Error('not a quantity');
    this.value = value;
  }
}

class CelCidr {
  readonly address: ipaddr.IPv4 | ipaddr.IPv6;
  readonly bits: number;
  constructor(text: string) {
    if (!/^[0-9a-f.:]+\/(0|[1-9][0-9]{0,2})$/i.test(text)) throw new Error('not a network');
    [this.address, this.bits] = ipaddr.parseCIDR(text);
  }

  network(): CelCidr {
    const { address, bits } = this;
    const first =
      address instanceof ipaddr.IPv4
        ? ipaddr.IPv4.networkAddressFromCIDR(`${address.toString()}/${String(bits)}`)
        : ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/${String(bits)}`);
    return new CelCidr(`${first.toString()}/${String(bits)}`);
  }

  contains(other: CelCidr): boolean {
    if (this.address.kind() !== other.address.kind() || other.bits < this.bits) return false;
    return other.address.match(this.address, this.bits);
  }

  toString(): string {
    return `${this.address.toString()}/${String(this.bits)}`;
  }
}

/** The name of a rule that met a value of a kind it was not made for; to the API server it does not hold. */
export const NOT_EVALUATED = 'cel-error';

type Evaluate = (context: Record<string, unknown>) => unknown;

/** Makes the evaluator; the rules are compiled when they are first needed. */
function createEnvironment(): Environment {
  const order = (a: CelQuantity, b: CelQuantity): number => compareQuantities(a.value, b.value);
  return new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false })
    .registerType('Quantity', { ctor: CelQuantity, fields: {} })
    .registerFunction('quantity(string): Quantity', (text: string) => new CelQuantity(text))
    .registerFunction('Quantity.compareTo(Quantity): int', (a: CelQuantity, b: CelQuantity) => BigInt(order(a, b)))
    .registerFunction('Quantity.isGreaterThan(Quantity): bool', (a: CelQuantity, b: CelQuantity) => order(a, b) > 0)
    .registerFunction('Quantity.isLessThan(Quantity): bool', (a: CelQuantity, b: CelQuantity) => order(a, b) < 0)
    .registerFunction('list.sum(): int', (numbers: bigint[]) => numbers.reduce((sum, number) => sum + number, 0n))
    .registerType('Cidr', { ctor: CelCidr, fields: {} })
    .registerFunction('cidr(string): Cidr', (text: string) => new CelCidr(text))
    .registerFunction('isCIDR(string): bool', isCidr)
    .registerFunction('string(Cidr): string', (cidr: CelCidr) => cidr.toString())
    .registerFunction('Cidr.masked(): Cidr', (cidr: CelCidr) => cidr.network())
    .registerFunction('Cidr.prefixLength(): int', (cidr: CelCidr) => BigInt(cidr.bits))
    .registerFunction('Cidr.containsCIDR(string): bool', (a: CelCidr, b: string) => a.contains(new CelCidr(b)))
    .registerOperator('Cidr == Cidr', (a: CelCidr, b: CelCidr) => a.toString() === b.toString());
}

function isCidr(text: string): boolean {
  try {
    new CelCidr(text);
    return true;
  } catch {
    return false;
  }
}

/** Evaluates the CRD's rules on resources. */
export interface RuleChecker {
  /**
   * @param resource the resource, whole
   * @param earlier its form before the change; without it rules about a change say nothing
   */
  readonly check: (resource: JsonObject, earlier?: JsonObject) => Finding[];
}

/** Makes a checker. Compiled rules live as long as it does. */
export function createRuleChecker(): RuleChecker {
  const environment = createEnvironment();
  const groups = groupByPath(RULES);
  // By text: selectors repeat their rules in many places.
  const compiled = new Map<string, Evaluate>();
  const evaluate = ({ rule }: Rule, context: Record<string, unknown>): unknown => {
    let run = compiled.get(rule);
    if (!run) compiled.set(rule, (run = environment.parse(rule) as Evaluate));
    return run(context);
  };
  const checkNodes = (rule: Rule, nodes: readonly Node[]): Finding[] =>
    nodes.flatMap(({ value, earlier, path }): Finding[] => {
      if (rule.onChange && earlier === undefined) return [];
      const outcome = runRule(() => evaluate(rule, { self: value, oldSelf: earlier }));
      if (outcome === true) return [];
      const finding = { severity: 'error', path: [...path, ...rule.field], message: rule.message } as const;
      return [{ ...finding, rule: outcome === undefined ? NOT_EVALUATED : 'cel' }];
    });
  return {
    check(resource, earlier) {
      const findings: Finding[] = [];
      for (const rules of groups) {
        const nodes = nodesAt(resource, earlier, rules[0]?.path ?? []);
        for (const rule of nodes.length > 0 ? rules : []) findings.push(...checkNodes(rule, nodes));
      }
      return findings;
    },
  };
}

/** Rules of one node stand next to each other in the table; the node is looked up once for all of them. */
function groupByPath(rules: readonly Rule[]): Rule[][] {
  const groups: Rule[][] = [];
  let last = '';
  for (const rule of rules) {
    const path = rule.path.join('\n');
    const group = path === last ? groups.at(-1) : undefined;
    if (group) group.push(rule);
    else groups.push([rule]);
    last = path;
  }
  return groups;
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
