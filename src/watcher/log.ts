// The watcher's log: one JSON object per line, for machines that collect it. It never holds a secret: what an error of
// ours says is free of them, and of any other error only its name and place are told.

import type { Clock } from '../cluster/clock.ts';
import { ClusterError } from '../cluster/errors.ts';
import { CommandError } from '../errors.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What stands in a line beside time, level and msg. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes a line, or nothing below the level. */
export type Log = Readonly<Record<LogLevel, (msg: string, fields?: LogFields) => void>>;

export interface LogOptions {
  readonly level: LogLevel;
  readonly clock: Clock;
  /** @param line without its line break */
  readonly write: (line: string) => void;
}

export function createLog({ level, clock, write }: LogOptions): Log {
  const least = LOG_LEVELS.indexOf(level);
  const writeAt = (at: LogLevel) => (msg: string, fields?: LogFields) => {
    if (LOG_LEVELS.indexOf(at) < least) return;
    write(JSON.stringify({ time: new Date(clock.now()).toISOString(), level: at, msg, ...fields }));
  };
  return { debug: writeAt('debug'), info: writeAt('info'), warn: writeAt('warn'), error: writeAt('error') };
}

/** An error as fields of a line. */
export function describeError(error: unknown): LogFields {
  if (error instanceof ClusterError) return { error: error.message, code: error.code, reason: error.reason };
  if (error instanceof CommandError) return { error: error.message };
  // A defect: its message may repeat what it was given, its place does not.
  const { name, stack = '' } = error instanceof Error ? error : new Error('unknown');
  return { error: name, place: /at [^\n]*/.exec(stack)?.[0] ?? '' };
}
