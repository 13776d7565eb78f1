// Logs in to a MySQL server over the network as a client does: handshake, TLS, caching_sha2_password. Nothing more, so that
// a test can log in many times a second without a process for each.

import { createHash } from 'node:crypto';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** The server's own words for a login that it refuses. */
export class LoginRefused extends Error {}

const CLIENT_PROTOCOL_41 = 0x200;
const CLIENT_SSL = 0x800;
const CLIENT_SECURE_CONNECTION = 0x8000;
const CLIENT_PLUGIN_AUTH = 0x80000;
const CAPABILITIES = CLIENT_PROTOCOL_41 | CLIENT_SSL | CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH;
const PLUGIN = 'caching_sha2_password';
const UTF8MB4 = 45;

interface Packet {
  readonly sequence: number;
  readonly body: Buffer;
}

/** Reads packets one after the other. */
class PacketReader {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.pause();
  }

  async next(): Promise<Packet> {
    const head = await this.#read(4);
    return { sequence: head.readUInt8(3), body: await this.#read(head.readUIntLE(0, 3)) };
  }

  #read(length: number): Promise<Buffer> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const chunk = socket.read(length) as Buffer | null;
        if (chunk?.length === length)
          finish(() => {
            resolve(chunk);
          });
      };
      const fail = (error?: Error): void => {
        finish(() => {
          reject(error ?? new Error('the server has closed the connection'));
        });
      };
      const finish = (then: () => void): void => {
        socket.off('readable', look).off('error', fail).off('end', fail).off('close', fail);
        then();
      };
      socket.on('readable', look).once('error', fail).once('end', fail).once('close', fail);
      look();
    });
  }
}

function frame(sequence: number, body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUIntLE(body.length, 0, 3);
  head.writeUInt8(sequence, 3);
  return Buffer.concat([head, body]);
}

/** What both the request for TLS and the answer to the handshake begin with. */
function clientHead(): Buffer {
  const head = Buffer.alloc(32);
  head.writeUInt32LE(CAPABILITIES, 0);
  head.writeUInt32LE(1 << 24, 4);
  head.writeUInt8(UTF8MB4, 8);
  return head;
}

/** The nonce of 20 bytes stands in two parts in the handshake. */
function readNonce(body: Buffer): Buffer {
  const afterVersion = body.indexOf(0) + 1;
  const first = body.subarray(afterVersion + 4, afterVersion + 12);
  return Buffer.concat([first, body.subarray(afterVersion + 31, afterVersion + 43)]);
}

function scramble(password: string, nonce: Buffer): Buffer {
  const sha = (...parts: readonly (Buffer | string)[]): Buffer => {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  const once = sha(password);
  const mask = sha(sha(once), nonce);
  return Buffer.from(once.map((byte, index) => byte ^ (mask[index] ?? 0)));
}

/**
 * Logs in as root and out again.
 *
 * @throws LoginRefused where the server says no; another Error where it does not answer
 */
export async function logIn(host: string, password: string): Promise<void> {
  const socket = connectTcp({ host, port: 3306 });
  socket.setTimeout(30_000, () => socket.destroy(new Error('the server does not answer')));
  try {
    const greeting = await new PacketReader(socket).next();
    refuse(greeting.body);
    socket.write(frame(1, clientHead()));
    const secure = connectTls({ socket, rejectUnauthorized: false });
    try {
      await authenticate(secure, password, readNonce(greeting.body));
      secure.end(frame(0, Buffer.from([1])));
    } finally {
      secure.destroy();
    }
  } finally {
    socket.destroy();
  }
}

async function authenticate(secure: Socket, password: string, nonce: Buffer): Promise<void> {
  const reader = new PacketReader(secure);
  const answer = scramble(password, nonce);
  const names = [Buffer.from('root\0'), Buffer.from([answer.length]), answer, Buffer.from(`${PLUGIN}\0`)];
  secure.write(frame(2, Buffer.concat([clientHead(), ...names])));
  for (;;) {
    const { sequence, body } = await reader.next();
    refuse(body);
    if (body[0] === 0) return;
    // The server does not remember this password; within TLS it may be told.
    if (body[0] === 1 && body[1] === 4) secure.write(frame(sequence + 1, Buffer.from(`${password}\0`)));
    else if (body[0] === 0xfe) {
      const start = body.indexOf(0) + 1;
      secure.write(frame(sequence + 1, scramble(password, body.subarray(start, start + 20))));
    } else if (body[0] !== 1) throw new Error(`an unexpected packet: ${body.toString('hex')}`);
  }
}

function refuse(body: Buffer): void {
  if (body[0] === 0xff) throw new LoginRefused(body.subarray(3).toString());
}
