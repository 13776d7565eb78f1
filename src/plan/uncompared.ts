// What one side held and cannot be read: nobody knows what a change of it does. A plan tells that, and never passes it off as
// a creation.

import type { Consequence } from '../model/consequence.ts';

/** Something of the earlier side that cannot be read. */
export interface Uncompared {
  readonly file: string;
  readonly line: number;
  /** Why. */
  readonly reason: string;
  /** `namespace/name` of the resource; undefined for a file in which any resource may have stood. */
  readonly key: string | undefined;
}

/** What happens to a resource whose earlier form is invalid. */
export function describeInvalid({ file, line, reason }: Uncompared, isGone: boolean): Consequence {
  const place = `${file}:${String(line)}`;
  const what = `what it was before cannot be read (${place}: ${reason}), so nobody can tell what`;
  return unknown(isGone ? `${what} is deleted with it` : `${what} happens to a server that is there`);
}

/** What happens to a resource that may have stood in a file that cannot be read. */
export function describeUnseen(files: readonly Uncompared[]): Consequence {
  const names = [...new Set(files.map(({ file }) => file))];
  const what = `it may have stood in ${names.join(', ')} before, which cannot be read`;
  return unknown(`${what}: whether it is new, and what happens to a server that is there, nobody can tell`);
}

/** What happens to what stood in a file. */
export function describeFile({ reason }: Uncompared): Consequence {
  return unknown(`it cannot be read (${reason}): what happens to the resources that stood there, nobody can tell`);
}

function unknown(message: string): Consequence {
  return { kind: 'unknown', field: '', message };
}
