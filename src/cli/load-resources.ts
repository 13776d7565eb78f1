// What render and validate have in common: files in, checked objects out.

import { UsageError, type Problem } from '../errors.ts';
import { parseSource, type JsonObject, type ParsedSource, type SourceObject } from '../parse/source.ts';
import { identify, isMySQL } from '../validate/identity.ts';
import { createValidator, type ValidateOptions } from '../validate/validate.ts';
import type { Io } from './io.ts';
import type { OptionValues } from './command.ts';
import { checkNamespace } from './namespace.ts';
import { readInput, type InputFile } from './read-input.ts';

/** All objects of the input, in its order, and all problems, in the order of their places. */
export interface LoadedInput {
  readonly objects: readonly SourceObject[];
  readonly problems: readonly Problem[];
}

/** Reads and checks the input of a command. */
export async function loadResources(options: OptionValues, io: Io): Promise<LoadedInput> {
  const namespace = options.strings['namespace'];
  checkNamespace(namespace, '--namespace');
  const { files, previous } = await readFiles(options, io);
  const earlier = previous.map(({ name, bytes }) => parseSource(name, bytes));
  const input = checkFiles(files, {
    unknownFields: options.strings['validate'] === 'warn' ? 'warn' : 'error',
    ...(namespace === undefined ? {} : { namespace }),
    earlier: mapObjects(earlier, namespace),
  });
  // An earlier form must be readable; what else is wrong with it is history.
  return { ...input, problems: [...earlier.flatMap(({ problems }) => problems), ...input.problems] };
}

/**
 * Parses and checks files.
 *
 * @param adapt changes an object before it is checked
 */
export function checkFiles(
  files: Iterable<InputFile>,
  options: ValidateOptions,
  adapt?: (object: SourceObject) => SourceObject,
): LoadedInput {
  return checkSources(parseFiles(files), options, adapt);
}

function* parseFiles(files: Iterable<InputFile>): Iterable<ParsedSource> {
  for (const { name, bytes } of files) yield parseSource(name, bytes);
}

/** Checks files that were parsed, each as it comes. */
export function checkSources(
  sources: Iterable<ParsedSource>,
  options: ValidateOptions,
  adapt: (object: SourceObject) => SourceObject = (object) => object,
): LoadedInput {
  const check = createValidator(options);
  const objects: (readonly SourceObject[])[] = [];
  const found: (readonly Problem[])[] = [];
  for (const source of sources) {
    const checked = source.objects.map((object) => check(adapt(object)));
    objects.push(checked.map(({ object }) => object));
    found.push([...source.problems, ...checked.flatMap((result) => result.problems)].sort(byPosition));
  }
  return { objects: objects.flat(), problems: found.flat() };
}

async function readFiles(
  { arrays, flags }: OptionValues,
  io: Io,
): Promise<{ files: readonly InputFile[]; previous: readonly InputFile[] }> {
  const { filename = [], previous } = arrays;
  if (previous?.includes('-') && filename.includes('-')) throw new UsageError('standard input can be read only once');
  const recursive = flags['recursive'] ?? false;
  return {
    previous: previous ? await readInput(previous, recursive, io) : [],
    files: await readInput(filename, recursive, io),
  };
}

function byPosition(a: Problem, b: Problem): number {
  return a.position.line - b.position.line || a.position.column - b.position.column;
}

function mapObjects(sources: readonly ParsedSource[], namespace: string | undefined): Map<string, JsonObject> {
  const objects = sources.flatMap((source) => source.objects).filter(isMySQL);
  return new Map(objects.map(({ value }) => [identify(value, namespace), value]));
}
