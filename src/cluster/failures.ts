// Turns what went wrong with a call into a ClusterError: the API server's Status, the network's error, our credentials.

import { ClusterError, type ErrorCause } from './errors.ts';
import { redact } from './redact.ts';

interface Status {
  readonly message?: string;
  readonly reason?: string;
  readonly details?: { readonly causes?: readonly ErrorCause[]; readonly retryAfterSeconds?: number };
}

const LONGEST_MESSAGE = 1024;

/** These say that the server is somebody else, which waiting does not change. */
const TRUST = /CERT|SIGNATURE|SELF_SIGNED|ERR_TLS|ERR_SSL/;

/**
 * Reads the failure out of an answer.
 *
 * @param secrets what must not stand in the message
 */
export function failureOfAnswer(
  code: number,
  text: string,
  retryAfter: number | undefined,
  secrets: readonly string[],
): ClusterError {
  return failureOfStatus(code, parseStatus(text), retryAfter, secrets);
}

/** The same for a Status that was read already. */
export function failureOfStatus(
  code: number,
  status: Status,
  retryAfter: number | undefined,
  secrets: readonly string[],
): ClusterError {
  const clean = (message: string): string => redact(message, secrets).slice(0, LONGEST_MESSAGE);
  const seconds = status.details?.retryAfterSeconds;
  return new ClusterError({
    code,
    reason: status.reason ?? String(code),
    message: clean(status.message ?? `the API server answers ${String(code)}`),
    causes: (status.details?.causes ?? []).map((cause) => ({ ...cause, message: clean(cause.message ?? '') })),
    retryAfterMs: retryAfter ?? (seconds ? seconds * 1000 : undefined),
  });
}

/** A proxy on the way may answer with anything, so a text without a Status is not repeated to anybody. */
function parseStatus(text: string): Status {
  try {
    const value = JSON.parse(text) as { kind?: string } | null;
    return value?.kind === 'Status' ? (value as Status) : {};
  } catch {
    return {};
  }
}

/** @param header seconds; a date is not understood, as no API server sends one */
export function retryAfterMs(header: string | string[] | undefined): number | undefined {
  const seconds = Number(header);
  return header !== undefined && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

/** @param call what was asked, without its query */
export function failureOfNetwork(error: unknown, call: string, signal: AbortSignal | undefined): ClusterError {
  if (signal?.aborted)
    return new ClusterError({ code: 0, reason: 'Aborted', message: `${call}: aborted`, retryable: false });
  const { message, code = '', name } = error as Error & { code?: string };
  const timeout = name === 'TimeoutError' || code.endsWith('_TIMEOUT');
  return new ClusterError({
    code: 0,
    reason: timeout ? 'Timeout' : code,
    message: `${call}: ${message || code}`,
    retryable: !TRUST.test(code),
    cause: error,
  });
}

/** The token or certificate could not be read, or the program that makes it failed. */
export function failureOfCredentials(error: unknown): ClusterError {
  const message = `the credentials for the API server: ${describeCredentials(error as NodeJS.ErrnoException)}`;
  return new ClusterError({ code: 0, reason: 'Credentials', message, cause: error });
}

function describeCredentials({ code, path = '', syscall = '', name, message }: NodeJS.ErrnoException): string {
  if (syscall.startsWith('spawn')) {
    const reason = code === 'ENOENT' ? 'is not found' : `cannot be run (${code ?? ''})`;
    return `the program ${path}, which the kubeconfig names, ${reason}`;
  }
  if (code !== undefined) return `${path === '' ? 'they' : path} cannot be read (${code})`;
  // What a program printed instead of credentials is repeated to nobody.
  if (name !== 'Error') return 'the program that the kubeconfig names printed none';
  // What a program that failed says is for people, such as "log in first".
  const lines = message.split('\n').map((line) => line.trim());
  const said = lines.filter((line) => line !== '').join(' / ');
  return said === '' ? 'the program that the kubeconfig names failed' : hideTokens(said).slice(0, LONGEST_MESSAGE);
}

/** Nothing that people write has so long a word. */
function hideTokens(text: string): string {
  return text.replace(/[A-Za-z0-9+_=-]{40,}/g, '***');
}
