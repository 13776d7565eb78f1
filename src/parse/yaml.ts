// The one place that knows the YAML library. Text in, values and positions out.

import { EVENT_ID, YAMLException, getScalarValue, load, parseEvents, type Event } from 'js-yaml';
import type { Position } from '../errors.ts';
import { KUBERNETES_SCHEMA } from './scalars.ts';

/** Where in a document something is: keys and indexes from the root. */
export type Path = readonly (string | number)[];

/** The text is no YAML that Kubernetes could read. */
export class YamlError extends Error {
  readonly position: Position;

  constructor(message: string, position: Position) {
    super(message);
    this.name = 'YamlError';
    this.position = position;
  }
}

/** Bounds against texts that are made to exhaust memory. Kubernetes' own objects stay far below. */
const MAX_DEPTH = 100;
const MAX_ALIASES = 1000;
const MAX_NODES = 1_000_000;

/**
 * Reads one YAML document.
 *
 * @param text the document without its `---` lines
 * @returns plain JSON values; whole numbers beyond 2^53 as bigint
 * @throws YamlError with the position of the first syntax error
 */
export function parseYaml(text: string): unknown {
  let value: unknown;
  try {
    value = load(text, { schema: KUBERNETES_SCHEMA, maxDepth: MAX_DEPTH, maxAliases: MAX_ALIASES });
  } catch (error) {
    throw asYamlError(error, text);
  }
  if (text.includes('*')) refuseExpansion(value);
  return value;
}

function asYamlError(error: unknown, text: string): YamlError {
  if (error instanceof YAMLException) {
    // The library counts from 0; without a mark the error is about the document as a whole.
    const position = error.mark ? positionAt(text, error.mark.position) : { line: 1, column: 1 };
    return new YamlError(error.reason, position);
  }
  return new YamlError(error instanceof Error ? error.message : String(error), { line: 1, column: 1 });
}

/** Refuses a document whose aliases make it larger than any object can be, or endless. */
function refuseExpansion(root: unknown): void {
  let nodes = 0;
  const visit = (value: unknown, depth: number): void => {
    nodes += 1;
    if (nodes > MAX_NODES || depth > MAX_DEPTH) {
      throw new YamlError('aliases make this document too large', { line: 1, column: 1 });
    }
    if (typeof value !== 'object' || value === null) return;
    for (const child of Object.values(value)) visit(child, depth + 1);
  };
  visit(root, 0);
}

/** The line and column of an offset. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let at = before.indexOf('\n'); at !== -1; at = before.indexOf('\n', at + 1)) line += 1;
  return { line, column: offset - lineStart + 1 };
}

/**
 * Finds where a field stands: its key, or a list's item. A field that is not spelled out (it is missing, or comes in
 * through an alias) is answered by the nearest ancestor that is.
 */
export function locate(text: string, path: Path): Position {
  try {
    const cursor = new Cursor(text, parseEvents(text, { maxDepth: MAX_DEPTH }));
    return positionAt(text, cursor.find(path));
  } catch {
    return { line: 1, column: 1 };
  }
}

/** Walks a document's events. It reads each event once and keeps no tree. */
class Cursor {
  readonly #text: string;
  readonly #events: Event[];
  #at = 0;

  constructor(text: string, events: Event[]) {
    this.#text = text;
    this.#events = events;
  }

  find(path: Path): number {
    this.#at = 1;
    let best = this.#startOf(this.#events[1]);
    for (const step of path) {
      const found = this.#enter(step);
      if (found === undefined) break;
      best = found;
    }
    return Math.max(best, 0);
  }

  /** Moves to the value of a key or to an item; gives the offset of the key or the item. */
  #enter(step: string | number): number | undefined {
    const event = this.#events[this.#at];
    if (event?.type !== EVENT_ID.MAPPING && event?.type !== EVENT_ID.SEQUENCE) return undefined;
    const keyed = event.type === EVENT_ID.MAPPING;
    this.#at += 1;
    for (let index = 0; this.#events[this.#at]?.type !== EVENT_ID.POP; index += 1) {
      const start = this.#startOf(this.#events[this.#at]);
      const name = keyed ? this.#takeKey() : index;
      if (String(name) === String(step)) return start;
      this.#skip();
      if (this.#at >= this.#events.length) return undefined;
    }
    return undefined;
  }

  #takeKey(): string | undefined {
    const event = this.#events[this.#at];
    const key = event?.type === EVENT_ID.SCALAR ? getScalarValue(this.#text, event) : undefined;
    this.#skip();
    return key;
  }

  #skip(): void {
    let depth = 0;
    do {
      const type = this.#events[this.#at]?.type;
      if (type === EVENT_ID.MAPPING || type === EVENT_ID.SEQUENCE) depth += 1;
      if (type === EVENT_ID.POP) depth -= 1;
      this.#at += 1;
    } while (depth > 0 && this.#at < this.#events.length);
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
