// Servers, volumes and Jobs for the tests of the Jobs; and what a server holds, as a text that can be compared.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MySQLResource } from '../../src/api/resource.ts';
import { buildModel, type Model } from '../../src/model/model.ts';
import { renderJob, type JobInputs, type JobStep } from '../../src/render/jobs.ts';
import { waitUntil, type Namespace } from './support/kubectl.ts';
import { folderOf } from './support/node-volumes.ts';
import { PASSWORD, mysql, openGate, stringify } from './support/resource.ts';

/** What a Job tells at its end. */
export interface JobResult {
  readonly outcome: string;
  readonly reason: string;
  readonly backup?: string;
  readonly bytes?: number;
  readonly sha256?: string;
  readonly serverVersion?: string;
  readonly found?: string;
  readonly seconds: number;
  readonly warnings: readonly string[];
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly creationTimestamp: string };
    readonly status: {
      readonly phase: string;
      readonly containerStatuses?: readonly {
        readonly state: { readonly running?: object; readonly terminated?: { readonly message?: string } };
      }[];
    };
  }[];
}

/** A resource in a namespace, its server and its Jobs; the test does what the watcher would do. */
export class Database {
  readonly namespace: Namespace;
  readonly name: string;
  readonly spec: object;
  readonly model: Model;
  /** As the server would get it from git. */
  uid = `uid-${randomBytes(4).toString('hex')}`;

  constructor(namespace: Namespace, name: string, spec: object = {}) {
    this.namespace = namespace;
    this.name = name;
    this.spec = spec;
    this.model = buildModel(mysql(name, spec) as MySQLResource, namespace.name);
  }

  /** Delivers, opens the gate and waits until the server is Ready. */
  async start(expect: 'empty' | 'data'): Promise<void> {
    await this.namespace.kubectl(['apply', '-f', '-'], stringify(openGate(this.name, expect)));
    await this.namespace.deliver(mysql(this.name, this.spec));
    await this.namespace.ready(this.name, 180);
  }

  /** Makes the claims and the Secret, and no server. */
  async prepare(): Promise<void> {
    await this.start('empty');
    await this.stop();
  }

  /** Closes the gate and takes the server away. */
  async stop(): Promise<void> {
    await this.namespace.kubectl(['delete', 'configmap', `${this.name}-gate`]);
    await this.namespace.kubectl(['delete', 'statefulset', this.name, '--cascade=foreground', '--timeout=120s']);
    await waitUntil('the pod is gone', 120, async () => ((await this.namespace.pod(this.name)) ? undefined : true));
  }

  /** Gives the data claim a new, empty volume. */
  async emptyVolume(): Promise<void> {
    await this.removeJobs();
    await this.namespace.kubectl(['delete', 'pvc', `${this.name}-pvc`, '--timeout=60s']);
    const manifests = await this.namespace.render(mysql(this.name, this.spec));
    const claim = manifests.split(/^---$/m).filter((text) => text.includes(`name: "${this.name}-pvc"\n`));
    await this.namespace.kubectl(
      ['apply', '-f', '-'],
      claim.filter((text) => /^kind: Persist/m.test(text)).join('---\n'),
    );
  }

  /** Creates a Job and returns at once. */
  async createJob<S extends JobStep>(step: S, input: Partial<JobInputs[S]> = {}): Promise<string> {
    await this.removeJobs();
    const defaults = {
      backup: { keep: 3, final: true, volumeUid: 'volume-uid' },
      restore: { from: 'latest' },
      'change-pass': { mode: 'change' },
    }[step];
    const common = { resourceUid: this.uid, inputHash: randomBytes(4).toString('hex') };
    const { name, yaml } = renderJob(this.model, step, { ...common, ...defaults, ...input } as unknown as JobInputs[S]);
    if (yaml.includes('${')) throw new Error('a Job holds what Flux would replace');
    await this.namespace.kubectl(['apply', '-f', '-'], yaml);
    return name;
  }

  /** Runs a Job to its end, which must come with the first pod. */
  async runJob<S extends JobStep>(step: S, input: Partial<JobInputs[S]> = {}): Promise<JobResult> {
    return this.resultOf(await this.createJob(step, input));
  }

  async pods(job: string): Promise<PodList['items']> {
    const list = await this.namespace.kubectl(['get', 'pods', '-l', `job-name=${job}`, '-o', 'json']);
    return (JSON.parse(list) as PodList).items;
  }

  /** Waits for the first pod of a Job that has ended. */
  async resultOf(job: string, seconds = 180): Promise<JobResult> {
    const message = await waitUntil(`${job} has ended`, seconds, async () => {
      const ended = (await this.pods(job)).map(({ status }) => status.containerStatuses?.[0]?.state.terminated);
      const first = ended.find((state) => state !== undefined);
      return first && (first.message ?? '');
    });
    if (Buffer.byteLength(message) >= 4096) throw new Error('Kubernetes cuts this result off');
    try {
      return JSON.parse(message) as JobResult;
    } catch {
      throw new Error(`the result of ${job} is no JSON: ${message}`);
    }
  }

  /** Deletes all Jobs and waits until their pods are gone. */
  async removeJobs(): Promise<void> {
    await this.namespace.kubectl([
      'delete',
      'jobs',
      '-l',
      `otus.homework/mysql=${this.name}`,
      '--cascade=foreground',
      '--timeout=150s',
    ]);
  }

  /** Kills processes of a Job at once, or sends them another signal; how many there were. */
  async signal(job: string, programs: readonly string[], signal: NodeJS.Signals = 'SIGKILL'): Promise<number> {
    const [pod] = await this.pods(job);
    if (!pod) return 0;
    const pids = await Promise.all(
      programs.map((program) => this.namespace.pids(pod.metadata.name, program).catch(() => [])),
    );
    let killed = 0;
    for (const pid of pids.flat()) {
      try {
        process.kill(pid, signal);
        killed++;
      } catch {
        // It ended by itself in the meantime.
      }
    }
    return killed;
  }

  async waitForRunning(job: string): Promise<void> {
    const end = performance.now() + 90_000;
    while (performance.now() < end) {
      if ((await this.pods(job))[0]?.status.containerStatuses?.[0]?.state.running) return;
    }
    throw new Error(`${job} does not run`);
  }

  /** Runs a script of SQL as root in the server's pod. */
  async load(sql: string, password = PASSWORD): Promise<string> {
    const words = ['exec', '-i', `${this.name}-0`, '--', 'mysql', `-p${password}`, '--binary-mode', '-N'];
    return this.namespace.kubectl(words, sql);
  }

  /** The folder of a claim's volume on this machine. */
  async folder(claim: 'data' | 'backup'): Promise<string> {
    return folderOf(this.namespace, claim === 'data' ? `${this.name}-pvc` : `backup-${this.name}-pvc`);
  }

  /** Rows of a query, their values unescaped. */
  async rows(sql: string, password = PASSWORD): Promise<string[][]> {
    const lines = (await this.load(`SET NAMES utf8mb4; ${sql}`, password)).split('\n').filter((line) => line !== '');
    return lines.map((line) => line.split('\t').map(unescapeValue));
  }

  /** Everything that a restore must bring back, one line each. */
  async describe(password = PASSWORD): Promise<string[]> {
    const schemas = await this.rows(
      `SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME ${OURS}`,
      password,
    );
    const tables = await this.rows(
      `SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA ${OURS} ORDER BY 1, 2`,
      password,
    );
    const accounts = await this.rows(
      "SELECT User, Host FROM mysql.user WHERE User NOT LIKE 'mysql.%' ORDER BY 1, 2",
      password,
    );
    const statements = [
      "SET sql_mode = ''",
      ...schemas.sort().map((names) => `SHOW CREATE DATABASE ${quoteNames(names)}`),
      ...tables
        .map(quoteNames)
        .flatMap((name) => [`SHOW CREATE TABLE ${name}`, `CHECKSUM TABLE ${name}`, `SELECT COUNT(*) FROM ${name}`]),
      ...(await Promise.all(CATALOGUES.map((catalogue) => this.catalogueQuery(catalogue, password)))),
      ...accounts.map(([user = '', host = '']) => `SHOW GRANTS FOR ${quoteNames([user])}@${quoteNames([host])}`),
      ...ACCOUNTS,
    ];
    return (await this.load(`SET NAMES utf8mb4;\n${statements.join(';\n')};\n`, password)).split('\n').map(normalise);
  }

  /** All columns of a part of information_schema but those that tell the time. */
  private async catalogueQuery(
    [table, schema, times]: readonly [string, string, readonly string[]],
    password: string,
  ): Promise<string> {
    const names = await this.rows(
      `SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME = '${table}'`,
      password,
    );
    const columns = names
      .flat()
      .filter((name) => !times.includes(name))
      .sort();
    return `SELECT '${table}', ${columns.join(', ')} FROM information_schema.${table} WHERE ${schema} ${OURS} ORDER BY ${columns.join(', ')}`;
  }
}

function unescapeValue(value: string): string {
  return value.replace(/\\(.)/g, (_, code: string) => ({ n: '\n', t: '\t', '0': '\0' })[code] ?? code);
}

/** What a server may write in more than one way: a column's character set beside its collation, and the order of partial
 * revokes. */
function normalise(line: string): string {
  const restrictions = /"Restrictions": \[(.*?\})\]/.exec(line)?.[1];
  const sorted =
    restrictions
      ?.split(/(?<=\}), /)
      .sort()
      .join(', ') ?? '';
  return line.replaceAll(/CHARACTER SET \w+ (?=COLLATE)/g, '').replace(restrictions ?? '', sorted);
}

function quoteNames(names: readonly string[]): string {
  return names.map((name) => `\`${name.replaceAll('`', '``')}\``).join('.');
}

const OURS = "NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')";

/** Table, its column with the schema, columns that differ after a restore. Views that are not valid are told about. */
const CATALOGUES = [
  ['VIEWS', "TABLE_NAME NOT IN ('broken', 'on_broken') AND TABLE_SCHEMA", []],
  ['TRIGGERS', 'TRIGGER_SCHEMA', ['CREATED']],
  ['ROUTINES', 'ROUTINE_SCHEMA', ['CREATED', 'LAST_ALTERED']],
  ['PARAMETERS', 'SPECIFIC_SCHEMA', []],
  ['EVENTS', 'EVENT_SCHEMA', ['CREATED', 'LAST_ALTERED', 'LAST_EXECUTED', 'ORIGINATOR']],
] as const;

const ACCOUNTS = [
  `SELECT u.User, u.Host, u.plugin, IF(u.User = 'root', '', HEX(u.authentication_string)), u.ssl_type, HEX(u.ssl_cipher),
    HEX(u.x509_issuer), HEX(u.x509_subject), u.max_questions, u.max_updates, u.max_connections, u.max_user_connections,
    u.password_expired, u.password_lifetime, u.account_locked, u.Create_role_priv, u.Drop_role_priv,
    u.Password_reuse_history, u.Password_reuse_time, u.Password_require_current, u.User_attributes
    FROM mysql.user u ORDER BY 1, 2`,
  'SELECT * FROM mysql.default_roles ORDER BY 1, 2, 3, 4',
  'SELECT * FROM mysql.role_edges ORDER BY 1, 2, 3, 4',
  'SELECT Host, User, Proxied_host, Proxied_user, With_grant FROM mysql.proxies_priv ORDER BY 1, 2, 3, 4',
  "SELECT CONVERT_TZ('2024-07-01 12:00:00', 'UTC', 'Europe/Berlin')",
  'SELECT VARIABLE_NAME, VARIABLE_VALUE FROM performance_schema.persisted_variables ORDER BY 1',
  'SELECT @@max_connections, @@partial_revokes, @@lower_case_table_names',
];

/** The data set of everything that is known to go wrong. */
export const HOSTILE = readFileSync(join(import.meta.dirname, 'jobs-hostile.sql'), 'utf8');
