// kubectl-mysql watch

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createSystemClock } from '../cluster/clock.ts';
import { connect } from '../cluster/connect.ts';
import { EXIT, UsageError } from '../errors.ts';
import { parseAddress, type Address } from '../watcher/address.ts';
import { createLog, type LogLevel } from '../watcher/log.ts';
import { runWatcher } from '../watcher/watcher.ts';
import type { Run } from './command.ts';
import { checkNamespace } from './namespace.ts';
import { VERSION } from './version.ts';

export const watch: Run = async ({ strings, flags }, io) => {
  const { namespace, 'lease-namespace': leaseNamespace } = strings;
  checkNamespace(namespace, '--namespace');
  checkNamespace(leaseNamespace, '--lease-namespace');
  if (leaseNamespace !== undefined && !flags['leader-elect']) {
    throw new UsageError('--lease-namespace needs --leader-elect');
  }
  const address = readAddress(strings['metrics-address'] ?? ':8080');
  const clock = createSystemClock();
  const { kubeconfig, context } = strings;
  const source = { kubeconfig, context, environment: io.environment, version: VERSION, clock };
  const level = (strings['log-level'] ?? 'info') as LogLevel;
  await runWatcher(
    {
      connect: (onAnswer) => connect({ ...source, onAnswer }),
      clock,
      random: Math.random,
      log: createLog({ level, clock, write: io.writeError }),
      version: VERSION,
      identity: `${hostname()}_${randomUUID()}`,
      namespace,
      render: flags['render'] ?? false,
      lease: flags['leader-elect'] ? { namespace: leaseNamespace } : undefined,
      address,
    },
    io.untilInterrupted(),
  );
  return EXIT.ok;
};

function readAddress(text: string): Address | undefined {
  const address = parseAddress(text);
  if (address === undefined) throw new UsageError(`--metrics-address must be HOST:PORT, :PORT or 0, not "${text}"`);
  return address === 'off' ? undefined : address;
}
