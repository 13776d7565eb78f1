// The watcher's mutating calls, as they come through the proxy, told apart and counted.

import type { SeenRequest } from '../../../support/fault-proxy.ts';

/** Events are told to people and Leases are about efficiency: neither is a step of a story. */
export function isMutating({ method, url }: SeenRequest): boolean {
  return method !== 'GET' && !/\/(events|leases)(\/|\?|$)/.test(url);
}

export function isWatch({ url }: SeenRequest): boolean {
  return url.includes('watch=true');
}

/** One mutating call of a story. */
export interface Call {
  readonly story: string;
  /** From 1 on, in the story, over all starts of the watcher. */
  readonly index: number;
  /** How often a call like this one came in the story, from 1 on. */
  readonly sighting: number;
  /** Method and path. */
  readonly text: string;
}

/** Counts the calls of stories. */
export class CallCounter {
  story = '';
  #index = 0;
  readonly #sightings = new Map<string, number>();

  begin(story: string): void {
    this.story = story;
    this.#index = 0;
    this.#sightings.clear();
  }

  get count(): number {
    return this.#index;
  }

  next({ method, url }: SeenRequest): Call {
    const text = `${method} ${url.replace(/\?.*/, '').replace(/pvc-[0-9a-f-]+/, 'VOLUME')}`;
    const sighting = (this.#sightings.get(text) ?? 0) + 1;
    this.#sightings.set(text, sighting);
    this.#index += 1;
    return { story: this.story, index: this.#index, sighting, text };
  }
}
