// What render and validate have in common: files in, checked objects out.

import { UsageError, type Problem } from '../errors.ts';
import { parseSource, type JsonObject, type ParsedSource, type SourceObject } from '../parse/source.ts';
import { identify, isMySQL } from '../validate/identity.ts';
import { createValidator } from '../validate/validate.ts';
import type { Io } from './io.ts';
import type { OptionValues } from './command.ts';
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
  const check = createValidator({
    unknownFields: options.strings['validate'] === 'warn' ? 'warn' : 'error',
    ...(namespace === undefined ? {} : { namespace }),
    earlier: mapObjects(earlier, namespace),
  });
  const objects: (readonly SourceObject[])[] = [];
  // An earlier form must be readable; what else is wrong with it is history.
  const found = earlier.map(({ problems }) => problems);
  for (const { name, bytes } of files) {
    const source = parseSource(name, bytes);
    const checked = source.objects.map(check);
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

/**
 * Checks the name of a namespace; none is right, too.
 *
 * @throws UsageError that names the flag
 */
export function checkNamespace(name: string | undefined, flag: string): void {
  if (name === undefined || (name.length <= 63 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name))) return;
  throw new UsageError(`${flag} must be the name of a namespace, not "${name}"`);
}

function byPosition(a: Problem, b: Problem): number {
  return a.position.line - b.position.line || a.position.column - b.position.column;
}

function mapObjects(sources: readonly ParsedSource[], namespace: string | undefined): Map<string, JsonObject> {
  const objects = sources.flatMap((source) => source.objects).filter(isMySQL);
  return new Map(objects.map(({ value }) => [identify(value, namespace), value]));
}
