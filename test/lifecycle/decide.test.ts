// What the watcher does in every state of docs/lifecycle.md.

import { describe, expect, it } from 'vitest';
import { GROUPS, summarise } from './rows.ts';

describe.each(GROUPS)('%s', (_, rows) => {
  it.each(rows)('%s', (_title, state, decision) => {
    expect(summarise(state)).toBe(decision);
  });
});

it('every state has a title of its own', () => {
  const titles = GROUPS.flatMap(([group, rows]) => rows.map(([title]) => `${group} ${title}`));
  expect(new Set(titles).size).toBe(titles.length);
});
