// Argo CD's servers as processes of this machine, with a state folder of their own, on loopback ports that nobody uses.

import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmod,
  chown,
  copyFile,
  mkdir,
  mkdtemp,
  open,
  readFile,
  readdir,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { runProgram } from '../process.ts';
import { install, type Installation } from './installation.ts';
import { answers, freePort } from './ports.ts';

/** The user of Argo CD's containers. */
const USER = 999;

interface Start {
  readonly program: string;
  readonly words: readonly string[];
  /** Everything that the process finds in its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly isReady: () => Promise<boolean>;
}

/** Redis, the plugin's sidecar and the repo-server; with a cluster also the application controller. */
export class ArgoProcesses {
  /** Logs, sockets and work folders. It is not below /tmp, since the sidecar gets a /tmp of its own. */
  readonly state: string;
  readonly #installation: Installation;
  readonly #children = new Map<string, ChildProcess>();
  #redis = 0;
  #repoServer = 0;

  private constructor(state: string, installation: Installation) {
    this.state = state;
    this.#installation = installation;
  }

  /** Starts what renders: Redis, the sidecar, the repo-server. */
  static async start(): Promise<ArgoProcesses> {
    await needRedis();
    const installation = await install();
    const state = await mkdtemp('/var/tmp/kubectl-mysql-argocd-');
    await chmod(state, 0o755);
    const processes = new ArgoProcesses(state, installation);
    try {
      await processes.#prepare();
      await processes.#startRedis();
      await processes.#startSidecar();
      await processes.#startRepoServer();
    } catch (error) {
      await processes.end();
      throw error;
    }
    return processes;
  }

  get repoServer(): number {
    return this.#repoServer;
  }

  get home(): string {
    return this.#installation.home;
  }

  /** Starts what delivers, against the cluster of a kubeconfig, which stands for https://kubernetes.default.svc. */
  async startController(kubeconfig: string): Promise<void> {
    const metrics = await freePort();
    await this.#start('controller', {
      program: join(this.home, 'argocd-application-controller'),
      words: [
        ...['--namespace', 'argocd', '--redis', `127.0.0.1:${String(this.#redis)}`],
        ...['--repo-server', `127.0.0.1:${String(this.#repoServer)}`, '--repo-server-plaintext'],
        ...['--metrics-port', String(metrics), '--loglevel', 'debug', '--logformat', 'json'],
      ],
      env: {
        ...this.#serverEnvironment('argocd-application-controller'),
        KUBECONFIG: kubeconfig,
        ARGOCD_FAKE_IN_CLUSTER: 'true',
        ARGOCD_RECONCILIATION_TIMEOUT: '20s',
        ARGOCD_RECONCILIATION_JITTER: '0s',
      },
      isReady: () => answers(metrics),
    });
  }

  /** Files that the plugin left in its /tmp; argocd-cmp-server's own work folder is always there, and empty. */
  async leftovers(): Promise<string[]> {
    const names = await readdir(join(this.state, 'tmp-sidecar'), { recursive: true });
    return names.filter((name) => name !== '_cmp_server');
  }

  /** The user of a process, and its network beside that of this one. */
  async describe(name: string): Promise<{ user: string | undefined; network: string; ownNetwork: string }> {
    const folder = `/proc/${String(this.#children.get(name)?.pid)}`;
    const [, user] = /^Uid:\t(\d+)/m.exec(await readFile(`${folder}/status`, 'utf8')) ?? [];
    return { user, network: await readlink(`${folder}/ns/net`), ownNetwork: await readlink('/proc/self/ns/net') };
  }

  log(name: string): Promise<string> {
    return readFile(join(this.state, 'log', name), 'utf8');
  }

  /** Ends everything that was started here, and nothing else; then takes the state away. */
  async end(): Promise<void> {
    const ended = [...this.#children.values()].map(async (child) => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exit = new Promise((done) => child.once('exit', done));
      // Its process group: what it started goes, too.
      process.kill(-child.pid, 'SIGKILL');
      await exit;
    });
    await Promise.all(ended);
    await rm(this.state, { recursive: true, force: true, maxRetries: 5 });
  }

  async #prepare(): Promise<void> {
    const folders = ['log', 'home', 'plugins', 'tls', 'ssh', 'tmp-repo', 'tmp-sidecar', 'redis', 'bin', 'config'];
    await Promise.all(folders.map((name) => mkdir(join(this.state, name))));
    for (const name of ['plugins', 'tmp-sidecar']) await chown(join(this.state, name), USER, USER);
    // The checkout and the cache may lie where user 999 may not look.
    const bin = join(this.state, 'bin');
    for (const name of await readdir('dist')) await copyFile(resolve('dist', name), join(bin, name));
    await symlink('kubectl-mysql.js', join(bin, 'kubectl-mysql'));
    await copyFile(join(this.home, 'argocd'), join(bin, 'argocd-cmp-server'));
    await copyFile('deploy/argocd/plugin.yaml', join(this.state, 'config', 'plugin.yaml'));
    await writeFile(join(this.state, 'home', '.gitconfig'), '[safe]\n\tdirectory = *\n');
  }

  async #startRedis(): Promise<void> {
    this.#redis = await freePort();
    await this.#start('redis', {
      program: 'redis-server',
      words: ['--bind', '127.0.0.1', '--port', String(this.#redis), '--save', '', '--dir', join(this.state, 'redis')],
      env: { PATH: process.env['PATH'] ?? '' },
      isReady: () => answers(this.#redis),
    });
  }

  /** As in its pod: user 999, a /tmp of its own, no home. And more than there: no network at all. */
  async #startSidecar(): Promise<void> {
    const { state } = this;
    const command = `mount --bind ${state}/tmp-sidecar /tmp && exec setpriv --reuid=${String(USER)} --regid=${String(USER)} --clear-groups --no-new-privs ${state}/bin/argocd-cmp-server --config-dir-path ${state}/config --loglevel debug --logformat json`;
    await this.#start('sidecar', {
      program: 'unshare',
      words: ['--net', '--mount', 'sh', '-c', command],
      env: {
        PATH: `${state}/bin:${dirname(process.execPath)}:/usr/sbin:/usr/bin:/bin`,
        HOME: '/nonexistent',
        ARGOCD_BINARY_NAME: 'argocd-cmp-server',
        ARGOCD_PLUGINSOCKFILEPATH: join(state, 'plugins'),
      },
      isReady: async () => (await readdir(join(state, 'plugins'))).includes('kubectl-mysql.sock'),
    });
  }

  async #startRepoServer(): Promise<void> {
    this.#repoServer = await freePort();
    const metrics = await freePort();
    await this.#start('repo-server', {
      program: join(this.home, 'argocd-repo-server'),
      words: [
        ...['--disable-tls', '--client-ca-path', '', '--address', '127.0.0.1', '--port', String(this.#repoServer)],
        ...['--metrics-address', '127.0.0.1', '--metrics-port', String(metrics)],
        ...['--redis', `127.0.0.1:${String(this.#redis)}`, '--loglevel', 'debug', '--logformat', 'json'],
      ],
      env: {
        ...this.#serverEnvironment('argocd-repo-server'),
        ARGOCD_PLUGINSOCKFILEPATH: join(this.state, 'plugins'),
        ARGOCD_GPG_ENABLED: 'false',
        ARGOCD_ASK_PASS_SOCK: join(this.state, 'ask-pass.sock'),
      },
      isReady: () => answers(this.#repoServer),
    });
  }

  #serverEnvironment(name: string): Record<string, string> {
    return {
      PATH: `${this.home}:${process.env['PATH'] ?? ''}`,
      HOME: join(this.state, 'home'),
      TMPDIR: join(this.state, 'tmp-repo'),
      ARGOCD_BINARY_NAME: name,
      ARGOCD_TLS_DATA_PATH: join(this.state, 'tls'),
      ARGOCD_SSH_DATA_PATH: join(this.state, 'ssh'),
    };
  }

  async #start(name: string, { program, words, env, isReady }: Start): Promise<void> {
    const log = await open(join(this.state, 'log', name), 'a');
    const child = spawn(program, words, { env, detached: true, stdio: ['ignore', log.fd, log.fd] });
    child.on('error', () => undefined);
    this.#children.set(name, child);
    await log.close();
    const end = performance.now() + 60_000;
    while (!(await isReady())) {
      const hasEnded = child.pid === undefined || child.exitCode !== null;
      if (hasEnded || performance.now() > end) {
        throw new Error(`${name} does not come up:\n${(await this.log(name)).slice(-2000)}`);
      }
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

/** Debian's redis-server, which nothing but these tests needs. */
async function needRedis(): Promise<void> {
  const { code, err } = await runProgram('bash', ['test/delivery/install-redis']);
  if (code !== 0) throw new Error(`redis-server is not there and cannot be installed: ${err}`);
}
