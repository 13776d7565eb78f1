// What render and validate have in common: files in, checked objects out.

import type { Problem } from '../errors.ts';
import { isObject, parseSource, type JsonObject, type SourceObject } from '../parse/source.ts';
import { createValidator, identify, isMySQL } from '../validate/validate.ts';
import type { Io } from './io.ts';
import type { OptionValues } from './options.ts';
import { readInput, type InputFile } from './read-input.ts';

/** All objects of the input, in its order, and all problems, in the order of their places. */
export interface LoadedInput {
  readonly objects: readonly SourceObject[];
  readonly problems: readonly Problem[];
}

/** Reads and checks the input of a command. */
export async function loadResources({ strings, arrays, flags }: OptionValues, io: Io): Promise<LoadedInput> {
  const recursive = flags['recursive'] ?? false;
  const previous = arrays['previous'];
  const earlier = previous ? readEarlier(await readInput(previous, recursive, io)) : undefined;
  const files = await readInput(arrays['filename'] ?? [], recursive, io);
  const namespace = strings['namespace'];
  const check = createValidator({
    unknownFields: strings['validate'] === 'warn' ? 'warn' : 'error',
    ...(namespace === undefined ? {} : { namespace }),
    ...(earlier === undefined ? {} : { earlier }),
  });
  const objects: SourceObject[] = [];
  const problems: Problem[] = [];
  for (const { name, bytes } of files) {
    const source = parseSource(name, bytes);
    const found = [...source.problems];
    for (const object of source.objects) {
      const checked = check(object);
      found.push(...checked.problems);
      objects.push(checked.object);
    }
    problems.push(...found.sort(byPosition));
  }
  return { objects, problems };
}

function byPosition(a: Problem, b: Problem): number {
  return a.position.line - b.position.line || a.position.column - b.position.column;
}

/** Earlier forms are not judged: what is wrong with them is history. */
function readEarlier(files: readonly InputFile[]): Map<string, JsonObject> {
  const objects = files.flatMap(({ name, bytes }) => parseSource(name, bytes).objects).filter(isMySQL);
  return new Map(objects.map(({ value }) => [identify(value), value]));
}

/** Tells whether some object of the input is a MySQL resource. */
export function hasResources(objects: readonly SourceObject[]): boolean {
  return objects.some((object) => isMySQL(object) && isObject(object.value));
}
