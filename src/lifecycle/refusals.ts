// Remembers what the API server refused, since a refusal is no state that can be looked at: a step that is refused again
// and again is told as such, and goes on being tried. Pure but for what it remembers.

import { isClusterError } from '../cluster/errors.ts';
import type { Decision } from './actions.ts';

export interface Refusals {
  /** The decision, or that its step is refused. */
  readonly tell: (key: string, decision: Decision) => Decision;
  /** Notes what became of a decision that was to be carried out: what was thrown, or undefined. */
  readonly note: (key: string, decision: Decision, error: unknown) => void;
}

/** A right may just have been given, or a quota not be counted yet: the first tries are silent. */
export const TOLD_AFTER = 4;

interface Memory {
  readonly signature: string;
  readonly times: number;
  readonly text: string;
}

export function createRefusals(): Refusals {
  const memories = new Map<string, Memory>();
  return {
    tell(key, decision) {
      const memory = memories.get(key);
      if (!memory || memory.times < TOLD_AFTER || memory.signature !== sign(decision)) return decision;
      return { ...decision, progress: 'Stalled', reason: 'ActionRefused', message: memory.text };
    },
    note(key, decision, error) {
      const text = describe(decision, error);
      if (text === undefined) {
        if (error === undefined) memories.delete(key);
        return;
      }
      const signature = sign(decision);
      const before = memories.get(key);
      const isSame = before?.signature === signature;
      // Numbers, such as a quota's, change with every try; a status that is written anew would call for the next one.
      const isSaid = isSame && withoutNumbers(before.text) === withoutNumbers(text);
      memories.set(key, { signature, times: isSame ? before.times + 1 : 1, text: isSaid ? before.text : text });
    },
  };
}

function sign({ reason, message, actions }: Decision): string {
  return JSON.stringify([reason, message, actions]);
}

function withoutNumbers(text: string): string {
  return text.replace(/[0-9a-f]*[0-9][0-9a-f-]*/g, '');
}

/** Undefined for what passes by itself, and says nothing about this step. */
function describe({ message }: Decision, error: unknown): string | undefined {
  if (error === undefined || isClusterError(error, 'Conflict', 'Gone', 'NotFound', 'AlreadyExists', 'Unauthorized'))
    return undefined;
  // What is thrown by ourselves may repeat a value of the resource.
  if (!isClusterError(error))
    return `${message}: this cannot be done with what git says; "kubectl mysql validate" says why`;
  // 500 is the answer for a webhook that is not there; all others mean a server in trouble.
  if (error.kind === 'Unavailable' && error.code !== 500) return undefined;
  const said = shorten(error.message);
  return `${message}: the API server refuses it: ${said}; ${wayOut(error.message)}, then it goes on within a minute`;
}

function wayOut(said: string): string {
  if (/quota/i.test(said)) return 'raise the ResourceQuota of the namespace';
  if (/webhook|admission|denied|PodSecurity/i.test(said)) return 'change that policy, or in git what it does not allow';
  if (/cannot [a-z]+ resource/.test(said))
    return 'give the watcher this right (kubectl mysql install prints its roles)';
  // Where the namespace may be read its end is seen.
  if (said.includes('is being terminated'))
    return 'give the watcher the right to get namespaces (kubectl mysql install prints its roles), without which it cannot see that this one ends';
  return 'put that right';
}

const LONGEST = 400;

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
