// The metrics, in Prometheus' text.

import { describe, expect, it } from 'vitest';
import { ClusterError } from '../../src/cluster/errors.ts';
import type { ControllerView } from '../../src/lifecycle/controller.ts';
import { createMetrics, type Metrics } from '../../src/watcher/metrics.ts';
import { createManualClock } from '../support/manual-clock.ts';

const clock = createManualClock(1_000_000);
const view: ControllerView = {
  resources: () => [
    { namespace: 'a', name: 'shop', lastBackupAt: 500_000, pendingSince: undefined },
    { namespace: 'b', name: 'shop', lastBackupAt: undefined, pendingSince: 940_000 },
  ],
  depth: () => ({ due: 3, delayed: 1, inFlight: 0 }),
  isSynced: () => true,
  silences: () => [
    { resource: 'pods', ms: 42_000 },
    { resource: 'jobs', ms: Infinity },
  ],
};

function create(): Metrics {
  return createMetrics({ clock, workers: 8 });
}

/** The lines of one metric. */
async function read(metrics: Metrics, name: string): Promise<string[]> {
  return (await metrics.text())
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

describe('rounds', () => {
  const conflict = new ClusterError({ code: 409, reason: 'Conflict', message: '' });
  it.each([
    ['that leave nothing to do', { result: undefined }, 'success'],
    ['at rest', { result: { againMs: 60_000, isAtRest: true } }, 'success'],
    ['that acted', { result: { againMs: 0 } }, 'requeue'],
    ['that wait', { result: { againMs: 5000 } }, 'requeue_after'],
    ['that came too late', { error: conflict }, 'requeue'],
    ['that failed', { error: new Error('x') }, 'error'],
  ])('%s', async (_, outcome, result) => {
    const metrics = create();
    metrics.queue.started?.('a/shop', 20);
    metrics.queue.ended?.('a/shop', { tookMs: 30, ...outcome });
    expect(await read(metrics, 'controller_runtime_reconcile_total')).toContain(
      `controller_runtime_reconcile_total{controller="mysql",result="${result}"} 1`,
    );
    const errors = result === 'error' ? 1 : 0;
    expect(await read(metrics, 'controller_runtime_reconcile_errors_total')).toEqual([
      `controller_runtime_reconcile_errors_total{controller="mysql"} ${String(errors)}`,
    ]);
  });

  it('under way are counted, with the longest', async () => {
    const metrics = create();
    metrics.queue.started?.('a/shop', 0);
    await clock.advance(2000);
    metrics.queue.started?.('b/shop', 0);
    await clock.advance(1000);
    expect(metrics.longestRoundMs()).toBe(3000);
    const read1 = (name: string): Promise<string[]> => read(metrics, name);
    expect(await read1('controller_runtime_active_workers')).toEqual([
      'controller_runtime_active_workers{controller="mysql"} 2',
    ]);
    expect(await read1('workqueue_unfinished_work_seconds')).toEqual([
      'workqueue_unfinished_work_seconds{name="mysql"} 4',
    ]);
    expect(await read1('workqueue_longest_running_processor_seconds')).toEqual([
      'workqueue_longest_running_processor_seconds{name="mysql"} 3',
    ]);
  });
});

describe('resources', () => {
  it('tell when their last backup was and since when they wait for their finalizer, while this watcher acts', async () => {
    const metrics = create();
    expect(await read(metrics, 'leader_election_master_status')).toEqual([
      'leader_election_master_status{name="kubectl-mysql"} 0',
    ]);
    metrics.show(view);
    const waited = (clock.now() - 940_000) / 1000;
    expect(await read(metrics, 'mysql_backup_last_success_timestamp_seconds')).toEqual([
      'mysql_backup_last_success_timestamp_seconds{namespace="a",name="shop"} 500',
    ]);
    expect(await read(metrics, 'mysql_finalizer_pending_seconds')).toEqual([
      `mysql_finalizer_pending_seconds{namespace="b",name="shop"} ${String(waited)}`,
    ]);
    expect(await read(metrics, 'mysql_watch_silent_seconds')).toEqual([
      'mysql_watch_silent_seconds{resource="pods"} 42',
    ]);
    expect(await read(metrics, 'workqueue_depth')).toEqual(['workqueue_depth{name="mysql"} 3']);
    metrics.show(undefined);
    expect(await read(metrics, 'mysql_finalizer_pending_seconds')).toEqual([]);
  });
});

describe('requests', () => {
  it('are counted by code, method and host, also where no answer came', async () => {
    const metrics = create();
    const record = { method: 'GET', path: '/x', ms: 1 };
    metrics.answered('api:6443', { ...record, code: 200 });
    metrics.answered('api:6443', { ...record, code: 0 });
    expect(await read(metrics, 'rest_client_requests_total')).toEqual([
      'rest_client_requests_total{code="200",method="GET",host="api:6443"} 1',
      'rest_client_requests_total{code="<error>",method="GET",host="api:6443"} 1',
    ]);
  });
});
