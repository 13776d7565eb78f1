// Those that are compared, as processes: the watcher as it ships, a kopf operator, and the writes alone.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
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
  const start = PREPARE[tool](options, log);
  const startedAt = performance.now();
  const child = start();
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

/** Makes ready what a program needs; what it returns starts it. */
type Prepare = (options: StartOptions, log: number) => () => ChildProcess;

const prepareOurs: Prepare = ({ api, namespace }, log) => {
  const words = ['watch', '--kubeconfig', api.kubeconfig('ours'), '--namespace', namespace, '--metrics-address', '0'];
  const env = { ...process.env, NODE_OPTIONS: readNodeOptions() };
  return () => spawn(process.execPath, ['dist/kubectl-mysql.js', ...words], { stdio: ['ignore', 'ignore', log], env });
};

/** As in the Deployment that `kubectl mysql install` prints. */
function readNodeOptions(): string {
  const [, value] =
    /NODE_OPTIONS\s+value: (.+)/.exec(readFileSync('templates/install/deployment.yaml.hbs', 'utf8')) ?? [];
  if (value === undefined) throw new Error('the Deployment has no NODE_OPTIONS');
  return value;
}

/** Bundled as the watcher is. */
const prepareWrites: Prepare = ({ api, namespace, folder }, log) => {
  const outfile = join(folder, 'bare-writes.mjs');
  const entryPoints = ['scripts/bench/watcher/bare-writes.ts'];
  // What it bundles is CommonJS in part.
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  buildSync({ entryPoints, outfile, banner, bundle: true, minify: true, platform: 'node', format: 'esm' });
  const env = { ...process.env, NODE_OPTIONS: readNodeOptions() };
  const words = [outfile, api.kubeconfig('writes'), namespace];
  return () => spawn(process.execPath, words, { stdio: ['ignore', 'ignore', log], env });
};

const prepareKopf: Prepare = ({ api, namespace }, log) => {
  const environment = { ...process.env, BENCH_URL: api.url, BENCH_TOKEN: 'kopf' };
  const words = ['run', '--quiet', '--standalone', '--namespace', namespace, 'scripts/bench/kopf/operator.py'];
  const program = join(installKopf(), 'bin', 'kopf');
  return () => spawn(program, words, { stdio: ['ignore', log, log], env: environment });
};

const PREPARE = { ours: prepareOurs, kopf: prepareKopf, writes: prepareWrites } as const;

/** Makes a virtual environment once. */
function installKopf(): string {
  const home = join(CACHE, `kopf-${KOPF}`);
  if (existsSync(join(home, 'bin', 'kopf'))) return home;
  execFileSync('python3', ['-m', 'venv', home], { stdio: 'inherit' });
  execFileSync(join(home, 'bin', 'pip'), ['install', '--quiet', `kopf==${KOPF}`], { stdio: 'inherit' });
  return home;
}
