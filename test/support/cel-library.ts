// A CEL library with the functions that Kubernetes adds: what the compiled rules are compared with.

import { Environment } from '@marcbachmann/cel-js';
import ipaddr from 'ipaddr.js';
import { compareQuantities, parseQuantity, type Quantity } from '../../src/parse/quantity.ts';

class CelQuantity {
  readonly value: Quantity;
  constructor(text: string) {
    const value = parseQuantity(text);
    if (!value) throw new Error('not a quantity');
    this.value = value;
  }
}

class CelCidr {
  readonly address: ipaddr.IPv4 | ipaddr.IPv6;
  readonly bits: number;
  constructor(text: string) {
    if (!/^[0-9a-f.:]+\/(0|[1-9][0-9]{0,2})$/i.test(text)) throw new Error('not a network');
    [this.address, this.bits] = ipaddr.parseCIDR(text);
  }

  network(): CelCidr {
    const { address, bits } = this;
    const first =
      address instanceof ipaddr.IPv4
        ? ipaddr.IPv4.networkAddressFromCIDR(`${address.toString()}/${String(bits)}`)
        : ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/${String(bits)}`);
    return new CelCidr(`${first.toString()}/${String(bits)}`);
  }

  contains(other: CelCidr): boolean {
    if (this.address.kind() !== other.address.kind() || other.bits < this.bits) return false;
    return other.address.match(this.address, this.bits);
  }

  toString(): string {
    return `${this.address.toString()}/${String(this.bits)}`;
  }
}

/** Makes the library's own reading of rules. */
export function createEnvironment(): Environment {
  const order = (a: CelQuantity, b: CelQuantity): number => compareQuantities(a.value, b.value);
  return new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false })
    .registerType('Quantity', { ctor: CelQuantity, fields: {} })
    .registerFunction('quantity(string): Quantity', (text: string) => new CelQuantity(text))
    .registerFunction('Quantity.compareTo(Quantity): int', (a: CelQuantity, b: CelQuantity) => BigInt(order(a, b)))
    .registerFunction('Quantity.isGreaterThan(Quantity): bool', (a: CelQuantity, b: CelQuantity) => order(a, b) > 0)
    .registerFunction('Quantity.isLessThan(Quantity): bool', (a: CelQuantity, b: CelQuantity) => order(a, b) < 0)
    .registerFunction('list.sum(): int', (numbers: bigint[]) => numbers.reduce((sum, number) => sum + number, 0n))
    .registerType('Cidr', { ctor: CelCidr, fields: {} })
    .registerFunction('cidr(string): Cidr', (text: string) => new CelCidr(text))
    .registerFunction('isCIDR(string): bool', isCidr)
    .registerFunction('string(Cidr): string', (cidr: CelCidr) => cidr.toString())
    .registerFunction('Cidr.masked(): Cidr', (cidr: CelCidr) => cidr.network())
    .registerFunction('Cidr.prefixLength(): int', (cidr: CelCidr) => BigInt(cidr.bits))
    .registerFunction('Cidr.containsCIDR(string): bool', (a: CelCidr, b: string) => a.contains(new CelCidr(b)))
    .registerOperator('Cidr == Cidr', (a: CelCidr, b: CelCidr) => a.toString() === b.toString());
}

function isCidr(text: string): boolean {
  try {
    new CelCidr(text);
    return true;
  } catch {
    return false;
  }
}
