// kubectl mysql install

import { EXIT, UsageError } from '../errors.ts';
import { formatManifests, type Format } from '../emit/formats.ts';
import { WATCHER, renderInstall, type InstallOptions } from '../render/install.ts';
import { formatUninstallPlan } from '../render/uninstall-plan.ts';
import type { OptionValues, Run } from './command.ts';
import { checkNamespace } from './namespace.ts';
import { VERSION } from './version.ts';

export const install: Run = async (values, io) => {
  const { strings, flags } = values;
  const options = readOptions(values);
  if (flags['uninstall-plan']) {
    if (strings['output'] !== undefined)
      throw new UsageError('--uninstall-plan is a text for people; it takes no --output');
    await io.writeOut(formatUninstallPlan(options));
    return EXIT.ok;
  }
  const format = (strings['output'] ?? 'yaml') as Format;
  await io.writeOut([...formatManifests(renderInstall(options), format)].join(''));
  return EXIT.ok;
};

function readOptions({ strings, flags }: OptionValues): InstallOptions {
  const watchNamespace = strings['watch-namespace'];
  checkNamespace(watchNamespace, '--watch-namespace');
  const volumes = flags['protect-volumes'] ?? false;
  if (volumes && watchNamespace === undefined) {
    throw new UsageError('--protect-volumes needs --watch-namespace: for all namespaces the watcher has these rights');
  }
  const namespace = strings['namespace'] ?? WATCHER;
  checkNamespace(namespace, '--namespace');
  return {
    namespace,
    watchNamespace,
    volumes: volumes || watchNamespace === undefined,
    render: flags['render'] ?? false,
    image: readImage(strings['image'] ?? `${WATCHER}:${VERSION}`),
    replicas: readReplicas(strings['replicas'] ?? '1'),
    definition: !flags['no-crd'],
    serviceMonitor: flags['service-monitor'] ?? false,
    version: VERSION,
  };
}

/** What is no image at all; the rest is the container runtime's to judge. */
function readImage(image: string): string {
  if (/^[a-zA-Z0-9][\w.:/@-]*$/.test(image)) return image;
  throw new UsageError(`--image must be the name of an image, not "${image}"`);
}

function readReplicas(text: string): number {
  if (/^[1-9][0-9]?$/.test(text)) return Number(text);
  throw new UsageError(`--replicas must be a whole number from 1 to 99, not "${text}"`);
}
