// What somebody changed by hand: objects that differ from what is rendered although the resource does not.

import type { Consequence } from '../model/consequence.ts';
import { isSame } from '../model/is-same.ts';
import { isObject } from '../parse/source.ts';
import { makeComparable } from './comparable.ts';

/** An object as it is, and as it would be. */
export interface DriftInput {
  readonly manifest: { readonly kind: string; readonly name: string };
  readonly live: unknown;
  readonly merged: unknown;
}

/** Consequences of putting objects right. */
export function listDrift(answers: readonly DriftInput[]): Consequence[] {
  return answers.flatMap(({ manifest, live, merged }): Consequence[] => {
    if (merged === undefined || manifest.kind === 'MySQL') return [];
    const { before, after } = makeComparable(live, merged);
    if (before === after) return [];
    const what = `the ${manifest.kind} ${manifest.name} ${before === undefined ? 'is missing in' : 'was changed in'} the cluster`;
    if (isRestarted(manifest.kind, live, merged)) {
      return [{ kind: 'restart', field: '', message: `${what}, and so was its pod: it is put right` }];
    }
    return [{ kind: 'config', field: '', message: `${what}: it is put right` }];
  });
}

function isRestarted(kind: string, live: unknown, merged: unknown): boolean {
  return kind === 'StatefulSet' && live !== undefined && !isSame(templateOf(live), templateOf(merged));
}

function templateOf(value: unknown): unknown {
  const spec = isObject(value) ? value['spec'] : undefined;
  return isObject(spec) ? spec['template'] : undefined;
}
