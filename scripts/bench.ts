// Measures the renderer and the Argo CD plugin against bare Node, helm and kustomize, and prints Markdown tables.
//
//   npm run bench -- [--rounds N] [--part render|plugin] [--write]       (npm run bench -- watcher|jobs: see bench/)
//
//   --part is one of the two; --write also writes the figures into docs/performance.md, whose words stay as they are

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeHelm, makeKustomize, makeRender } from './bench/inputs.ts';
import { measure, type Command, type Measurement } from './bench/measure.ts';
import { replaceMeasured, type Part } from './bench/page.ts';
import { measurePlugin } from './bench/plugin.ts';
import { formatPart, type Results, type Target } from './bench/report.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    part: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const PAGE = 'docs/performance.md';
const rounds = Number(values.rounds);
const bin = execFileSync('test/delivery/build-tools', ['helm', 'kustomize'], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
}).trim();
const helm = join(bin, 'helm');
const kustomize = join(bin, 'kustomize');
const bareNode: Command = [process.execPath, '-e', '0'];

function measureAll(folder: string): Results {
  // A short command needs more rounds for a steady median.
  const one = measure(
    {
      'bare Node': bareNode,
      'kubectl mysql render': makeRender(folder, 1),
      'helm template': makeHelm(folder, 1, helm),
      'kustomize build': makeKustomize(folder, 1, kustomize),
    },
    rounds * 3,
    folder,
  );
  const many = measure(
    {
      'bare Node': bareNode,
      'kubectl mysql render, 1': makeRender(folder, 1),
      'kubectl mysql render, 100': makeRender(folder, 100),
      'kubectl mysql render, 1,000': makeRender(folder, 1000),
      'kubectl mysql render, 10,000': makeRender(folder, 10_000),
      'helm template, 100': makeHelm(folder, 100, helm),
      'helm template, 10,000': makeHelm(folder, 10_000, helm),
      'kustomize build, 100': makeKustomize(folder, 100, kustomize),
      'kustomize build, 200': makeKustomize(folder, 200, kustomize),
    },
    rounds,
    folder,
  );
  const each = (from: Measurement, to: Measurement, count: number): number => (to.ratio - from.ratio) / count;
  const early = each(many['kubectl mysql render, 100'], many['kubectl mysql render, 1,000'], 900);
  const late = each(many['kubectl mysql render, 1,000'], many['kubectl mysql render, 10,000'], 9000);
  const single = one['kubectl mysql render'].ratio;
  const large = many['kubectl mysql render, 10,000'];
  const targets: Target[] = [
    { what: 'one resource, × bare Node', limit: 2, reached: single },
    { what: 'one resource, × helm template', limit: 1, reached: single / one['helm template'].ratio },
    { what: '10,000 resources, validated, × bare Node', limit: 90, reached: large.ratio },
    { what: '10,000 resources, peak memory in MiB', limit: 300, reached: large.peakMebibytes ?? Number.NaN },
    { what: 'growth: a resource above 1,000 against one below', limit: 1.1, reached: late / early },
  ];
  const helmStart = one['helm template'].ratio;
  const notes =
    helmStart < 1
      ? [
          `helm is a native program: all of its run takes ${helmStart.toFixed(2)} of the time in which Node starts and does nothing.`,
        ]
      : [];
  return { one, many, targets, notes };
}

const folder = mkdtempSync(join(tmpdir(), 'kubectl-mysql-bench-'));
try {
  let page = readFileSync(PAGE, 'utf8');
  const report = (part: Part, measured: string): void => {
    console.log(measured);
    page = replaceMeasured(page, part, measured);
  };
  if (values.part !== 'plugin') report('render', formatPart(measureAll(folder)));
  if (values.part !== 'render') report('plugin', measurePlugin(folder, rounds, { helm, kustomize }));
  if (values.write) writeFileSync(PAGE, page);
} finally {
  rmSync(folder, { recursive: true });
}
