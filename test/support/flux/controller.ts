// Flux's kustomize-controller as a process of this machine. Its source-controller is not built: what that would do, serve a
// folder as an archive and say so in a GitRepository's status, is done here.

import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubectl, run, tryRun } from '../../e2e/support/kubectl.ts';
import { runProgram } from '../process.ts';

/** The controller, and the archives that it fetches. */
export class FluxController {
  readonly #child: ChildProcess;
  readonly #server: Server;
  readonly #archives: Map<string, Buffer>;
  readonly #log: string;

  private constructor(child: ChildProcess, server: Server, archives: Map<string, Buffer>, log: string) {
    this.#child = child;
    this.#server = server;
    this.#archives = archives;
    this.#log = log;
  }

  /** Builds it when it is not there yet, and starts it against the cluster of a kubeconfig. */
  static async start(kubeconfig: string): Promise<FluxController> {
    const bin = (await run('bash', ['test/delivery/build-tools', 'kustomize-controller'])).trim();
    const program = (await run('readlink', ['-f', join(bin, 'kustomize-controller')])).trim();
    await tryRun('kubectl', ['create', 'namespace', 'flux-system']);
    await kubectl(['apply', '--server-side', '--force-conflicts', '-f', join(program, '..', 'crds')]);
    const names = ['kustomizations.kustomize.toolkit.fluxcd.io', 'gitrepositories.source.toolkit.fluxcd.io'];
    const crds = names.map((name) => `crd/${name}`);
    await kubectl(['wait', '--for=condition=Established', '--timeout=60s', ...crds]);
    const archives = new Map<string, Buffer>();
    const server = createServer(({ url = '' }, response) => {
      response.end(archives.get(url.slice(1)));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const log = await mkdtemp(join(tmpdir(), 'kubectl-mysql-flux-'));
    const words = ['--metrics-addr=127.0.0.1:0', '--health-addr=127.0.0.1:0', '--events-addr=', '--log-level=debug'];
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: log,
      RUNTIME_NAMESPACE: 'flux-system',
      KUBECONFIG: kubeconfig,
    };
    const child = spawn(program, [...words, '--interval-jitter-percentage=0'], {
      env: { ...env, TMPDIR: log },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.pipe(createWriteStream(join(log, 'log')));
    return new FluxController(child, server, archives, log);
  }

  /** Makes an archive of a folder, which can be fetched from now on. */
  async serve(folder: string): Promise<{ url: string; digest: string; size: number }> {
    // Tests serve side by side.
    const file = join(this.#log, `${randomUUID()}.tar.gz`);
    const { code, err } = await runProgram('tar', ['-czf', file, '-C', folder, '--exclude=.git', '.']);
    if (code !== 0) throw new Error(err);
    const bytes = await readFile(file);
    const digest = createHash('sha256').update(bytes).digest('hex');
    this.#archives.set(digest, bytes);
    const { port } = this.#server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${String(port)}/${digest}`, digest: `sha256:${digest}`, size: bytes.length };
  }

  /** The end of its log. */
  async log(): Promise<string> {
    return (await readFile(join(this.#log, 'log'), 'utf8')).slice(-3000);
  }

  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.pid !== undefined) {
      const exit = new Promise((done) => this.#child.once('exit', done));
      this.#child.kill('SIGKILL');
      await exit;
    }
    this.#server.close();
    this.#server.closeAllConnections();
    await rm(this.#log, { recursive: true, force: true });
  }
}
