// The plugin for Argo CD against the tools that Argo CD runs itself: one file per resource, as people keep them.

import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { PROGRAM, formatResource, listValues, makeHelm, makeKustomize } from './inputs.ts';
import { measure, type Command, type Measurement } from './measure.ts';
import { formatMeasurements, formatTargets, type Target } from './report.ts';

/** How many applications Argo CD may render at the same time. */
const AT_ONCE = 20;

/** The tools to compare with. */
interface Tools {
  readonly helm: string;
  readonly kustomize: string;
}

/** Measures `cmp generate` and gives its part of the page. */
export function measurePlugin(folder: string, rounds: number, { helm, kustomize }: Tools): string {
  const rows = measure(
    {
      'bare Node': [process.execPath, '-e', '0'],
      'cmp generate, 1': makeGenerate(folder, 1),
      'cmp generate, 100': makeGenerate(folder, 100),
      'cmp generate, 2,000': makeGenerate(folder, 2000),
      'helm template, 1': makeHelm(folder, 1, helm),
      'helm template, 100': makeHelm(folder, 100, helm),
      'helm template, 2,000': makeHelm(folder, 2000, helm),
      'kustomize build, 1': makeKustomize(folder, 1, kustomize),
      'kustomize build, 100': makeKustomize(folder, 100, kustomize),
      [`cmp generate, 100, ${String(AT_ONCE)} at once`]: atOnce(makeGenerate(folder, 100)),
      [`helm template, 100, ${String(AT_ONCE)} at once`]: atOnce(makeHelm(folder, 100, helm)),
    },
    rounds,
    folder,
  );
  return formatPart(rows, rounds);
}

/** Writes a folder with a file per resource, and gives the command that renders it as Argo CD does, within it. */
function makeGenerate(folder: string, count: number): Command {
  const application = join(folder, `application-${String(count)}`);
  mkdirSync(application, { recursive: true });
  for (const values of listValues(count))
    writeFileSync(join(application, `${values.name}.yaml`), formatResource(values));
  const [node, program = ''] = PROGRAM;
  return ['env', '-C', application, node, resolve(program), 'cmp', 'generate'];
}

/** Many of a command at the same time; it has ended when all have. */
function atOnce(command: Command): Command {
  return [
    'bash',
    '-c',
    `for ((i = 0; i < ${String(AT_ONCE)}; i++)); do "$@" > /dev/null & done; wait`,
    'bash',
    ...command,
  ];
}

function formatPart(rows: Readonly<Record<string, Measurement>>, rounds: number): string {
  const ratio = (one: string, other: string): number =>
    (rows[one]?.ratio ?? Number.NaN) / (rows[other]?.ratio ?? Number.NaN);
  const targets: Target[] = [
    { what: 'one resource, × helm template', limit: 1, reached: ratio('cmp generate, 1', 'helm template, 1') },
    { what: 'one resource, × kustomize build', limit: 1, reached: ratio('cmp generate, 1', 'kustomize build, 1') },
    {
      what: '2,000 resources, × helm template',
      limit: 0.3,
      reached: ratio('cmp generate, 2,000', 'helm template, 2,000'),
    },
  ];
  return [
    `Median of ${String(rounds)} rounds; load of the machine meanwhile: ${(loadavg()[0] ?? 0).toFixed(0)} on ${String(cpus().length)} cores, of which it had ${String(availableParallelism())}.`,
    '',
    formatMeasurements(rows),
    '',
    formatTargets(targets),
    '',
    ...explainStart(rows),
  ].join('\n');
}

/** Why the goal for one resource is out of reach: a native program has ended before Node has started. */
function explainStart(rows: Readonly<Record<string, Measurement>>): string[] {
  const [helm, kustomize] = ['helm template, 1', 'kustomize build, 1'].map((name) => rows[name]?.ratio ?? Number.NaN);
  if (helm === undefined || kustomize === undefined || Math.min(helm, kustomize) >= 1) return [];
  return [
    `For one resource the goal cannot be reached by a program that Node runs: Node alone, which starts and does nothing, takes`,
    `${(1 / helm).toFixed(2)} × the whole run of helm and ${(1 / kustomize).toFixed(2)} × that of kustomize.`,
    '',
  ];
}
