// kubectl mysql diff

import { CommandError, EXIT } from '../errors.ts';
import { parseYaml } from '../parse/yaml.ts';
import { makeComparable } from '../plan/comparable.ts';
import type { SourceObject } from '../parse/source.ts';
import type { Manifest } from '../render/manifests.ts';
import type { OptionValues, Run } from './command.ts';
import { readBothSides, refuseInvalid, type ComparedObjects } from './compare-revision.ts';
import type { Io } from './io.ts';
import { loadResources } from './load-resources.ts';
import { refuse } from './read-input.ts';
import { renderObjects } from './render-objects.ts';
import { isSystemError } from './system-error.ts';
import { comparedName, showDifferences, type ComparedFile } from './run-diff.ts';

export const diff: Run = async (options, io) => {
  try {
    const sides = await readBothSides(options, io);
    return await (sides ? diffSides(sides, options, io) : diffLive(options, io));
  } catch (error) {
    // 1 says that there are differences, so nothing else may end with it.
    if (isSystemError(error)) refuse(error.path ?? 'the folder for temporary files', error, EXIT.usage);
    if (!(error instanceof CommandError) || error.exitCode !== EXIT.failure) throw error;
    throw new CommandError(error.message, { exitCode: EXIT.usage, cause: error });
  }
};

async function diffLive(options: OptionValues, io: Io): Promise<number> {
  const objects = refuseInvalid(await loadResources(options, io), io);
  if (objects.length === 0) throw new CommandError('there is no object in the input', { exitCode: EXIT.invalid });
  const manifests = [...renderObjects(objects, choose(options))];
  const { diffCluster } = await import('./online.ts');
  return showDifferences(await diffCluster(manifests, options, io), ['LIVE', 'MERGED'], io);
}

function choose({ strings }: OptionValues): { namespace: string | undefined; noResource: boolean } {
  return { namespace: strings['namespace'], noResource: false };
}

async function diffSides(sides: ComparedObjects, options: OptionValues, io: Io): Promise<number> {
  const [before, after] = [render(sides.before, options), render(sides.after, options)];
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const files = names.map((name): ComparedFile => {
    const [from, to] = [before.get(name), after.get(name)].map((each) => each && parseYaml(each.yaml));
    return { name, ...makeComparable(from, to) };
  });
  return showDifferences(files, ['BEFORE', 'AFTER'], io);
}

function render(objects: readonly SourceObject[], options: OptionValues): ReadonlyMap<string, Manifest> {
  const manifests = [...renderObjects(objects, choose(options))];
  return new Map(manifests.map((each) => [comparedName(each.apiVersion, each.kind, each.namespace, each.name), each]));
}
