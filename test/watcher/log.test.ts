// The lines of the log.

import { describe, expect, it } from 'vitest';
import { ClusterError } from '../../src/cluster/errors.ts';
import { CommandError } from '../../src/errors.ts';
import { createLog, describeError, type LogLevel } from '../../src/watcher/log.ts';
import { createManualClock } from '../support/manual-clock.ts';

function logAt(level: LogLevel): { readonly lines: string[]; readonly log: ReturnType<typeof createLog> } {
  const lines: string[] = [];
  const log = createLog({ level, clock: createManualClock(0), write: (line) => lines.push(line) });
  return { lines, log };
}

describe('the log', () => {
  it('is one JSON object per line: time, level, msg, then the fields', () => {
    const { lines, log } = logAt('info');
    log.info('two\nlines', { name: 'shop', rounds: 2 });
    expect(lines).toEqual([
      '{"time":"1970-01-01T00:00:00.000Z","level":"info","msg":"two\\nlines","name":"shop","rounds":2}',
    ]);
  });

  it.each([
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
  ] as const)('at level %s has %j', (level, levels) => {
    const { lines, log } = logAt(level);
    for (const at of ['debug', 'info', 'warn', 'error'] as const) log[at](at);
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(levels);
  });
});

describe('an error in the log', () => {
  it('of the API server has its words, code and reason', () => {
    const error = new ClusterError({ code: 403, reason: 'Forbidden', message: 'no' });
    expect(describeError(error)).toEqual({ error: 'no', code: 403, reason: 'Forbidden' });
  });

  it('of ours has its message', () => {
    expect(describeError(new CommandError('no'))).toEqual({ error: 'no' });
  });

  it('of anybody else has its name and place, since its message may hold anything', () => {
    const fields = describeError(new TypeError('secret'));
    expect(fields).toMatchObject({ error: 'TypeError', place: expect.stringMatching(/^at /) as string });
    expect(JSON.stringify(fields)).not.toContain('secret');
  });

  it('may be no error at all', () => {
    expect(describeError('secret')).toMatchObject({ error: 'Error' });
  });
});
