// What all entries have in common that render: checked objects in, manifests out.

import type { MySQLResource } from '../api/resource.ts';
import { passThrough } from '../emit/formats.ts';
import { sortInPlaces } from '../emit/order.ts';
import { formatProblem } from '../emit/problems.ts';
import { CommandError, EXIT, type Problem } from '../errors.ts';
import { buildModel } from '../model/model.ts';
import { KUSTOMIZE_HINT, isObject, type SourceObject } from '../parse/source.ts';
import { renderManifests, type Manifest, type MoreAnnotations } from '../render/manifests.ts';
import { identify, isMySQL } from '../validate/identity.ts';
import type { Io } from './io.ts';
import { isWholeListing } from './kustomize-listing.ts';

/** Text is collected to pieces of this many characters, for few system calls. */
const PIECE = 64 * 1024;

/** How to render. */
export interface RenderOptions {
  /** For resources that name none. */
  readonly namespace?: string | undefined;
  readonly noResource: boolean;
  /** Annotations that rendered objects get besides their own. */
  readonly annotationsOf?: MoreAnnotations;
}

/** Renders checked objects; those that are no MySQL pass through, in their places. */
export function* renderObjects(
  objects: readonly SourceObject[],
  { namespace, noResource, annotationsOf }: RenderOptions,
): Iterable<Manifest> {
  const keyOf = (object: SourceObject): string | undefined =>
    isMySQL(object) ? identify(object.value, namespace) : undefined;
  for (const object of sortInPlaces(objects, keyOf)) {
    if (!isMySQL(object)) {
      yield passThrough(object);
      continue;
    }
    // Validation has proved the type.
    const manifests = renderManifests(buildModel(object.value as unknown as MySQLResource, namespace), annotationsOf);
    yield* noResource ? manifests.slice(1) : manifests;
  }
}

/** Refuses to leave resources out whose data somebody must guard. */
export function refuseNoResource(objects: readonly SourceObject[]): Problem[] {
  return objects.flatMap((object) => {
    const { spec } = object.value;
    if (!isMySQL(object) || (isObject(spec) && spec['lifecycle'] === 'None')) return [];
    const message = 'must be None with --no-resource: without the resource nobody would guard the data';
    const position = object.positionOf(['spec', 'lifecycle']);
    return [{ severity: 'error', rule: 'no-resource', file: object.file, position, path: 'spec.lifecycle', message }];
  });
}

/** Refuses kustomize's own objects: they would be sent to the cluster, which knows no such kind. */
export function refuseKustomization(objects: readonly SourceObject[]): Problem[] {
  return objects.filter(isKustomization).map(refuseFolder);
}

/** Refuses folders to which kustomize does more than to list all of their files: what they hold is not what is delivered. */
export function refuseOverlays(objects: readonly SourceObject[]): Problem[] {
  return objects.filter((object) => isKustomization(object) && !isWholeListing(object, objects)).map(refuseFolder);
}

function isKustomization({ value }: SourceObject): boolean {
  return String(value['apiVersion']).startsWith('kustomize.config.k8s.io/');
}

function refuseFolder({ file, positionOf }: SourceObject): Problem {
  const position = positionOf([]);
  return { severity: 'error', rule: 'kustomization', file, position, path: '', message: KUSTOMIZE_HINT };
}

/**
 * Names all problems.
 *
 * @throws CommandError when one of them is an error
 */
export function refuseProblems(problems: readonly Problem[], io: Io): void {
  for (const problem of problems) io.writeError(formatProblem(problem));
  if (problems.some(({ severity }) => severity === 'error'))
    throw new CommandError('nothing was rendered', { exitCode: EXIT.invalid });
}

/** Writes text piece by piece. */
export async function writeStream(pieces: Iterable<string>, io: Io): Promise<void> {
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length < PIECE) continue;
    await io.writeOut(text);
    text = '';
  }
  await io.writeOut(text);
}
