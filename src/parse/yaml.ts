// The one place that reads YAML by its library. Text in, values and positions out.

import type { Path } from './path.ts';
import { EVENT_ID, SCALAR_STYLE, YAMLException, load, parseEvents, type Event, type ScalarEvent } from 'js-yaml';
import type { Position } from '../errors.ts';
import { readPlainYaml } from './plain-yaml.ts';
import { Places, createPositions, positionAt } from './positions.ts';
import { KUBERNETES_SCHEMA, ScalarError, createMergingSchema } from './scalars.ts';

/** The text is no YAML that Kubernetes could read. The message never repeats a value, which may be a password. */
export class YamlError extends Error {
  readonly position: Position;

  constructor(message: string, position: Position) {
    super(message);
    this.name = 'YamlError';
    this.position = position;
  }
}

const START: Position = { line: 1, column: 1 };
/** Bounds against texts that are made to exhaust memory. Kubernetes' own objects stay far below. */
const MAX_DEPTH = 100;
const MAX_ALIASES = 1000;
const MAX_NODES = 1_000_000;

/**
 * Reads one YAML document.
 *
 * @param text the document without its `---` lines
 * @param effort what the documents of a file share
 * @returns plain JSON values; whole numbers beyond 2^53 as bigint
 * @throws YamlError with the position of the first syntax error
 */
export function parseYaml(text: string, effort = createEffort()): unknown {
  return readPlainYaml(text) ?? readByLibrary(text, effort);
}

function readByLibrary(text: string, effort: Effort): unknown {
  const hasMerges = text.includes('<<');
  const read = (indented: string): unknown => {
    const schema = hasMerges ? createMergingSchema() : KUBERNETES_SCHEMA;
    return load(indented, { schema, maxDepth: MAX_DEPTH, maxAliases: MAX_ALIASES });
  };
  const { value } = readIndented(text, read, effort);
  if (text.includes('*')) refuseExpansion(value);
  if (/\\u[dD][89a-fA-F]/.test(text)) refuseHalfCharacters(value);
  return value;
}

/** What the library says with a part of the text in it, which may be a password; and what we say. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [
    /^unidentified alias/,
    'an alias (*) names an anchor (&) that is not there; put a value that starts with * in quotes',
  ],
  [/^recursive alias/, 'an alias (*) stands within its own anchor (&)'],
  [/tag/, 'this tag (!) is unknown or does not fit its value; put a value that starts with ! in quotes'],
];

/** What is no error of the text is a defect of ours, and stays what it is. */
function asYamlError(error: unknown, toPosition: (offset: number) => Position): unknown {
  if (error instanceof ScalarError) return new YamlError(error.message, START);
  if (!(error instanceof YAMLException)) return error;
  const reason = REASONS.find(([pattern]) => pattern.test(error.reason))?.[1] ?? error.reason;
  // Without a mark the error is about the document as a whole.
  return new YamlError(reason, error.mark ? toPosition(error.mark.position) : START);
}

/** Refuses a document whose aliases make it larger than any object can be, or endless. */
function refuseExpansion(root: unknown): void {
  let nodes = 0;
  const visit = (value: unknown, depth: number): void => {
    nodes += 1;
    if (nodes > MAX_NODES || depth > MAX_DEPTH) throw new YamlError('aliases make this document too large', START);
    if (typeof value !== 'object' || value === null) return;
    for (const child of Object.values(value)) visit(child, depth + 1);
  };
  visit(root, 0);
}

/** Half a pair of surrogates is no character: Kubernetes refuses it, and it cannot be written as UTF-8. */
function refuseHalfCharacters(value: unknown): void {
  if (typeof value === 'string' && /\p{Surrogate}/u.test(value)) {
    throw new YamlError('an escape such as "\\ud800" names half a character only', START);
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    refuseHalfCharacters(key);
    refuseHalfCharacters(child);
  }
}

/** How far a line is moved to the right: further than any object is nested. */
const SHIFT = ' '.repeat(256);
/** How many characters may still be read again for the sake of such lines. */
export interface Effort {
  left: number;
}

/** The effort for one file; without a bound, a file could make it grow with the square of its size. */
export function createEffort(): Effort {
  return { left: 64 * 1024 * 1024 };
}

/**
 * Kubernetes lets the lines within brackets and quotes stand as far left as they like, a closing bracket below its key
 * for example. The library wants them further right than the key, so the lines that it complains of are moved.
 */
function readIndented<Value>(text: string, read: (text: string) => Value, effort: Effort): Indented<Value> {
  const moved = new Set<number>();
  let indented = text;
  let find: ((offset: number) => Position) | undefined;
  const toPosition = (offset: number): Position => {
    find ??= createPositions(indented);
    const { line, column } = find(offset);
    return { line, column: moved.has(line) ? Math.max(column - SHIFT.length, 1) : column };
  };
  for (;;) {
    try {
      return { value: read(indented), indented, toPosition };
    } catch (error) {
      const offset = error instanceof YAMLException && error.mark ? error.mark.position : 0;
      effort.left -= indented.length;
      const { line, column } = positionAt(indented, offset);
      if (!isIndentation(error) || effort.left < 0 || moved.has(line)) throw asYamlError(error, toPosition);
      moved.add(line);
      const lineStart = offset - column + 1;
      indented = indented.slice(0, lineStart) + SHIFT + indented.slice(lineStart);
    }
  }
}

interface Indented<Value> {
  readonly value: Value;
  readonly indented: string;
  readonly toPosition: (offset: number) => Position;
}

function isIndentation(error: unknown): boolean {
  return error instanceof YAMLException && error.reason === 'deficient indentation';
}

/** Above this many characters, moved lines included, a document's places are kept: many problems may ask for them. */
const LARGE = 16 * 1024;

/**
 * Makes a function that finds where a field stands: its key, or a list's item. A field that is not spelled out (it is
 * missing, or comes in through an alias) is answered by the nearest ancestor that is.
 *
 * @param text a document that can be read
 */
export function createLocator(text: string): (path: Path) => Position {
  let kept: ((path: Path) => Position) | undefined;
  return (path) => {
    if (kept) return kept(path);
    const { value: places, indented, toPosition } = readPlaces(text);
    const locate = (wanted: Path): Position => toPosition(places.find(wanted));
    if (indented.length > LARGE) kept = locate;
    return locate(path);
  };
}

function readPlaces(text: string): Indented<Places> {
  const read = (indented: string): Places => new Places(indented, parseEvents(indented, { maxDepth: MAX_DEPTH }));
  // What could be read once can be read again.
  return readIndented(text, read, { left: Infinity });
}

/**
 * Ends the last line of a document. A block of text (`|` or `>`) that the document's end cuts off has no line end in
 * Kubernetes' reading, so it is marked to have none.
 */
export function endLastLine(text: string): string {
  if (text.endsWith('\n')) return text;
  try {
    return `${withoutLineEnd(text, parseEvents(text, { maxDepth: MAX_DEPTH }))}\n`;
  } catch {
    return `${text}\n`;
  }
}

const BLOCK_STYLES: readonly number[] = [SCALAR_STYLE.LITERAL_BLOCK, SCALAR_STYLE.FOLDED_BLOCK];

function withoutLineEnd(text: string, events: readonly Event[]): string {
  const index = events.findLastIndex(({ type }) => type === EVENT_ID.SCALAR);
  const last = events[index] as ScalarEvent | undefined;
  if (!last || !BLOCK_STYLES.includes(last.style) || last.valueEnd !== text.length) return text;
  // The block's indicator is the first such character behind all that stands before it on its line.
  const lineStart = text.lastIndexOf('\n', last.valueStart - 2) + 1;
  const indicator = /[|>][+-]?([0-9]?)[+-]?/g;
  indicator.lastIndex = [...events.slice(0, index), { ...last, valueEnd: 0 }].reduce(
    (end, event) => Math.max(end, endOf(event)),
    lineStart,
  );
  const [found = '', digit = ''] = indicator.exec(text) ?? [];
  const end = indicator.lastIndex;
  return `${text.slice(0, end - found.length)}${found.charAt(0)}${digit}-${text.slice(end)}`;
}

function endOf(event: Event): number {
  switch (event.type) {
    case EVENT_ID.SCALAR:
      return Math.max(event.valueEnd, event.anchorEnd, event.tagEnd);
    case EVENT_ID.MAPPING:
    case EVENT_ID.SEQUENCE:
      return Math.max(event.anchorEnd, event.tagEnd);
    case EVENT_ID.ALIAS:
      return event.anchorEnd;
    default:
      return 0;
  }
}
