// What a change in git does to a server and its data: the words for it. Which change has which consequence stands in
// consequences.ts (fields) and life.ts (a resource that is made or goes).

import type { MySQLResource } from '../api/resource.ts';
import type { Model } from './model.ts';

/** Every kind of consequence, what hurts most first (but a backup comes before what it saves is deleted), and what it means. */
export const CONSEQUENCE_KINDS = {
  refused: 'the change is refused, by the API server or by MySQL itself',
  'data-loss': 'data is deleted that no backup holds',
  unknown: 'nobody can tell, since what was there before cannot be read',
  backup: 'a final backup is made',
  delete: 'the data volume is deleted, after the final backup',
  stop: 'the server goes, or is stopped',
  restart: 'the server restarts',
  start: 'the server is started again',
  create: 'a new server is made',
  restore: 'a new server may get data that is already there',
  password: "root's password changes, or how long the previous one works",
  grow: 'a volume grows',
  policy: 'something counts later: at a deletion, a restore, a password change, the next start',
  config: 'objects change while the server runs on',
} as const;

export type ConsequenceKind = keyof typeof CONSEQUENCE_KINDS;

/** One thing that will happen, in words. It never holds a secret. */
export interface Consequence {
  readonly kind: ConsequenceKind;
  /** The field that it comes from, for example `spec.image`; empty when it is the whole resource. */
  readonly field: string;
  readonly message: string;
  /** Who refuses. */
  readonly refusedBy?: 'api-server' | 'mysql';
}

/** One side of a change. */
export interface Form {
  readonly resource: MySQLResource;
  readonly model: Model;
  /** The image that the data was last used with, where a cluster tells it. */
  readonly runningImage?: string;
}

/** A resource that is there before and after. */
export interface Change {
  readonly before: Form;
  readonly after: Form;
}

/** How long a server gets to stop before it is killed, in seconds: the pod's terminationGracePeriodSeconds. */
export const GRACE_SECONDS = 120;

/** Writes seconds as people do: `5m`, `90s`. */
export function formatSeconds(seconds: number): string {
  if (seconds >= 3600 && seconds % 3600 === 0) return `${String(seconds / 3600)}h`;
  return seconds >= 60 && seconds % 60 === 0 ? `${String(seconds / 60)}m` : `${String(seconds)}s`;
}

/** Joins words: `a`, `a and b`, `a, b and c`. */
export function joinWords(words: readonly string[]): string {
  return words.join(', ').replace(/, ([^,]*)$/, ' and $1');
}
