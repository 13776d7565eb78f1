// What becomes of failures in the log.

import { describe, expect, it } from 'vitest';
import { ClusterError } from '../../src/cluster/errors.ts';
import type { EventRecorder } from '../../src/cluster/events.ts';
import type { Log } from '../../src/watcher/log.ts';
import { createReporter } from '../../src/watcher/reporter.ts';

function levelOf(what: string, error: unknown, failures: number): string[] {
  const levels: string[] = [];
  const at = (level: string) => (): void => {
    levels.push(level);
  };
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  createReporter({ log, events: {} as EventRecorder }).onFailure(what, error, failures);
  return levels;
}

describe('a failure', () => {
  const timeout = new ClusterError({ code: 0, reason: 'Timeout', message: '' });
  const forbidden = new ClusterError({ code: 403, reason: 'Forbidden', message: '' });
  const conflict = new ClusterError({ code: 409, reason: 'Conflict', message: '' });
  const rows: [title: string, what: string, told: { error: unknown; failures: number }, level: string][] = [
    ['of a watch of a slow server is ordinary', 'pods', { error: timeout, failures: 1 }, 'debug'],
    ['of a watch that comes again and again is an error', 'pods', { error: timeout, failures: 3 }, 'error'],
    ['of a watch that is refused is an error at once', 'pods', { error: forbidden, failures: 1 }, 'error'],
    ['of a round that came too late is ordinary', 'a/shop', { error: conflict, failures: 1 }, 'debug'],
    ['of a round is an error', 'a/shop', { error: timeout, failures: 1 }, 'error'],
  ];
  it.each(rows)('%s', (_, what, { error, failures }, level) => {
    expect(levelOf(what, error, failures)).toEqual([level]);
  });
});
