// Those that are compared, as processes: the watcher as it ships, a kopf operator, and the writes alone.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, end, type ApiServer, type Tool } from './api-server.ts';

const KOPF = '1.45.2';
const TICKS_PER_SECOND = 100;

/** A running process and what it takes. */
export interface Running {
  readonly startedAt: number;
  readonly memory: () => { readonly now: number; readonly peak: number };
  /** Of processor time, since its start. */
  readonly cpuSeconds: () => number;
  readonly stop: () => Promise<void>;
}

export interface StartOptions {
  readonly api: ApiServer;
  readonly namespace: string;
  readonly folder: string;
}

export function startTool(tool: Tool, options: StartOptions): Running {
  const log = openSync(join(options.folder, `${tool}.log`), 'a');
  const startedAt = performance.now();
  const child = START[tool](options, log);
  const file = `/proc/${String(child.pid)}`;
  return {
    startedAt,
    memory: () => {
      const status = readFileSync(`${file}/status`, 'utf8');
      const field = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
      return { now: field('VmRSS'), peak: field('VmHWM') };
    },
    cpuSeconds: () => {
      const fields = readFileSync(`${file}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    },
    stop: () => end(child),
  };
}

function startOurs({ api, namespace }: StartOptions, log: number): ChildProcess {
  const words = ['watch', '--kubeconfig', api.kubeconfig('ours'), '--namespace', namespace, '--metrics-address', '0'];
  // As in the Deployment that `kubectl mysql install` prints.
  const env = { ...process.env, NODE_OPTIONS: '--max-semi-space-size=2 --max-old-space-size=160' };
  return spawn(process.execPath, ['dist/kubectl-mysql.js', ...words], { stdio: ['ignore', 'ignore', log], env });
}

/** Compiled as it starts: its first action tells nothing. */
function startWrites({ api, namespace }: StartOptions, log: number): ChildProcess {
  const words = ['--import', 'tsx', 'scripts/bench/watcher/bare-writes.ts', api.kubeconfig('writes'), namespace];
  return spawn(process.execPath, words, { stdio: ['ignore', 'ignore', log] });
}

function startKopf({ api, namespace }: StartOptions, log: number): ChildProcess {
  const environment = { ...process.env, BENCH_URL: api.url, BENCH_TOKEN: 'kopf' };
  const words = ['run', '--quiet', '--standalone', '--namespace', namespace, 'scripts/bench/kopf/operator.py'];
  return spawn(join(installKopf(), 'bin', 'kopf'), words, { stdio: ['ignore', log, log], env: environment });
}

const START = { ours: startOurs, kopf: startKopf, writes: startWrites } as const;

/** Makes a virtual environment once. */
function installKopf(): string {
  const home = join(CACHE, `kopf-${KOPF}`);
  if (existsSync(join(home, 'bin', 'kopf'))) return home;
  execFileSync('python3', ['-m', 'venv', home], { stdio: 'inherit' });
  execFileSync(join(home, 'bin', 'pip'), ['install', '--quiet', `kopf==${KOPF}`], { stdio: 'inherit' });
  return home;
}
