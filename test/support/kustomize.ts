// What the tests with kustomize and kubectl kustomize share: the program on PATH, and a stand-in for docker.

import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { parseObjects } from './resource.ts';
import { renderText } from './command-line.ts';

/** A folder of programs for PATH. */
export interface Programs {
  readonly path: string;
  /** The words that docker was started with; empty when it was not. */
  readonly dockerWords: () => Promise<readonly string[]>;
  readonly remove: () => Promise<void>;
}

/**
 * Puts the built program on PATH, and a docker that starts it as the image does: with the entrypoint of the Dockerfile's
 * stage `fn`, no arguments, and nothing of the caller's environment.
 *
 * @param before more folders, which come first
 */
export async function makePrograms(...before: readonly string[]): Promise<Programs> {
  const folder = await mkdtemp(join(tmpdir(), 'kubectl-mysql-programs-'));
  const program = resolve('dist/kubectl-mysql.js');
  await symlink(program, join(folder, 'kubectl-mysql'));
  const entrypoint = await readEntrypoint();
  const words = entrypoint.map((word) => (word === '/app/kubectl-mysql.js' ? program : word));
  const log = join(folder, 'docker.log');
  const lines = [
    '#!/usr/bin/env bash',
    `printf '%s\\n' "$@" > '${log}'`,
    `exec env -i PATH="$PATH" HOME=/tmp ${words.map((word) => `'${word}'`).join(' ')}`,
  ];
  await writeFile(join(folder, 'docker'), `${lines.join('\n')}\n`, { mode: 0o755 });
  return {
    path: [folder, ...before, process.env['PATH']].join(delimiter),
    dockerWords: async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').filter((word) => word !== ''),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function readEntrypoint(): Promise<string[]> {
  const dockerfile = await readFile('Dockerfile', 'utf8');
  const [, words = '[]'] = /^FROM program AS fn\nENTRYPOINT (.*)$/m.exec(dockerfile) ?? [];
  return JSON.parse(words) as string[];
}

/** The objects of a text, by kind and name. */
export function byName(text: string): Record<string, unknown> {
  return Object.fromEntries(
    parseObjects(text).map(({ value }) => {
      const { name } = value['metadata'] as { name: string };
      return [`${String(value['kind'])} ${name}`, value];
    }),
  );
}

/** What render makes of the resource that kustomize printed, by kind and name. */
export async function renderedAgain(text: string): Promise<Record<string, unknown>> {
  const document = text.split(/^---\n/m).find((part) => /^kind: "?MySQL"?$/m.test(part)) ?? '';
  return byName(await renderText(document));
}
