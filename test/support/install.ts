// What `kubectl mysql install` prints, as files of the repository.

import { readFile } from 'node:fs/promises';
import { runCli } from './command-line.ts';

/** The flags of each file in test/render/install/. */
export const INSTALL_CASES: Readonly<Record<string, readonly string[]>> = {
  'all-namespaces.yaml': [],
  'all-namespaces-render.yaml': [
    '--render',
    '--no-crd',
    '--service-monitor',
    '--replicas=2',
    '--image',
    'reg.example/k:1',
  ],
  'one-namespace.yaml': ['-n', 'ops', '--watch-namespace', 'shop', '--no-crd'],
  'one-namespace-render-volumes.yaml': ['-n', 'shop', '--watch-namespace', 'shop', '--protect-volumes', '--render'],
  'uninstall-all-namespaces.txt': ['--uninstall-plan'],
  'uninstall-one-namespace.txt': ['--uninstall-plan', '-n', 'shop', '--watch-namespace', 'shop', '--render'],
};

export function installFile(name: string): string {
  return `test/render/install/${name}`;
}

/** Prints an installation; throws the error lines. */
export async function printInstall(...flags: readonly string[]): Promise<string> {
  const { code, out, lines } = await runCli(['install', ...flags]);
  if (code !== 0) throw new Error(lines.join('\n'));
  return out;
}

/** What a case prints, with a line in place of the CRD, which has a file of its own. */
export async function printCase(name: string): Promise<string> {
  const definition = await readFile('crds/mysqls.otus.homework.yaml', 'utf8');
  return (await printInstall(...(INSTALL_CASES[name] ?? []))).replace(definition, '# crds/mysqls.otus.homework.yaml\n');
}
