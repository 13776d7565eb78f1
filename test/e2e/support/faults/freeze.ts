// The watcher that leads is frozen in the middle of a round, for longer than its lease and than what it saw is good for.
// Another one takes its place, and the resource is deleted and made again. Thawed, it writes nothing of what it had in mind.

import { expect } from 'vitest';
import type { SeenRequest } from '../../../support/fault-proxy.ts';
import { waitUntil } from '../kubectl.ts';
import { isMutating, type Call } from './calls.ts';
import type { Disturbance } from './disturbance.ts';
import type { Life } from './life.ts';
import type { MortalWatcher } from './mortal-watcher.ts';

/** What was seen is acted on for two minutes. */
const FROZEN_MS = 125_000;
/** So long a watcher that was thawed is looked at. */
const AWAKE_SECONDS = 15;

/** Which answer finds the watcher frozen. */
export interface FreezePoint {
  readonly story: string;
  /** The call, as {@link Call.text} has it. */
  readonly after: RegExp;
  /** In the middle of this story it is thawed. */
  readonly until: string;
}

interface Frozen {
  readonly watcher: MortalWatcher;
  readonly at: number;
  /** What it wrote since it was thawed. */
  readonly writes: { readonly text: string; readonly time: number }[];
  thawedAt: number | undefined;
}

/** Two watchers with a lease. */
export function freezeAt({ story, after, until }: FreezePoint): Disturbance {
  let frozen: Frozen | undefined;
  const isChosen = (life: Life, call: Call | undefined): boolean =>
    frozen === undefined && life.counter.story === story && call !== undefined && after.test(call.text);
  return {
    title: `frozen after ${after.source} of the story "${story}", thawed in "${until}"`,
    watchers: 2,
    hasLease: true,
    strikes: () => (frozen?.thawedAt === undefined ? 0 : 1),
    attach: (life) => {
      life.proxies.forEach((proxy, at) => {
        const watcher = life.watchers[at];
        if (!watcher) throw new Error('a proxy without its watcher');
        const calls = new WeakMap<SeenRequest, Call>();
        proxy.tap = (request, phase) => {
          if (!isMutating(request)) return undefined;
          if (phase === 'before') {
            const call = life.counter.next(request);
            calls.set(request, call);
            const isThawed = frozen?.watcher === watcher && frozen.thawedAt !== undefined;
            if (isThawed) frozen?.writes.push({ text: call.text, time: Date.now() });
          } else if (isChosen(life, calls.get(request))) {
            watcher.freeze();
            frozen = { watcher, at: Date.now(), writes: [], thawedAt: undefined };
          }
          return undefined;
        };
      });
    },
    begin: async (life) => {
      if (life.counter.story === until) await thaw(life, frozen);
    },
    finish: () => {
      if (frozen?.thawedAt !== undefined)
        expect(writesOfNoTerm(frozen), 'writes of a watcher that was thawed').toEqual([]);
      return Promise.resolve();
    },
  };
}

async function thaw(life: Life, frozen: Frozen | undefined): Promise<void> {
  if (!frozen) throw new Error(`no watcher was frozen; ${life.describe()}`);
  const { watcher, at } = frozen;
  await waitUntil('it is frozen for long enough', FROZEN_MS / 1000 + 5, () =>
    Promise.resolve(Date.now() - at > FROZEN_MS ? true : undefined),
  );
  frozen.thawedAt = Date.now();
  watcher.thaw();
  await new Promise((resolve) => setTimeout(resolve, AWAKE_SECONDS * 1000));
}

/** It may be elected again when the other one was too slow, and then it acts as any other. */
function writesOfNoTerm({ watcher, thawedAt = Infinity, writes }: Frozen): string[] {
  const elected = watcher.text
    .split('\n')
    .filter((line) => line.includes('"holds the lease"'))
    .map((line) => Date.parse((JSON.parse(line) as { readonly time: string }).time))
    .find((time) => time > thawedAt);
  return writes.filter(({ time }) => time < (elected ?? Infinity)).map(({ text }) => text);
}
