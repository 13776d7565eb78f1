// What plan and diff have in common without a cluster: the files of -f as they are, and as they were in a commit or in other
// files.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommandError, EXIT, UsageError, type Problem } from '../errors.ts';
import { formatProblem } from '../emit/problems.ts';
import { readRevision } from '../git/revision.ts';
import { MAX_FILE_BYTES, isObject, parseSource, type ParsedSource, type SourceObject } from '../parse/source.ts';
import type { Rendered } from '../plan/rendered-pods.ts';
import type { Uncompared } from '../plan/uncompared.ts';
import { identify, isMySQL } from '../validate/identity.ts';
import { withoutRendered } from '../validate/rendered.ts';
import { createValidator, type CheckedObject, type ValidateOptions } from '../validate/validate.ts';
import type { OptionValues } from './command.ts';
import type { Io } from './io.ts';
import { checkSources } from './load-resources.ts';
import { checkNamespace } from './namespace.ts';
import { refuseOverlays } from './render-objects.ts';
import { EXTENSIONS, isDelivered, readInput, refuseEmpty, type InputFile } from './read-input.ts';
import { readWithin } from './read-tree.ts';

/** The objects of two sides, checked. */
export interface ComparedObjects {
  readonly before: readonly SourceObject[];
  readonly after: readonly SourceObject[];
  /** What was rendered for them already, where that was left out. */
  readonly rendered: { readonly before: Rendered; readonly after: Rendered };
  /** What cannot be read of the earlier side. */
  readonly uncompared: readonly Uncompared[];
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
  refuseCluster(options, { '--from-ref': ref, '--previous': previous });
  const read = ref === undefined ? previous && readFiles(previous, options, io) : readCommit(ref, options, io);
  const sides = await read;
  if (!sides) return undefined;
  const check = checkOptions(options);
  const [from, to] = [parse(sides.before), parse(sides.after)];
  const after = refuseInvalid(checkSources(to.sources, check), io);
  const { objects: before, uncompared } = checkBefore(from.sources, check, { after, io });
  const rendered = { before: from.rendered, after: to.rendered };
  return {
    before,
    after,
    rendered,
    uncompared: [...readLinks(sides.links, io), ...uncompared],
    against: sides.against,
  };
}

function refuseSeveral(ways: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(ways).filter((flag) => ways[flag] !== undefined);
  if (given.length > 1) throw new UsageError(`give ${given.join(' or ')}, not both`);
}

/** Where nothing is asked of a cluster, what says how to ask it would be without effect. */
function refuseCluster({ strings }: OptionValues, offline: Readonly<Record<string, unknown>>): void {
  const way = Object.keys(offline).find((flag) => offline[flag] !== undefined);
  const flag = ['context', 'kubeconfig', 'field-manager'].find((name) => strings[name] !== undefined);
  if (way === undefined || flag === undefined) return;
  throw new UsageError(`--${flag} is for the cluster, and ${way} compares without one; leave one of them out`);
}

/** Links of the earlier side that were not followed. */
function readLinks(links: readonly string[], io: Io): Uncompared[] {
  const reason = 'this link leaves the repository, or leads to no file';
  for (const file of links) io.writeError(`warning: ${file}: ${reason}`);
  return links.map((file) => ({ file, line: 1, reason, key: undefined }));
}

interface ComparedFiles {
  readonly before: readonly InputFile[];
  readonly links: readonly string[];
  readonly after: readonly InputFile[];
  readonly against: string;
}

async function readFiles(previous: readonly string[], options: OptionValues, io: Io): Promise<ComparedFiles> {
  const { filename = [] } = options.arrays;
  if (previous.includes('-') && filename.includes('-')) throw new UsageError('standard input can be read only once');
  const recursive = options.flags['recursive'] ?? false;
  const before = await readInput(previous, recursive, io);
  return { before, links: [], after: await readInput(filename, recursive, io), against: previous.join(', ') };
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
  const links: string[] = [];
  const files: InputFile[] = [];
  if (filename.length === 0) await readInput(filename, recursive, io);
  for (const name of filename) {
    const path = resolve(io.workingFolder(), name);
    const bounds = { extensions: EXTENSIONS, counts: isDelivered, limit: MAX_FILE_BYTES };
    const old = await readRevision({ ref, path, name, recursive, ...bounds, environment: io.environment });
    earlier.push(...old.files.map((file) => ({ ...file, name: `${ref}:${file.name}` })));
    links.push(...old.links.map((link) => `${ref}:${link}`));
    const isKnown = old.files.length + old.links.length > 0;
    files.push(...readWorkingTree(name, { recursive, isKnown }, io));
  }
  return { before: earlier, links, after: files, against: ref };
}

/**
 * What was deleted since the commit is not there, and that is what a plan has to tell; what cannot be read, and a link that
 * leaves the repository, is an error.
 */
function readWorkingTree(
  name: string,
  { recursive, isKnown }: { recursive: boolean; isKnown: boolean },
  io: Io,
): InputFile[] {
  const path = resolve(io.workingFolder(), name);
  if (isKnown && !existsSync(path)) return [];
  const files = readWithin(path, name, recursive);
  return files.length > 0 || isKnown ? files : refuseEmpty(name, recursive);
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

interface CheckedBefore {
  readonly objects: readonly SourceObject[];
  readonly uncompared: readonly Uncompared[];
}

/**
 * What was invalid at that time is no error, so that a fix of it can be merged; what happens to it nobody can tell. What is gone
 * now counts all the same, where it can be understood: another CRD than this one may have let it in, and its data goes with it.
 */
function checkBefore(
  sources: readonly ParsedSource[],
  options: ValidateOptions,
  { after, io }: { after: readonly SourceObject[]; io: Io },
): CheckedBefore {
  const check = createValidator({ ...options, unknownFields: 'warn' });
  const keyOf = ({ value }: SourceObject): string => identify(value, options.namespace);
  const kept = new Set(after.map(keyOf));
  const warn = (problem: Problem): void => {
    io.writeError(formatProblem({ ...problem, severity: 'warning' }));
  };
  const uncompared: Uncompared[] = [];
  const objects = sources.flatMap(({ objects: parsed, problems }) => {
    const checked = parsed.map((object) => check(object));
    const errors = problems.filter(isError);
    for (const problem of [...errors, ...checked.flatMap((each) => each.problems.filter(isError))]) warn(problem);
    const counts = ({ object, problems: found }: CheckedObject): boolean =>
      !found.some(isError) || (!kept.has(keyOf(object)) && !found.some(isUnreadable));
    const invalid = checked.filter((each) => !counts(each)).map((each) => describeInvalid(each, options.namespace));
    uncompared.push(...errors.slice(0, 1).map(describeFile), ...invalid);
    return checked.filter(counts).map(({ object }) => object);
  });
  const overlays = refuseOverlays(objects);
  overlays.forEach(warn);
  return { objects, uncompared: [...uncompared, ...overlays.map(describeFile)] };
}

function describeFile({ file, position, message }: Problem): Uncompared {
  return { file, line: position.line, reason: message, key: undefined };
}

/** Whose name is known stands for itself alone. */
function describeInvalid({ object, problems }: CheckedObject, defaultNamespace = ''): Uncompared {
  const { file, value, positionOf } = object;
  const { path, message } = problems.find(isError) ?? { path: '', message: '' };
  const { name, namespace = defaultNamespace } = isObject(value['metadata']) ? value['metadata'] : {};
  const isKnown = isMySQL(object) && typeof name === 'string' && typeof namespace === 'string';
  const key = isKnown ? `${namespace}/${name}` : undefined;
  return { file, line: positionOf([]).line, reason: path === '' ? message : `${path}: ${message}`, key };
}

function isError({ severity }: Problem): boolean {
  return severity === 'error';
}

/** Nothing can be rendered of such a resource, and no CRD has ever let it in. */
function isUnreadable({ severity, rule }: Problem): boolean {
  return severity === 'error' && ['kind', 'type', 'required', 'enum'].includes(rule);
}
