// From the options that every command with a cluster has to a connection. It loads the client, so commands load it last.

import { UsageError } from '../errors.ts';
import { createSystemClock, type Clock } from '../cluster/clock.ts';
import { connect, type Connection } from '../cluster/connect.ts';
import { createObjects, type Objects } from '../cluster/objects.ts';
import type { OptionValues } from './command.ts';
import type { Io } from './io.ts';
import { checkNamespace } from './namespace.ts';
import { VERSION } from './version.ts';

/** A cluster, ready to be asked. */
export interface Cluster {
  readonly connection: Connection;
  readonly objects: Objects;
  readonly clock: Clock;
  /** Of `-n`, else the context's; undefined for `-A`. */
  readonly namespace: string | undefined;
}

/** A person waits: better an answer that says what is wrong. */
const TIMEOUT_MS = 15_000;

/**
 * Finds the cluster that `--kubeconfig`, `--context`, `-n` and `-A` mean.
 *
 * @throws UsageError when there is none
 */
export function openCluster({ strings, flags }: OptionValues, { environment }: Io): Cluster {
  const { kubeconfig, context, namespace } = strings;
  checkNamespace(namespace, '--namespace');
  const clock = createSystemClock();
  const connection = connect({ kubeconfig, context, environment, clock, version: VERSION, timeoutMs: TIMEOUT_MS });
  return {
    connection,
    clock,
    objects: createObjects(connection),
    namespace: flags['all-namespaces'] ? undefined : (namespace ?? connection.namespace),
  };
}

/** @throws UsageError for one namespace and all at once */
export function refuseTwoScopes({ strings, flags }: OptionValues): void {
  if (flags['all-namespaces'] && strings['namespace'] !== undefined) {
    throw new UsageError('give --namespace or --all-namespaces, not both');
  }
}

/** On a terminal, unless NO_COLOR is set. */
export function wantsColour({ isTerminal, environment }: Io): boolean {
  return isTerminal && (environment['NO_COLOR'] ?? '') === '';
}

/**
 * Opens a cluster for a command that can do without one.
 *
 * @throws UsageError that names the other way
 */
export function openComparedCluster(options: OptionValues, io: Io): Cluster {
  try {
    return openCluster(options, io);
  } catch (error) {
    if (!(error instanceof UsageError) || Object.keys(options.strings).some((key) => CLUSTER_FLAGS.has(key)))
      throw error;
    throw new UsageError(`${error.message}; --from-ref REF compares with a commit instead`);
  }
}

const CLUSTER_FLAGS = new Set(['context', 'kubeconfig']);
