// What a resource says about its data, with every default filled in.

import type { MySQLSpec } from '../api/resource.ts';

/** How the watcher treats a resource's data. */
export interface Policy {
  readonly deletionPolicy: 'Backup' | 'Retain' | 'Delete';
  readonly restoreFrom: 'latest' | 'none';
  /** How many complete backups are kept. */
  readonly backupsKept: number;
  /** Seconds for which a previous password goes on working. */
  readonly passwordOverlap: number;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** Reads the policy of a spec that passed validation. */
export function buildPolicy(spec: MySQLSpec): Policy {
  const { deletionPolicy = 'Backup', restore = {}, backup = {}, passwordOverlap = '5m' } = spec;
  return {
    deletionPolicy,
    restoreFrom: restore.from ?? 'latest',
    backupsKept: backup.keep ?? 3,
    passwordOverlap: Number.parseInt(passwordOverlap, 10) * (SECONDS[passwordOverlap.slice(-1)] ?? 1),
  };
}
