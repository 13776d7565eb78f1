// Kubernetes quantities such as 10Gi, 500m or 1e3: reading, comparing, and the API server's own normal form.
// Source: k8s.io/apimachinery/pkg/api/resource/quantity.go.

/** A quantity, exact to one billionth, which is as fine as Kubernetes keeps it. */
export interface Quantity {
  readonly nanos: bigint;
  readonly format: 'BinarySI' | 'DecimalSI' | 'DecimalExponent';
}

/** Bounded, because a text may be made to exhaust memory: `1e999999999`. */
const PATTERN =
  /^(?<sign>[+-]?)(?=\.?[0-9])(?<whole>[0-9]{0,64})(?:\.(?<fraction>[0-9]{0,64}))?(?<suffix>[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,2})?$/;
const NANO = 1_000_000_000n;
const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
/** What has a binary suffix is cut off here. */
const MAX_BINARY = (2n ** 63n - 1n) * NANO;

/** Quantities that were read lately: a fleet has few of them, and each is read by several rules and by the model. */
const RECENT = new Map<string, Quantity | undefined>();
const MAX_RECENT = 1000;

/**
 * Reads a quantity. What is finer than one billionth is rounded up, as Kubernetes does.
 *
 * @returns undefined when the text is no quantity
 */
export function parseQuantity(text: string): Quantity | undefined {
  const known = RECENT.get(text);
  if (known) return known;
  if (RECENT.size >= MAX_RECENT) RECENT.clear();
  const quantity = readQuantity(text);
  RECENT.set(text, quantity);
  return quantity;
}

function readQuantity(text: string): Quantity | undefined {
  const match = PATTERN.exec(text)?.groups as
    { sign: string; whole: string; fraction?: string; suffix?: string } | undefined;
  if (!match) return undefined;
  const { sign, whole, fraction = '', suffix = '' } = match;
  const digits = BigInt(`${whole}${fraction}`);
  const binary = BINARY.indexOf(suffix);
  const exponent = binary === -1 ? decimalExponent(suffix) : 0;
  const factor = binary === -1 ? 1n : 1024n ** BigInt(binary + 1);
  const exact = scale(digits * factor, 9 + exponent - fraction.length);
  const nanos = binary === -1 ? exact : atMost(MAX_BINARY, exact);
  return { nanos: sign === '-' ? -nanos : nanos, format: formatOf(binary, suffix) };
}

function atMost(limit: bigint, value: bigint): bigint {
  return value > limit ? limit : value;
}

function decimalExponent(suffix: string): number {
  return DECIMAL[suffix] ?? Number(suffix.slice(1));
}

function formatOf(binary: number, suffix: string): Quantity['format'] {
  if (binary !== -1) return 'BinarySI';
  return DECIMAL[suffix] === undefined ? 'DecimalExponent' : 'DecimalSI';
}

function scale(value: bigint, powerOfTen: number): bigint {
  if (powerOfTen >= 0) return value * 10n ** BigInt(powerOfTen);
  const divisor = 10n ** BigInt(-powerOfTen);
  return (value + divisor - 1n) / divisor;
}

/** What the API server rounds up to: whole bytes, and thousandths of a CPU. */
export const UNITS = { one: NANO, thousandth: 1_000_000n } as const;

/** Rounds up to a multiple of a unit. */
export function roundUp({ nanos, format }: Quantity, unit: bigint): Quantity {
  const rest = nanos % unit;
  return { nanos: rest > 0n ? nanos - rest + unit : nanos - rest, format };
}

/** Compares two quantities: negative, zero or positive, as a sort function does. */
export function compareQuantities(a: Quantity, b: Quantity): -1 | 0 | 1 {
  return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
}

/**
 * Writes a quantity as the API server writes it back, so that a diff shows nothing: the largest suffix that leaves a
 * whole number.
 */
export function formatQuantity({ nanos, format }: Quantity): string {
  const sign = nanos < 0n ? '-' : '';
  const size = nanos < 0n ? -nanos : nanos;
  if (size === 0n) return '0';
  if (format === 'BinarySI' && size >= 1024n * NANO) return sign + formatBinary(size);
  return sign + formatDecimal(size, format);
}

function formatBinary(nanos: bigint): string {
  // A part of a byte is rounded up; Kubernetes would write it with a decimal suffix, and warn.
  let value = (nanos + NANO - 1n) / NANO;
  let power = 0;
  while (power < BINARY.length && value % 1024n === 0n) {
    value /= 1024n;
    power += 1;
  }
  return `${String(value)}${power === 0 ? '' : (BINARY[power - 1] ?? '')}`;
}

function formatDecimal(nanos: bigint, format: Quantity['format']): string {
  let value = nanos;
  let exponent = -9;
  while ((exponent < 18 || format === 'DecimalExponent') && value % 1000n === 0n) {
    value /= 1000n;
    exponent += 3;
  }
  if (format === 'DecimalExponent') return `${String(value)}${exponent === 0 ? '' : `e${String(exponent)}`}`;
  const suffix = Object.keys(DECIMAL).find((key) => DECIMAL[key] === exponent) ?? '';
  return `${String(value)}${suffix}`;
}
