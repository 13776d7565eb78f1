// Cuts a text into documents, as kubectl does: at `---` lines, and JSON objects one after the other.

/** One document's own text and where it starts within the file. */
export interface Chunk {
  readonly text: string;
  /** Lines before the document, so that a position within it can be told within the file. */
  readonly linesBefore: number;
  /** Columns before it on its first line. */
  readonly columnsBefore: number;
}

/** A line that is neither blank nor a comment nor a directive. All patterns here take one step per character at most. */
const CONTENT = /(?<![^\n])(?!%)[ \t]*[^ \t\n#]/;

/**
 * Splits a stream of YAML and JSON. A line that starts with `---` can only be a separator: YAML allows it nowhere else,
 * not even in a block of text, and JSON holds no such line. Documents that hold nothing are left out.
 */
export function splitDocuments(text: string): Chunk[] {
  const chunks: Chunk[][] = [];
  let linesBefore = 0;
  let start = 0;
  const take = (end: number): void => {
    // What follows the dashes on their line belongs to the document; blanks keep its columns.
    const chunk = text.slice(start, end).replace(/^---/, '   ');
    const whole = { text: chunk, linesBefore, columnsBefore: 0 };
    if (CONTENT.test(chunk)) chunks.push(/^\s*\{/.test(chunk) ? splitJson(whole) : [whole]);
    linesBefore += countLines(chunk);
    start = end;
  };
  for (const separator of text.matchAll(/(?<![^\n])---(?=[ \t\n#]|$(?![^]))/g)) {
    if (separator.index > 0) take(separator.index);
  }
  take(text.length);
  return chunks.flat();
}

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}

/**
 * Splits JSON objects that follow each other without a separator, as `jq` and some APIs print them. What is no such
 * stream, such as YAML in braces, comes back whole.
 */
function splitJson(whole: Chunk): Chunk[] {
  const { text } = whole;
  const ends = endsOfObjects(text);
  if (ends.length === 0 || !isJson(text.slice(0, ends[0]))) return [whole];
  const chunks: Chunk[] = [];
  let { linesBefore } = whole;
  let columnsBefore = 0;
  let start = 0;
  for (const end of [...ends, text.length]) {
    const part = text.slice(start, end);
    if (part.trim() !== '') chunks.push({ text: part, linesBefore, columnsBefore });
    const lastLine = part.lastIndexOf('\n');
    columnsBefore = lastLine === -1 ? columnsBefore + part.length : part.length - lastLine - 1;
    linesBefore += countLines(part);
    start = end;
  }
  return chunks;
}

function endsOfObjects(text: string): number[] {
  const ends: number[] = [];
  let depth = 0;
  let isString = false;
  for (const { index, 0: token } of text.matchAll(/\\[^]|["{}[\]]/g)) {
    if (token === '"') isString = !isString;
    if (isString || !'{}[]'.includes(token)) continue;
    depth += '{['.includes(token) ? 1 : -1;
    if (depth === 0) ends.push(index + 1);
  }
  return ends;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
