// What plan and diff have in common without a cluster: the files of -f as they are, and as they were in a commit or in other
// files.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommandError, EXIT, UsageError, type Problem } from '../errors.ts';
import { formatProblem } from '../emit/problems.ts';
import { readRevision } from '../git/revision.ts';
import { MAX_FILE_BYTES, parseSource, type ParsedSource, type SourceObject } from '../parse/source.ts';
import type { Rendered } from '../plan/rendered-pods.ts';
import { identify } from '../validate/identity.ts';
import { withoutRendered } from '../validate/rendered.ts';
import { createValidator, type CheckedObject, type ValidateOptions } from '../validate/validate.ts';
import type { OptionValues } from './command.ts';
import type { Io } from './io.ts';
import { checkSources } from './load-resources.ts';
import { checkNamespace } from './namespace.ts';
import { refuseOverlays } from './render-objects.ts';
import { EXTENSIONS, readInput, type InputFile } from './read-input.ts';

/** The objects of two sides, checked. */
export interface ComparedObjects {
  readonly before: readonly SourceObject[];
  readonly after: readonly SourceObject[];
  /** What was rendered for them already, where that was left out. */
  readonly rendered: { readonly before: Rendered; readonly after: Rendered };
  /** What the files were compared with, for people. */
  readonly against: string;
}

interface ParsedFiles {
  readonly sources: readonly ParsedSource[];
  /** What was left out, because its resource stands beside it. */
  readonly rendered: Rendered;
}

/** How files become objects. */
type Parse = (files: readonly InputFile[]) => ParsedFiles;

const parseFiles: Parse = (files) => ({
  sources: files.map(({ name, bytes }) => parseSource(name, bytes)),
  rendered: new Map(),
});

/** What is rendered already, as a published branch and the output of kustomize are, is left to its resources. */
export const parseWithoutRendered: Parse = (files) => {
  const { sources } = parseFiles(files);
  const { objects: others, rendered } = withoutRendered(sources.flatMap(({ objects }) => objects));
  const kept = new Set(others);
  const left = sources.map(({ objects, problems }) => ({
    objects: objects.filter((each) => kept.has(each)),
    problems,
  }));
  return { sources: left, rendered };
};

/**
 * Reads both sides, where something else than the cluster is compared with: a commit, or files.
 *
 * @returns undefined where it is the cluster
 * @throws CommandError when the newer side is invalid
 */
export async function readBothSides(
  options: OptionValues,
  io: Io,
  parse: Parse = parseFiles,
): Promise<ComparedObjects | undefined> {
  const { previous } = options.arrays;
  const ref = options.strings['from-ref'];
  refuseSeveral({ '--from-ref': ref, '--previous': previous, '--live': options.flags['live'] ? true : undefined });
  const read = ref === undefined ? previous && readFiles(previous, options, io) : readCommit(ref, options, io);
  const sides = await read;
  if (!sides) return undefined;
  const check = checkOptions(options);
  const [from, to] = [parse(sides.before), parse(sides.after)];
  const after = refuseInvalid(checkSources(to.sources, check), io);
  const before = checkBefore(from.sources, check, { after, io });
  return { before, after, rendered: { before: from.rendered, after: to.rendered }, against: sides.against };
}

function refuseSeveral(ways: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(ways).filter((flag) => ways[flag] !== undefined);
  if (given.length > 1) throw new UsageError(`give ${given.join(' or ')}, not both`);
}

interface ComparedFiles {
  readonly before: readonly InputFile[];
  readonly after: readonly InputFile[];
  readonly against: string;
}

async function readFiles(previous: readonly string[], options: OptionValues, io: Io): Promise<ComparedFiles> {
  const { filename = [] } = options.arrays;
  if (previous.includes('-') && filename.includes('-')) throw new UsageError('standard input can be read only once');
  const recursive = options.flags['recursive'] ?? false;
  const before = await readInput(previous, recursive, io);
  return { before, after: await readInput(filename, recursive, io), against: previous.join(', ') };
}

/** A file that only one of both sides has is no error: its resources come or go. */
async function readCommit(ref: string, options: OptionValues, io: Io): Promise<ComparedFiles> {
  const { filename = [] } = options.arrays;
  if (filename.includes('-')) {
    throw new UsageError(
      'standard input has no earlier form in git; give files or folders with --from-ref, or the earlier form with --previous',
    );
  }
  const recursive = options.flags['recursive'] ?? false;
  const earlier: InputFile[] = [];
  const files: InputFile[] = [];
  if (filename.length === 0) await readInput(filename, recursive, io);
  for (const name of filename) {
    const path = resolve(io.workingFolder(), name);
    const bounds = { extensions: EXTENSIONS, limit: MAX_FILE_BYTES };
    const old = await readRevision({ ref, path, name, recursive, ...bounds, environment: io.environment });
    earlier.push(...old.map((file) => ({ ...file, name: `${ref}:${file.name}` })));
    files.push(...(await readWorkingTree(name, { recursive, isKnown: old.length > 0 }, io)));
  }
  return { before: earlier, after: files, against: ref };
}

/** What was deleted since the commit is not there, and that is what a plan has to tell; what cannot be read is an error. */
async function readWorkingTree(
  name: string,
  { recursive, isKnown }: { recursive: boolean; isKnown: boolean },
  io: Io,
): Promise<InputFile[]> {
  if (isKnown && !existsSync(resolve(io.workingFolder(), name))) return [];
  return readInput([name], recursive, io, isKnown);
}

function checkOptions({ strings }: OptionValues): ValidateOptions {
  const { namespace } = strings;
  checkNamespace(namespace, '--namespace');
  const unknownFields = strings['validate'] === 'warn' ? 'warn' : 'error';
  return { unknownFields, ...(namespace === undefined ? {} : { namespace }) };
}

/**
 * Names all problems.
 *
 * @throws CommandError when one of them is an error
 */
export function refuseInvalid(
  { objects, problems }: { objects: readonly SourceObject[]; problems: readonly Problem[] },
  io: Io,
): readonly SourceObject[] {
  const found = [...problems, ...refuseOverlays(objects)];
  for (const problem of found) io.writeError(formatProblem(problem));
  if (found.some(({ severity }) => severity === 'error'))
    throw new CommandError('nothing was compared', { exitCode: EXIT.invalid });
  return objects;
}

/**
 * What was invalid at that time counts as not there, so that a fix of it can be merged. What is gone now counts all the same,
 * where it can be understood: another CRD than this one may have let it in, and its data goes with it.
 */
function checkBefore(
  sources: readonly ParsedSource[],
  options: ValidateOptions,
  { after, io }: { after: readonly SourceObject[]; io: Io },
): readonly SourceObject[] {
  const check = createValidator({ ...options, unknownFields: 'warn' });
  const keyOf = ({ value }: SourceObject): string => identify(value, options.namespace);
  const kept = new Set(after.map(keyOf));
  const before = sources.flatMap(({ objects, problems }) => {
    const checked = objects.map((object) => check(object));
    const errors = [...problems, ...checked.flatMap((each) => each.problems)].filter(isError);
    for (const problem of errors) io.writeError(formatProblem({ ...problem, severity: 'warning' }));
    const counts = ({ object, problems: found }: CheckedObject): boolean =>
      !found.some(isError) || (!kept.has(keyOf(object)) && !found.some(isUnreadable));
    return checked.filter(counts).map(({ object }) => object);
  });
  for (const problem of refuseOverlays(before)) io.writeError(formatProblem({ ...problem, severity: 'warning' }));
  return before;
}

function isError({ severity }: Problem): boolean {
  return severity === 'error';
}

/** Nothing can be rendered of such a resource, and no CRD has ever let it in. */
function isUnreadable({ severity, rule }: Problem): boolean {
  return severity === 'error' && ['kind', 'type', 'required', 'enum'].includes(rule);
}
