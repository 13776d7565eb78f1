// One of several is the leader: a Lease of coordination.k8s.io. The holder takes itself for deposed before anybody else can
// be elected. That is no fence: a call that is under way ends when it ends, so every write needs its own precondition.

import { ageOf, readMoment, sleep, type Clock, type Moment } from './clock.ts';
import { isClusterError } from './errors.ts';
import { KINDS } from './kinds.ts';
import type { Objects } from './objects.ts';
import type { Lease } from './types.ts';

export interface LeaseOptions {
  /** By a connection of its own, on which a renewal never waits behind other calls. */
  readonly objects: Objects;
  readonly namespace: string;
  readonly name: string;
  /** Differs between any two processes, also between one and its successor on the same machine. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Others take over when nothing was renewed for so long. Whole seconds. */
  readonly durationMs?: number;
  /** The holder counts itself out after so long without a renewal. Less than the duration. */
  readonly deadlineMs?: number;
  /** How often is renewed, and asked. */
  readonly intervalMs?: number;
  readonly onFailure?: (error: unknown) => void;
}

/** The time for which the lease is held. */
export interface Term {
  /** Aborted when the lease is lost or released. */
  readonly ended: AbortSignal;
  readonly isHeld: () => boolean;
  /** Gives it up, so that another can take it at once. To be called when the work has ended. */
  readonly release: () => Promise<void>;
}

type Settings = Required<LeaseOptions>;

/** What a contender saw, and since when: times that others wrote are never compared with our clock. */
interface Sighting {
  version: string;
  since: number;
}

/** Waits until the lease is ours; undefined when the signal came first. */
export async function acquireLease(options: LeaseOptions, signal: AbortSignal): Promise<Term | undefined> {
  const settings = {
    durationMs: 15_000,
    deadlineMs: 10_000,
    intervalMs: 2_000,
    onFailure: () => undefined,
    ...options,
  };
  const { clock, random, intervalMs } = settings;
  const sighting: Sighting = { version: '', since: 0 };
  while (!signal.aborted) {
    const askedAt = readMoment(clock);
    const held = await attempt(settings, () => claim(settings, sighting));
    if (held) return startTerm(settings, held, askedAt);
    await sleep(clock, intervalMs * (1 + random() / 5), signal);
  }
  return undefined;
}

/** Undefined where it failed, which is reported. */
async function attempt<T>({ onFailure }: Settings, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    onFailure(error);
    return undefined;
  }
}

/** Takes the lease if it is free, ours, or not renewed in its time; undefined if it is somebody else's. */
async function claim(settings: Settings, sighting: Sighting): Promise<Lease | undefined> {
  const { objects, namespace, name, identity, clock } = settings;
  const timeoutMs = requestTimeout(settings);
  const lease = await objects.find(KINDS.Lease, { namespace, name }, { timeoutMs });
  const now = formatMicroTime(clock.now());
  const taken = { holderIdentity: identity, acquireTime: now, ...renewal(settings) };
  if (!lease) {
    const { apiVersion, kind } = KINDS.Lease;
    const manifest = { apiVersion, kind, metadata: { name, namespace }, spec: { ...taken, leaseTransitions: 0 } };
    return unlessOvertaken(objects.create(KINDS.Lease, manifest, { timeoutMs }));
  }
  const { holderIdentity, leaseTransitions = 0 } = lease.spec ?? {};
  if (holderIdentity === identity) return write(settings, lease, renewal(settings));
  if (holderIdentity && !isExpired(settings, lease, sighting)) return undefined;
  return write(settings, lease, { ...taken, leaseTransitions: leaseTransitions + 1 });
}

/** By our own clock, from the moment at which we saw its last change. */
function isExpired({ clock, durationMs }: Settings, lease: Lease, sighting: Sighting): boolean {
  const { resourceVersion } = lease.metadata;
  if (sighting.version !== resourceVersion) {
    sighting.version = resourceVersion;
    sighting.since = clock.elapsed();
  }
  const seconds = lease.spec?.leaseDurationSeconds;
  return clock.elapsed() - sighting.since >= (seconds === undefined ? durationMs : seconds * 1000);
}

function renewal({ clock, durationMs }: Settings): Readonly<Record<string, unknown>> {
  return { renewTime: formatMicroTime(clock.now()), leaseDurationSeconds: Math.ceil(durationMs / 1000) };
}

function write(settings: Settings, lease: Lease, spec: Readonly<Record<string, unknown>>): Promise<Lease | undefined> {
  const { objects, namespace, name } = settings;
  const { uid, resourceVersion } = lease.metadata;
  const options = { uid, resourceVersion, timeoutMs: requestTimeout(settings) };
  return unlessOvertaken(objects.patch(KINDS.Lease, { namespace, name }, { kind: 'merge', body: { spec } }, options));
}

/** Somebody else was quicker: look again. */
async function unlessOvertaken<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isClusterError(error, 'Conflict', 'AlreadyExists', 'NotFound')) return undefined;
    throw error;
  }
}

/** Several attempts fit into the deadline. */
function requestTimeout({ deadlineMs }: Settings): number {
  return deadlineMs / 2;
}

function isWithin({ deadlineMs, clock }: Settings, renewed: Moment): boolean {
  return ageOf(renewed, clock) < deadlineMs;
}

/** @param askedAt before the request that took the lease was sent: from then on others may count */
function startTerm(settings: Settings, held: Lease, askedAt: Moment): Term {
  const { clock, deadlineMs } = settings;
  const ending = new AbortController();
  const state = { lease: held, renewed: askedAt };
  const end = (): void => {
    cancelTimer();
    ending.abort();
  };
  const check = (): (() => void) => {
    const leftMs = deadlineMs - (clock.elapsed() - state.renewed.elapsed);
    return clock.startTimer(Math.max(leftMs, 0), () => {
      if (isWithin(settings, state.renewed)) cancelTimer = check();
      else end();
    });
  };
  let cancelTimer = check();
  const renewing = keepRenewing(settings, state, ending.signal).then(end);
  return {
    ended: ending.signal,
    isHeld: () => !ending.signal.aborted && isWithin(settings, state.renewed),
    release: async () => {
      const wasHeld = !ending.signal.aborted && isWithin(settings, state.renewed);
      end();
      await renewing;
      if (wasHeld) await attempt(settings, () => write(settings, state.lease, { holderIdentity: '' }));
    },
  };
}

/** Returns when the lease is somebody else's, or the term has ended. */
async function keepRenewing(
  settings: Settings,
  state: { lease: Lease; renewed: Moment },
  ended: AbortSignal,
): Promise<void> {
  const { clock, intervalMs, identity } = settings;
  for (;;) {
    await sleep(clock, intervalMs, ended);
    if (ended.aborted) return;
    const askedAt = readMoment(clock);
    const renewed = await attempt(settings, async () => {
      // After an answer that was lost the lease is another version, and still ours.
      const written =
        (await write(settings, state.lease, renewal(settings))) ?? (await claim(settings, { version: '', since: 0 }));
      return { lease: written };
    });
    if (renewed?.lease?.spec?.holderIdentity === identity) {
      state.lease = renewed.lease;
      state.renewed = askedAt;
    } else if (renewed) return;
  }
}

function formatMicroTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
