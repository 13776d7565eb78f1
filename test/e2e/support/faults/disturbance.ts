// What can happen to a life: watchers that are killed, and what networks and servers do between them and the API server.

import type { Fault, FaultProxy, SeenRequest } from '../../../support/fault-proxy.ts';
import { waitUntil } from '../kubectl.ts';
import { isMutating, isWatch, type Call } from './calls.ts';
import type { Life } from './life.ts';
import { createRandom } from './random.ts';

/** One way to be disturbed. */
export interface Disturbance {
  readonly title: string;
  /** So many act at once, without a lease unless they have one; 1 by default. */
  readonly watchers?: number;
  readonly hasLease?: boolean;
  /** Before the watchers start. */
  readonly attach?: (life: Life) => void;
  /** A story begins; resolves when the trouble is over. */
  readonly begin?: (life: Life) => Promise<void>;
  /** A story is over. */
  readonly finish?: (life: Life) => Promise<void>;
  /** How often it struck. */
  readonly strikes: () => number;
  /** What is lived through besides where this one struck. */
  readonly next?: () => Disturbance;
}

type Phase = 'before' | 'after';

/** Kills the watcher before or after the calls that are chosen, and starts it again at once. */
function killAt(title: string, isChosen: (call: Call, phase: Phase) => boolean): Disturbance {
  let strikes = 0;
  return {
    title,
    strikes: () => strikes,
    attach: ({ proxies: [proxy], watchers: [watcher], counter }) => {
      const calls = new WeakMap<SeenRequest, Call>();
      if (!proxy || !watcher) throw new Error('a life without a watcher');
      proxy.tap = async (request, phase) => {
        if (!isMutating(request)) return undefined;
        const call = calls.get(request) ?? counter.next(request);
        calls.set(request, call);
        if (!isChosen(call, phase)) return undefined;
        strikes += 1;
        await watcher.kill();
        watcher.start();
        return 'drop';
      };
    },
  };
}

/** One kill in each story. */
export function killOnceAt(phase: Phase, index: number): Disturbance {
  const title = `killed ${phase} mutating call ${String(index)} of each story`;
  return killAt(title, (call, when) => when === phase && call.index === index);
}

/** Several kills in each story; those of all offsets together hit every call. */
export function killEvery(phase: Phase, stride: number, offset: number): Disturbance {
  const title = `killed ${phase} each mutating call ${String(stride)}n+${String(offset)} of each story`;
  return killAt(title, (call, when) => when === phase && call.index % stride === offset);
}

/** As often as can be survived: at the first two of each kind of call. */
export function killAtEach(phase: Phase | 'before and after'): Disturbance {
  return killAt(`killed ${phase} every kind of mutating call`, (call, when) => {
    if (phase !== 'before and after') return when === phase && call.sighting <= 2;
    return call.sighting === (when === 'before' ? 1 : 2);
  });
}

/** Each n-th mutating call meets a fault, all through the life. */
export function faultEvery(title: string, fault: Fault, stride: number): Disturbance {
  let calls = Math.floor(createRandom(title)() * stride);
  let strikes = 0;
  return {
    title: `${title}, each ${stride === 2 ? 'second' : `${String(stride)}th`} mutating call`,
    strikes: () => strikes,
    attach: ({ proxies }) => {
      const match = (request: SeenRequest): boolean => {
        if (!isMutating(request)) return false;
        calls += 1;
        const hits = calls % stride === 0;
        strikes += hits ? 1 : 0;
        return hits;
      };
      for (const proxy of proxies) proxy.inject(fault, { times: Infinity, match });
    },
  };
}

/** Trouble that begins within the first seconds of each story and lasts 10 to 20 s. */
export function faultFor(title: string, cause: (proxy: FaultProxy) => () => Promise<void> | void): Disturbance {
  const random = createRandom(title);
  const pass = (least: number, most: number): Promise<unknown> =>
    new Promise((resolve) => setTimeout(resolve, 1000 * (least + random() * (most - least))));
  let strikes = 0;
  return {
    title: `${title}, for a while in each story`,
    strikes: () => strikes,
    begin: async ({ proxies }) => {
      await pass(0, 4);
      const ends = proxies.map((proxy) => cause(proxy));
      strikes += 1;
      await pass(10, 20);
      for (const end of ends) await end();
    },
  };
}

/** Every answer's lines are edited if it is a watch's. */
export function editWatches(title: string, createEdit: () => (line: string) => readonly string[]): Disturbance {
  let strikes = 0;
  return {
    title,
    strikes: () => strikes,
    attach: ({ proxies }) => {
      for (const proxy of proxies) {
        for (let stream = 0; stream < STREAMS; stream++) {
          const edit = createEdit();
          const counted = (line: string): readonly string[] => {
            strikes += 1;
            return edit(line);
          };
          proxy.inject({ kind: 'lines', edit: counted }, { match: isWatch });
        }
      }
    },
  };
}

/** More watches than a life has. */
const STREAMS = 500;

/** Several watchers act at once; their mutating calls take their time. */
export function severalWatchers(count: number, delaysMs: number): Disturbance {
  const random = createRandom('watchers', count, delaysMs);
  let strikes = 0;
  return {
    title: `${String(count)} watchers without a lease, calls delayed by up to ${String(delaysMs)} ms`,
    watchers: count,
    strikes: () => strikes,
    finish: async (life) => {
      if (life.counter.story === 'claim replaced') await expectRest(life);
    },
    attach: ({ proxies }) => {
      for (const proxy of proxies) {
        proxy.tap = async (request, phase) => {
          if (phase === 'after' || !isMutating(request)) return undefined;
          strikes += 1;
          await new Promise((resolve) => setTimeout(resolve, random() * delaysMs));
          return undefined;
        };
      }
    },
  };
}

const QUIET_SECONDS = 20;

/** Nobody undoes what somebody else did: the writes end. */
async function expectRest(life: Life): Promise<void> {
  const count = (): number => life.proxies.flatMap(({ seen }) => seen.filter(({ method }) => method !== 'GET')).length;
  let last = { writes: -1, at: 0 };
  await waitUntil(`nothing is written for ${String(QUIET_SECONDS)} s; ${life.describe()}`, 120, () => {
    const writes = count();
    if (writes !== last.writes) last = { writes, at: performance.now() };
    return Promise.resolve(performance.now() - last.at > QUIET_SECONDS * 1000 ? true : undefined);
  });
}
