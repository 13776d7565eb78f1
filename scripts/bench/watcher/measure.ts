// What one program does with many resources: one run of all measures, in a namespace of its own.

import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { KINDS } from '../../../src/cluster/kinds.ts';
import { countRequests, type ApiServer, type Requests, type Tool } from './api-server.ts';
import { startTool, type Running } from './tools.ts';
import type { World } from './world.ts';

/** How much is measured. */
export interface Amount {
  readonly resources: number;
  /** Deletions, and password changes, one after the other. */
  readonly samples: number;
  readonly restSeconds: number;
}

/** Times in milliseconds, memory in MiB. */
export interface Outcome {
  /** From the start of the process to the first write, with all resources there. */
  readonly firstAction: number;
  readonly settled: number;
  readonly requests: Requests;
  readonly cpuSeconds: number;
  readonly peak: number;
  readonly resting: number;
  readonly writesAtRest: number;
  readonly requestsAtRest: number;
  readonly deletions: readonly number[];
  readonly passwords: readonly number[];
}

export interface Stage {
  readonly api: ApiServer;
  readonly world: World;
  readonly folder: string;
}

/** Runs one program through everything. */
export async function runTool(
  tool: Tool,
  { api, world, folder }: Stage,
  { resources, samples, restSeconds }: Amount,
  about: { readonly namespace: string },
): Promise<Outcome> {
  const { namespace } = about;
  const names = makeNames(resources);
  await world.objects.create(KINDS.Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  tell(`${tool}: delivers ${String(resources)} resources`);
  await world.deliver(namespace, names);
  tell(`${tool}: starts`);
  const from = (): number => statSync(api.auditLog).size;
  const before = from();
  const running = startTool(tool, { api, folder, ...about });
  try {
    const firstAction = await until('the first action', () => firstWrite(api, tool, before), running);
    const settled = await until('all are Ready', () => names.every((name) => world.isReady(namespace, name)), running);
    tell(`${tool}: all are Ready after ${(settled / 1000).toFixed(1)} s`);
    await untilQuiet(api, tool);
    const requests = countRequests(api.auditLog, tool, before);
    const cpuSeconds = running.cpuSeconds();
    const { peak } = running.memory();
    const resting = from();
    await sleep(restSeconds * 1000);
    const rest = countRequests(api.auditLog, tool, resting);
    const { now } = running.memory();
    tell(`${tool}: was at rest`);
    const passwords = await changePasswords(world, namespace, names.slice(0, samples));
    const deletions = await deleteAll(world, namespace, names.slice(-samples));
    const counts = { writesAtRest: rest.writes, requestsAtRest: rest.all };
    return { firstAction, settled, requests, cpuSeconds, peak, resting: now, ...counts, deletions, passwords };
  } finally {
    await running.stop();
  }
}

/** What the watcher takes for many resources at rest, beginning with its start. Times in seconds, memory in MiB. */
export async function watchSettled(
  { api, world, folder }: Stage,
  { resources, restSeconds }: Pick<Amount, 'resources' | 'restSeconds'>,
): Promise<object> {
  const namespace = 'large';
  const names = makeNames(resources);
  await world.objects.create(KINDS.Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  tell(`delivers ${String(resources)} resources at rest`);
  await world.deliverSettled(namespace, names);
  const from = statSync(api.auditLog).size;
  tell('starts');
  const running = startTool('ours', { api, folder, namespace });
  try {
    const memory: number[] = [];
    for (let seconds = 0; seconds < restSeconds; seconds += 10) {
      await sleep(10_000);
      memory.push(Math.round(running.memory().now));
    }
    const { now, peak } = running.memory();
    const { all, writes } = countRequests(api.auditLog, 'ours', from);
    return { peak, resting: now, memory, requests: all, writes, cpuSeconds: running.cpuSeconds() };
  } finally {
    await running.stop();
  }
}

function makeNames(resources: number): string[] {
  return Array.from({ length: resources }, (_, index) => `shop-${String(index).padStart(5, '0')}`);
}

/** Progress, for people who wait. */
function tell(what: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${what}`);
}

/** Milliseconds since the start of a process until something holds. */
async function until(what: string, holds: () => boolean, { startedAt }: Running): Promise<number> {
  while (!holds()) {
    if (performance.now() - startedAt > 900_000) throw new Error(`${what}: not within 15 minutes`);
    await sleep(20);
  }
  return performance.now() - startedAt;
}

function firstWrite({ auditLog }: ApiServer, tool: Tool, from: number): boolean {
  return countRequests(auditLog, tool, from).writes > 0;
}

/** Ten seconds without a write: Events, for example, may follow slowly. */
async function untilQuiet({ auditLog }: ApiServer, tool: Tool): Promise<void> {
  for (let tries = 0; tries < 120; tries += 1) {
    const from = statSync(auditLog).size;
    await sleep(10_000);
    if (countRequests(auditLog, tool, from).writes === 0) return;
  }
  throw new Error(`${tool} goes on writing after 20 minutes`);
}

/** The API server answers a live list at once only where the last one of the kind is a tenth of a second ago. */
const PAUSE_MS = 200;

async function changePasswords(world: World, namespace: string, names: readonly string[]): Promise<number[]> {
  const times: number[] = [];
  for (const name of names) {
    const body = { spec: { password: 'second-password' } };
    const job = world.untilJob(namespace, `change-pass-${name}-job`);
    const began = performance.now();
    await world.objects.patch(KINDS.MySQL, { namespace, name }, { kind: 'merge', body });
    times.push((await job) - began);
    await sleep(PAUSE_MS);
  }
  return times;
}

async function deleteAll(world: World, namespace: string, names: readonly string[]): Promise<number[]> {
  const times: number[] = [];
  for (const name of names) {
    const job = world.untilJob(namespace, `backup-${name}-job`);
    const began = performance.now();
    await world.objects.delete(KINDS.MySQL, { namespace, name });
    times.push((await job) - began);
    for (let tries = 0; world.exists(namespace, name); tries += 1) {
      if (tries > 3000) throw new Error(`${name}: still there after a minute`);
      await sleep(20);
    }
    await sleep(PAUSE_MS);
  }
  return times;
}

/** @param part 0.5 for the median */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
