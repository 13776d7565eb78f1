// Runs commands in turn and takes medians, so that a machine that is busy with other things changes the ratios little.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A command, its program first. */
export type Command = readonly [program: string, ...words: string[]];

/** What a command took; medians. */
export interface Measurement {
  readonly milliseconds: number;
  /** Against the first command of the same round. */
  readonly ratio: number;
  /** Undefined where GNU time is missing. */
  readonly peakMebibytes: number | undefined;
}

const GNU_TIME = '/usr/bin/time';

/**
 * Measures commands, each once per round.
 *
 * @param commands by name; the first one is what the others are compared with
 * @param rounds beside one that is not counted
 * @param folder for what is written on the way
 */
export function measure<Name extends string>(
  commands: Readonly<Record<Name, Command>>,
  rounds: number,
  folder: string,
): Record<Name, Measurement> {
  const runs = (Object.keys(commands) as Name[]).map((name) => {
    const command = commands[name];
    return { name, command, peakMebibytes: measurePeak(command, folder), times: [] as number[] };
  });
  for (let round = 1; round <= rounds; round += 1) {
    for (const { command, times } of runs) times.push(run(command));
    if (process.stderr.isTTY) process.stderr.write(`\rround ${String(round)} of ${String(rounds)} `);
  }
  const first = runs[0]?.times ?? [];
  const results = runs.map(({ name, times, peakMebibytes }) => {
    const ratio = median(times.map((time, round) => time / (first[round] ?? Number.NaN)));
    return [name, { milliseconds: median(times), ratio, peakMebibytes }] as const;
  });
  return Object.fromEntries(results) as Record<Name, Measurement>;
}

/** The time of one run, in milliseconds. */
function run([program, ...words]: Command): number {
  const began = process.hrtime.bigint();
  const { status, error, stderr } = spawnSync(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const took = Number(process.hrtime.bigint() - began) / 1e6;
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${error?.message ?? stderr.toString()}`);
  return took;
}

/** The most memory that a command held, in MiB; the run also warms the caches. */
function measurePeak(command: Command, folder: string): number | undefined {
  if (!existsSync(GNU_TIME)) {
    run(command);
    return undefined;
  }
  const file = join(folder, 'peak');
  run([GNU_TIME, '-f', '%M', '-o', file, ...command]);
  return Number(readFileSync(file, 'utf8')) / 1024;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}
