// What plan and diff have in common with --from-ref: the files of -f as they are, and as they were in a commit.

import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommandError, EXIT, UsageError, type Problem } from '../errors.ts';
import { formatProblem } from '../emit/problems.ts';
import { readRevision } from '../git/revision.ts';
import { MAX_FILE_BYTES, parseSource, type SourceObject } from '../parse/source.ts';
import { createValidator, type ValidateOptions } from '../validate/validate.ts';
import type { OptionValues } from './command.ts';
import type { Io } from './io.ts';
import { checkFiles, checkNamespace } from './load-resources.ts';
import { EXTENSIONS, readInput, type InputFile } from './read-input.ts';

/** The objects of two sides, checked. */
export interface ComparedObjects {
  readonly before: readonly SourceObject[];
  readonly after: readonly SourceObject[];
}

/**
 * Reads both sides. A file that only one of them has is no error: its resources come or go.
 *
 * @throws CommandError when the working tree's side is invalid
 */
export async function readBothSides(ref: string, options: OptionValues, io: Io): Promise<ComparedObjects> {
  const { filename = [] } = options.arrays;
  if (filename.includes('-')) {
    throw new UsageError('standard input has no earlier form in git; give files or folders with --from-ref');
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
  const after = checkAfter(files, options, io);
  return { after, before: checkBefore(earlier, checkOptions(options), io) };
}

/** What was deleted since the commit is not there, and that is what a plan has to tell. */
async function readWorkingTree(
  name: string,
  { recursive, isKnown }: { recursive: boolean; isKnown: boolean },
  io: Io,
): Promise<InputFile[]> {
  try {
    return await readInput([name], recursive, io);
  } catch (error) {
    const isGone = !existsSync(name) || statSync(name).isDirectory();
    if (isKnown && isGone && error instanceof CommandError) return [];
    throw error;
  }
}

function checkOptions({ strings }: OptionValues): ValidateOptions {
  const { namespace } = strings;
  checkNamespace(namespace, '--namespace');
  const unknownFields = strings['validate'] === 'warn' ? 'warn' : 'error';
  return { unknownFields, ...(namespace === undefined ? {} : { namespace }) };
}

function checkAfter(files: readonly InputFile[], options: OptionValues, io: Io): readonly SourceObject[] {
  const { objects, problems } = checkFiles(files, checkOptions(options));
  return refuseInvalid({ objects, problems }, io);
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
  for (const problem of problems) io.writeError(formatProblem(problem));
  if (problems.some(({ severity }) => severity === 'error'))
    throw new CommandError('nothing was compared', { exitCode: EXIT.invalid });
  return objects;
}

/** What was invalid at that time was never accepted: it counts as not there, so that a fix of it can be merged. */
function checkBefore(files: readonly InputFile[], options: ValidateOptions, io: Io): readonly SourceObject[] {
  const check = createValidator({ ...options, unknownFields: 'warn' });
  return files.flatMap(({ name, bytes }) => {
    const { objects, problems } = parseSource(name, bytes);
    const checked = objects.map((object) => check(object));
    const errors = [...problems, ...checked.flatMap((each) => each.problems)].filter(isError);
    for (const problem of errors) io.writeError(formatProblem({ ...problem, severity: 'warning' }));
    return checked.filter((each) => !each.problems.some(isError)).map(({ object }) => object);
  });
}

function isError({ severity }: Problem): boolean {
  return severity === 'error';
}
