// Quantities. The right-hand sides are what k8s.io/apimachinery 0.35 answered, except where a row says so.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareQuantities, formatQuantity, parseQuantity } from '../../src/parse/quantity.ts';

function normalise(text: string): string | undefined {
  const quantity = parseQuantity(text);
  return quantity && formatQuantity(quantity);
}

describe("the API server's normal form", () => {
  it.each([
    ['0', '0'], ['0Gi', '0'], ['1000m', '1'], ['0.5', '500m'], ['.5', '500m'], ['1500m', '1500m'], ['1.5', '1500m'],
    ['1024Mi', '1Gi'], ['1.5Gi', '1536Mi'], ['0.5Gi', '512Mi'], ['1024Ki', '1Mi'], ['2048Ti', '2Pi'], ['0.5Ti', '512Gi'],
    ['1023', '1023'], ['1023Mi', '1023Mi'], ['1024', '1024'], ['1Ki', '1Ki'], ['0.5Ki', '512'], ['0.25Ki', '256'],
    ['1e3', '1e3'], ['1e4', '10e3'], ['12e-2', '120e-3'], ['1e-3', '1e-3'], ['1e18', '1e18'], ['1e99', '1e99'],
    ['1000k', '1M'], ['1500k', '1500k'], ['1000000000', '1G'], ['100n', '100n'], ['1000u', '1m'], ['0.1n', '1n'],
    ['1.1n', '2n'], ['-1', '-1'], ['-0.5', '-500m'], ['-1Gi', '-1Gi'], ['7Ei', '7Ei'], ['8Ei', '9223372036854775807'],
    ['9E', '9E'], ['1000E', '1000E'], ['10E', '10E'],
  ])('%s is %s', (text, normal) => {
    expect(normalise(text)).toBe(normal);
  }); // prettier-ignore

  it.each([
    ['+1', '1'], ['1E3', '1e3'], ['5.', '5'], ['00012', '12'], ['1.2e1', '12'], ['0.3Gi', '322122548'],
  ])('%s is %s here; Kubernetes leaves the spelling, or a part of a byte', (text, normal) => {
    expect(normalise(text)).toBe(normal);
  }); // prettier-ignore

  it('is its own normal form', () => {
    const suffix = fc.constantFrom('', 'Ki', 'Mi', 'Gi', 'Ti', 'n', 'u', 'm', 'k', 'M', 'G', 'e3', 'E-2', 'e0');
    const number = fc.tuple(fc.nat(999_999), fc.option(fc.nat(9999)));
    const quantity = fc.tuple(number, suffix).map(([[whole, part], unit]) => {
      return `${String(whole)}${part === null ? '' : `.${String(part)}`}${unit}`;
    });
    fc.assert(
      fc.property(quantity, (text) => {
        const normal = normalise(text) ?? 'none';
        expect(normalise(normal)).toBe(normal);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});

describe('what is no quantity', () => {
  it.each([
    '',
    '.',
    'Gi',
    'e3',
    '1 Gi',
    '1gi',
    '1K',
    '1Kib',
    '1.2.3',
    '1e',
    '0x10',
    '1_000',
    '١',
    '1Gi\n',
    'NaN',
    '1e100',
  ])('%j', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });

  it.each(['1e999999999', '1e-999999999', '9'.repeat(1_000_000), `0.${'0'.repeat(1_000_000)}1`])(
    'a text that is made to keep us busy: %#',
    (text) => {
      expect(parseQuantity(text)).toBeUndefined();
    },
  );
});

describe('order', () => {
  it.each([
    ['1Gi', '1024Mi', 0], ['1G', '1Gi', -1], ['1', '999m', 1], ['1e3', '1k', 0], ['0', '-1', 1], ['1n', '0', 1],
    ['9007199254740993', '9007199254740992', 1],
  ] as const)('%s against %s: %i', (a, b, order) => {
    const [first, second] = [parseQuantity(a), parseQuantity(b)];
    expect(first && second && compareQuantities(first, second)).toBe(order);
  }); // prettier-ignore
});
