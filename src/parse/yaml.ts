// The one place that reads YAML by its library. Text in, values and positions out.

import { EVENT_ID, SCALAR_STYLE, YAMLException, load, parseEvents } from 'js-yaml';
import type { Position } from '../errors.ts';
import { Places, createPositions, positionAt } from './positions.ts';
import { KUBERNETES_SCHEMA, createMergingSchema } from './scalars.ts';

/** Where in a document something is: keys and indexes from the root. */
export type Path = readonly (string | number)[];

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
 * @returns plain JSON values; whole numbers beyond 2^53 as bigint
 * @throws YamlError with the position of the first syntax error
 */
export function parseYaml(text: string): unknown {
  const hasMerges = text.includes('<<');
  const { value } = readIndented(text, (indented): unknown => {
    const schema = hasMerges ? createMergingSchema() : KUBERNETES_SCHEMA;
    return load(indented, { schema, maxDepth: MAX_DEPTH, maxAliases: MAX_ALIASES });
  });
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

function asYamlError(error: unknown, toPosition: (offset: number) => Position): YamlError {
  if (!(error instanceof YAMLException))
    return new YamlError(error instanceof Error ? error.message : 'unreadable', START);
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
/** How many characters are read again for the sake of such lines. */
const MAX_EFFORT = 12 * 1024 * 1024;

/**
 * Kubernetes lets the lines within brackets and quotes stand as far left as they like, a closing bracket below its key
 * for example. The library wants them further right than the key, so the lines that it complains of are moved.
 */
function readIndented<Value>(text: string, read: (text: string) => Value): Indented<Value> {
  const moved = new Set<number>();
  let indented = text;
  let find: ((offset: number) => Position) | undefined;
  const toPosition = (offset: number): Position => {
    find ??= createPositions(indented);
    const { line, column } = find(offset);
    return { line, column: moved.has(line) ? Math.max(column - SHIFT.length, 1) : column };
  };
  for (let effort = 0; ;) {
    try {
      return { value: read(indented), indented, toPosition };
    } catch (error) {
      const offset = error instanceof YAMLException && error.mark ? error.mark.position : 0;
      effort += offset;
      const { line, column } = positionAt(indented, offset);
      if (!isIndentation(error) || effort > MAX_EFFORT || moved.has(line)) throw asYamlError(error, toPosition);
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

/** Above this many characters a document's places are kept, because many problems may ask for them. */
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
    const locate = kept ?? readPlaces(text);
    if (text.length > LARGE) kept = locate;
    return locate(path);
  };
}

function readPlaces(text: string): (path: Path) => Position {
  const read = (indented: string): Places => new Places(indented, parseEvents(indented, { maxDepth: MAX_DEPTH }));
  const { value: places, toPosition } = readIndented(text, read);
  return (path) => toPosition(places.find(path));
}

/**
 * Ends the last line of a document. A block of text (`|` or `>`) that the document's end cuts off has no line end in
 * Kubernetes' reading, so it is marked to have none.
 */
export function endLastLine(text: string): string {
  if (text.endsWith('\n')) return text;
  try {
    const last = parseEvents(text, { maxDepth: MAX_DEPTH }).findLast(({ type }) => type === EVENT_ID.SCALAR);
    const isBlock =
      last?.type === EVENT_ID.SCALAR && BLOCK_STYLES.includes(last.style) && last.valueEnd === text.length;
    return `${isBlock ? withoutLineEnd(text, last.valueStart) : text}\n`;
  } catch {
    return `${text}\n`;
  }
}

const BLOCK_STYLES: readonly number[] = [SCALAR_STYLE.LITERAL_BLOCK, SCALAR_STYLE.FOLDED_BLOCK];

function withoutLineEnd(text: string, valueStart: number): string {
  const head = text.slice(0, valueStart).replace(/([|>])[+-]?([0-9]?)[+-]?([ \t]*(?:[ \t]#[^\n]*)?\n)$/, '$1$2-$3');
  return head + text.slice(valueStart);
}
