// What is known at a place of a CEL rule from the conditions before it: behind `has(self.a) &&` the field `self.a` is there.

import type { ASTNode } from '@marcbachmann/cel-js';

/** Fields that are there, as paths. */
export type Known = ReadonlySet<string>;

export const NOTHING: Known = new Set();

/** What is known besides when a condition has come out as true, or as false. */
export function learn(condition: ASTNode, outcome: boolean, known: Known): Known {
  switch (condition.op) {
    case '!_':
      return learn(condition.args, !outcome, known);
    case '&&':
    case '||': {
      if (outcome !== (condition.op === '&&')) return known;
      const [left, right] = condition.args;
      return learn(right, outcome, learn(left, outcome, known));
    }
    case 'call': {
      const path = outcome ? testedField(condition) : undefined;
      return path === undefined ? known : new Set([...known, path]);
    }
    default:
      return known;
  }
}

/** What is known where a name stands for something else. */
export function forget(name: string, known: Known): Known {
  return new Set([...known].filter((path) => !path.startsWith(`${name}.`)));
}

/** Tells a condition that is either true or false, and no error, whatever the resource holds. */
export function cannotFail(condition: ASTNode, known: Known): boolean {
  switch (condition.op) {
    case '!_':
      return cannotFail(condition.args, known);
    case '&&':
    case '||': {
      const [left, right] = condition.args;
      return cannotFail(left, known) && cannotFail(right, learn(left, condition.op === '&&', known));
    }
    case 'call': {
      // The test fails only where there is nothing to look in.
      const path = testedField(condition);
      const parent = path?.slice(0, path.lastIndexOf('.'));
      return parent !== undefined && (!parent.includes('.') || known.has(parent));
    }
    default:
      return false;
  }
}

/** The path of the field that `has(…)` tests; undefined for everything else. */
function testedField({ op, args }: ASTNode): string | undefined {
  if (op !== 'call') return undefined;
  const [name, [field]] = args as [string, readonly ASTNode[]];
  return name === 'has' && field ? pathOf(field) : undefined;
}

function pathOf({ op, args }: ASTNode): string | undefined {
  if (op === 'id') return args;
  if (op !== '.') return undefined;
  const [parent, name] = args;
  const path = pathOf(parent);
  return path === undefined ? undefined : `${path}.${name}`;
}
