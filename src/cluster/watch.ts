// One watch: what happens to the objects of a kind, from a moment on, until the server or the network ends it.

import type { Connection } from './connect.ts';
import { ClusterError } from './errors.ts';
import { failureOfStatus } from './failures.ts';
import { collectionPath, type Kind } from './kinds.ts';
import { acceptMetadata, type Selection } from './objects.ts';
import type { StoredObject } from './types.ts';

/** A bookmark says only that everything up to its moment has been told. */
export type WatchEvent<T> =
  | { readonly kind: 'put' | 'deleted'; readonly object: T }
  | { readonly kind: 'bookmark'; readonly object: Pick<StoredObject, 'metadata'> };

export interface WatchOptions {
  /** What happened after this moment is told. */
  readonly resourceVersion: string;
  /** The server ends the watch after that time. */
  readonly timeoutSeconds: number;
  /** The watch fails when nothing, not even a bookmark, came for so long. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
  /** Until the answer begins. */
  readonly timeoutMs?: number | undefined;
  /** The answer has begun. */
  readonly onOpen: () => void;
}

interface RawEvent<T> {
  readonly type: string;
  readonly object: T;
}

const LINE_END = 0x0a;

/**
 * Watches. The end without an error is the server's regular one.
 *
 * @throws ClusterError, of kind Gone when the moment is too long ago
 */
export async function* watchObjects<T extends StoredObject>(
  connection: Connection,
  kind: Kind<T>,
  { namespace, labelSelector, fieldSelector, metadataOnly }: Selection,
  { resourceVersion, timeoutSeconds, idleMs, signal, timeoutMs, onOpen }: WatchOptions,
): AsyncGenerator<WatchEvent<T>> {
  const bytes = await connection.stream({
    method: 'GET',
    path: collectionPath(kind, namespace),
    query: {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion,
      timeoutSeconds: String(timeoutSeconds),
      labelSelector,
      fieldSelector,
    },
    accept: metadataOnly ? acceptMetadata('PartialObjectMetadata') : undefined,
    idleMs,
    signal,
    timeoutMs,
  });
  onOpen();
  for await (const line of readLines(bytes)) yield readEvent(parseLine<T>(line));
}

function parseLine<T>(line: string): RawEvent<T> {
  try {
    return JSON.parse(line) as RawEvent<T>;
  } catch {
    // What JSON.parse says repeats a piece of the line, which may be a Secret's.
    throw new ClusterError({ code: 0, reason: 'BadAnswer', message: 'an event of the watch is not JSON' });
  }
}

function readEvent<T extends StoredObject>({ type, object }: RawEvent<T>): WatchEvent<T> {
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'put', object };
    case 'DELETED':
      return { kind: 'deleted', object };
    case 'BOOKMARK':
      return { kind: 'bookmark', object };
    default:
      throw failureOfEvent(object);
  }
}

function failureOfEvent(status: unknown): ClusterError {
  const { code } = status as { readonly code?: number };
  return failureOfStatus(code ?? 500, status as object, undefined, []);
}

/** A line that the end of the stream cut off is no line. */
async function* readLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let pending: Uint8Array[] = [];
  for await (const chunk of bytes) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_END); end !== -1; end = chunk.indexOf(LINE_END, start)) {
      const line = Buffer.concat([...pending, chunk.subarray(start, end)]).toString();
      pending = [];
      start = end + 1;
      if (line !== '') yield line;
    }
    if (start < chunk.length) pending.push(chunk.subarray(start));
  }
}
