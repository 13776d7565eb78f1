// What the API server refuses, and what keeps it from answering, as one kind of error. Its message is the server's own,
// without any secret.

import { CommandError, EXIT } from '../errors.ts';

/** Unavailable is everything that is not about the request: no answer, too many requests, a server in trouble. */
export type ClusterErrorKind =
  'NotFound' | 'AlreadyExists' | 'Conflict' | 'Forbidden' | 'Unauthorized' | 'Invalid' | 'Gone' | 'Unavailable';

/** One of several reasons, for example a field of the object. */
export interface ErrorCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** What is known about a failure. */
export interface Failure {
  /** The answer's HTTP code; 0 when there was none. */
  readonly code: number;
  /** The server's word for it, for example `AlreadyExists`; without an answer the system's, for example `ECONNRESET`. */
  readonly reason: string;
  readonly message: string;
  readonly causes?: readonly ErrorCause[];
  readonly retryAfterMs?: number | undefined;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** A call to the API server that failed. */
export class ClusterError extends CommandError {
  readonly kind: ClusterErrorKind;
  readonly code: number;
  readonly reason: string;
  readonly causes: readonly ErrorCause[];
  /** The same call may succeed later although nobody changes anything. */
  readonly retryable: boolean;
  /** When the server wants to be asked again. */
  readonly retryAfterMs: number | undefined;

  constructor(failure: Failure) {
    super(failure.message, { exitCode: EXIT.refused, cause: failure.cause });
    this.name = 'ClusterError';
    this.kind = kindOf(failure);
    this.code = failure.code;
    this.reason = failure.reason;
    this.causes = failure.causes ?? [];
    this.retryable = this.kind === 'Unavailable' && (failure.retryable ?? ![501, 505].includes(failure.code));
    this.retryAfterMs = failure.retryAfterMs;
  }
}

/** Whether something that was caught is a failure of one of these kinds. */
export function isClusterError(error: unknown, ...kinds: readonly ClusterErrorKind[]): error is ClusterError {
  return error instanceof ClusterError && (kinds.length === 0 || kinds.includes(error.kind));
}

/**
 * Gives undefined for something that is not there.
 *
 * @throws ClusterError for every other failure
 */
export async function orAbsent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isClusterError(error, 'NotFound')) return undefined;
    throw error;
  }
}

const KINDS: Readonly<Record<number, ClusterErrorKind>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Gone',
  429: 'Unavailable',
};

function kindOf({ code, reason, causes }: Failure): ClusterErrorKind {
  if (reason === 'AlreadyExists') return 'AlreadyExists';
  if (reason === 'Expired') return 'Gone';
  // A patch that carries the uid as a precondition is told that a uid cannot be changed.
  if (code === 422 && causes?.length && causes.every(({ field }) => field === 'metadata.uid')) return 'Conflict';
  return KINDS[code] ?? (code >= 400 && code < 500 ? 'Invalid' : 'Unavailable');
}
