// Random damage to valid texts.

import fc from 'fast-check';

/** Values that are likely to be misread. */
const SCALARS = [
  '', '~', 'null', 'on', 'y', '0123', '0o14', '1_000', '.5', '1e400', '.inf', '-.nan', '08', '1e-99999999', '1e999',
  '99999999999999999999', '9007199254740993', '2024-01-01', '"', "'", '|', '>-', '[', '{', ']', '}', '[]', '{}', '- a',
  '&a', '*a', '&a [*a]', '!!str', '!!int x', '!!binary x', '!foo', '@', '`', '%', '#', ': ', '? ', '<<: *a', '\t',
  '"\\ud800"', '"\\x00"', '"\\u2028"', '\u2028', '\u0085', '\uFEFF', '\u{1F600}', '../..', '${X}', '$(X)', '{{x}}',
  'a'.repeat(300), '9'.repeat(300), '__proto__', 'constructor', 'toString', '---', '...', '--- |', '%YAML 1.1', '0.5', '-1', 'true',
]; // prettier-ignore

const anyScalar = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...SCALARS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.double().map(String) },
);

type Change = (text: string) => string;
const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

function changeLines(change: (lines: string[], at: number) => void): fc.Arbitrary<Change> {
  return place.map((share) => (text) => {
    const lines = text.split('\n');
    change(lines, Math.floor(share * lines.length));
    return lines.join('\n');
  });
}

const deleteLine = changeLines((lines, at) => lines.splice(at, 1));
const repeatLine = changeLines((lines, at) => lines.splice(at, 0, lines[at] ?? ''));
const swapLines = changeLines((lines, at) => lines.push(...lines.splice(at, 1)));
const indentLine = changeLines((lines, at) => (lines[at] = ` ${lines[at] ?? ''}`));
const outdentLine = changeLines((lines, at) => (lines[at] = (lines[at] ?? '').slice(1)));
const insertLine = anyScalar.chain((scalar) => changeLines((lines, at) => lines.splice(at, 0, scalar)));
const changeValue = anyScalar.chain((scalar) =>
  changeLines(
    (lines, at) => (lines[at] = (lines[at] ?? '').replace(/(:|-) .*$/, (_, mark: string) => `${mark} ${scalar}`)),
  ),
);
const changeKey = anyScalar.chain((scalar) =>
  changeLines((lines, at) => (lines[at] = (lines[at] ?? '').replace(/[A-Za-z_]+:/, () => `${scalar}:`))),
);
const insertCharacters = fc.tuple(place, anyScalar).map(([share, scalar]): Change => {
  return (text) => {
    const at = Math.floor(share * text.length);
    return text.slice(0, at) + scalar + text.slice(at);
  };
});
const deleteCharacters = fc.tuple(place, fc.integer({ min: 1, max: 20 })).map(([share, count]): Change => {
  return (text) => {
    const at = Math.floor(share * text.length);
    return text.slice(0, at) + text.slice(at + count);
  };
});

const change = fc.oneof(
  { weight: 5, arbitrary: changeValue },
  { weight: 2, arbitrary: changeKey },
  deleteLine,
  repeatLine,
  swapLines,
  indentLine,
  outdentLine,
  insertLine,
  insertCharacters,
  deleteCharacters,
);

/** One of the texts with one to four changes. */
export function damaged(texts: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...texts), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([text, changes]) => changes.reduce((result, apply) => apply(result), text));
}
