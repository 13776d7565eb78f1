// What a person reads when the credentials of a kubeconfig cannot be had.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../../src/cluster/connect.ts';
import { createSystemClock } from '../../src/cluster/clock.ts';
import { makeFolder } from '../support/folder.ts';

async function failWith(user: object): Promise<string> {
  const config = {
    'current-context': 'a',
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    clusters: [{ name: 'a', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'a', user }],
  };
  const kubeconfig = join(await makeFolder({ config: JSON.stringify(config) }), 'config');
  const connection = connect({ kubeconfig, environment: {}, clock: createSystemClock(), version: 'test' });
  const failure = await connection.send({ method: 'GET', path: '/' }).catch((error: unknown) => error);
  await connection.close();
  return (failure as Error).message.replace('the credentials for the API server: ', '');
}

function program(command: string, ...args: readonly string[]): object {
  return { exec: { apiVersion: 'client.authentication.k8s.io/v1', command, args, interactiveMode: 'Never' } };
}

const TOKEN = `eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9${'A'.repeat(40)}`;

describe('of credentials it is told', () => {
  it.each([
    [
      'which program is missing',
      program('/no/helper'),
      'the program /no/helper, which the kubeconfig names, is not found',
    ],
    [
      'what a program says that fails',
      program('sh', '-c', 'echo "the session has expired" >&2; echo "run: aws sso login" >&2; exit 1'),
      'the session has expired / run: aws sso login',
    ],
    ['no token that it says', program('sh', '-c', `echo "no such token: ${TOKEN}" >&2; exit 1`), 'no such token: ***'],
    ['that it says nothing', program('false'), 'the program that the kubeconfig names failed'],
    ['nothing of what it prints', program('echo', TOKEN), 'the program that the kubeconfig names printed none'],
    ['that they are empty', program('echo', '{}'), 'the program that the kubeconfig names printed none'],
    [
      'which file is missing',
      { 'client-certificate': '/no/file.crt', 'client-key': '/no/file.key' },
      '/no/file.crt cannot be read (ENOENT)',
    ],
  ])('%s', async (_, user, expected) => {
    expect(await failWith(user)).toBe(expected);
  });
});
