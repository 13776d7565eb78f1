// The part of the status that the watcher reads back.

import type { StoredMySQL } from '../cluster/kinds.ts';
import type { ObservedStatus, Time } from './observed.ts';

/** What an earlier round wrote down. */
export interface StoredStatus extends ObservedStatus {
  readonly gateOpenedAt: Time | undefined;
  readonly gateClosedAt: Time | undefined;
}

/** Reads the status; what is missing or odd counts as not written. */
export function readStatus(resource: StoredMySQL | undefined): StoredStatus {
  const { server, backedUpVolume, skipRecorded, gateOpenedAt, gateClosedAt } = resource?.status ?? {};
  const { image } = (server ?? {}) as Record<string, unknown>;
  return {
    server: typeof image === 'string' ? { image } : undefined,
    backedUpVolume: typeof backedUpVolume === 'string' ? backedUpVolume : '',
    skipRecorded: skipRecorded === true,
    gateOpenedAt: readTime(gateOpenedAt),
    gateClosedAt: readTime(gateClosedAt),
  };
}

function readTime(text: unknown): Time | undefined {
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
