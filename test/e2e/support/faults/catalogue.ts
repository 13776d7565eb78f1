// All disturbances there are, and the part of them that is bounded in time.

import type { Fault, FaultProxy } from '../../../support/fault-proxy.ts';
import { isMutating, isWatch } from './calls.ts';
import {
  editWatches,
  faultEvery,
  faultFor,
  killAtEach,
  killEvery,
  killOnceAt,
  severalWatchers,
  type Disturbance,
} from './disturbance.ts';
import { freezeAt } from './freeze.ts';
import { createRandom, sample } from './random.ts';

/** Seldom a story has so many mutating calls. How many it has depends on what it meets, and so on the load of the machine. */
const MANY_CALLS = 32;
const FEW_KILLS = 9;
const MANY_KILLS = 3;

const PHASES = ['before', 'after'] as const;

/** Many kills in one life: after these every call of every story was killed before and after it. */
export function manyKills(): Disturbance[] {
  return [...killsEvery(MANY_KILLS), killAtEach('before'), killAtEach('after'), killAtEach('before and after')];
}

/** Few kills in one life, and then one alone: most of the lives there are. */
export function fewKills(): Disturbance[] {
  const indices = Array.from({ length: MANY_CALLS - 1 }, (_, at) => at + 1);
  return [
    ...killsEvery(FEW_KILLS),
    ...PHASES.flatMap((phase) => indices.map((index) => killOnceAt(phase, index))),
    killsFrom(MANY_CALLS),
  ];
}

/** One call after the other, each in a life of its own, until no story has one of that number. */
function killsFrom(index: number): Disturbance {
  if (index > 2 * MANY_CALLS) throw new Error(`a story has more than ${String(2 * MANY_CALLS)} mutating calls`);
  return { ...killOnceAt('before', index), next: () => killsFrom(index + 1) };
}

/** Every call is hit, by as many lives as there are calls from one kill to the next, before and after. */
function killsEvery(stride: number): Disturbance[] {
  const offsets = Array.from({ length: stride }, (_, offset) => offset);
  return PHASES.flatMap((phase) => offsets.map((offset) => killEvery(phase, stride, offset)));
}

const ANSWERS: readonly Fault[] = [
  { kind: 'status', code: 409, reason: 'Conflict' },
  { kind: 'status', code: 410, reason: 'Gone' },
  { kind: 'status', code: 429, reason: 'TooManyRequests', retryAfter: 1 },
  { kind: 'status', code: 500, reason: 'InternalError' },
  { kind: 'status', code: 503, reason: 'ServiceUnavailable' },
  { kind: 'status', code: 504, reason: 'Timeout' },
  { kind: 'reset' },
  { kind: 'close' },
];

/** Faults of single calls, before the write and after it. */
export function callFaults(): Disturbance[] {
  const stall: Fault = { kind: 'stall' };
  const lost = (fault: Fault): Fault => ({ ...fault, carriedOut: true }) as Fault;
  return [
    ...ANSWERS.flatMap((fault) => [
      faultEvery(`${nameOf(fault)} before the write`, fault, 2),
      faultEvery(`${nameOf(fault)} after the write`, lost(fault), 2),
    ]),
    // Each costs the client's whole patience.
    faultEvery('no answer, before the write', stall, 9),
    faultEvery('no answer, after the write', lost(stall), 9),
  ];
}

function nameOf(fault: Fault): string {
  return fault.kind === 'status' ? String(fault.code) : fault.kind;
}

/** Faults that last. */
export function periodFaults(): Disturbance[] {
  return [
    faultFor('connections refused', (proxy) => {
      const refused = proxy.refuse();
      return () => refused.then(() => proxy.accept());
    }),
    faultFor('a black hole', (proxy) => allCalls(proxy, { kind: 'stall' }, 'stall')),
    faultFor('connections reset', (proxy) => allCalls(proxy, { kind: 'reset' }, 'reset')),
    faultFor('connections ended', (proxy) => allCalls(proxy, { kind: 'close' }, 'end')),
    ...[401, 429, 500, 503].map((code) =>
      faultFor(`${String(code)} to everything`, (proxy) =>
        allCalls(proxy, { kind: 'status', code, retryAfter: 1 }, 'end'),
      ),
    ),
    faultFor('409 to every write', (proxy) =>
      proxy.inject({ kind: 'status', code: 409, reason: 'Conflict' }, { times: Infinity, match: isMutating }),
    ),
    faultFor('403 to every write', (proxy) =>
      proxy.inject({ kind: 'status', code: 403, reason: 'Forbidden' }, { times: Infinity, match: isMutating }),
    ),
    faultFor('403 to volumes', (proxy) =>
      proxy.inject(
        { kind: 'status', code: 403, reason: 'Forbidden' },
        { times: Infinity, match: ({ url }) => url.includes('/persistentvolumes') },
      ),
    ),
    faultFor('a slow network', (proxy) => proxy.inject({ kind: 'delay', ms: 3000 }, { times: Infinity })),
    faultFor('a stale cache', (proxy) => {
      proxy.breakStreams('stall');
      return proxy.inject({ kind: 'stall' }, { times: Infinity, match: isWatch });
    }),
    faultFor('410 to every watch', (proxy) => {
      proxy.breakStreams('end');
      return proxy.inject({ kind: 'status', code: 410, reason: 'Expired' }, { times: Infinity, match: isWatch });
    }),
  ];
}

function allCalls(proxy: FaultProxy, fault: Fault, streams: 'reset' | 'end' | 'stall'): () => void {
  const cancel = proxy.inject(fault, { times: Infinity });
  proxy.breakStreams(streams);
  return cancel;
}

/** Watches that tell too much, too little, or in the wrong order. */
export function watchFaults(): Disturbance[] {
  return [
    editWatches('watch events duplicated', () => (line) => [line, line]),
    editWatches('watch events reordered', () => {
      let held: string | undefined;
      return (line) => {
        const [first, second] = [line, held];
        held = held === undefined ? line : undefined;
        return second === undefined ? [] : [first, second];
      };
    }),
    editWatches('watch events dropped', () => {
      const random = createRandom('dropped');
      return (line) => (random() < 0.5 ? [] : [line]);
    }),
    editWatches('no watch events at all', () => () => []),
  ];
}

export function watcherCrowds(): Disturbance[] {
  return [severalWatchers(2, 0), severalWatchers(2, 500), severalWatchers(2, 3000), severalWatchers(3, 1000)];
}

/** After each of these the watcher had more in mind: a gate, a claim that goes, the finalizer. */
export function freezes(): Disturbance[] {
  return [
    freezeAt({ story: 'first start', after: /PATCH .*\/persistentvolumes\//, until: 're-creation' }),
    freezeAt({ story: 'first start', after: /POST .*\/secrets$/, until: 're-creation' }),
    freezeAt({ story: 'deletion', after: /DELETE .*\/configmaps\//, until: 'password change' }),
    freezeAt({ story: 'deletion', after: /PATCH .*\/persistentvolumes\//, until: 'password change' }),
    freezeAt({ story: 'deletion', after: /DELETE .*\/persistentvolumeclaims\//, until: 'password change' }),
    freezeAt({ story: 're-creation', after: /POST .*\/configmaps$/, until: 'claim replaced' }),
  ];
}

/** What every run lives through: a third of all kill points, and one fault. */
export function boundedPart(): Disturbance[] {
  const random = createRandom('bounded');
  const kills = killsEvery(MANY_KILLS);
  // Calls that are never answered, and watches that tell nothing, take minutes.
  const faults = [...callFaults().slice(0, -2), ...periodFaults(), ...watchFaults().slice(0, -1), ...watcherCrowds()];
  return [...sample(kills, kills.length / 3, random), ...sample(faults, 1, random)];
}
