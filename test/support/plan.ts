// Plans of resources that a test makes.

import { buildPlan, type PlanEntry } from '../../src/plan/plan.ts';
import { buildSide, type Side } from '../../src/plan/side.ts';
import { makeResource, parseObjects } from './resource.ts';
import { block } from '../../src/render/yaml-block.ts';

/** A side that holds these objects. */
export function sideOf(...objects: readonly object[]): Side {
  return buildSide(parseObjects(objects.map((object) => `---\n${block(object, 0)}\n`).join('')));
}

/** The plan of one resource that changes. */
export function planOf(before: object, after: object, metadata: readonly [object, object] = [{}, {}]): PlanEntry {
  const sides = { before: sideOf(makeResource(before, metadata[0])), after: sideOf(makeResource(after, metadata[1])) };
  const [entry, ...others] = buildPlan(sides);
  if (!entry || others.length > 0) throw new Error('the plan is not of one resource');
  return entry;
}

/** The consequences as lines: `restart spec.image: the image changes …`. */
export function linesOf({ consequences }: PlanEntry): string[] {
  return consequences.map(({ kind, field, message }) => `${kind} ${field === '' ? '' : `${field}: `}${message}`);
}
