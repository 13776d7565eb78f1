// What somebody changed by hand, or another version rendered: objects that differ from what is rendered although nothing in
// the resource asks for it.

import type { Change, Consequence, ConsequenceKind } from '../model/consequence.ts';
import { listConsequences } from '../model/consequences.ts';
import { isSame } from '../model/is-same.ts';
import { isObject, type JsonObject } from '../parse/source.ts';
import { makeComparable } from './comparable.ts';
import { STOPS } from './rendered-pods.ts';

/** An object as it is, and as it would be. */
export interface DriftInput {
  readonly manifest: { readonly kind: string; readonly name: string };
  readonly live: unknown;
  readonly merged: unknown;
}

/**
 * Consequences of putting objects right that the resource's own change does not tell. Where it changes, its objects differ
 * by that, too; only what stops or starts the server all the same is news then.
 */
export function listDrift(change: Change, answers: readonly DriftInput[]): Consequence[] {
  const drift = compareObjects(answers);
  if (isSame(change.before.model.resource, change.after.model.resource)) return drift;
  const isTold = listConsequences(change).some(({ kind }) => STOPS.includes(kind));
  return isTold ? [] : drift.filter(({ kind }) => STOPS.includes(kind));
}

function compareObjects(answers: readonly DriftInput[]): Consequence[] {
  return answers.flatMap(({ manifest, live, merged }): Consequence[] => {
    if (merged === undefined || manifest.kind === 'MySQL') return [];
    const { before, after } = makeComparable(live, merged);
    if (before === after) return [];
    const what = `the ${manifest.kind} ${manifest.name} ${before === undefined ? 'is missing in' : 'was changed in'} the cluster`;
    const { kind, words } = judgeServer(manifest.kind, live, merged);
    return [{ kind, field: '', message: `${what}${words}: it is put right` }];
  });
}

interface Judgement {
  readonly kind: ConsequenceKind;
  readonly words: string;
}

/** What becomes of the server's pod. */
function judgeServer(kind: string, live: unknown, merged: unknown): Judgement {
  const runsOn: Judgement = { kind: 'config', words: '' };
  if (kind !== 'StatefulSet') return runsOn;
  const [from, to] = [specOf(live), specOf(merged)];
  if (live === undefined) return to['replicas'] === 0 ? runsOn : { kind: 'start', words: ', and with it its server' };
  if (to['replicas'] === 0) return from['replicas'] === 0 ? runsOn : { kind: 'stop', words: ', and its server runs' };
  if (from['replicas'] === 0) return { kind: 'start', words: ', and its server was stopped' };
  return isSame(from['template'], to['template']) ? runsOn : { kind: 'restart', words: ', and so was its pod' };
}

function specOf(value: unknown): JsonObject {
  const spec = isObject(value) ? value['spec'] : undefined;
  return isObject(spec) ? spec : {};
}
