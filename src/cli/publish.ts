// kubectl mysql publish. It is bundled into a file of its own, with what only it needs: see commands.ts.

import { CommandError, EXIT, UsageError } from '../errors.ts';
import { gitEnvironment } from '../git/environment.ts';
import { createGit } from '../git/git.ts';
import { createHide } from '../git/redact.ts';
import type { SourceObject } from '../parse/source.ts';
import { chooseDestination, isDefault, type Destination } from '../publish/destination.ts';
import { describeSource } from '../publish/facts.ts';
import { explainFailure } from '../publish/failures.ts';
import { parsePath, refuseWithin } from '../publish/folder.ts';
import { formatMessage } from '../publish/message.ts';
import { nameFiles, type Files } from '../publish/names.ts';
import { publishFiles, type Outcome, type Publication } from '../publish/publish.ts';
import { displayUrl } from '../publish/repository-url.ts';
import { formatJson, formatSummary, type Place } from '../publish/result.ts';
import { createScratch } from '../publish/scratch.ts';
import { findSecrets } from '../publish/secrets.ts';
import { readSource, type Source } from '../publish/source.ts';
import { isMySQL } from '../validate/identity.ts';
import type { OptionValues, Run } from './command.ts';
import type { Io } from './io.ts';
import { checkFiles } from './load-resources.ts';
import { checkNamespace } from './namespace.ts';
import { readInput, type InputFile } from './read-input.ts';
import { refuseKustomization, refuseNoResource, refuseProblems, renderObjects } from './render-objects.ts';

export const publish: Run = async (options, io) => {
  const { strings, arrays, flags } = options;
  const branch = strings['branch'];
  if (branch === undefined) throw new UsageError('say with --branch which branch is published to');
  const steps = parsePath(strings['path'] ?? '.');
  const input = await readInput(arrays['filename'] ?? [], flags['recursive'] ?? false, io, flags['allow-empty']);
  const files = renderFiles(input, options, io);
  const abort = io.untilInterrupted();
  const source = await readRepository(options, { input, io, abort });
  const destination = chooseDestination(source.config, strings['repo'], io.workingFolder());
  const isOwn = isDefault(destination, source.config, io.workingFolder());
  checkSource(source, { options, steps, branch: isOwn ? branch : undefined });
  const facts = describeSource(source);
  const place = { repository: displayUrl(destination.place), branch, path: steps.join('/') || '.' };
  const message = formatMessage({ ...facts, text: strings['message'] });
  const publication = { files, branch, steps, message, source: facts.index, isDryRun: flags['dry-run'] ?? false };
  const outcome = await publishTo(destination, publication, { source, io, abort });
  if (strings['output'] === 'json') await io.writeOut(formatJson(place, outcome, facts.index));
  else await writeText(place, outcome, io);
  return EXIT.ok;
};

async function publishTo(
  { place, remote }: Destination,
  publication: Publication,
  { source, io, abort }: { source: Source; io: Io; abort: AbortSignal },
): Promise<Outcome> {
  const { folder, config, repository } = source;
  const hash = repository?.hash ?? 'sha1';
  const hide = createHide([...config, ...remote], [place]);
  const explain = (error: unknown): never => {
    throw explainFailure(error, { repository: displayUrl(place), hide });
  };
  const { environment } = io;
  const scratch = await createScratch({ environment, abort, folder, config, remote, hash }).catch(explain);
  try {
    return await publishFiles(scratch.git, publication).catch(explain);
  } finally {
    await scratch.remove();
  }
}

async function writeText(place: Place, outcome: Outcome, io: Io): Promise<void> {
  if (outcome.diff === undefined) {
    await io.writeOut(`${formatSummary(place, outcome)}\n`);
    return;
  }
  io.writeError(formatSummary(place, outcome));
  await io.writeOut(outcome.diff);
}

/** Checks and renders all of the input, before git is asked for anything. */
function renderFiles(input: readonly InputFile[], { strings, flags }: OptionValues, io: Io): Files {
  const namespace = strings['namespace'];
  checkNamespace(namespace, '--namespace');
  const unknownFields = strings['validate'] === 'warn' ? 'warn' : 'error';
  const { objects, problems } = checkFiles(input, { unknownFields, ...(namespace === undefined ? {} : { namespace }) });
  const noResource = flags['no-resource'] ?? false;
  const secrets = flags['allow-secrets'] ? [] : findSecrets(objects);
  const refused = [...refuseKustomization(objects), ...(noResource ? refuseNoResource(objects) : [])];
  refuseProblems([...problems, ...secrets, ...refused], io);
  checkObjects(objects, flags['allow-empty'] ?? false, io);
  return nameFiles(renderObjects(objects, { namespace, noResource }), flags['kustomization'] ?? false);
}

function checkObjects(objects: readonly SourceObject[], isEmptyAllowed: boolean, io: Io): void {
  if (objects.length === 0 && !isEmptyAllowed) {
    const message =
      'there is no object in the input, and to publish nothing would remove what was published before; ' +
      '--allow-empty says that this is meant';
    throw new CommandError(message, { exitCode: EXIT.invalid });
  }
  if (!objects.some(isMySQL)) io.writeError('warning: there is no MySQL resource in the input');
}

function readRepository(
  { arrays, flags }: OptionValues,
  { input, io, abort }: { input: readonly InputFile[]; io: Io; abort: AbortSignal },
): Promise<Source> {
  const environment = gitEnvironment(io.environment, { config: true });
  const inputs = (arrays['filename'] ?? []).filter((name) => name !== '-');
  const files = input.flatMap(({ name }) => (name === '<stdin>' ? [] : [name]));
  const recursive = flags['recursive'] ?? false;
  const isPiped = inputs.length < (arrays['filename'] ?? []).length;
  if (isPiped && inputs.length > 0) {
    throw new UsageError('publish takes files and folders, or standard input, not both: only files stand in a commit');
  }
  const gitIn = (folder: string): ReturnType<typeof createGit> => createGit({ folder, environment, abort });
  return readSource({ inputs, files, recursive }, gitIn, io.workingFolder()).catch((error: unknown) => {
    throw explainFailure(error, { repository: 'the source repository', hide: createHide([], []) });
  });
}

/** @param branch that is published to, where it is one of the source repository's */
function checkSource(
  { repository }: Source,
  { options, steps, branch }: { options: OptionValues; steps: readonly string[]; branch: string | undefined },
): void {
  if (!repository) return;
  const { dirty, inputs } = repository;
  if (branch !== undefined && repository.branch === branch) {
    refuseWithin(steps, inputs, options.flags['recursive'] ?? false);
  }
  if (dirty.length === 0 || options.flags['allow-dirty']) return;
  const shown = dirty.slice(0, 3).join(', ');
  const more = dirty.length > 3 ? ` and ${String(dirty.length - 3)} more` : '';
  const message = `not as in the last commit: ${shown}${more}; commit it, or say --allow-dirty`;
  throw new CommandError(message, { exitCode: EXIT.invalid });
}
