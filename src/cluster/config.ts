// Where the cluster is and who we are: kubeconfig files as kubectl finds them, or the service account of a pod.

import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { KubeConfig, makeAbsolutePath, type Cluster, type User } from '@kubernetes/client-node';
import { UsageError } from '../errors.ts';
import { parseYaml } from '../parse/yaml.ts';

/** What decides which cluster is meant. */
export interface ConfigSource {
  /** --kubeconfig */
  readonly kubeconfig?: string | undefined;
  /** --context */
  readonly context?: string | undefined;
  /** The process's environment: KUBECONFIG, HOME, KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where the service account is mounted. */
  readonly serviceAccount?: string | undefined;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Finds the cluster: --kubeconfig, else the files of KUBECONFIG, else ~/.kube/config, else the pod's service account.
 *
 * @throws UsageError when there is none, or the file or the context is not there
 */
export function loadConfig(source: ConfigSource): KubeConfig {
  const files = listFiles(source);
  const config = files.length > 0 ? mergeFiles(files) : loadServiceAccount(source);
  if (source.context !== undefined) config.setCurrentContext(source.context);
  checkContext(config);
  return config;
}

/** What client-node would find only when it is used, and then not name. */
function checkContext(config: KubeConfig): void {
  const { currentContext: name } = config;
  const context = config.getContextObject(name);
  if (!context) {
    throw new UsageError(name ? `kubeconfig: there is no context "${name}"` : 'kubeconfig: no current context is set');
  }
  const cluster = config.getCluster(context.cluster);
  if (!cluster) throw new UsageError(`kubeconfig: the context "${name}" has no cluster "${context.cluster}"`);
  if (!/^https?:/.test(cluster.server) || !URL.canParse(cluster.server)) {
    throw new UsageError(
      `kubeconfig: the server of the cluster "${cluster.name}" must be a URL such as https://HOST:6443`,
    );
  }
  if (context.user && !config.getUser(context.user)) {
    throw new UsageError(`kubeconfig: the context "${name}" has no user "${context.user}"`);
  }
}

function listFiles({ kubeconfig, environment }: ConfigSource): readonly string[] {
  if (kubeconfig) {
    if (!existsSync(kubeconfig)) throw new UsageError(`${kubeconfig}: no such file`);
    return [kubeconfig];
  }
  const listed = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  const home = environment['HOME'];
  const files = listed.length > 0 ? listed : home ? [join(home, '.kube', 'config')] : [];
  return files.filter((file) => existsSync(file));
}

/** As in kubectl the first file wins that names a thing; client-node calls that an error. */
function mergeFiles(files: readonly string[]): KubeConfig {
  const merged = new KubeConfig();
  for (const file of files) {
    const { clusters, users, contexts, currentContext } = readFile(file);
    merged.loadFromOptions({
      clusters: mergeNamed(merged.clusters, clusters),
      users: mergeNamed(merged.users, users),
      contexts: mergeNamed(merged.contexts, contexts),
      currentContext: merged.currentContext || currentContext,
    });
  }
  return merged;
}

function mergeNamed<T extends { readonly name: string }>(earlier: readonly T[], later: readonly T[]): T[] {
  const names = new Set(earlier.map(({ name }) => name));
  return [...earlier, ...later.filter(({ name }) => !names.has(name))];
}

interface RawConfig {
  readonly users?: readonly { readonly name: string; readonly user?: { readonly tokenFile?: string } }[];
}

function readFile(file: string): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromFile(file);
    const { users } = parseYaml(readFileSync(file, 'utf8')) as RawConfig;
    const tokenFiles = new Map(users?.map(({ name, user }) => [name, user?.tokenFile]));
    config.users = config.users.map((user) => withTokenFile(user, tokenFiles.get(user.name), dirname(file)));
    config.clusters = config.clusters.map(allowPlain);
    return config;
  } catch (error) {
    // What the YAML library says repeats a piece of the file.
    const { code, syscall } = error as NodeJS.ErrnoException;
    const why = syscall === undefined ? '' : ` (${code ?? syscall})`;
    throw new UsageError(`${file}: cannot be read as a kubeconfig${why}`);
  }
}

/** client-node does not know kubectl's `tokenFile`. */
function withTokenFile(user: User, tokenFile: string | undefined, folder: string): User {
  return tokenFile ? { ...user, ...tokenFrom(makeAbsolutePath(folder, tokenFile)) } : user;
}

/** client-node reads such a token again when it is older than a minute. */
function tokenFrom(tokenFile: string): Pick<User, 'authProvider'> {
  return { authProvider: { name: 'tokenFile', config: { tokenFile } } };
}

/** client-node refuses `http:`, as `kubectl proxy` speaks it, unless TLS is not verified. */
function allowPlain(cluster: Cluster): Cluster {
  return cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster;
}

function loadServiceAccount({ environment, serviceAccount = SERVICE_ACCOUNT }: ConfigSource): KubeConfig {
  const host = environment['KUBERNETES_SERVICE_HOST'];
  if (!host) throw new UsageError('no cluster: give --kubeconfig or KUBECONFIG, or run in a pod');
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? '443';
  const namespaceFile = join(serviceAccount, 'namespace');
  const name = 'in-cluster';
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [
      {
        name,
        server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
        caFile: join(serviceAccount, 'ca.crt'),
        skipTLSVerify: false,
      },
    ],
    users: [{ name, ...tokenFrom(join(serviceAccount, 'token')) }],
    contexts: [
      {
        name,
        cluster: name,
        user: name,
        namespace: existsSync(namespaceFile) ? readFileSync(namespaceFile, 'utf8').trim() : undefined,
      },
    ],
    currentContext: name,
  });
  return config;
}
