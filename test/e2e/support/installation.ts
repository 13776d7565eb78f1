// The watcher in the cluster, installed as a user installs it, and what it asked of the API server.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kubectl, run, tryRun, waitUntil } from './kubectl.ts';

/** The image of our own code, which the set-up has loaded. */
const IMAGE = 'localhost/kubectl-mysql:dev';
const NAME = 'kubectl-mysql';

interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly annotations?: Readonly<Record<string, string>>;
  readonly responseStatus?: { readonly code: number };
}

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

/** What was asked: `verb group/resource`, with a subresource behind it. */
export interface Call {
  readonly right: string;
  readonly namespace: string;
  readonly allowed: boolean;
}

/** An installation in a namespace of its own. */
export class Installation {
  readonly namespace: string;
  readonly account: string;
  private readonly flags: readonly string[];

  private constructor(namespace: string, flags: readonly string[]) {
    this.namespace = namespace;
    this.account = `system:serviceaccount:${namespace}:${NAME}`;
    this.flags = flags;
  }

  /** Installs and waits until the Deployment is available. */
  static async create(...flags: string[]): Promise<Installation> {
    const installation = new Installation(`watcher-${randomBytes(3).toString('hex')}`, flags);
    await installation.apply();
    return installation;
  }

  /** `kubectl mysql install …`, with more flags. */
  print(...more: string[]): Promise<string> {
    const words = ['install', '-n', this.namespace, '--image', IMAGE, ...this.flags, ...more];
    return run(process.execPath, ['dist/kubectl-mysql.js', ...words]);
  }

  async apply(): Promise<void> {
    await kubectl(['apply', '--server-side', '-f', '-'], await this.print());
    await this.available();
  }

  async available(): Promise<void> {
    const { code } = await tryRun('kubectl', this.within('rollout', 'status', `deployment/${NAME}`, '--timeout=120s'));
    if (code === 0) return;
    throw new Error(`the watcher is not available:\n${await this.describe()}`);
  }

  private async describe(): Promise<string> {
    const { stdout: pods } = await tryRun('kubectl', this.within('describe', 'pods'));
    const { stdout: log } = await tryRun('kubectl', this.within('logs', `deployment/${NAME}`, '--tail=30'));
    return `${pods}\n${log}`;
  }

  within(...words: string[]): string[] {
    return ['-n', this.namespace, ...words];
  }

  kubectl(...words: string[]): Promise<string> {
    return kubectl(this.within(...words));
  }

  /** Starts or ends all watchers, and waits until it is done. */
  async scale(replicas: number): Promise<void> {
    await this.kubectl('scale', `deployment/${NAME}`, `--replicas=${String(replicas)}`);
    if (replicas > 0) return this.available();
    await waitUntil('no watcher runs', 60, async () =>
      (await this.kubectl('get', 'pods', '-o', 'name')) === '' ? true : undefined,
    );
  }

  /** Removes it, with the CRD left in place. */
  async remove(): Promise<void> {
    await tryRun('kubectl', ['delete', '--ignore-not-found', '--wait=false', '-f', '-'], await this.print('--no-crd'));
  }

  /** The rights that the printed roles give to the watcher. */
  async granted(): Promise<string[]> {
    const { items } = JSON.parse(await this.print('--no-crd', '-o', 'json')) as { items: Role[] };
    const roles = items.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole');
    const rights = roles.flatMap(({ rules }) =>
      rules.flatMap(({ apiGroups: [group = ''], resources, verbs }) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`)),
      ),
    );
    return [...new Set(rights)].sort();
  }

  /** What the watcher asked of the API server, from its audit log. */
  async calls(): Promise<Call[]> {
    const log = await readFile(join(process.env['CLUSTER_DIR'] ?? '', 'logs/audit.log'), 'utf8');
    const events = log
      .split('\n')
      .filter((line) => line.includes(this.account))
      .map((line) => JSON.parse(line) as AuditEvent);
    return events.filter(({ user }) => user.username === this.account).flatMap(toCalls);
  }

  /** The commands of steps 2 and 3 of the uninstall plan, as they stand there. */
  async plannedCommands(): Promise<string[]> {
    const plan = await this.print('--uninstall-plan');
    const steps = /\n2\. .*?(?=\n4\. |\nOnly for a while)/s.exec(plan)?.[0].replaceAll('|\n', '|') ?? '';
    const commands = steps.split('\n').filter((line) => line.startsWith('     kubectl'));
    return commands.map((line) => line.trim().replace('kubectl mysql', `${process.execPath} dist/kubectl-mysql.js`));
  }

  /** Whether the watcher's account may do that: `kubectl auth can-i`. */
  async may(words: string): Promise<boolean> {
    const { stdout } = await tryRun('kubectl', ['auth', 'can-i', ...words.split(' '), '--as', this.account]);
    return stdout.trim() === 'yes';
  }
}

function toCalls({ verb, objectRef, annotations, responseStatus }: AuditEvent): Call[] {
  if (objectRef?.resource === undefined) return [];
  const { apiGroup = '', resource, subresource, namespace = '' } = objectRef;
  const path = `${apiGroup}/${[resource, ...(subresource === undefined ? [] : [subresource])].join('/')}`;
  // Server-side apply of an object that is not there needs both rights, and is logged under one.
  const verbs = verb === 'patch' && responseStatus?.code === 201 ? ['patch', 'create'] : [verb];
  const allowed = annotations?.['authorization.k8s.io/decision'] === 'allow';
  return verbs.map((used) => ({ right: `${used} ${path}`, namespace, allowed }));
}
