// kubectl mysql status

import { isDeepStrictEqual } from 'node:util';
import { EXIT, UsageError } from '../errors.ts';
import { sleep } from '../cluster/clock.ts';
import { isClusterError } from '../cluster/errors.ts';
import { buildReport } from '../report/build-report.ts';
import { collectResources } from '../report/collect.ts';
import { formatPage } from '../report/page.ts';
import type { StatusReport } from '../report/report.ts';
import { formatTable } from '../report/table.ts';
import { createPaint } from '../report/text.ts';
import type { OptionValues, Run } from './command.ts';
import type { Io } from './io.ts';
import { openCluster, refuseTwoScopes, wantsColour, type Cluster } from './open-cluster.ts';
import { parseResourceNames } from './resource-names.ts';

/** So often `-w` looks; a look is a handful of requests. */
const WATCH_MS = 2_000;
const CLEAR = '\u001b[H\u001b[2J\u001b[3J';

interface View {
  readonly names: readonly string[];
  readonly isJson: boolean;
  readonly all: boolean;
  readonly follows: boolean;
}

export const status: Run = async (options, io) => {
  const view = readView(options);
  refuseTwoScopes(options);
  const cluster = openCluster(options, io);
  try {
    if (view.follows) await follow(cluster, view, io);
    else {
      const reports = await read(cluster, view, undefined);
      if (reports.length === 0 && !view.isJson) io.writeError(noneFound(cluster));
      else await io.writeOut(format(reports, view, cluster, io));
    }
  } finally {
    await cluster.connection.close();
  }
  return EXIT.ok;
};

function readView({ words, flags, strings }: OptionValues): View {
  const names = parseResourceNames(words);
  const all = flags['all-namespaces'] ?? false;
  if (all && names.length > 0)
    throw new UsageError('a resource is named within one namespace; leave -A or the name out');
  return { names, isJson: strings['output'] === 'json', all, follows: flags['watch'] ?? false };
}

async function read(
  { objects, namespace, clock }: Cluster,
  { names, isJson }: View,
  signal: AbortSignal | undefined,
): Promise<StatusReport[]> {
  const details = isJson || names.length > 0;
  const facts = await collectResources({ namespace, names }, { objects, details, signal });
  const now = clock.now();
  return facts.map((each) => buildReport(each, now));
}

function noneFound({ namespace }: Cluster): string {
  return namespace === undefined
    ? 'no MySQL resources found'
    : `no MySQL resources found in the namespace ${namespace}`;
}

function format(reports: readonly StatusReport[], view: View, { clock }: Cluster, io: Io): string {
  const { names, isJson, all } = view;
  const [only] = reports;
  // What is followed is one document in a line, which a script can tell from the next.
  if (isJson) return `${JSON.stringify(names.length === 1 ? only : { items: reports }, null, view.follows ? 0 : 2)}\n`;
  const options = { now: clock.now(), paint: createPaint(wantsColour(io)) };
  if (names.length === 0) return formatTable(reports, { ...options, withNamespace: all });
  return reports.map((report) => formatPage(report, options)).join('\n');
}

/** Looks again and again until it is interrupted. On a terminal the page is drawn anew, else what changed is written. */
async function follow(cluster: Cluster, view: View, io: Io): Promise<void> {
  const interrupted = io.untilInterrupted();
  const readAgain = createReader(cluster, view, io, interrupted);
  let before: unknown;
  while (!interrupted.aborted) {
    const seen = await readAgain();
    const now = seen?.map(withoutAges);
    if (seen && (io.isTerminal || !isDeepStrictEqual(before, now))) {
      const text = seen.length === 0 && !view.isJson ? `${noneFound(cluster)}\n` : format(seen, view, cluster, io);
      await io.writeOut(io.isTerminal && !view.isJson ? `${CLEAR}${text}` : text);
      before = now;
    }
    await sleep(cluster.clock, WATCH_MS, interrupted);
  }
}

/** What fails at first is wrong; what fails later is told once, and may come back: a server, or a resource that went. */
function createReader(
  cluster: Cluster,
  view: View,
  io: Io,
  interrupted: AbortSignal,
): () => Promise<StatusReport[] | undefined> {
  let told: string | undefined;
  return async () => {
    try {
      const reports = await read(cluster, view, interrupted);
      told = '';
      return reports;
    } catch (error) {
      if (interrupted.aborted) return undefined;
      if (told === undefined || !isClusterError(error, 'Unavailable', 'NotFound')) throw error;
      if (told !== error.message) io.writeError(`warning: ${error.message}`);
      told = error.message;
      return undefined;
    }
  };
}

/** How a watcher is known to run holds an age. */
function withoutAges(report: StatusReport): unknown {
  return { ...report, watcher: report.watcher.state };
}
