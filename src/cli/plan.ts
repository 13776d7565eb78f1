// kubectl mysql plan

import { CommandError, EXIT, UsageError } from '../errors.ts';
import { formatProblem } from '../emit/problems.ts';
import { formatPlan } from '../plan/format.ts';
import { GATES, findForbidden, type Gate } from '../plan/gate.ts';
import type { PlanFormat } from '../plan/plan-formats.ts';
import { buildPlan, listRefusals, type PlanInput } from '../plan/plan.ts';
import { findPodChanges } from '../plan/rendered-pods.ts';
import { buildSide } from '../plan/side.ts';
import { nearest } from '../validate/nearest.ts';
import type { OptionValues, Run } from './command.ts';
import { parseWithoutRendered, readBothSides, refuseInvalid } from './compare-revision.ts';
import type { Io } from './io.ts';
import { loadResources } from './load-resources.ts';

export const plan: Run = async (options, io) => {
  const gates = readGates(options);
  const { input, against } = await readInput(options, io);
  const entries = buildPlan(input);
  if (entries.length === 0)
    throw new CommandError('there is no MySQL resource in the input', { exitCode: EXIT.invalid });
  const forbidden = findForbidden(entries, gates);
  const format = (options.strings['output'] ?? 'text') as PlanFormat;
  await io.writeOut(formatPlan({ entries, against, forbidden }, format));
  const refusals = listRefusals(entries);
  for (const problem of refusals) io.writeError(formatProblem(problem));
  if (forbidden.length > 0) io.writeError(`error: --fail-on: the plan holds ${forbidden.join('; ')}`);
  if (refusals.length > 0) return EXIT.invalid;
  return forbidden.length > 0 ? EXIT.policy : EXIT.ok;
};

interface Compared {
  readonly input: PlanInput;
  /** With what, for people. */
  readonly against: string;
}

async function readInput(options: OptionValues, io: Io): Promise<Compared> {
  const sides = await readBothSides(options, io, parseWithoutRendered);
  if (!sides) return { input: await readLive(options, io), against: 'the cluster' };
  const { namespace } = options.strings;
  const [before, after] = [buildSide(sides.before, namespace), buildSide(sides.after, namespace)];
  const { uncompared, rendered, against } = sides;
  const facts = findPodChanges(buildPlan({ before, after, uncompared }), {
    ...rendered,
    isDelivered: options.strings['from-ref'] !== undefined,
  });
  return { input: { before, after, facts, uncompared }, against };
}

function readGates({ arrays }: OptionValues): readonly Gate[] {
  const words = (arrays['fail-on'] ?? []).flatMap((list) => list.split(',')).map((word) => word.trim());
  return [...new Set(words)].map((word) => {
    const gate = GATES.find((each) => each === word);
    if (gate) return gate;
    const meant = nearest(word, GATES);
    const hint = meant === undefined ? `it takes ${GATES.join(', ')}` : `did you mean "${meant}"?`;
    throw new UsageError(`--fail-on does not know "${word}", ${hint}`);
  });
}

async function readLive(options: OptionValues, io: Io): Promise<PlanInput> {
  const objects = refuseInvalid(await loadResources(options, io), io);
  const { readCluster } = await import('./online.ts');
  return readCluster(objects, options, io);
}
