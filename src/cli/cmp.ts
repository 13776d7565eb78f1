// kubectl-mysql cmp: the commands of the config management plugin for Argo CD (plugin.yaml). Argo CD starts them in the
// application's folder, says the rest by environment variables, and shows standard error to people.

import { formatManifests } from '../emit/formats.ts';
import { CommandError, EXIT } from '../errors.ts';
import { parseSource } from '../parse/source.ts';
import { isMySQL } from '../validate/identity.ts';
import { applySettings, checkResourceNames } from '../validate/parameters.ts';
import { announceFields } from './announcements.ts';
import type { Run } from './command.ts';
import type { Io } from './io.ts';
import { checkFiles, type LoadedInput } from './load-resources.ts';
import { isNamespace } from './namespace.ts';
import { parsePluginParameters } from './plugin-parameters.ts';
import { findRepository, readTree } from './read-tree.ts';
import type { InputFile } from './read-input.ts';
import { refuseKustomization, refuseNoResource, refuseProblems, renderObjects, writeStream } from './render-objects.ts';
import { PLUGIN_OPTIONS, readSettings, type Settings } from './settings.ts';

/** Prints the manifests of the application. */
export const generate: Run = async ({ flags }, io) => {
  const settings = readPluginSettings(io);
  const { objects, problems } = checkApplication(settings, io);
  const noResource = settings.options['no-resource'] === 'true';
  const refused = noResource ? refuseNoResource(objects) : [];
  refuseProblems([...problems, ...refuseKustomization(objects), ...refused], io);
  refuseLines(checkResourceNames(settings.fields, objects), io);
  if (objects.length === 0 && !flags['allow-empty'] && settings.options['allow-empty'] !== 'true') {
    const message =
      'there is no object in this folder, and to deliver nothing would delete what was delivered before; ' +
      'the parameter allow-empty says that this is meant';
    throw new CommandError(message, { exitCode: EXIT.invalid });
  }
  await writeStream(formatManifests(renderObjects(objects, { noResource }), 'yaml'), io);
  return EXIT.ok;
};

/** Prints the parameters that depend on the application's folder, with the values that its files give them. */
export const parameters: Run = async (_, io) => {
  const objects = [...readApplication(io)].flatMap(({ name, bytes }) => parseSource(name, bytes).objects);
  await io.writeOut(`${JSON.stringify(announceFields(objects.filter(isMySQL)), null, 2)}\n`);
  return EXIT.ok;
};

/** Checks what the other commands need, before anything is read: parameters, folder, repository. */
export const init: Run = (_, io) => {
  readPluginSettings(io);
  findRepository(io.workingFolder(), io.environment['ARGOCD_APP_SOURCE_PATH']);
  return Promise.resolve(EXIT.ok);
};

function readPluginSettings({ environment, writeError }: Io): Settings {
  const { parameters: given, errors } = parsePluginParameters(environment['ARGOCD_APP_PARAMETERS']);
  const settings = readSettings(given, PLUGIN_OPTIONS);
  refuseLines([...errors, ...settings.errors], { writeError });
  return settings;
}

function refuseLines(lines: readonly string[], { writeError }: Pick<Io, 'writeError'>): void {
  for (const line of lines) writeError(`error: ${line}`);
  if (lines.length > 0) throw new CommandError('nothing was rendered', { exitCode: EXIT.invalid });
}

function readApplication({ workingFolder, environment }: Io): Iterable<InputFile> {
  const folder = workingFolder();
  return readTree(folder, { repository: findRepository(folder, environment['ARGOCD_APP_SOURCE_PATH']) });
}

function checkApplication({ options, fields }: Settings, io: Io): LoadedInput {
  const namespace = io.environment['ARGOCD_APP_NAMESPACE'] ?? '';
  if (namespace !== '' && !isNamespace(namespace)) {
    throw new CommandError('ARGOCD_APP_NAMESPACE must be the name of a namespace', { exitCode: EXIT.invalid });
  }
  const defaultNamespace = namespace === '' ? undefined : namespace;
  const setting = { settings: fields, namespace: defaultNamespace };
  const unknownFields = options['validate'] === 'warn' ? 'warn' : 'error';
  return checkFiles(readApplication(io), { unknownFields, defaultNamespace }, (object) =>
    applySettings(object, setting),
  );
}
