// Reads the YAML that most resources are written in, without the library, which takes four times as long: mappings and lists
// in blocks, each value on the line of its key, printable ASCII. What is anything else, or wrong, is left to the library;
// what is read here, the library reads in the same way.

import { resolvePlain } from './scalars.ts';

/** Larger texts are the library's: a line that no pattern fits must not be read many times. */
const MAX_LENGTH = 32 * 1024;
/** Deeper lines are the library's, which knows the limit. */
const MAX_INDENT = 40;

/** Lines that say nothing. */
const BLANK = /(?: *(?:#[ -~]*)?\n)*/y;
/** A line that says something, after such: its indentation, an item's dash, a key, what stands behind it. */
const LINE = /(?: *(?:#[ -~]*)?\n)*( *)(?=[!-~])(?!#)(- )?(?:([A-Za-z][A-Za-z0-9_./-]*):(?=[ \n]))?([ -~]*)\n/y;
/** What stands behind a key or dash: a comment; a value in quotes, a plain one, one in brackets, then a comment; nothing. */
const VALUE =
  /^(?:#.*|(?:"([^"\\]*)"|'([^']*)'|((?:[A-Za-z0-9/_]|[+-](?=[A-Za-z0-9]))(?:[!-9;-~]|:(?=[!-~])| +(?=[!"$-~]))*)|(\{[^#[\]{}]*\}|\[[^#[\]{}]*\]))(?: +#.*| *)|)$/;
/** A key and its value within braces. */
const PAIR = /^ *([A-Za-z][A-Za-z0-9_./-]*):( .*)$/;

/**
 * Reads a document.
 *
 * @param text its last line ended
 * @returns a mapping or a list; undefined when the library has to read the text
 */
export function readPlainYaml(text: string): object | undefined {
  return text.length > MAX_LENGTH ? undefined : new Lines(text).readAll();
}

/** The lines of a text, read from the first to the last. What cannot be read ends them all. */
class Lines {
  readonly #text: string;
  #at = 0;
  #isPlain = true;
  /** The line that is read next; further left than any other when there is none. */
  #indent = -1;
  #isItem = false;
  #key: string | undefined;
  #rest = '';

  constructor(text: string) {
    this.#text = text;
  }

  readAll(): object | undefined {
    this.#next();
    const value = this.#readCollection();
    return this.#isPlain && this.#indent === -1 ? value : undefined;
  }

  #next(): void {
    LINE.lastIndex = this.#at;
    const [found, indent = '', dash, key, rest = ''] = LINE.exec(this.#text) ?? [];
    if (found === undefined) {
      this.#end();
      return;
    }
    this.#at += found.length;
    this.#indent = indent.length;
    this.#isItem = dash !== undefined;
    this.#key = key;
    this.#rest = rest;
    if (indent.length > MAX_INDENT) this.#refuse();
  }

  #end(): void {
    this.#stop();
    BLANK.lastIndex = this.#at;
    BLANK.exec(this.#text);
    if (BLANK.lastIndex !== this.#text.length) this.#refuse();
  }

  #refuse(): void {
    this.#isPlain = false;
    this.#stop();
  }

  /** There is no next line, which ends all that is being read. */
  #stop(): void {
    this.#indent = -1;
    this.#isItem = false;
    this.#key = undefined;
  }

  #readCollection(): object | undefined {
    if (this.#isItem) return this.#readList(this.#indent);
    if (this.#key !== undefined) return this.#readMapping(this.#indent);
    this.#refuse();
    return undefined;
  }

  #readList(indent: number): unknown[] {
    const list: unknown[] = [];
    while (this.#indent === indent && this.#isItem) {
      const item = this.#key === undefined ? this.#readScalar() : this.#readMappingBehindDash();
      if (item === undefined || this.#indent > indent) this.#refuse();
      list.push(item);
    }
    return list;
  }

  #readMappingBehindDash(): object {
    this.#indent += 2;
    this.#isItem = false;
    return this.#readMapping(this.#indent);
  }

  #readMapping(indent: number): object {
    const mapping: Record<string, unknown> = {};
    while (this.#indent === indent && !this.#isItem && this.#key !== undefined) {
      const key = this.#key;
      const isNew = isNewKey(key, mapping);
      mapping[key] = this.#readEntry(indent);
      if (!isNew || this.#indent > indent) this.#refuse();
    }
    return mapping;
  }

  /** The value of a key; a list may stand as far left as the key itself. */
  #readEntry(indent: number): unknown {
    const value = this.#readScalar();
    if (value !== undefined) return value;
    const isBelow = this.#indent > indent || (this.#indent === indent && this.#isItem);
    return isBelow ? this.#readCollection() : null;
  }

  /** What stands behind a key or dash on its own line; undefined for nothing. */
  #readScalar(): unknown {
    const value = readValue(this.#rest);
    if (value === NOT_PLAIN) this.#refuse();
    else this.#next();
    return value;
  }
}

/** A key that is no text, or is there twice, is a matter for the library. */
function isNewKey(key: string, mapping: object): boolean {
  return !Object.hasOwn(mapping, key) && typeof resolvePlain(key) === 'string';
}

const NOT_PLAIN = Symbol('not plain');

function readValue(text: string): unknown {
  const match = VALUE.exec(text.trimStart());
  if (!match) return NOT_PLAIN;
  const [, double, single, plain, brackets] = match;
  if (plain !== undefined) return resolvePlain(plain);
  return brackets === undefined ? (double ?? single) : readBrackets(brackets);
}

/** Brackets and braces, of which the pattern lets none stand within others. */
function readBrackets(text: string): unknown {
  const inner = text.slice(1, -1);
  const parts = inner.trim() === '' ? [] : inner.split(',');
  return text.startsWith('[') ? readItems(parts) : readPairs(parts);
}

function readItems(parts: readonly string[]): unknown {
  const items = parts.map(readValue);
  return items.some((item) => item === undefined || item === NOT_PLAIN) ? NOT_PLAIN : items;
}

function readPairs(parts: readonly string[]): unknown {
  const mapping: Record<string, unknown> = {};
  for (const part of parts) {
    const [, key, rest = ''] = PAIR.exec(part) ?? [];
    const value = readValue(rest);
    if (key === undefined || value === undefined || value === NOT_PLAIN || !isNewKey(key, mapping)) return NOT_PLAIN;
    mapping[key] = value;
  }
  return mapping;
}
