// The cluster client as the end-to-end tests use it.

import { randomBytes } from 'node:crypto';
import { createSystemClock } from '../../src/cluster/clock.ts';
import { connect, type Connection } from '../../src/cluster/connect.ts';
import { KINDS } from '../../src/cluster/kinds.ts';
import { createObjects, type Manifest, type Objects } from '../../src/cluster/objects.ts';

export interface Client {
  readonly connection: Connection;
  readonly objects: Objects;
}

export const clock = createSystemClock();

/** @param kubeconfig the node's own without it */
export function openClient(kubeconfig?: string, timeoutMs = 60_000): Client {
  const connection = connect({ kubeconfig, environment: process.env, version: 'test', clock, timeoutMs });
  return { connection, objects: createObjects(connection) };
}

/** Makes a namespace of a name that nobody has. */
export async function makeNamespace({ objects }: Client, prefix: string): Promise<string> {
  const name = `${prefix}-${randomBytes(3).toString('hex')}`;
  await objects.create(KINDS.Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return name;
}

/** A ConfigMap, with a label to select it by. */
export function configMap(namespace: string, name: string, data: Readonly<Record<string, string>> = {}): Manifest {
  const metadata = { name, namespace, labels: { test: 'yes' } };
  return Object.assign({ apiVersion: 'v1', kind: 'ConfigMap', metadata }, { data });
}

/** Waits say how long a thing takes on an idle machine; a busy one gets that many times as long. */
const PATIENCE = 10;

/** Waits until a condition holds. */
export async function until(what: string, withinMs: number, holds: () => boolean | Promise<boolean>): Promise<void> {
  const limitMs = PATIENCE * withinMs;
  const startedAt = performance.now();
  while (!(await holds())) {
    if (performance.now() - startedAt > limitMs) throw new Error(`not within ${String(limitMs)} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
