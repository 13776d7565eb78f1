// Cuts a text into documents, as kubectl does: YAML at `---` lines, JSON objects one after the other.

/** One document's own text and where it starts within the file. */
export interface Chunk {
  readonly text: string;
  /** Lines before the document, so that a position within it can be told within the file. */
  readonly linesBefore: number;
}

const ONLY_COMMENTS = /^(?:[ \t]*(?:#.*)?\n|%.*\n)*[ \t]*(?:#.*|%.*)?$/;

/**
 * Splits a YAML stream. A line that starts with `---` can only be a separator: YAML allows it nowhere else, not even in
 * a block of text. Documents that hold nothing are left out.
 */
export function splitYaml(text: string): Chunk[] {
  const chunks: Chunk[] = [];
  let linesBefore = 0;
  let start = 0;
  const take = (end: number): void => {
    // What follows the dashes on their line belongs to the document; blanks keep its columns.
    const chunk = text.slice(start, end).replace(/^---/, '   ');
    if (!ONLY_COMMENTS.test(chunk)) chunks.push({ text: chunk, linesBefore });
    linesBefore += countLines(chunk);
    start = end;
  };
  for (const separator of text.matchAll(/^---(?=[ \t\n]|$)/gm)) {
    if (separator.index > 0) take(separator.index);
  }
  take(text.length);
  return chunks;
}

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}

/**
 * Splits JSON objects that follow each other without a separator, as `jq` and some APIs print them. What is no such
 * stream comes back whole.
 */
export function splitJson(text: string): Chunk[] {
  const chunks: Chunk[] = [];
  let depth = 0;
  let start = 0;
  let linesBefore = 0;
  for (const { index, 0: token } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/gs)) {
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    if (depth !== 0 || token.startsWith('"')) continue;
    const chunk = text.slice(start, index + 1);
    chunks.push({ text: chunk, linesBefore });
    linesBefore += countLines(chunk);
    start = index + 1;
  }
  if (text.slice(start).trim() !== '') chunks.push({ text: text.slice(start), linesBefore });
  return chunks;
}
