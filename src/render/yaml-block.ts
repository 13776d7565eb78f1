// Writes values as YAML that every reader reads as it was meant: every string in double quotes.

const PLAIN_KEY = /^[A-Za-z][A-Za-z0-9_./-]*$/;
/** Keys that YAML 1.1 would take for a boolean or null. */
const NOT_PLAIN = new Set(['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null']);
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
  return PLAIN_KEY.test(key) && !NOT_PLAIN.has(key.toLowerCase()) ? key : quote(key);
}

/**
 * Writes a mapping or list as block YAML, without a line break at its end. Keys are sorted, so that the order in which
 * somebody wrote them changes nothing.
 *
 * @param value JSON; whole numbers may be bigint
 * @param indent columns before each line
 */
export function block(value: unknown, indent: number): string {
  return write(value, { lines: [], hasLiterals: false }, indent);
}

/** The same for people: text of several lines is written line by line, so that a difference shows the line that differs. */
export function readableBlock(value: unknown): string {
  return write(value, { lines: [], hasLiterals: true });
}

interface Page {
  readonly lines: string[];
  readonly hasLiterals: boolean;
}

function write(value: unknown, page: Page, indent = 0): string {
  writeLines(value, ' '.repeat(indent), page);
  return page.lines.join('\n');
}

function writeLines(value: unknown, indent: string, page: Page): void {
  if (Array.isArray(value)) {
    for (const item of value) writeEntry(`${indent}-`, item, `${indent}  `, page);
    return;
  }
  const mapping = value as Readonly<Record<string, unknown>>;
  for (const key of sortKeys(mapping)) {
    const child = mapping[key];
    if (child !== undefined) writeEntry(`${indent}${formatKey(key)}:`, child, `${indent}  `, page);
  }
}

function writeEntry(head: string, value: unknown, indent: string, page: Page): void {
  const { lines, hasLiterals } = page;
  if (!isFilled(value)) {
    const text = hasLiterals && isPlainText(value) ? literalText(value, indent) : formatScalar(value);
    lines.push(`${head} ${text}`);
    return;
  }
  if (!head.endsWith('-')) {
    lines.push(head);
    writeLines(value, indent, page);
    return;
  }
  // A list's item starts on the line of its dash.
  const first = lines.length;
  writeLines(value, indent, page);
  lines[first] = `${head} ${(lines[first] ?? '').slice(indent.length)}`;
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
