// The part "watcher" of the benchmark: the watcher, a kopf operator with the same steps, and the watcher's writes alone, on one
// API server.
//
//   npm run bench -- watcher [--rounds N] [--resources N] [--samples N] [--rest SECONDS] [--large N] [--only ours|kopf|writes]

import { rmSync, mkdtempSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { TOOLS, startApiServer, type Tool } from './watcher/api-server.ts';
import { quantile, runTool, watchSettled, type Outcome } from './watcher/measure.ts';
import { startWorld } from './watcher/world.ts';

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    resources: { type: 'string', default: '1000' },
    samples: { type: 'string', default: '100' },
    rest: { type: 'string', default: '60' },
    large: { type: 'string', default: '0' },
    only: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
const folder = mkdtempSync('/var/tmp/kubectl-mysql-bench-');
const api = await startApiServer(folder);
const kubectl = (...words: string[]): void => {
  const program = join(process.env['HOME'] ?? '', '.cache/kubectl-mysql-cluster/bin/kubectl');
  execFileSync(program, ['--kubeconfig', api.kubeconfig('world'), ...words], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
};
kubectl('apply', '--server-side', '-f', 'crds/');
kubectl('wait', '--for=condition=Established', 'crd/mysqls.otus.homework');
const world = startWorld(api.kubeconfig('world'));
const show = (tool: Tool, { requests, deletions, passwords, ...rest }: Outcome): void => {
  const summary = {
    ...rest,
    requestsEach: requests.all / Number(values.resources),
    deletion: [quantile(deletions, 0.5), quantile(deletions, 0.99)],
    password: [quantile(passwords, 0.5), quantile(passwords, 0.99)],
  };
  console.log(tool, `load ${loadavg()[0]?.toFixed(1) ?? ''}`, JSON.stringify(summary), JSON.stringify(requests.byKind));
};
const amount = {
  resources: Number(values.resources),
  samples: Number(values.samples),
  restSeconds: Number(values.rest),
};
const tools = TOOLS.filter((tool) => (values.only ?? tool) === tool);
try {
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    for (const tool of tools) {
      const about = { namespace: `${tool}-${String(round)}` };
      show(tool, await runTool(tool, { api, world, folder }, amount, about));
    }
  }
  if (Number(values.large) > 0) {
    const large = { resources: Number(values.large), restSeconds: Number(values.rest) };
    console.log(`${values.large} at rest`, JSON.stringify(await watchSettled({ api, world, folder }, large)));
  }
} finally {
  await world.stop();
  await api.stop();
  if (values.keep) console.log(folder);
  else rmSync(folder, { recursive: true, force: true });
}
