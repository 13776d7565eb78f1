// Which cluster is meant, as kubectl finds it.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/cluster/config.ts';
import { makeFolder } from '../support/folder.ts';

/** A kubeconfig whose cluster, user and context have one name, and whose server's name is `server`. */
function kubeconfig(name: string, server = name, user: object = {}): string {
  return JSON.stringify({
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    clusters: [{ name, cluster: { server: `https://${server}` } }],
    users: [{ name, user }],
  });
}

const files = {
  a: kubeconfig('a'),
  b: kubeconfig('b'),
  'a-again': kubeconfig('a', 'other'),
  '.kube/config': kubeconfig('home'),
};

describe('the cluster is', () => {
  it.each([
    ['the one of --kubeconfig', { kubeconfig: 'b', KUBECONFIG: 'a', HOME: '.' }, 'https://b'],
    ['else the one of KUBECONFIG', { KUBECONFIG: 'a', HOME: '.' }, 'https://a'],
    ["of several files the first one's", { KUBECONFIG: 'b:a' }, 'https://b'],
    ['for the same name in several files the first one', { KUBECONFIG: 'a:a-again' }, 'https://a'],
    ['found beside files that are not there', { KUBECONFIG: 'none:b' }, 'https://b'],
    ['the one of --context', { KUBECONFIG: 'a:b', context: 'b' }, 'https://b'],
    ['else the one of ~/.kube/config', { HOME: '.' }, 'https://home'],
  ])('%s', async (_, source, expected) => {
    const folder = await makeFolder(files);
    const { kubeconfig: file, KUBECONFIG, HOME, context } = source as Partial<Record<string, string>>;
    const at = (path: string | undefined): string | undefined =>
      path
        ?.split(':')
        .map((each) => join(folder, each))
        .join(':');
    const environment = { KUBECONFIG: at(KUBECONFIG), HOME: at(HOME) };
    const config = loadConfig({ kubeconfig: at(file), context, environment });
    expect(config.getCurrentCluster()?.server).toBe(expected);
  });

  it('the one around the pod', async () => {
    const serviceAccount = await makeFolder({ namespace: 'shop\n', token: 't' });
    const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
    const config = loadConfig({ environment, serviceAccount });
    expect(config.getCurrentCluster()?.server).toBe('https://[fd00::1]:6443');
    expect(config.getContextObject(config.currentContext)?.namespace).toBe('shop');
  });
});

describe('it is an error', () => {
  it.each([
    ['to name a file that is not there', { kubeconfig: '/none' }, '/none: no such file'],
    ['to name a folder', { kubeconfig: '/' }, '/: cannot be read as a kubeconfig (EISDIR)'],
    ['to have none', {}, 'no cluster: give --kubeconfig or KUBECONFIG, or run in a pod'],
  ])('%s', (_, source, message) => {
    expect(() => loadConfig({ environment: {}, ...source })).toThrow(message);
  });

  it.each([
    ['a context that is not there', kubeconfig('a'), 'x', 'kubeconfig: there is no context "x"'],
    [
      'a context without its cluster',
      kubeconfig('a').replace('"cluster":"a"', '"cluster":"b"'),
      undefined,
      'kubeconfig: the context "a" has no cluster "b"',
    ],
    [
      'a context without its user',
      kubeconfig('a').replace('"user":"a"', '"user":"b"'),
      undefined,
      'kubeconfig: the context "a" has no user "b"',
    ],
    [
      'a server that is no URL',
      kubeconfig('a').replace('https://a', 'a:6443'),
      undefined,
      'kubeconfig: the server of the cluster "a" must be a URL such as https://HOST:6443',
    ],
    ['no context', '{}', undefined, 'kubeconfig: no current context is set'],
    [
      'text that is no YAML, of which nothing is repeated',
      'token: "secret',
      undefined,
      'cannot be read as a kubeconfig',
    ],
  ])('to have %s', async (_, text, context, message) => {
    const folder = await makeFolder({ config: text });
    const call = (): unknown => loadConfig({ kubeconfig: join(folder, 'config'), context, environment: {} });
    expect(call).toThrow(message);
    expect(call).not.toThrow('secret');
  });
});

it('knows a token file beside the kubeconfig, which client-node alone does not', async () => {
  const folder = await makeFolder({ config: kubeconfig('a', 'a', { tokenFile: 'token' }) });
  const config = loadConfig({ kubeconfig: join(folder, 'config'), environment: {} });
  expect(config.getCurrentUser()?.authProvider).toEqual({
    name: 'tokenFile',
    config: { tokenFile: join(folder, 'token') },
  });
});
