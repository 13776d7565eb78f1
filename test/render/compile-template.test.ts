// Templates, compiled ahead to JavaScript expressions.

import { describe, expect, it } from 'vitest';
import { compileTemplate } from '../../scripts/generate/compile-template.ts';

describe('a template', () => {
  const sources = { partials: { head: 'name: {{quote name}}\n' }, scripts: { start: 'a\nb\n' } };

  it.each([
    ['includes others in their place', 'a: b\n{{> head}}\n', '"a: b\\nname: "\n    + quote(it.name)\n    + "\\n"'],
    ['holds scripts as text', 'x: {{script "start"}}\n', '"x: |\\n    a\\n    b\\n"'],
    ['leaves comments out', 'a\n{{! why }}\nb\n', '"a\\nb\\n"'],
    ['knows conditions', '{{#if a.b}}x{{else}}{{n}}{{/if}}', '(isGiven(it.a.b) ? "x" : print(it.n))'],
  ])('%s', (_, text, code) => {
    expect(compileTemplate(text, sources)).toBe(code);
  });

  it.each([
    ['another block', '{{#each a}}x{{/each}}', 'a template holds a block each, which is not known'],
    ['another helper', '{{upper a}}', 'a template calls upper with 1 values'],
    ['a partial that is not there', '{{> tail}}', 'a template includes tail in an unknown way'],
    ['an indented partial', '  {{> head}}\n', 'a template includes head in an unknown way'],
    ['a script that is not there', '{{script "stop"}}', 'a template names a script that is not there'],
  ])('%s is refused', (_, text, message) => {
    expect(() => compileTemplate(text, sources)).toThrow(message);
  });
});
