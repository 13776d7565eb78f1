// Writes values as YAML that every reader reads as it was meant: every string in double quotes.

const PLAIN_KEY = /^[A-Za-z][A-Za-z0-9_./-]*$/;
/** Keys that YAML 1.1 would take for a boolean or null. */
const NOT_PLAIN = new Set(['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null']);
const LONGEST = 'false'.length;
/** What JSON leaves as it is and YAML 1.1 takes for a line break or refuses. */
const UNSAFE = /[\u007f-\u00a0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]/g;

/** Printable ASCII without quotes and backslashes: most strings. */
const HARMLESS = /^[ !#-[\]-~]*$/;

/**
 * Puts a string in double quotes: `0123`, `on` and `1_000` stay strings, and no character can end the quotes.
 *
 * @throws RangeError for what is no string; a template has named something that the model does not have
 */
export function quote(value: unknown): string {
  if (typeof value !== 'string') throw new RangeError(`a template quotes ${String(value)}, which is no string`);
  if (HARMLESS.test(value)) return `"${value}"`;
  return JSON.stringify(value).replace(UNSAFE, escapeUnsafe);
}

function escapeUnsafe(character: string, offset: number, text: string): string {
  const code = character.charCodeAt(0);
  // A pair of surrogates is one character and may stay.
  if (code >= 0xd800 && code <= 0xdbff && /[\udc00-\udfff]/.test(text[offset + 1] ?? '')) return character;
  if (code >= 0xdc00 && code <= 0xdfff && /[\ud800-\udbff]/.test(text[offset - 1] ?? '')) return character;
  return `\\u${code.toString(16).padStart(4, '0')}`;
}

function formatKey(key: string): string {
  const isPlain = PLAIN_KEY.test(key) && (key.length > LONGEST || !NOT_PLAIN.has(key.toLowerCase()));
  return isPlain ? key : quote(key);
}

/**
 * Writes a mapping or list as block YAML, without a line break at its end. Keys are sorted, so that the order in which
 * somebody wrote them changes nothing.
 *
 * @param value JSON; whole numbers may be bigint
 * @param indent columns before each line
 */
export function block(value: unknown, indent: number): string {
  const pad = ' '.repeat(indent);
  return write(value, pad, pad, formatScalar);
}

/** The same for people: text of several lines is written line by line, so that a difference shows the line that differs. */
export function readableBlock(value: unknown): string {
  return write(value, '', '', (scalar, indent) =>
    isPlainText(scalar) ? literalText(scalar, indent) : formatScalar(scalar),
  );
}

/** Writes what is no filled mapping or list. */
type WriteScalar = (value: unknown, indent: string) => string;

/** Writes lines of which the first one starts with `first`, and all others with `indent`. */
function write(value: unknown, first: string, indent: string, writeScalar: WriteScalar): string {
  const deeper = `${indent}  `;
  let text = '';
  let start = first;
  const writeEntry = (head: string, entry: unknown): void => {
    text += start + head;
    // A list's item starts on the line of its dash.
    if (!isFilled(entry)) text += ` ${writeScalar(entry, deeper)}`;
    else
      text += head === '-' ? write(entry, ' ', deeper, writeScalar) : `\n${write(entry, deeper, deeper, writeScalar)}`;
    start = `\n${indent}`;
  };
  if (Array.isArray(value)) {
    for (const item of value) writeEntry('-', item);
    return text;
  }
  const mapping = value as Readonly<Record<string, unknown>>;
  for (const key of sortKeys(mapping)) {
    if (mapping[key] !== undefined) writeEntry(`${formatKey(key)}:`, mapping[key]);
  }
  return text;
}

/** Text of several lines that a literal block can hold: nothing that has to be escaped, no indentation to guess. */
function isPlainText(value: unknown): value is string {
  return typeof value === 'string' && /^[^\s][^]*\n[^]*[^\n]\n?$/.test(value) && !HIDDEN_CHARACTERS.test(value);
}

const HIDDEN_CHARACTERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]/;

function literalText(text: string, indent: string): string {
  const body = text.replace(/\n$/, '').replace(/^(?=[^\n])/gm, indent);
  return `${text.endsWith('\n') ? '|' : '|-'}\n${body}`;
}

function isFilled(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function formatScalar(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '[]' : '{}';
  return String(value);
}

const FIRST = ['apiVersion', 'kind', 'metadata', 'name'];

/** By code units, which no locale changes; the words that say what an object is come first, as everybody writes them. */
function sortKeys(value: object): string[] {
  const keys = Object.keys(value);
  // Without a function that compares, which would be called for every pair of keys of every object.
  if (keys.some((key, index) => index > 0 && key < (keys[index - 1] ?? ''))) keys.sort();
  const first = FIRST.filter((key) => Object.hasOwn(value, key));
  return first.length === 0 ? keys : [...first, ...keys.filter((key) => !FIRST.includes(key))];
}

/**
 * Writes a text as a literal block: line by line as it is.
 *
 * @param text lines of printable ASCII, the last one ended
 */
export function literal(text: string, indent: number): string {
  const pad = ' '.repeat(indent);
  const body = text.replace(/^(?=[^\n])/gm, pad);
  return `|\n${body.replace(/\n$/, '')}`;
}
