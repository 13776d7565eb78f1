// Events: what happened to an object, for people who describe it. They are news, not state: they may be dropped, and a
// failure to write one is nobody's failure. Core v1, whose counts every tool shows.

import { formatTime, sleep, type Clock } from './clock.ts';
import { isClusterError, orAbsent } from './errors.ts';
import {
  createEventEntries,
  type EventEntries,
  type EventEntry,
  type EventNote,
  type EventSubject,
} from './event-entries.ts';
import { KINDS } from './kinds.ts';
import type { Manifest, Objects } from './objects.ts';

export interface EventRecorderOptions {
  readonly objects: Objects;
  /** Who says so, for example `kubectl-mysql`, and which of several. */
  readonly component: string;
  readonly instance: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** So many writes without a pause, and then one each so many milliseconds. */
  readonly burst?: number;
  readonly intervalMs?: number;
  /** After so long without it the same note is a new event. */
  readonly windowMs?: number;
  readonly onFailure?: (error: unknown) => void;
}

export interface EventRecorder {
  /** Returns at once and never throws. */
  readonly record: (note: EventNote) => void;
  /** Writes what waits, for at most so long, and ends. */
  readonly close: (withinMs: number) => Promise<void>;
  /** How many notes were dropped because too many waited. */
  readonly dropped: () => number;
}

/** Defaults for production: ten writes a second. */
const DEFAULTS = { burst: 50, intervalMs: 100, windowMs: 600_000, onFailure: (): void => undefined };
const LONGEST_PAUSE_MS = 60_000;
const TRIES = 5;
/** So many are written at once: one that waits for its answer holds no other one up. */
const AT_ONCE = 8;

interface Recorder extends Required<EventRecorderOptions> {
  readonly entries: EventEntries;
  /** To be written as soon as the bucket allows. */
  readonly waiting: Set<EventEntry>;
  readonly closing: AbortController;
  readonly takeToken: () => number;
  /** Each writes one after the other of those that wait. */
  readonly writers: Set<Promise<void>>;
  /** So many of them look for another one that waits when they are done with theirs. */
  busy: number;
  isClosing: boolean;
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const settings = { ...DEFAULTS, ...options };
  const recorder: Recorder = {
    ...settings,
    entries: createEventEntries(settings),
    waiting: new Set(),
    closing: new AbortController(),
    takeToken: createBucket(settings),
    writers: new Set(),
    busy: 0,
    isClosing: false,
  };
  let dropped = 0;
  return {
    record(note) {
      const entry = recorder.isClosing ? undefined : recorder.entries.count(note);
      if (entry) schedule(recorder, entry);
      else dropped++;
    },
    close: (withinMs) => close(recorder, withinMs),
    dropped: () => dropped,
  };
}

/** An event that is counted up is written ever more seldom. */
function schedule(recorder: Recorder, entry: EventEntry): void {
  if (entry.isScheduled) return;
  entry.isScheduled = true;
  const pauseMs = entry.writes === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** entry.writes);
  const delayMs = entry.writtenAt + pauseMs - recorder.clock.elapsed();
  if (delayMs <= 0) {
    writeSoon(recorder, entry);
    return;
  }
  const cancel = recorder.clock.startTimer(delayMs, () => {
    writeSoon(recorder, entry);
  });
  entry.hurry = () => {
    cancel();
    writeSoon(recorder, entry);
  };
}

function writeSoon(recorder: Recorder, entry: EventEntry): void {
  entry.hurry = undefined;
  recorder.waiting.add(entry);
  const { writers } = recorder;
  if (recorder.busy >= AT_ONCE) return;
  const writer = writeAll(recorder).finally(() => writers.delete(writer));
  writers.add(writer);
}

async function writeAll(recorder: Recorder): Promise<void> {
  const { waiting, closing, clock, takeToken } = recorder;
  recorder.busy++;
  for (const entry of waiting) {
    waiting.delete(entry);
    await sleep(clock, takeToken(), closing.signal);
    if (closing.signal.aborted) return;
    await writeOnce(recorder, entry);
  }
  recorder.busy--;
}

/** Never the same event twice at once: notes that come meanwhile are written after it. */
async function writeOnce(recorder: Recorder, entry: EventEntry): Promise<void> {
  const { clock, waiting, closing, onFailure } = recorder;
  const { count } = entry;
  try {
    await writeEvent(recorder, entry);
    entry.failures = 0;
  } catch (error) {
    guard(() => {
      onFailure(error);
    });
    if (isClusterError(error) && error.retryable && ++entry.failures < TRIES) {
      await sleep(clock, 1000 * 2 ** entry.failures, closing.signal);
      waiting.add(entry);
      return;
    }
  }
  entry.isScheduled = false;
  if (entry.count > count) schedule(recorder, entry);
}

async function close(recorder: Recorder, withinMs: number): Promise<void> {
  const { entries, clock, closing } = recorder;
  recorder.isClosing = true;
  for (const entry of entries.list()) entry.hurry?.();
  const overtime = sleep(clock, withinMs, closing.signal);
  await Promise.race([Promise.all(recorder.writers), overtime]);
  closing.abort();
}

/** Whoever listens must not break us either. */
function guard(call: () => void): void {
  try {
    call();
  } catch {
    // Nobody else can be told.
  }
}

async function writeEvent(recorder: Recorder, entry: EventEntry): Promise<void> {
  const { objects, clock, closing } = recorder;
  const { count } = entry;
  const isMade = entry.writes > 0 && (await update(objects, entry, closing.signal));
  if (!isMade) await create(recorder, entry);
  entry.writes++;
  entry.writtenAt = clock.elapsed();
  entry.written = count;
}

async function create({ objects, component, instance, closing }: Recorder, entry: EventEntry): Promise<void> {
  try {
    await objects.create(KINDS.Event, manifestOf(entry, component, instance), { signal: closing.signal });
  } catch (error) {
    // Made before, and the answer was lost.
    if (!isClusterError(error, 'AlreadyExists')) throw error;
    await update(objects, entry, closing.signal);
  }
}

/** False when the API server has forgotten the event, as it does after an hour. */
async function update(objects: Objects, entry: EventEntry, signal: AbortSignal): Promise<boolean> {
  const key = { namespace: namespaceOf(entry.note.subject), name: entry.name };
  const body = { count: entry.count, message: entry.message, lastTimestamp: formatTime(entry.lastAt) };
  return (await orAbsent(objects.patch(KINDS.Event, key, { kind: 'merge', body }, { signal }))) !== undefined;
}

function manifestOf(entry: EventEntry, component: string, instance: string): Manifest {
  const { note, name, firstAt, lastAt, count, message } = entry;
  const { subject, type, reason } = note;
  const { apiVersion, kind } = KINDS.Event;
  const event = {
    apiVersion,
    kind,
    metadata: { name, namespace: namespaceOf(subject) },
    involvedObject: subject,
    type,
    reason,
    message,
    count,
    firstTimestamp: formatTime(firstAt),
    lastTimestamp: formatTime(lastAt),
    source: { component, host: instance },
    reportingComponent: component,
    reportingInstance: instance,
  };
  return event;
}

/** Events about objects of the whole cluster are in `default`. */
function namespaceOf({ namespace }: EventSubject): string {
  return namespace ?? 'default';
}

/** Each call takes a token and says how long to wait for it: not at all while the burst lasts. */
function createBucket({ clock, burst, intervalMs }: { clock: Clock; burst: number; intervalMs: number }): () => number {
  let emptyUntil = -Infinity;
  return () => {
    const now = clock.elapsed();
    emptyUntil = Math.max(emptyUntil, now) + intervalMs;
    return Math.max(0, emptyUntil - now - burst * intervalMs);
  };
}
