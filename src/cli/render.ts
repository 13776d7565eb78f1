// kubectl mysql render

import { CommandError, EXIT, UsageError } from '../errors.ts';
import { formatManifests, type Format } from '../emit/formats.ts';
import type { SourceObject } from '../parse/source.ts';
import { isMySQL } from '../validate/identity.ts';
import type { Io } from './io.ts';
import { loadResources } from './load-resources.ts';
import type { OptionValues, Run } from './command.ts';
import { refuseKustomization, refuseNoResource, refuseProblems, renderObjects, writeStream } from './render-objects.ts';

export const render: Run = async (options, io) => {
  const { strings, arrays, flags } = options;
  const folder = strings['output-dir'];
  if (flags['kustomization'] && folder === undefined) throw new UsageError('--kustomization needs --output-dir');
  if (strings['output'] !== undefined && folder !== undefined) {
    throw new UsageError('give --output or --output-dir, not both');
  }
  if (folder === undefined) {
    const manifests = renderObjects(await loadValid(options, io), choose(options));
    await writeStream(formatManifests(manifests, (strings['output'] ?? 'yaml') as Format), io);
    return EXIT.ok;
  }
  const { refuseWithin, writeFolder } = await import('./write-folder.ts');
  await refuseWithin(folder, arrays['filename'] ?? [], flags['recursive'] ?? false);
  const manifests = renderObjects(await loadValid(options, io), choose(options));
  await writeFolder(folder, manifests, flags['kustomization'] ?? false);
  return EXIT.ok;
};

function choose({ strings, flags }: OptionValues): { namespace: string | undefined; noResource: boolean } {
  return { namespace: strings['namespace'], noResource: flags['no-resource'] ?? false };
}

/** Everything is checked before the first byte goes out: there is no partial output. */
async function loadValid(options: OptionValues, io: Io): Promise<readonly SourceObject[]> {
  const { objects, problems } = await loadResources(options, io);
  const noResource = options.flags['no-resource'] ? refuseNoResource(objects) : [];
  refuseProblems([...problems, ...refuseKustomization(objects), ...noResource], io);
  if (objects.length === 0) throw new CommandError('there is no object in the input', { exitCode: EXIT.invalid });
  if (!objects.some(isMySQL)) io.writeError('warning: there is no MySQL resource in the input');
  return objects;
}
