// The command line of `kubectl mysql install`.

import { describe, expect, it } from 'vitest';
import { runCli } from '../support/command-line.ts';

describe('install', () => {
  it.each([
    ['what is no namespace', ['-n', 'A b'], '--namespace must be the name of a namespace, not "A b"'],
    ['what is no namespace to watch', ['--watch-namespace', '-x'], '--watch-namespace needs a value'],
    [
      'two namespaces to watch',
      ['--watch-namespace', 'a,b'],
      '--watch-namespace must be the name of a namespace, not "a,b"',
    ],
    ['no replica', ['--replicas', '0'], '--replicas must be a whole number from 1 to 99, not "0"'],
    ['a word for a number', ['--replicas', 'two'], '--replicas must be a whole number from 1 to 99, not "two"'],
    ['what is no image', ['--image', 'a b'], '--image must be the name of an image, not "a b"'],
    [
      '--protect-volumes for all namespaces',
      ['--protect-volumes'],
      '--protect-volumes needs --watch-namespace: for all namespaces the watcher has these rights',
    ],
    [
      'a format of the plan',
      ['--uninstall-plan', '-o', 'json'],
      '--uninstall-plan is a text for people; it takes no --output',
    ],
    ['a file', ['x'], 'unexpected argument "x"'],
  ])('%s is exit code 2 and one line', async (_, flags, message) => {
    expect(await runCli(['install', ...flags])).toEqual({ code: 2, out: '', lines: [`error: ${message}`] });
  });

  it.each([
    ['a registry with a port and a digest', 'reg.example:5000/a/b@sha256:0123456789abcdef'],
    ['a tag', 'kubectl-mysql:dev'],
  ])('takes an image with %s as it is', async (_, image) => {
    const { code, out } = await runCli(['install', '--image', image]);
    expect(code).toBe(0);
    expect(out).toContain(`image: "${image}"`);
  });

  it('names its objects with -o name', async () => {
    const { out } = await runCli(['install', '-o', 'name']);
    expect(out).toContain('deployment.apps/kubectl-mysql\n');
    expect(out).toContain('customresourcedefinition.apiextensions.k8s.io/mysqls.otus.homework\n');
  });
});
