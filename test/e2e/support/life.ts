// One resource's life under a watcher: delivered, filled, deleted, made again; what is in it, and what hinders it.

import { tryRun, waitUntil, type Namespace } from './kubectl.ts';
import { PASSWORD, mysql } from './resource.ts';
import { conditionOf, untilMessage, untilStatus, type SeenStatus, type Watcher } from './watcher.ts';

/** The whole of the faults and stories runs on demand; CI runs a bounded part. */
export const ALL_FAULTS = process.env['FAULTS'] === 'all';

export type Step = 'backup' | 'restore' | 'change-pass';

interface JobPod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: {
    readonly phase: string;
    readonly containerStatuses?: readonly { readonly state: { readonly running?: object } }[];
  };
}

/** The fields that git says, besides those that every test's resource has. */
export type Spec = Readonly<Record<string, unknown>> & { readonly password?: string };

/** A resource in a namespace that a watcher watches. */
export class Life {
  readonly namespace: Namespace;
  readonly name: string;
  spec: Spec;

  constructor(namespace: Namespace, name: string, spec: Spec = {}) {
    this.namespace = namespace;
    this.name = name;
    this.spec = spec;
  }

  /** Puts a change of the spec, or none, into git and delivers that. */
  async deliver(change: object = {}): Promise<void> {
    this.spec = { ...this.spec, ...change };
    await this.namespace.deliver(mysql(this.name, this.spec));
  }

  /** Delivers and waits until the server is there. */
  async create(how: 'with' | 'without', seconds = 240): Promise<void> {
    await this.deliver();
    await this.untilCreated(how, seconds);
  }

  async untilCreated(how: 'with' | 'without', seconds = 240): Promise<void> {
    await untilMessage(this.namespace, this.name, `${this.name} created ${how} restore-job`, seconds);
  }

  /** Makes a table with so many rows, and then `filler` rows of random bytes, which give a Job something to do. */
  async fill(rows: number, filler = 0): Promise<void> {
    const numbers = Array.from({ length: rows }, (_, index) => `(${String(index + 1)})`).join(',');
    const noise = `create table noise (id int auto_increment primary key, b blob);
      insert into noise (b) with recursive n (i) as (select 1 union all select i + 1 from n where i < ${String(filler)})
      select /*+ SET_VAR(cte_max_recursion_depth = 1000000) */ random_bytes(1000) from n;`;
    await this.sql(`create table t(id int primary key); insert into t values ${numbers}; ${filler > 0 ? noise : ''}`);
  }

  sql(statement: string, password = this.spec.password ?? PASSWORD): Promise<string> {
    return this.namespace.sql(this.name, password, statement);
  }

  /** The rows of the table, in their order. */
  async rows(): Promise<number[]> {
    return (await this.sql('select id from t order by id')).split('\n').filter(Boolean).map(Number);
  }

  /** Asks for the deletion and returns at once. */
  async requestDeletion(): Promise<void> {
    await this.namespace.kubectl(['delete', 'mysqls.otus.homework', this.name, '--wait=false']);
  }

  async untilGone(seconds = 240): Promise<void> {
    let last: { readonly status?: SeenStatus } | undefined;
    try {
      await waitUntil(`${this.name} is gone`, seconds, async () => {
        last = await this.namespace.find('mysql', this.name);
        return last === undefined ? true : undefined;
      });
    } catch (error) {
      throw new Error(`${String(error)}; it says: ${String(last?.status?.message)}`, { cause: error });
    }
  }

  /** Waits until it is at rest with a server that is Ready. */
  async untilReady(seconds = 240): Promise<void> {
    await this.untilCondition('it is Ready', 'Ready', 'Ready', seconds);
  }

  /** Waits until something holds that the test itself knows. */
  async until(what: string, holds: () => boolean): Promise<void> {
    await waitUntil(what, 120, () => Promise.resolve(holds() ? true : undefined));
  }

  async remove(): Promise<void> {
    await this.requestDeletion();
    await this.untilGone();
  }

  /** Takes it away without a backup and without waiting, so that its server leaves the node to the others. */
  async discard(): Promise<void> {
    await this.annotate('otus.homework/skip-final-backup=true');
    await this.requestDeletion();
  }

  /** Waits until it is Stalled for this reason. */
  untilStalled(reason: string, seconds = 240): Promise<SeenStatus> {
    return this.untilCondition(`it is Stalled for ${reason}`, 'Stalled', reason, seconds);
  }

  /** Waits until a condition is True for this reason. */
  untilCondition(what: string, type: string, reason: string, seconds = 240): Promise<SeenStatus> {
    const holds = (status: SeenStatus): boolean =>
      conditionOf(status, type) === 'True' && conditionOf(status, type, 'reason') === reason;
    return untilStatus(this.namespace, this.name, { what, holds, seconds });
  }

  async annotate(text: string): Promise<void> {
    await this.namespace.kubectl(['annotate', '--overwrite', 'mysql', this.name, text]);
  }

  job(step: Step): string {
    return `${step}-${this.name}-job`;
  }

  /** Deletes a Job, as people do who want it to be tried again. */
  async deleteJob(step: Step): Promise<void> {
    await this.namespace.kubectl(['delete', 'job', this.job(step), '--ignore-not-found', '--timeout=150s']);
  }

  /** The uid of a thing; empty when it is not there. */
  async uidOf(kind: string, name: string): Promise<string> {
    return this.namespace.kubectl(['get', kind, name, '--ignore-not-found', '-o', 'jsonpath={.metadata.uid}']);
  }

  jobPods(step: Step): Promise<readonly JobPod[]> {
    return this.namespace.pods<JobPod>(`job-name=${this.job(step)}`);
  }

  /** Waits until a pod of a Job runs, other than those of `except`. */
  untilJobRuns(step: Step, except: readonly string[] = []): Promise<JobPod> {
    return waitUntil(`a pod of ${this.job(step)} runs`, 120, async () =>
      (await this.jobPods(step)).find(
        ({ metadata, status }) =>
          !except.includes(metadata.uid) && status.containerStatuses?.[0]?.state.running !== undefined,
      ),
    );
  }

  /** Sends a signal to the programs of a pod; how many of them there were. */
  async signal(pod: string, programs: readonly string[], signal: NodeJS.Signals = 'SIGKILL'): Promise<number> {
    const found = await Promise.all(programs.map((program) => this.namespace.pids(pod, program).catch(() => [])));
    return found.flat().filter((pid) => {
      try {
        return process.kill(pid, signal);
      } catch {
        // It ended by itself in the meantime.
        return false;
      }
    }).length;
  }

  /** Deletes a pod without waiting for its end: its processes may still run when its object is gone. */
  async forceDelete(pod: string): Promise<void> {
    const words = ['delete', 'pod', pod, '--force', '--grace-period=0', '--ignore-not-found', '--wait=false'];
    await tryRun('kubectl', ['-n', this.namespace.name, ...words]);
  }
}

/** Deletes a namespace, and ends its watcher only when that has let all resources go: their servers leave the node, too. */
export async function endNamespace(namespace: Namespace, watcher: Watcher): Promise<void> {
  watcher.start();
  await namespace.delete();
  await waitUntil('all resources of the namespace are gone', 120, async () =>
    (await namespace.kubectl(['get', 'mysqls', '-o', 'name'])) === '' ? true : undefined,
  );
  await watcher.stop();
}

/** Waits; only for moments that are no condition, such as "some time into a Job". */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
