// Data as another version of MySQL would have left it, since the node has one image only: the server looks at the version in
// the first page of mysql.ibd and in the properties of the data dictionary, and decides by them whether it starts.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const PAGE_BYTES = 16_384;
const CHECKSUM_BYTES = 4;
/** Of the first page: where InnoDB keeps the version of the server. */
const VERSION_AT = 8;
/** A checksum leaves out what is written at the last moment. */
const UNCHECKED = [26, 38] as const;
const PROPERTIES = /MYSQLD_VERSION(?:_HI|_LO|_UPGRADED)?=(?=[0-9]{5};)/g;
const CRC32C = 0x82f63b78;

/**
 * Writes the version of a server into the data of one that is stopped.
 *
 * @param volume the folder of the volume
 * @param version such as 80040 for 8.0.40; five digits
 */
export async function setDataVersion(volume: string, version: number): Promise<void> {
  const file = join(volume, 'data/mysql.ibd');
  const bytes = await readFile(file);
  bytes.writeUInt32BE(version, VERSION_AT);
  const pages = new Set([0]);
  for (const { index, 0: name } of bytes.toString('latin1').matchAll(PROPERTIES)) {
    bytes.write(String(version), index + name.length, 'latin1');
    pages.add(Math.floor(index / PAGE_BYTES));
  }
  if (pages.size === 1) throw new Error(`${file} has no properties of the data dictionary`);
  for (const page of pages) sign(bytes.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES));
  await writeFile(file, bytes);
}

/** The checksum stands at both ends of a page. */
function sign(page: Buffer): void {
  const end = PAGE_BYTES - 2 * CHECKSUM_BYTES;
  const [from, to] = UNCHECKED;
  const sum = (checksum(page.subarray(CHECKSUM_BYTES, from)) ^ checksum(page.subarray(to, end))) >>> 0;
  page.writeUInt32BE(sum, 0);
  page.writeUInt32BE(sum, end);
}

function checksum(bytes: Buffer): number {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ CRC32C : sum >>> 1;
  }
  return ~sum >>> 0;
}
