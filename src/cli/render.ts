// kubectl mysql render

import type { MySQLResource } from '../api/resource.ts';
import { CommandError, EXIT, UsageError, type Problem } from '../errors.ts';
import { formatManifests, passThrough, type Format } from '../emit/formats.ts';
import { sortInPlaces } from '../emit/order.ts';
import { formatProblem } from '../emit/problems.ts';
import { buildModel } from '../model/model.ts';
import { isObject, type SourceObject } from '../parse/source.ts';
import { createRenderer, type Manifest } from '../render/manifests.ts';
import { identify, isMySQL } from '../validate/identity.ts';
import type { Io } from './io.ts';
import { loadResources } from './load-resources.ts';
import type { OptionValues, Run } from './command.ts';

/** Text is collected to pieces of this many characters, for few system calls. */
const PIECE = 256 * 1024;

export const render: Run = async (options, io) => {
  const { strings, arrays, flags } = options;
  const folder = strings['output-dir'];
  if (flags['kustomization'] && folder === undefined) throw new UsageError('--kustomization needs --output-dir');
  if (strings['output'] !== undefined && folder !== undefined) {
    throw new UsageError('give --output or --output-dir, not both');
  }
  if (folder === undefined) {
    const manifests = renderAll(await loadValid(options, io), options);
    await writeStream(formatManifests(manifests, (strings['output'] ?? 'yaml') as Format), io);
    return EXIT.ok;
  }
  const { refuseWithin, writeFolder } = await import('./write-folder.ts');
  await refuseWithin(folder, arrays['filename'] ?? [], flags['recursive'] ?? false);
  await writeFolder(folder, renderAll(await loadValid(options, io), options), flags['kustomization'] ?? false);
  return EXIT.ok;
};

/** Everything is checked before the first byte goes out: there is no partial output. */
async function loadValid(options: OptionValues, io: Io): Promise<readonly SourceObject[]> {
  const { objects, problems } = await loadResources(options, io);
  const refused = options.flags['no-resource'] ? objects.flatMap(refuseNoResource) : [];
  const all = [...problems, ...refused];
  for (const problem of all) io.writeError(formatProblem(problem));
  if (all.some(({ severity }) => severity === 'error'))
    throw new CommandError('nothing was rendered', { exitCode: EXIT.invalid });
  if (objects.length === 0) throw new CommandError('there is no object in the input', { exitCode: EXIT.invalid });
  if (!objects.some(isMySQL)) io.writeError('warning: there is no MySQL resource in the input');
  return objects;
}

function refuseNoResource(object: SourceObject): Problem[] {
  const { spec } = object.value;
  if (!isMySQL(object) || (isObject(spec) && spec['lifecycle'] === 'None')) return [];
  const message = 'must be None with --no-resource: without the resource nobody would guard the data';
  const position = object.positionOf(['spec', 'lifecycle']);
  return [{ severity: 'error', rule: 'no-resource', file: object.file, position, path: 'spec.lifecycle', message }];
}

function* renderAll(objects: readonly SourceObject[], { strings, flags }: OptionValues): Iterable<Manifest> {
  const namespace = strings['namespace'];
  const renderManifests = createRenderer();
  const keyOf = (object: SourceObject): string | undefined =>
    isMySQL(object) ? identify(object.value, namespace) : undefined;
  for (const object of sortInPlaces(objects, keyOf)) {
    if (!isMySQL(object)) {
      yield passThrough(object);
      continue;
    }
    // Validation has proved the type.
    const manifests = renderManifests(buildModel(object.value as unknown as MySQLResource, namespace));
    yield* flags['no-resource'] ? manifests.slice(1) : manifests;
  }
}

async function writeStream(pieces: Iterable<string>, io: Io): Promise<void> {
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length < PIECE) continue;
    await io.writeOut(text);
    text = '';
  }
  await io.writeOut(text);
}
