import { describe, expect, it } from 'vitest';
import { parseResourceNames } from '../../src/cli/resource-names.ts';

describe('the names of resources on the command line', () => {
  it.each([
    ['a name', ['shop'], ['shop']],
    ['several, in their order', ['shop', 'blog'], ['shop', 'blog']],
    ['one given twice', ['shop', 'mysql/shop'], ['shop']],
    ['a kind and a name', ['mysql/shop'], ['shop']],
    ['the plural', ['mysqls/shop'], ['shop']],
    ['the short name', ['my/shop'], ['shop']],
    ['the kind with its group, as -o name prints it', ['mysql.otus.homework/shop'], ['shop']],
    ['any case of the kind', ['MySQL/shop'], ['shop']],
    ['none', [], []],
  ])('%s', (_, words, names) => {
    expect(parseResourceNames(words)).toEqual(names);
  });

  it.each([
    ['another kind', 'pod/shop', '"pod/shop" does not name a MySQL resource'],
    ['no name', 'mysql/', '"mysql/" is no name'],
    ['too many parts', 'mysql/a/b', '"mysql/a/b" is no name'],
    ['what cannot be a name', 'A b', '"A b" is no name'],
    ['a lone dash', '-', '"-" is no name'],
  ])('refuses %s', (_, word, message) => {
    expect(() => parseResourceNames([word])).toThrow(message);
  });
});
