// A database that the watcher looks after, with rows in it, in a namespace of its own: what every delivery order starts from.

import { kubectl, Namespace, run, tryRun, waitUntil } from './kubectl.ts';
import { PASSWORD, mysql } from './resource.ts';
import { conditionOf, untilStatus, Watcher, type SeenStatus, type WatcherOptions } from './watcher.ts';

export const NAME = 'shop';
/** So many databases are at work at once: servers that start take a processor each. */
const AT_ONCE = 5;
const FIRST_ROWS = '1\tone\n2\ttwo\n';

/** How a database is made. */
export interface DatabaseOptions extends WatcherOptions {
  /** Overrides and adds to the usual spec. */
  readonly spec?: object;
  /** Work to be done in the new namespace before anything is delivered; it may say how the watcher is run. */
  readonly prepare?: (namespace: Namespace) => Promise<WatcherOptions>;
  /** The test delivers and waits itself. */
  readonly empty?: boolean;
}

/** The part of a volume that the tests look at. */
export interface Volume {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly claimRef?: { readonly name: string; readonly namespace: string; readonly uid?: string };
    readonly persistentVolumeReclaimPolicy: string;
    readonly capacity: { readonly storage: string };
    readonly local?: { readonly path: string };
  };
  readonly status: { readonly phase: string };
}

interface Metadata {
  readonly metadata: { readonly uid: string; readonly generation?: number; readonly finalizers?: readonly string[] };
}

export class ManagedDatabase {
  readonly namespace: Namespace;
  readonly watcher: Watcher;
  /** What git says now. */
  spec: object;

  constructor(namespace: Namespace, watcher: Watcher, spec: object) {
    this.namespace = namespace;
    this.watcher = watcher;
    this.spec = spec;
  }

  /** All rendered manifests of what git says. */
  manifests(spec: object = this.spec): Promise<string> {
    return this.namespace.render(mysql(NAME, spec));
  }

  /** Delivers what git says, or says from now on. */
  async deliver(spec: object = this.spec): Promise<void> {
    this.spec = spec;
    await this.kubectl(['apply', '-f', '-'], await this.manifests());
  }

  kubectl(words: readonly string[], input = ''): Promise<string> {
    return this.namespace.kubectl(words, input);
  }

  /** Waits until the server is Ready and the watcher is done. */
  untilReady(how?: 'with' | 'without', seconds = 180): Promise<SeenStatus> {
    const what = how === undefined ? 'Ready' : `Ready, made ${how} restore-job`;
    const message = how === undefined ? /./ : new RegExp(`^${NAME} created ${how} restore-job$`);
    const holds = (status: SeenStatus): boolean =>
      conditionOf(status, 'Ready') === 'True' && message.test(status.message ?? '');
    return untilStatus(this.namespace, NAME, { what, holds, seconds });
  }

  /** Waits until the resource is Stalled for this reason; gives the message that names the way out. */
  async untilStalled(reason: string, seconds = 120): Promise<string> {
    const holds = (status: SeenStatus): boolean =>
      conditionOf(status, 'Stalled') === 'True' && conditionOf(status, 'Stalled', 'reason') === reason;
    const { message = '' } = await untilStatus(this.namespace, NAME, { what: `Stalled/${reason}`, holds, seconds });
    return message;
  }

  /** Waits until a condition holds that a program's output tells. */
  untilPrinted(what: string, words: readonly string[], pattern: RegExp, seconds = 120): Promise<string> {
    return waitUntil(what, seconds, async () => {
      const { stdout } = await tryRun('kubectl', ['-n', this.namespace.name, ...words]);
      return pattern.test(stdout) ? stdout : undefined;
    });
  }

  /** Waits until the resource is gone, or is another one than that of the uid. */
  async untilGone(uid?: string, seconds = 180): Promise<void> {
    let last: (Metadata & { readonly status?: SeenStatus }) | undefined;
    try {
      await waitUntil('the resource is gone', seconds, async () => {
        last = await this.namespace.find('mysql', NAME);
        return last === undefined || (uid !== undefined && last.metadata.uid !== uid) ? true : undefined;
      });
    } catch (error) {
      throw new Error(`${String(error)}; its status is ${JSON.stringify(last?.status)}`, { cause: error });
    }
  }

  /** Waits until the resource's message says so; gives all of it. */
  async untilSaid(pattern: RegExp, seconds = 120): Promise<string> {
    const what = `the message says ${String(pattern)}`;
    const holds = ({ message = '' }: SeenStatus): boolean => pattern.test(message);
    return (await untilStatus(this.namespace, NAME, { what, holds, seconds })).message ?? '';
  }

  /** Waits until the gate is open for the data claim that there is, which is not that of the uid. */
  async untilOpened(butClaim = ''): Promise<void> {
    await waitUntil(`the gate is open for a claim that is not "${butClaim}"`, 180, async () => {
      const [claim, gate] = await Promise.all([
        this.claimUid(),
        this.namespace.find<{ data?: Record<string, string> }>('configmap', `${NAME}-gate`),
      ]);
      return claim !== '' && claim !== butClaim && claim === gate?.data?.['claim'] ? true : undefined;
    });
  }

  /** Waits until the gate is open for such a claim, and all is Ready. */
  async untilServing(butClaim = ''): Promise<SeenStatus> {
    await this.untilOpened(butClaim);
    const status = await this.untilReady();
    await this.namespace.ready(NAME);
    return status;
  }

  /** The data claim's uid; empty when there is none. */
  async claimUid(): Promise<string> {
    return (await this.namespace.find<Metadata>('pvc', `${NAME}-pvc`))?.metadata.uid ?? '';
  }

  /** The resource's uid; empty when there is none. */
  async uid(): Promise<string> {
    return (await this.namespace.find<Metadata>('mysql', NAME))?.metadata.uid ?? '';
  }

  get<T = Metadata>(kind: string, name: string): Promise<T> {
    return this.namespace.get<T>(kind, name);
  }

  /** Asks for the resource's deletion and does not wait. */
  async delete(...flags: string[]): Promise<void> {
    await this.kubectl(['delete', 'mysqls.otus.homework', NAME, '--wait=false', ...flags]);
  }

  /** Names of what there is of these kinds, as kubectl prints them. */
  async names(kinds: string): Promise<string[]> {
    const text = await this.kubectl(['get', kinds, '-o', 'name']);
    return text.split('\n').filter((name) => name !== '' && !name.endsWith('kube-root-ca.crt'));
  }

  sql(statement: string, password = PASSWORD): Promise<string> {
    return this.namespace.sql(NAME, password, statement);
  }

  /** The first rows, which every order has to bring through, and an account. */
  async fill(): Promise<void> {
    const rows = "create table t(id int primary key, v text); insert into t values (1,'one'),(2,'two')";
    await this.sql(`${rows}; create user app@'%' identified by 'x'; grant select on shop.* to app@'%'`);
  }

  rows(password = PASSWORD): Promise<string> {
    return this.sql('select * from t order by id', password);
  }

  /** Whether the first rows, and then these, are there: `3\tthree`. */
  async hasRows(more: readonly string[] = [], password = PASSWORD): Promise<boolean> {
    const found = await this.rows(password);
    const wanted = FIRST_ROWS + more.map((row) => `${row}\n`).join('');
    if (found !== wanted) throw new Error(`the rows are ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
    return true;
  }

  /** Volumes that name a claim of the namespace. */
  async volumes(claim?: string): Promise<Volume[]> {
    const { items } = JSON.parse(await kubectl(['get', 'pv', '-o', 'json'])) as { items: Volume[] };
    return items.filter(({ spec: { claimRef } }) => {
      const isOurs = claimRef?.namespace === this.namespace.name;
      return isOurs && (claim === undefined || claimRef.name === claim);
    });
  }

  /** Takes everything away, the volumes too. */
  async end(): Promise<void> {
    await this.watcher.kill();
    const { name } = this.namespace;
    const none = JSON.stringify({ metadata: { finalizers: null } });
    await tryRun('kubectl', ['-n', name, 'patch', 'mysql', NAME, '--type=merge', '-p', none]);
    for (const { metadata, status } of await this.volumes()) {
      const deleted = JSON.stringify({ spec: { persistentVolumeReclaimPolicy: 'Delete' } });
      await tryRun('kubectl', ['patch', 'pv', metadata.name, '--type=merge', '-p', deleted]);
      if (status.phase === 'Available') await tryRun('kubectl', ['delete', 'pv', metadata.name, '--wait=false']);
    }
    await tryRun('kubectl', ['delete', 'namespace', name, '--wait=false']);
  }
}

let running = 0;
const waiting: (() => void)[] = [];

/** Lets a few in at a time. */
async function withSlot<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

/** Makes a namespace with a watcher and a database with rows. Whoever asked ends it. */
export async function openDatabase(purpose: string, options: DatabaseOptions = {}): Promise<ManagedDatabase> {
  const namespace = await Namespace.create(purpose);
  const prepared = { ...options, ...(await options.prepare?.(namespace)) };
  const database = new ManagedDatabase(namespace, new Watcher(namespace, prepared), options.spec ?? {});
  database.watcher.start();
  if (options.empty) return database;
  try {
    await database.deliver();
    await database.untilReady('without');
    await database.fill();
    return database;
  } catch (error) {
    await database.end();
    throw tellWatcher(error, database);
  }
}

/** Makes a namespace with a watcher and a database with rows, and lets a story happen to it; then everything is taken away. */
export function withDatabase(
  purpose: string,
  options: DatabaseOptions,
  story: (database: ManagedDatabase) => Promise<void>,
): Promise<void> {
  return withSlot(async () => {
    const database = await openDatabase(purpose, options);
    try {
      await story(database);
      checkLog(database.watcher);
    } catch (error) {
      throw tellWatcher(error, database);
    } finally {
      await database.end();
    }
  });
}

/** An error, with what the watcher said last. */
function tellWatcher(error: unknown, { watcher }: ManagedDatabase): Error {
  const lines = watcher.log.filter(({ level }) => level !== 'debug').slice(-20);
  const told = lines.map(({ time, reason, msg, actions }) => [time, reason, msg, actions].join(' '));
  return new Error(`${String(error)}\nthe watcher's last words:\n${told.join('\n')}`, { cause: error });
}

/** No secret is in the log. */
function checkLog({ logText }: Watcher): void {
  if (logText.includes(PASSWORD)) throw new Error('the password stands in the log');
}

/** A tool that puts everything back that git names, again and again, as fast as it can be done with kubectl. */
export class HealingTool {
  readonly #namespace: Namespace;
  readonly #manifests: string;
  #ended: Promise<void> | undefined;
  #ending = false;

  constructor(namespace: Namespace, manifests: string) {
    this.#namespace = namespace;
    this.#manifests = manifests;
  }

  start(): void {
    this.#ended = this.#heal();
  }

  async stop(): Promise<void> {
    this.#ending = true;
    await this.#ended;
  }

  /** What is refused now is tried again. */
  async #heal(): Promise<void> {
    while (!this.#ending) {
      await tryRun('kubectl', ['-n', this.#namespace.name, 'apply', '-f', '-'], this.#manifests);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** Lets a story happen while a tool heals. */
export async function whileHealing(
  { namespace }: ManagedDatabase,
  manifests: string,
  story: () => Promise<void>,
): Promise<void> {
  const tool = new HealingTool(namespace, manifests);
  tool.start();
  try {
    await story();
  } finally {
    await tool.stop();
  }
}

/** The folders of the backup volume, oldest first; the node's volumes are folders of this machine. */
export async function backupFolders(database: ManagedDatabase): Promise<string[]> {
  const [volume] = await database.volumes(`backup-${NAME}-pvc`);
  const path = volume?.spec.local?.path ?? '';
  return (await run('ls', [path])).split('\n').filter((name) => /^[0-9]{4}-/.test(name));
}
