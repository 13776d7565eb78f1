// From a file's bytes to Kubernetes objects, each with the place it came from.

import type { Position, Problem } from '../errors.ts';
import { splitDocuments, type Chunk } from './documents.ts';
import { positionAt } from './positions.ts';
import type { Path } from './path.ts';
import { YamlError, createEffort, createLocator, endLastLine, parseYaml, type Effort } from './yaml.ts';

/** The largest file that is read, in bytes. */
export const MAX_FILE_BYTES = 10 * 1024 * 1024;

/** A JSON object of unknown shape. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** One Kubernetes object as it was written. */
export interface SourceObject {
  readonly file: string;
  readonly value: JsonObject;
  /** The document's own text; undefined for an item of a List, which shares its document. */
  readonly text: string | undefined;
  /** Tells where a field of the object stands in its file. */
  readonly positionOf: (path: Path) => Position;
}

/** What a file holds: objects, and what could not be read as one. */
export interface ParsedSource {
  readonly objects: readonly SourceObject[];
  readonly problems: readonly Problem[];
}

/** Tells a JSON object from everything else. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Says what is wrong, and where. */
export type Report = (message: string, position: Position, rule: string) => void;

/** One document, whatever it holds. */
export interface Document extends Omit<SourceObject, 'value'> {
  readonly value: unknown;
}

/** Makes a report that collects problems of a file. */
export function createReport(file: string, problems: Problem[]): Report {
  return (message, position, rule) => {
    problems.push({ severity: 'error', rule, file, position, path: '', message });
  };
}

/**
 * Reads all Kubernetes objects of a file: YAML or JSON, many documents, Lists unpacked. It never throws; everything that
 * is wrong comes back as a problem, and the other documents are still read.
 *
 * @param file the name for messages
 * @param bytes the file's content
 */
export function parseSource(file: string, bytes: Uint8Array): ParsedSource {
  const problems: Problem[] = [];
  const objects: SourceObject[] = [];
  const report = createReport(file, problems);
  for (const document of readDocuments({ file, bytes, limit: MAX_FILE_BYTES }, report)) {
    collectObjects(document, objects, report);
  }
  return { objects, problems };
}

/** Reads the documents of a file one after the other; what cannot be read is reported. */
export function* readDocuments(
  { file, bytes, limit }: { file: string; bytes: Uint8Array; limit: number },
  report: Report,
): Iterable<Document> {
  const text = decode(bytes, limit);
  if (typeof text !== 'string') {
    report(text.reason, { line: 1, column: 1 }, 'encoding');
    return;
  }
  const effort = createEffort();
  for (const chunk of splitDocuments(text)) {
    const document = readDocument(file, chunk, { effort, report });
    if (document) yield document;
  }
}

function readDocument(
  file: string,
  chunk: Chunk,
  { effort, report }: { effort: Effort; report: Report },
): Document | undefined {
  const at = (position: Position): Position => positionInFile(position, chunk);
  try {
    const text = endLastLine(chunk.text);
    const value = parseDocument(text, effort);
    const locate = createLocator(text);
    return { file, value, text, positionOf: (path) => at(locate(path)) };
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    report(error.message, at(error.position), 'syntax');
    return undefined;
  }
}

function decode(bytes: Uint8Array, limit: number): string | { reason: string } {
  if (bytes.length > limit) return { reason: `the file is larger than ${String(limit / 1024 / 1024)} MiB; split it` };
  try {
    // Windows' line ends become plain ones; the decoder takes a byte order mark away.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n');
  } catch {
    return { reason: 'the file is not UTF-8 text' };
  }
}

function positionInFile({ line, column }: Position, { linesBefore, columnsBefore }: Chunk): Position {
  return { line: line + linesBefore, column: line === 1 ? column + columnsBefore : column };
}

function parseDocument(text: string, effort: Effort): unknown {
  // Kubernetes' YAML, unlike JSON, ends a line, and a comment, at these.
  const at = /^\s*\{/.test(text) ? -1 : text.search(/[\u0085\u2028\u2029]/);
  if (at === -1) return parseYaml(text, effort);
  const message =
    'this character (U+0085, U+2028 or U+2029) ends a line in YAML; write it as an escape in double quotes';
  throw new YamlError(message, positionAt(text, at));
}

const KUSTOMIZATION_FILE = /(?:^|[/\\])kustomization\.ya?ml$/;

/** What to do where a folder is read that only kustomize understands. */
export const KUSTOMIZE_HINT =
  'this folder is for kustomize: give what "kustomize build" prints, or let it run the function kubectl-mysql fn';

/** Adds the object that a document holds; the objects of a List. */
export function collectObjects(candidate: Document, objects: SourceObject[], report: Report): void {
  const { value, positionOf } = candidate;
  if (value === null || value === undefined) return;
  if (!isObject(value)) {
    report('this is not a Kubernetes object (a mapping with apiVersion and kind)', positionOf([]), 'not-an-object');
    return;
  }
  if (isList(value)) {
    value.items.forEach((item, index) => {
      const within = (path: Path): Position => positionOf(['items', index, ...path]);
      collectObjects({ ...candidate, value: item, text: undefined, positionOf: within }, objects, report);
    });
    return;
  }
  for (const field of ['apiVersion', 'kind'] as const) {
    if (typeof value[field] !== 'string' || value[field] === '') {
      const hint = KUSTOMIZATION_FILE.test(candidate.file) ? `; ${KUSTOMIZE_HINT}` : '';
      report(`this is not a Kubernetes object: it has no ${field}${hint}`, positionOf([field]), 'not-an-object');
      return;
    }
  }
  objects.push({ ...candidate, value });
}

function isList(value: JsonObject): value is JsonObject & { items: unknown[] } {
  const { kind } = value;
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(value['items']);
}
