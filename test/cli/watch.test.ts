// The flags of `watch` that are wrong, each with its one line. What it does with right ones needs a cluster.

import { describe, expect, it } from 'vitest';
import { runCli } from '../support/command-line.ts';

describe('a wrong flag of watch', () => {
  it.each([
    ['--metrics-address 8080', '--metrics-address must be HOST:PORT, :PORT or 0, not "8080"'],
    ['--namespace A', '--namespace must be the name of a namespace, not "A"'],
    ['--lease-namespace x', '--lease-namespace needs --leader-elect'],
    ['--leader-elect --lease-namespace a.b', '--lease-namespace must be the name of a namespace, not "a.b"'],
    ['--log-level loud', '--log-level must be debug, info, warn or error, not "loud"'],
    ['--kubeconfig /nowhere/config', '/nowhere/config: no such file'],
    ['shop', 'unexpected argument "shop"'],
    ['--watch-namespace shop', 'unknown flag "--watch-namespace", did you mean'],
  ])('%s', async (flags, message) => {
    const { code, out, lines } = await runCli(['watch', ...flags.split(' ')]);
    expect([code, out, lines]).toEqual([2, '', [expect.stringContaining(`error: ${message}`) as string]]);
  });

  it('no cluster at all', async () => {
    const { code, lines } = await runCli(['watch']);
    expect([code, lines]).toEqual([2, ['error: no cluster: give --kubeconfig or KUBECONFIG, or run in a pod']]);
  });
});
