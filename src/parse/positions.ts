// Where the fields of a document stand in its text.

import { EVENT_ID, getScalarValue, type Event } from 'js-yaml';
import type { Position } from '../errors.ts';
import type { Path } from './path.ts';

/** A value of a document: where it starts, and where its keys or items start. */
interface Place {
  readonly children: ReadonlyMap<string, { readonly start: number; readonly value: Place }>;
}

const NO_CHILDREN: Place['children'] = new Map();

/** The line and column of an offset. */
export function positionAt(text: string, offset: number): Position {
  return createPositions(text.slice(0, offset))(offset);
}

/** Makes a function that gives the line and column of an offset, and reads the text only once. */
export function createPositions(text: string): (offset: number) => Position {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

/** The places of a document, read once from its events. */
export class Places {
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #start: number;
  readonly #root: Place;
  #at = 1;

  constructor(text: string, events: readonly Event[]) {
    this.#text = text;
    this.#events = events;
    this.#start = this.#startOf(events[1]);
    this.#root = this.#read();
  }

  /** The offset of a field's key or a list's item; of its nearest ancestor when it is not spelled out. */
  find(path: Path): number {
    let best = this.#start;
    let place = this.#root;
    for (const step of path) {
      const child = place.children.get(String(step));
      if (!child) break;
      best = child.start;
      place = child.value;
    }
    return Math.max(best, 0);
  }

  #read(): Place {
    const type = this.#events[this.#at]?.type;
    this.#at += 1;
    if (type !== EVENT_ID.MAPPING && type !== EVENT_ID.SEQUENCE) return { children: NO_CHILDREN };
    const children = new Map<string, { start: number; value: Place }>();
    for (let index = 0; this.#at < this.#events.length; index += 1) {
      const event = this.#events[this.#at];
      if (event?.type === EVENT_ID.POP) break;
      const start = this.#startOf(event);
      const name = type === EVENT_ID.MAPPING ? this.#readKey() : String(index);
      const value = this.#read();
      if (name !== undefined) children.set(name, { start, value });
    }
    this.#at += 1;
    return { children };
  }

  #readKey(): string | undefined {
    const event = this.#events[this.#at];
    this.#read();
    return event?.type === EVENT_ID.SCALAR ? getScalarValue(this.#text, event) : undefined;
  }

  #startOf(event: Event | undefined): number {
    switch (event?.type) {
      case EVENT_ID.SCALAR: {
        const isQuoted = /["']/.test(this.#text.charAt(event.valueStart - 1));
        return isQuoted ? event.valueStart - 1 : event.valueStart;
      }
      case EVENT_ID.ALIAS:
        return event.anchorStart - 1;
      case EVENT_ID.MAPPING:
      case EVENT_ID.SEQUENCE:
        return event.start;
      default:
        return 0;
    }
  }
}
