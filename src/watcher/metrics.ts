// The watcher's metrics under the names of controller-runtime and client-go, which dashboards know, and three of our own.

import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Clock } from '../cluster/clock.ts';
import { isClusterError } from '../cluster/errors.ts';
import type { AnswerRecord } from '../cluster/exchange.ts';
import type { ControllerView } from '../lifecycle/controller.ts';
import type { QueueObserver, WorkResult } from '../lifecycle/queue.ts';

/** What the watcher tells its metrics. */
export interface Metrics {
  readonly queue: QueueObserver;
  /** @param host of the API server, with its port */
  readonly answered: (host: string, record: AnswerRecord) => void;
  /** What is looked at when somebody asks; undefined while another watcher leads. */
  readonly show: (view: ControllerView | undefined) => void;
  /** Milliseconds for which the round that began first is under way; 0 without any. */
  readonly longestRoundMs: () => number;
  readonly contentType: string;
  readonly text: () => Promise<string>;
}

export interface MetricsOptions {
  readonly clock: Clock;
  readonly workers: number;
}

const QUEUE = { name: 'mysql' } as const;
const CONTROLLER = { controller: 'mysql' } as const;
const ROUND_SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
const QUEUE_SECONDS = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000];
const RESULTS = ['success', 'error', 'requeue', 'requeue_after'] as const;

/** Metrics of one watcher, in a registry of their own. */
export function createMetrics({ clock, workers }: MetricsOptions): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const rounds = createRounds(registry, clock);
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Number of HTTP requests, partitioned by status code, method, and host.',
    labelNames: ['code', 'method', 'host'],
    registers: [registry],
  });
  let view: ControllerView | undefined;
  gauge(registry, 'controller_runtime_max_concurrent_reconciles', 'Maximum number of concurrent reconciles.', (set) => {
    set(CONTROLLER, workers);
  });
  gauge(registry, 'leader_election_master_status', 'Whether this watcher is the one that acts.', (set) => {
    set({ name: 'kubectl-mysql' }, view ? 1 : 0);
  });
  gauge(registry, 'workqueue_depth', 'Current depth of workqueue.', (set) => {
    set(QUEUE, view?.depth().due ?? 0);
  });
  createResourceGauges(registry, clock, () => view);
  return {
    queue: rounds.observer,
    answered: (host, { method, code }) => {
      requests.inc({ code: code === 0 ? '<error>' : String(code), method, host });
    },
    show: (shown) => {
      view = shown;
    },
    longestRoundMs: rounds.longestMs,
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}

type Labels = Readonly<Record<string, string>>;

/** A gauge that is read when somebody asks. */
function gauge(
  registry: Registry,
  name: string,
  help: string,
  collect: (set: (labels: Labels, value: number) => void) => void,
): void {
  const made: Gauge = new Gauge({
    name,
    help,
    labelNames: LABELS[name] ?? ['name'],
    registers: [registry],
    collect() {
      made.reset();
      collect((labels, value) => {
        made.set(labels, value);
      });
    },
  });
}

const LABELS: Readonly<Record<string, string[]>> = {
  controller_runtime_max_concurrent_reconciles: ['controller'],
  controller_runtime_active_workers: ['controller'],
  mysql_backup_last_success_timestamp_seconds: ['namespace', 'name'],
  mysql_finalizer_pending_seconds: ['namespace', 'name'],
  mysql_watch_silent_seconds: ['resource'],
};

function createResourceGauges(registry: Registry, clock: Clock, view: () => ControllerView | undefined): void {
  const backup = 'mysql_backup_last_success_timestamp_seconds';
  gauge(registry, backup, 'When the last backup of the resource was made, in seconds since 1970.', (set) => {
    for (const { namespace, name, lastBackupAt } of view()?.resources() ?? []) {
      if (lastBackupAt !== undefined) set({ namespace, name }, lastBackupAt / 1000);
    }
  });
  const silent = 'mysql_watch_silent_seconds';
  gauge(
    registry,
    silent,
    'Seconds since the API server was last heard about these objects; below 120 at rest.',
    (set) => {
      for (const { resource, ms } of view()?.silences() ?? []) {
        // Before the first list.
        if (Number.isFinite(ms)) set({ resource }, ms / 1000);
      }
    },
  );
  const pending = 'mysql_finalizer_pending_seconds';
  gauge(registry, pending, 'For how long a deleted resource waits for its final backup.', (set) => {
    for (const { namespace, name, pendingSince } of view()?.resources() ?? []) {
      if (pendingSince !== undefined) set({ namespace, name }, Math.max(0, clock.now() - pendingSince) / 1000);
    }
  });
}

interface Rounds {
  readonly observer: QueueObserver;
  readonly longestMs: () => number;
}

function createRounds(registry: Registry, clock: Clock): Rounds {
  const inFlight = new Map<string, number>();
  const runningMs = (): number[] => [...inFlight.values()].map((since) => clock.elapsed() - since);
  const { total, errors, time } = createControllerMetrics(registry);
  const { adds, retries, waited, worked } = createQueueMetrics(registry);
  gauge(registry, 'controller_runtime_active_workers', 'Number of currently used workers.', (set) => {
    set(CONTROLLER, inFlight.size);
  });
  gauge(registry, 'workqueue_unfinished_work_seconds', 'Seconds of work that is in progress.', (set) => {
    set(QUEUE, runningMs().reduce((sum, ms) => sum + ms, 0) / 1000);
  });
  gauge(registry, 'workqueue_longest_running_processor_seconds', 'Seconds of the longest work in progress.', (set) => {
    set(QUEUE, Math.max(0, ...runningMs()) / 1000);
  });
  return {
    longestMs: () => Math.max(0, ...runningMs()),
    observer: {
      added: () => {
        adds.inc(QUEUE);
      },
      started: (key, waitedMs) => {
        inFlight.set(key, clock.elapsed());
        waited.observe(QUEUE, waitedMs / 1000);
      },
      ended: (key, { tookMs, error, result }) => {
        inFlight.delete(key);
        worked.observe(QUEUE, tookMs / 1000);
        time.observe(CONTROLLER, tookMs / 1000);
        const name = nameResult(error, result);
        total.inc({ ...CONTROLLER, result: name });
        if (name === 'error') errors.inc(CONTROLLER);
      },
      retried: () => {
        retries.inc(QUEUE);
      },
    },
  };
}

function createControllerMetrics(registry: Registry): { total: Counter; errors: Counter; time: Histogram } {
  const registers = [registry];
  const labelNames = ['controller'];
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Total number of reconciliations.',
    labelNames: ['controller', 'result'],
    registers,
  });
  for (const result of RESULTS) total.inc({ ...CONTROLLER, result }, 0);
  const errors = new Counter({
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Total number of reconciliation errors.',
    labelNames,
    registers,
  });
  errors.inc(CONTROLLER, 0);
  const time = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Length of time per reconciliation.',
    labelNames,
    buckets: ROUND_SECONDS,
    registers,
  });
  return { total, errors, time };
}

function createQueueMetrics(
  registry: Registry,
): Record<'adds' | 'retries', Counter> & Record<'waited' | 'worked', Histogram> {
  const common = { labelNames: ['name'], registers: [registry] };
  const adds = new Counter({
    ...common,
    name: 'workqueue_adds_total',
    help: 'Total number of adds handled by workqueue.',
  });
  const retries = new Counter({
    ...common,
    name: 'workqueue_retries_total',
    help: 'Total number of retries handled by workqueue.',
  });
  const waited = new Histogram({
    ...common,
    name: 'workqueue_queue_duration_seconds',
    help: 'How long an item stays in workqueue before being requested.',
    buckets: QUEUE_SECONDS,
  });
  const worked = new Histogram({
    ...common,
    name: 'workqueue_work_duration_seconds',
    help: 'How long processing an item from workqueue takes.',
    buckets: QUEUE_SECONDS,
  });
  adds.inc(QUEUE, 0);
  retries.inc(QUEUE, 0);
  return { adds, retries, waited, worked };
}

/** That somebody was quicker is no error: the round is repeated with what is now. */
function nameResult(error: unknown, result: WorkResult): (typeof RESULTS)[number] {
  if (isClusterError(error, 'Conflict')) return 'requeue';
  if (error !== undefined) return 'error';
  if (!result || result.isAtRest) return 'success';
  return result.againMs === 0 ? 'requeue' : 'requeue_after';
}
