// As much of the wire format of protocol buffers and gRPC as a question to the repo-server needs: no more than texts, flags,
// and messages within messages.

import { connect, constants } from 'node:http2';

/** A message: field numbers and their values. A list is a field that stands several times. */
export type Message = readonly (readonly [number: number, value: Value])[];
type Value = string | boolean | Message | readonly string[] | undefined;

/** An answer's fields as they came: the number, and the bytes of a text or a message. */
export type Fields = readonly (readonly [number: number, bytes: Buffer])[];

function encodeNumber(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...encodeNumber(value >>> 7)];
}

function isList(value: Exclude<Value, undefined>): value is readonly string[] {
  return Array.isArray(value) && typeof value[0] === 'string';
}

/** The bytes of a message. */
export function encode(message: Message): Buffer {
  return Buffer.concat(message.flatMap(([number, value]) => (value === undefined ? [] : encodeField(number, value))));
}

function encodeField(number: number, value: Exclude<Value, undefined>): Buffer[] {
  if (typeof value === 'boolean') return [Buffer.from([...encodeNumber(number << 3), Number(value)])];
  if (isList(value)) return value.flatMap((text) => encodeField(number, text));
  const bytes = typeof value === 'string' ? Buffer.from(value) : encode(value);
  return [Buffer.from([...encodeNumber((number << 3) | 2), ...encodeNumber(bytes.length)]), bytes];
}

/** The texts and messages of a message; numbers are left out. */
export function decode(bytes: Buffer): Fields {
  const fields: [number, Buffer][] = [];
  let at = 0;
  const readNumber = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = readNumber();
    const value = readNumber();
    if ((tag & 7) === 0) continue;
    if ((tag & 7) !== 2) throw new Error(`a field of the wire type ${String(tag & 7)} is not understood`);
    fields.push([tag >>> 3, bytes.subarray(at, at + value)]);
    at += value;
  }
  return fields;
}

/** Calls a method of a gRPC server on loopback; an answer with an error is thrown with its message. */
export function call(port: number, path: string, request: Message): Promise<Buffer> {
  return new Promise((done, fail) => {
    const session = connect(`http://127.0.0.1:${String(port)}`);
    session.on('error', fail);
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    let answer: Readonly<Record<string, unknown>> = {};
    const take = (headers: Readonly<Record<string, unknown>>): void => {
      answer = { ...answer, ...headers };
    };
    stream.on('response', take);
    stream.on('trailers', take);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', fail);
    stream.on('end', () => {
      session.close();
      const { 'grpc-status': status, 'grpc-message': message = '' } = answer;
      if (status === '0') done(Buffer.concat(chunks).subarray(5));
      else fail(new Error(decodeURIComponent(String(message)), { cause: status }));
    });
    const bytes = encode(request);
    const frame = Buffer.alloc(5);
    frame.writeUInt32BE(bytes.length, 1);
    stream.end(Buffer.concat([frame, bytes]));
  });
}
