// The watcher as a process: connections, lease, controller, Events, log, metrics and health, put together and taken apart
// in order.

import { sleep, type Clock } from '../cluster/clock.ts';
import type { Connection } from '../cluster/connect.ts';
import { isClusterError } from '../cluster/errors.ts';
import { createEventRecorder, type EventRecorder } from '../cluster/events.ts';
import type { AnswerRecord } from '../cluster/exchange.ts';
import { acquireLease, type Term } from '../cluster/lease.ts';
import { createObjects } from '../cluster/objects.ts';
import { WORKERS, startController, type Controller } from '../lifecycle/controller.ts';
import type { Address } from './address.ts';
import { isStuck, listDeaf } from './health.ts';
import { startHttpServer, textPage, type HttpServer, type Routes } from './http-server.ts';
import { describeError, type Log } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createReporter } from './reporter.ts';

/** What a watcher is started with. */
export interface WatcherOptions {
  /** Makes a connection; the lease has one of its own, on which a renewal never waits behind other calls. */
  readonly connect: (onAnswer: (record: AnswerRecord) => void) => Connection;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly version: string;
  /** Differs between any two processes. */
  readonly identity: string;
  /** All namespaces without it. */
  readonly namespace: string | undefined;
  /** What is rendered is delivered, too. */
  readonly render: boolean;
  /** With it the watcher acts only while it holds the lease; in the connection's namespace unless another is given. */
  readonly lease: { readonly namespace: string | undefined } | undefined;
  /** Where metrics and health are served. */
  readonly address: Address | undefined;
}

/** So long rounds in flight may take after a stop was asked for; with all else below Kubernetes' 30 seconds. */
const ROUNDS_MS = 18_000;
const EVENTS_MS = 2_000;
const LEASE_NAME = 'kubectl-mysql';

interface Watcher extends WatcherOptions {
  readonly connection: Connection;
  readonly metrics: Metrics;
  readonly events: EventRecorder;
  /** While this watcher acts. */
  controller: Controller | undefined;
}

/**
 * Runs until the signal aborts; then the rounds in flight are finished, the lease is released and the last Events are
 * written, in less than 25 seconds.
 *
 * @throws UsageError without a cluster, CommandError without the address to listen on
 */
export async function runWatcher(options: WatcherOptions, signal: AbortSignal): Promise<void> {
  const { clock, log, version } = options;
  const metrics = createMetrics({ clock, workers: WORKERS });
  const connection = connectWith(options, metrics);
  const events = createEventRecorder({
    ...options,
    objects: createObjects(connection),
    component: 'kubectl-mysql',
    instance: options.identity,
    onFailure: (error) => {
      // No Event can be made in a namespace that is being deleted.
      log[isClusterError(error, 'Forbidden') ? 'debug' : 'warn']('an Event was not written', describeError(error));
    },
  });
  const watcher: Watcher = { ...options, connection, metrics, events, controller: undefined };
  const server = await listen(watcher).catch(async (error: unknown) => {
    await connection.close();
    throw error;
  });
  log.info('started', { version, server: connection.server, namespace: options.namespace ?? '', port: server?.port });
  try {
    if (options.lease) await actWhileLeading(watcher, options.lease, signal);
    else await act(watcher, signal);
  } finally {
    await events.close(EVENTS_MS);
    await server?.close();
    await connection.close();
    log.info('stopped');
  }
}

function connectWith({ connect }: WatcherOptions, metrics: Metrics): Connection {
  const made: Connection = connect((record) => {
    metrics.answered(host, record);
  });
  const { host } = new URL(made.server);
  return made;
}

async function listen(watcher: Watcher): Promise<HttpServer | undefined> {
  const { address, metrics } = watcher;
  if (!address) return undefined;
  const routes: Routes = {
    '/metrics': async () => ({ code: 200, type: metrics.contentType, text: await metrics.text() }),
    '/healthz': () => (isStuck(metrics.longestRoundMs()) ? textPage(500, 'a round does not end') : textPage(200, 'ok')),
    '/readyz': () => {
      const problem = explainUnready(watcher);
      return problem === '' ? textPage(200, 'ok') : textPage(503, problem);
    },
  };
  return startHttpServer(address, routes);
}

/** Empty when it is ready. One that stands by is as ready as it can be. */
function explainUnready({ controller, lease }: Watcher): string {
  const isSynced = controller ? controller.isSynced() : lease !== undefined;
  if (!isSynced) return 'the resources are not listed yet';
  const deaf = listDeaf(controller?.silences() ?? []);
  return deaf.length === 0 ? '' : `nothing was heard for minutes of ${deaf.join(', ')}; the log says why`;
}

/** Acts until the signal aborts, or the term ends that it acts in. */
async function act(watcher: Watcher, signal: AbortSignal, term?: Term): Promise<void> {
  const { connection, clock, random, namespace, render, metrics, log, events } = watcher;
  const reporter = createReporter({ log, events });
  const controller = startController({
    connection,
    clock,
    random,
    namespace,
    render,
    isDeposed: term && (() => !term.isHeld()),
    observer: metrics.queue,
    ...reporter,
  });
  watcher.controller = controller;
  metrics.show(controller);
  await anyAborted(term ? [signal, term.ended] : [signal]);
  const stopped = controller.stop();
  watcher.controller = undefined;
  metrics.show(undefined);
  const patience = new AbortController();
  const inTime = await Promise.race([
    stopped.then(() => true),
    sleep(clock, ROUNDS_MS, patience.signal).then(() => false),
  ]);
  patience.abort();
  if (!inTime) log.warn('rounds in flight did not end in time', { rounds: controller.depth().inFlight });
}

/**
 * Acts while the lease is held. A watcher that loses it stops to act and contends again: it loses it whenever the API server
 * is away for ten seconds, and to end the process then would only make the next start slower.
 */
async function actWhileLeading(
  watcher: Watcher,
  { namespace }: NonNullable<WatcherOptions['lease']>,
  signal: AbortSignal,
): Promise<void> {
  const { log, clock, random, identity, metrics } = watcher;
  const connection = connectWith(watcher, metrics);
  const contend = (): Promise<Term | undefined> =>
    acquireLease(
      {
        objects: createObjects(connection),
        namespace: namespace ?? connection.namespace,
        name: LEASE_NAME,
        identity,
        clock,
        random,
        onFailure: (error) => {
          log.warn('the lease could not be read or renewed', describeError(error));
        },
      },
      signal,
    );
  try {
    log.info('stands by for the lease', { lease: LEASE_NAME, namespace: namespace ?? connection.namespace, identity });
    for (let term = await contend(); term; term = await contend()) {
      log.info('holds the lease', { identity });
      await act(watcher, signal, term);
      if (!signal.aborted) log.warn('lost the lease', { identity });
      await term.release();
    }
  } finally {
    await connection.close();
  }
}

function anyAborted(signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      for (const signal of signals) signal.removeEventListener('abort', settle);
      resolve();
    };
    for (const signal of signals) signal.addEventListener('abort', settle);
    if (signals.some(({ aborted }) => aborted)) settle();
  });
}
