// The lines of the texts about publish, as people would type them.

import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { runShell } from '../support/process.ts';
import { makeRepositories, shopText } from '../support/repositories.ts';

async function linesOf(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  return [...text.matchAll(/^(?:\s*- run: )?(kubectl[ -]mysql publish .*)$/gm)].map(([, line = '']) => line);
}

const examples = (COMMANDS['publish']?.examples ?? []).map(([line]) => line);
const lines = [...examples, ...(await linesOf('docs/publish.md')), ...(await linesOf('README.md'))];

it('there are lines to try', () => {
  expect(lines.length).toBeGreaterThan(examples.length + 4);
});

it('each of them works', async () => {
  const { root, source, environment, gitIn, commit, git } = await makeRepositories();
  const web = shopText({}, { name: 'web', namespace: undefined });
  await commit({ 'apps/shop.yaml': shopText({}, { namespace: undefined }), 'apps/web/web.yaml': web });
  await gitIn(root, 'init', '--quiet', '--bare', 'deploy.git');
  await git('push', '--quiet', join(root, 'deploy.git'), 'main');
  await git('config', `url.file://${root}/deploy.git.insteadOf`, 'https://git.example/deploy.git');
  const program = `exec '${process.execPath}' --import '${import.meta.resolve('tsx')}' '${resolve('src/main.ts')}'`;
  const commands = { kubectl: `shift; ${program} "$@"`, 'kubectl-mysql': `${program} "$@"` };
  for (const [name, script] of Object.entries(commands)) {
    await writeFile(join(root, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(root, name), 0o755);
  }
  const env = { ...environment, PATH: `${root}:${process.env['PATH'] ?? ''}` };
  for (const line of lines) {
    const ended = await runShell(line, { cwd: source, env });
    expect(ended, line).toMatchObject({ code: 0, err: expect.not.stringContaining('error') as string });
  }
});
