// The page docs/performance.md: what was measured stands between marks, and all around it was written by people.

/** The parts of the page that a run can write. */
export type Part = 'render' | 'plugin';

const END = '<!-- end of what was measured -->';

/**
 * Puts new measurements into the page.
 *
 * @throws Error when the page has no place for them
 */
export function replaceMeasured(page: string, part: Part, measured: string): string {
  const mark = `<!-- measured: ${part} -->`;
  const start = page.indexOf(mark);
  const end = page.indexOf(END, start);
  if (start === -1 || end === -1) throw new Error(`the page has no place between ${mark} and ${END}`);
  return `${page.slice(0, start)}${mark}\n\n${measured.trim()}\n\n${page.slice(end)}`;
}
