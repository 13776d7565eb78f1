// The shapes that rows of the table of consequences have.

import type { MySQLSpec } from '../api/resource.ts';
import { compareQuantities, parseQuantity } from '../parse/quantity.ts';
import { joinWords, type Change, type Consequence, type ConsequenceKind, type Form } from './consequence.ts';
import { buildMyCnf } from './my-cnf.ts';
import { refusedUpgrade, upgradedSeries } from './release.ts';

/** What a change of one field does. */
export interface FieldRow {
  /** For the reference, behind "A change …". */
  readonly effect: string;
  /** What the field means, whatever its spelling. Without it the field only holds other ones. */
  readonly read?: (form: Form) => unknown;
  /** What happens where that has changed. */
  readonly judge?: (change: Change, field: string) => readonly Consequence[];
}

type Words = string | ((change: Change) => string);

function tell(words: Words, change: Change): string {
  return typeof words === 'string' ? words : words(change);
}

/** A field that stands in the server's pod: the StatefulSet replaces it. */
export function restarts(read: (form: Form) => unknown, words: Words): FieldRow {
  return {
    effect: 'restarts the server',
    read,
    judge: (change, field) => [restart(change, field, tell(words, change))],
  };
}

/** A pod that is not there, or goes or comes anyway, is not restarted by its template. */
export function restart({ before, after }: Change, field: string, message: string): Consequence {
  if (after.model.replicas === 0) {
    return { kind: 'policy', field, message: `${message}; it counts when the server is started again` };
  }
  return { kind: before.model.replicas === 0 ? 'start' : 'restart', field, message };
}

/** Something changes, and the server runs on. */
export function runsOn(
  kind: ConsequenceKind,
  { effect, read, words }: { effect: string; read: (form: Form) => unknown; words: Words },
): FieldRow {
  return { effect, read, judge: (change, field) => [{ kind, field, message: tell(words, change) }] };
}

/** A field that says nothing by itself. */
export function holdsOthers(): FieldRow {
  return { effect: 'does what its fields do' };
}

/** A field that is looked at as a part of another one. */
export function partOf(field: string): FieldRow {
  return { effect: `is a change of ${field}` };
}

/** A field that Kubernetes' scheduler and kubelet read. */
export function scheduling(field: keyof MySQLSpec, words: Words): FieldRow {
  return restarts(({ model }) => (model.scheduling as Record<string, unknown> | null)?.[field], words);
}

/** `a → b`. */
export function arrow(before: string | undefined, after: string | undefined): string {
  const show = (text: string | undefined): string => (text === undefined || text === '' ? '(none)' : text);
  return `${show(before)} → ${show(after)}`;
}

/** An annotation that asks for something. */
export function isOn({ resource }: Form, annotation: string): boolean {
  return resource.metadata.annotations?.[annotation] === 'true';
}

/** A volume grows. That it cannot shrink the CRD's rules say. */
export function grows(which: 'data' | 'backup', isSpelt: (spec: MySQLSpec) => boolean): FieldRow {
  return {
    effect: 'grows the volume while the server runs, where its StorageClass allows it; a smaller size is refused',
    read: ({ model }) => (which === 'backup' && !model.managed ? undefined : model[which].size),
    judge: (change, field) => {
      const [from, to] = [change.before.model[which], change.after.model[which]];
      if (!isSpelt(change.after.resource.spec) || isFixed(which, change) || !isMore(from.size, to.size)) return [];
      const message = `the volume of the claim ${to.claim} grows from ${from.size} to ${to.size} while the server runs, if its StorageClass allows it`;
      return [{ kind: 'grow', field, message }];
    },
  };
}

/** A backup claim that comes or goes with the watcher does not grow, and neither does a folder of a node. */
function isFixed(which: 'data' | 'backup', { before, after }: Change): boolean {
  if (which === 'backup' && !(before.model.managed && after.model.managed)) return true;
  return [before, after].some(({ model }) => model[which].hostPath !== '');
}

function isMore(before: string, after: string): boolean {
  const [from, to] = [parseQuantity(before), parseQuantity(after)];
  return from !== undefined && to !== undefined && compareQuantities(to, from) > 0;
}

/** MySQL upgrades the data when the new server starts, and refuses what it cannot upgrade. */
export function judgeImage(change: Change, field: string): readonly Consequence[] {
  const [from, to] = [change.before.model.image, change.after.model.image];
  const running = change.before.runningImage ?? from;
  const reason = refusedUpgrade(running, to);
  const words = `the image changes (${arrow(from, to)})`;
  if (reason !== undefined) {
    return [{ kind: 'refused', field, message: reason, refusedBy: 'mysql' }, restart(change, field, words)];
  }
  const series = upgradedSeries(running, to);
  const upgrade =
    series === undefined ? '' : `: MySQL ${series} upgrades the data, and nothing older starts on it again`;
  return [restart(change, field, `${words}${upgrade}`)];
}

/** Options that stand in my.cnf in another way than before. */
export function changesConfig(): FieldRow {
  return {
    ...restarts(
      // The memory limit has its part in my.cnf, and a row of its own.
      ({ resource: { spec } }) => buildMyCnf({ config: spec.config ?? {}, memoryLimit: undefined }),
      describeOptions,
    ),
    judge: (change, field) =>
      change.before.model.myCnf === change.after.model.myCnf ? [] : [restart(change, field, describeOptions(change))],
  };
}

function describeOptions({ before, after }: Change): string {
  const [from, to] = [before, after].map(({ resource }) => resource.spec.config ?? {});
  const names = [...new Set([...Object.keys(from ?? {}), ...Object.keys(to ?? {})])].sort();
  const show = (value: string | number | undefined): string => (value === undefined ? 'not set' : String(value));
  const changed = names.flatMap((name) => {
    const [old, now] = [show(from?.[name]), show(to?.[name])];
    return old === now ? [] : [`${name} (${old} → ${now})`];
  });
  return `my.cnf changes: ${joinWords(changed)}`;
}
