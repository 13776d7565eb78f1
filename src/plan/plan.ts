// From two sides to a plan: what will happen to each resource and its data. Pure.

import type { Problem } from '../errors.ts';
import type { Change, Consequence, Form } from '../model/consequence.ts';
import { CONSEQUENCE_KINDS, type ConsequenceKind } from '../model/consequence.ts';
import { passwordJob } from '../model/consequence-password.ts';
import { listConsequences } from '../model/consequences.ts';
import { isSame } from '../model/is-same.ts';
import {
  NAMESPACE_TEXT,
  describeCreation,
  describeDeletion,
  describeNamespaceEnd,
  type Leftovers,
} from '../model/life.ts';
import type { JsonObject, SourceObject } from '../parse/source.ts';
import { createRuleChecker, type RuleChecker } from '../validate/cel.ts';
import { formatPath } from '../validate/finding.ts';
import { comparePasswords, isGone, type PasswordPlace } from './secrets.ts';
import type { Place, PlannedResource, Side } from './side.ts';
import { describeFile, describeInvalid, describeUnseen, type Uncompared } from './uncompared.ts';

/** What becomes of one resource, of a Namespace, or of what a file held that cannot be read. */
export interface PlanEntry {
  readonly kind: 'MySQL' | 'Namespace' | 'File';
  /** `unknown`: what was there before cannot be read. */
  readonly change: 'added' | 'removed' | 'changed' | 'unchanged' | 'unknown';
  /** Empty where nobody says it, and where there is none. */
  readonly namespace: string;
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** Tells where a field stands. */
  readonly positionOf: SourceObject['positionOf'];
  /** In the order of CONSEQUENCE_KINDS. Empty when nothing happens. */
  readonly consequences: readonly Consequence[];
}

/** What a cluster tells about a resource, besides the resource itself. */
export interface LiveFacts {
  readonly leftovers?: Leftovers;
  /** More consequences: what the API server says to the rendered objects. */
  readonly more: readonly Consequence[];
}

/** What is compared. */
export interface PlanInput {
  readonly before: Side;
  /** What cannot be read of the earlier side. */
  readonly uncompared?: readonly Uncompared[];
  readonly after: Side;
  readonly facts?: ReadonlyMap<string, LiveFacts>;
}

/** Plans. The entries are ordered by namespace and name; at the end stands what is no resource. */
export function buildPlan(input: PlanInput): readonly PlanEntry[] {
  const { before, after, facts } = input;
  const rules = createRuleChecker();
  const moves = findMoves(before, after);
  const unread = createUnread(input);
  const ended = endedNamespaces(before, after);
  const added = [...after.resources].filter(([key]) => !before.resources.has(key));
  const removed = [...before.resources].filter(([key]) => !after.resources.has(key));
  const entries = [
    ...added.map(([key, form]): [string, PlanEntry] => {
      const unknown = unread.describe(key);
      if (unknown) return [key, entryOf('unknown', form, [unknown])];
      const { leftovers, more = [] } = facts?.get(key) ?? {};
      const consequences = [...describeCreation(form, leftovers), ...more, ...(moves.get(key) ?? [])];
      return [key, entryOf('added', form, consequences)];
    }),
    ...removed.map(([key, form]): [string, PlanEntry] => {
      const end = ended.has(form.model.namespace) ? describeNamespaceEnd(form) : describeDeletion(form);
      return [key, entryOf('removed', form, [...end, ...(moves.get(key) ?? [])])];
    }),
    ...pairUp(before, after).map(([key, change]): [string, PlanEntry] => {
      const end = ended.has(change.after.model.namespace) ? describeNamespaceEnd(change.before) : [];
      return [key, planChange(change, { rules, before, after, more: [...(facts?.get(key)?.more ?? []), ...end] })];
    }),
    ...unread.gone(),
  ];
  const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  return [...sorted, ...[...ended].map(([name, place]) => namespaceEntry(name, place)), ...unread.files()];
}

/** The Namespaces that are taken out of the files. */
function endedNamespaces(before: Side, after: Side): Side['namespaces'] {
  return new Map([...before.namespaces].filter(([name]) => !after.namespaces.has(name)));
}

function namespaceEntry(name: string, place: Place): PlanEntry {
  return {
    kind: 'Namespace',
    change: 'removed',
    namespace: '',
    name,
    ...place,
    consequences: [note('stop', NAMESPACE_TEXT)],
  };
}

interface Unread {
  /** What is said of a new resource that may be none. */
  readonly describe: (key: string) => Consequence | undefined;
  /** The resources that are gone. */
  readonly gone: () => [string, PlanEntry][];
  readonly files: () => PlanEntry[];
}

/** Looks through what could not be read of the earlier side. */
function createUnread({ before, after, uncompared = [] }: PlanInput): Unread {
  const files = uncompared.filter(({ key }) => key === undefined);
  const invalid = new Map(
    uncompared.flatMap((each) => (each.key === undefined || before.resources.has(each.key) ? [] : [[each.key, each]])),
  );
  const entryFor = (each: Uncompared, consequence: Consequence): Omit<PlanEntry, 'kind' | 'namespace' | 'name'> => {
    const { file, line } = each;
    return { change: 'unknown', file, line, positionOf: () => ({ line, column: 1 }), consequences: [consequence] };
  };
  return {
    describe(key) {
      const own = invalid.get(key);
      if (own) return describeInvalid(own, false);
      return files.length > 0 ? describeUnseen(files) : undefined;
    },
    gone() {
      const gone = [...invalid].filter(([key]) => !after.resources.has(key));
      return gone.map(([key, each]) => {
        const [namespace = '', name = ''] = key.split('/');
        return [key, { kind: 'MySQL', namespace, name, ...entryFor(each, describeInvalid(each, true)) }];
      });
    },
    files: () =>
      files.map((each) => ({ kind: 'File', namespace: '', name: each.file, ...entryFor(each, describeFile(each)) })),
  };
}

interface Pair {
  readonly before: PlannedResource;
  readonly after: PlannedResource;
}

/** The resources that both sides have. */
function pairUp(before: Side, after: Side): [string, Pair][] {
  return [...after.resources].flatMap(([key, form]) => {
    const earlier = before.resources.get(key);
    return earlier ? [[key, { before: earlier, after: form }] as [string, Pair]] : [];
  });
}

function entryOf(
  change: PlanEntry['change'],
  { model, file, line, positionOf }: PlannedResource,
  consequences: readonly Consequence[],
): PlanEntry {
  const kinds = Object.keys(CONSEQUENCE_KINDS);
  const ordered = [...consequences].sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
  const { namespace, name } = model;
  return { kind: 'MySQL', change, namespace, name, file, line, positionOf, consequences: ordered };
}

interface Surroundings extends PlanInput {
  readonly rules: RuleChecker;
  readonly more: readonly Consequence[];
}

function planChange(change: Pair, { rules, before, after, more }: Surroundings): PlanEntry {
  const found = [
    ...planRefusals(change, rules),
    ...listConsequences(change),
    ...planSecret(change, before, after),
    ...more,
  ];
  const isTouched = !isSame(change.before.model.resource, change.after.model.resource);
  if (found.length > 0) return entryOf('changed', change.after, found);
  if (!isTouched) return entryOf('unchanged', change.after, []);
  const message = 'the same is said in other words: only the resource itself changes';
  return entryOf('changed', change.after, [{ kind: 'config', field: '', message }]);
}

/** The rules of the CRD about a change, as the API server says them. */
function planRefusals({ before, after }: Change, rules: RuleChecker): Consequence[] {
  const [from, to] = [before.resource, after.resource] as unknown as [JsonObject, JsonObject];
  return rules.check(to, from).map(({ path, message }) => {
    return { kind: 'refused', field: formatPath(path), message, refusedBy: 'api-server' };
  });
}

/** The Secret that the resource names, or what a tool makes it of, stands beside it and changes. */
function planSecret({ before, after }: Change, ...sides: readonly [Side, Side]): Consequence[] {
  const [from, to] = [findPassword(before, sides[0]), findPassword(after, sides[1])];
  if (!from || !to) return [];
  const { passwordSecretRef: reference } = after.resource.spec;
  if (isSame(reference, before.resource.spec.passwordSecretRef) && isGone(from, to)) {
    const what = `${nameSecret(after)} does not stand there any more, or not with the key ${to.key}`;
    return [note('config', `${what}: a server that runs goes on, a new one waits until something else makes it`)];
  }
  switch (comparePasswords(from, to)) {
    case 'same':
      return [];
    case 'other':
      return [describeSecret(after, `${nameSecret(after)} holds another password`, ': ')];
    case 'unseen': {
      const what = `(${to.secret?.kind ?? ''}) changes, and it cannot be seen whether it holds another password`;
      return [describeSecret(after, `${nameSecret(after)} ${what}`, '; if it does: ')];
    }
  }
}

function describeSecret(after: Form, what: string, link: string): Consequence {
  if (after.model.managed) return note('password', `${what}${link}${passwordJob(after)}`);
  return note('config', `${what}; root's does not change: without a watcher only the first start sets it`);
}

function nameSecret({ resource }: Form): string {
  return `the Secret ${resource.spec.passwordSecretRef?.name ?? ''}`;
}

function findPassword({ resource, model }: Form, { secrets }: Side): PasswordPlace | undefined {
  const reference = resource.spec.passwordSecretRef;
  return reference && { secret: secrets.get(`${model.namespace}/${reference.name}`), key: reference.key };
}

/**
 * Finds resources that got another name or namespace. For Kubernetes that is a deletion and a creation, and the data does
 * not go along.
 */
function findMoves(before: Side, after: Side): ReadonlyMap<string, readonly Consequence[]> {
  const removed = [...before.resources].filter(([key]) => !after.resources.has(key));
  const notes = new Map<string, readonly Consequence[]>();
  for (const [key, to] of after.resources) {
    if (before.resources.has(key)) continue;
    const match = removed.find(([old, from]) => !notes.has(old) && isMoved(from, to));
    if (!match) continue;
    const [old, from] = match;
    const what = from.model.namespace === to.model.namespace ? 'renamed' : 'moved to another namespace';
    const data = `the data stays with the old one, and the new one does not find it`;
    notes.set(key, [note('create', `${show(old)} is ${what}: ${data}; to take it along, load a dump`)]);
    notes.set(old, [note('stop', `it is ${what} (${show(key)}): ${data}`)]);
  }
  return notes;
}

function isMoved(from: PlannedResource, to: PlannedResource): boolean {
  return from.model.name === to.model.name || isSame(from.resource.spec, to.resource.spec);
}

function show(key: string): string {
  return key.replace(/^\//, '');
}

function note(kind: ConsequenceKind, message: string): Consequence {
  return { kind, field: '', message };
}

/** How many resources each consequence meets. */
export function countKinds(entries: readonly PlanEntry[]): ReadonlyMap<ConsequenceKind, number> {
  const counts = new Map<ConsequenceKind, number>();
  for (const kind of Object.keys(CONSEQUENCE_KINDS) as ConsequenceKind[]) {
    const count = entries.filter(({ consequences }) => consequences.some((each) => each.kind === kind)).length;
    if (count > 0) counts.set(kind, count);
  }
  return counts;
}

/** What is refused, as problems with their places. */
export function listRefusals(entries: readonly PlanEntry[]): Problem[] {
  return entries.flatMap(({ file, positionOf, consequences }) =>
    consequences
      .filter(({ kind }) => kind === 'refused')
      .map(({ field, message }) => {
        const position = positionOf(field === '' ? [] : field.split('.'));
        return { severity: 'error', rule: 'refused', file, position, path: field, message };
      }),
  );
}
