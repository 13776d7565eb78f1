// Random stories: what may happen to a resource, in any order, and a model of which rows must be there in the end. A row
// must be there when the server has acknowledged it and nobody has given it up.

import type { AsyncCommand } from 'fast-check';
import { tryRun, waitUntil } from './kubectl.ts';
import { pause, type Life } from './life.ts';
import { PASSWORD } from './resource.ts';
import type { SeenStatus, Watcher } from './watcher.ts';

/** What must hold. */
export interface StoryModel {
  /** Acknowledged, and not given up. */
  readonly must: Set<number>;
  /** Written without an answer, or given up: may be there. */
  readonly may: Set<number>;
  nextId: number;
  /** The resource is wanted; it may still be on its way. */
  wanted: boolean;
  /** It is being deleted together with its data, as somebody asked. */
  givenUp: boolean;
  paused: boolean;
  watched: boolean;
  passwords: number;
}

/** The real thing. */
export interface StoryWorld {
  readonly life: Life;
  readonly watcher: Watcher;
}

export function startModel(): StoryModel {
  return {
    must: new Set(),
    may: new Set(),
    nextId: 1,
    wanted: false,
    givenUp: false,
    paused: false,
    watched: true,
    passwords: 0,
  };
}

type Act = (model: StoryModel, world: StoryWorld) => Promise<unknown>;
type Check = (model: Readonly<StoryModel>) => boolean;

/** One thing that happens, and for how long nothing else does. */
export class StoryCommand implements AsyncCommand<StoryModel, StoryWorld> {
  readonly #title: string;
  readonly #delay: number;
  readonly #act: Act;
  readonly check: Check;

  constructor(title: string, delay: number, { act, check = () => true }: { act: Act; check?: Check | undefined }) {
    this.#title = title;
    this.#delay = delay;
    this.#act = act;
    this.check = check;
  }

  async run(model: StoryModel, world: StoryWorld): Promise<void> {
    console.info(`${new Date().toISOString()} ${world.life.name}: ${this.toString()}`);
    await this.#act(model, world);
    await pause(this.#delay);
  }

  toString(): string {
    return `${this.#title}, then ${String(this.#delay)} ms`;
  }
}

const isWanted: Check = ({ wanted }) => wanted;

/** kubectl, whose failure is part of the story: the thing may be gone already. */
async function attempt({ life }: StoryWorld, words: readonly string[]): Promise<void> {
  await tryRun('kubectl', ['-n', life.namespace.name, ...words]);
}

async function deliver({ life }: StoryWorld, change: object = {}): Promise<void> {
  try {
    await life.deliver(change);
  } catch (error) {
    console.info(`${life.name}: not delivered: ${String(error).slice(0, 300)}`);
  }
}

function giveUp(model: StoryModel): void {
  for (const id of model.must) model.may.add(id);
  model.must.clear();
}

/** A resource that is still going is waited for: what is delivered onto it would go with it. */
async function make(model: StoryModel, world: StoryWorld, from: 'latest' | 'none'): Promise<void> {
  model.watched = true;
  world.watcher.start();
  await world.life.untilGone(300);
  model.givenUp = false;
  model.wanted = true;
  model.paused = false;
  if (from === 'none') giveUp(model);
  await deliver(world, { restore: { from }, deletionPolicy: 'Backup', paused: false });
}

async function readPassword({ life }: StoryWorld): Promise<string> {
  const words = ['get', 'secret', `${life.name}-active`, '--ignore-not-found', '-o', 'jsonpath={.data.current}'];
  const { stdout } = await tryRun('kubectl', ['-n', life.namespace.name, ...words]);
  return stdout === '' ? (life.spec.password ?? PASSWORD) : Buffer.from(stdout, 'base64').toString();
}

/** Five rows, one by one; what the server has acknowledged is printed. */
async function insert(model: StoryModel, world: StoryWorld): Promise<void> {
  const { life } = world;
  const isExpected = model.wanted && model.watched && !model.paused;
  await life.namespace.ready(life.name, isExpected ? 90 : 1).catch(() => undefined);
  const ids = Array.from({ length: 5 }, () => model.nextId++);
  const statements = ids.map((id) => `insert into t values (${String(id)}); select ${String(id)};`).join('\n');
  const mysql = ['mysql', `-p${await readPassword(world)}`, '-nN', 'shop'];
  const words = ['-n', life.namespace.name, 'exec', '-i', `${life.name}-0`, '--', ...mysql];
  for (const id of ids) model.may.add(id);
  const { stdout } = await tryRun(
    'kubectl',
    words,
    `create table if not exists t (id int primary key);\n${statements}\n`,
  );
  const acknowledged = stdout.split('\n').filter(Boolean).map(Number);
  console.info(`${life.name}: acknowledged: ${acknowledged.join(' ')}`);
  if (model.givenUp) return;
  for (const id of acknowledged) {
    model.must.add(id);
    model.may.delete(id);
  }
}

async function requestDeletion(
  model: StoryModel,
  world: StoryWorld,
  policy: 'Backup' | 'Delete' | 'skip',
): Promise<void> {
  if (policy === 'Delete') await deliver(world, { deletionPolicy: 'Delete' });
  if (policy !== 'Backup') {
    giveUp(model);
    model.givenUp = true;
  }
  model.wanted = false;
  await attempt(world, ['delete', 'mysql', world.life.name, '--wait=false']);
  if (policy === 'skip')
    await attempt(world, ['annotate', 'mysql', world.life.name, 'otus.homework/skip-final-backup=true']);
}

async function setWatched(model: StoryModel, { watcher }: StoryWorld, watched: boolean): Promise<void> {
  model.watched = watched;
  if (watched) watcher.start();
  else await watcher.kill();
}

/** How each story begins: with rows. */
export async function begin(model: StoryModel, world: StoryWorld): Promise<void> {
  await make(model, world, 'latest');
  await insert(model, world);
}

/** What may happen, how often relative to the others, and when. */
export interface StoryEvent {
  readonly title: string;
  readonly weight: number;
  readonly act: Act;
  readonly check?: Check;
}

const CHILDREN = ['statefulset', 'service', 'configmap/NAME-config', 'secret/NAME-root', 'secret/NAME-active'];

export const STORY_EVENTS: readonly StoryEvent[] = [
  { title: 'rows', weight: 8, act: insert },
  { title: 'create', weight: 6, check: ({ wanted }) => !wanted, act: (model, world) => make(model, world, 'latest') },
  {
    title: 'create empty',
    weight: 1,
    check: ({ wanted }) => !wanted,
    act: (model, world) => make(model, world, 'none'),
  },
  { title: 'deliver again', weight: 3, check: isWanted, act: (_, world) => deliver(world) },
  { title: 'delete', weight: 4, check: isWanted, act: (model, world) => requestDeletion(model, world, 'Backup') },
  { title: 'delete all', weight: 1, check: isWanted, act: (model, world) => requestDeletion(model, world, 'Delete') },
  { title: 'skip backup', weight: 1, check: isWanted, act: (model, world) => requestDeletion(model, world, 'skip') },
  {
    title: 'edit the configuration',
    weight: 2,
    check: isWanted,
    act: (model, world) => deliver(world, { config: { max_connections: 100 + model.nextId } }),
  },
  {
    title: 'edit the resources',
    weight: 1,
    check: isWanted,
    act: (model, world) => deliver(world, { resources: { requests: { cpu: `${String(10 + (model.nextId % 50))}m` } } }),
  },
  {
    title: 'another password',
    weight: 2,
    check: isWanted,
    act: (model, world) => deliver(world, { password: `password-${String(++model.passwords)}` }),
  },
  {
    title: 'pause',
    weight: 1,
    check: ({ wanted, paused }) => wanted && !paused,
    act: (model, world) => {
      model.paused = true;
      return deliver(world, { paused: true });
    },
  },
  {
    title: 'unpause',
    weight: 3,
    check: ({ wanted, paused }) => wanted && paused,
    act: (model, world) => {
      model.paused = false;
      return deliver(world, { paused: false });
    },
  },
  { title: 'kill the watcher', weight: 3, check: ({ watched }) => watched, act: (m, w) => setWatched(m, w, false) },
  { title: 'start the watcher', weight: 5, check: ({ watched }) => !watched, act: (m, w) => setWatched(m, w, true) },
  { title: 'kill mysqld', weight: 3, act: (_, { life }) => life.signal(`${life.name}-0`, ['mysqld']) },
  {
    title: 'delete the pod',
    weight: 2,
    act: (_, world) => attempt(world, ['delete', 'pod', `${world.life.name}-0`, '--wait=false']),
  },
  { title: 'delete the pod by force', weight: 1, act: (_, { life }) => life.forceDelete(`${life.name}-0`) },
  {
    title: 'delete the children',
    weight: 2,
    act: async (_, world) => {
      for (const child of CHILDREN) {
        const name = child.includes('/') ? [child.replace('NAME', world.life.name)] : [child, world.life.name];
        await attempt(world, ['delete', '--wait=false', ...name]);
      }
    },
  },
  {
    title: 'delete the data claim',
    weight: 1,
    act: (_, world) => attempt(world, ['delete', 'pvc', `${world.life.name}-pvc`, '--wait=false']),
  },
  {
    title: 'delete the backup claim',
    weight: 1,
    act: (_, world) => attempt(world, ['delete', 'pvc', `backup-${world.life.name}-pvc`, '--wait=false']),
  },
  {
    title: 'delete all Jobs',
    weight: 1,
    act: (_, world) => attempt(world, ['delete', 'jobs', '--all', '--wait=false']),
  },
  {
    title: 'delete the gate',
    weight: 1,
    act: (_, world) => attempt(world, ['delete', 'configmap', `${world.life.name}-gate`]),
  },
];

interface Ready {
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
}

interface SeenResource {
  readonly metadata: { readonly deletionTimestamp?: string };
  readonly status?: SeenStatus;
}

/** What people and tools see of the resource. */
async function look({
  life,
}: StoryWorld): Promise<{ readonly isLiving: boolean; readonly isThere: boolean; readonly ready: Ready }> {
  const text = await life.namespace.kubectl(['get', 'mysql', life.name, '--ignore-not-found', '-o', 'json']);
  if (text === '') return { isThere: false, isLiving: false, ready: {} };
  const { metadata, status } = JSON.parse(text) as SeenResource;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready') ?? {};
  return { isThere: true, isLiving: metadata.deletionTimestamp === undefined, ready };
}

/** Everybody does what the messages say; in the end the resource is there and at rest. */
async function settle(world: StoryWorld): Promise<void> {
  world.watcher.start();
  const wish = { restore: { from: 'latest' }, deletionPolicy: 'Backup', paused: false };
  let last = '';
  let rounds = 0;
  try {
    await waitUntil('the resource is at rest with a server that is Ready', 420, async () => {
      const { isLiving, isThere, ready } = await look(world);
      last = JSON.stringify({ isLiving, ...ready });
      // A tool that heals delivers at once what is missing, and else now and then.
      if (rounds++ % 30 === 0 || !isThere) await deliver(world, wish);
      if (ready.reason === 'ClaimDeleting')
        await attempt(world, ['delete', 'pod', `${world.life.name}-0`, '--wait=false']);
      return isLiving && rounds > 4 && ready.status === 'True' ? true : undefined;
    });
  } catch (error) {
    throw new Error(`${String(error)}; last: ${last}`, { cause: error });
  }
  await world.life.namespace.ready(world.life.name, 120);
}

/** Brings a story to its end and compares what is there with the model. */
export async function expectRows(model: StoryModel, world: StoryWorld): Promise<void> {
  await settle(world);
  const password = await readPassword(world);
  const tables = await world.life.sql("show tables like 't'", password);
  const rows = tables === '' ? [] : (await world.life.sql('select id from t', password)).split('\n').filter(Boolean);
  const found = new Set(rows.map(Number));
  const lost = [...model.must].filter((id) => !found.has(id));
  const strange = [...found].filter((id) => !model.must.has(id) && !model.may.has(id));
  console.info(`${world.life.name}: ${String(model.must.size)} rows must be there, ${String(found.size)} are`);
  if (lost.length > 0) throw new Error(`rows were lost: ${lost.join(' ')}`);
  if (strange.length > 0) throw new Error(`rows that nobody wrote: ${strange.join(' ')}`);
}
