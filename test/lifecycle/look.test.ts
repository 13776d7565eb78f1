// A quick look is enough to find that nothing is to be done; before anything is done everything is looked at, live.

import { describe, expect, it } from 'vitest';
import { ClusterError } from '../../src/cluster/errors.ts';
import type { Objects } from '../../src/cluster/objects.ts';
import type { StoredObject } from '../../src/cluster/types.ts';
import { reconcile, type Round } from '../../src/lifecycle/reconcile.ts';
import { createRefusals } from '../../src/lifecycle/refusals.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { BEFORE_GATE, NOW, TIME, VOLUMES, object, volume } from '../support/stored.ts';

interface Outcome {
  readonly round: Round;
  readonly made: string[];
  readonly lists: string[];
  readonly removed: string[];
}

async function run(live: readonly StoredObject[]): Promise<Outcome> {
  const { start, ...noted } = prepare(live);
  return { round: await start(), ...noted };
}

/** What happens to the watcher. */
interface Fate {
  /** The process is held up for so long before it acts. */
  readonly heldUpMs?: number;
  /** The machine sleeps for so long before it acts. */
  readonly asleepMs?: number;
  /** It writes the status. */
  readonly onPatch?: () => void;
  /** Another watcher is elected. */
  readonly isDeposed?: boolean;
  /** The right to volumes is taken away. */
  readonly isForbidden?: boolean;
}

/** One round, in which the watch of volumes tells of the new ones only. */
function prepare(
  live: readonly StoredObject[],
  { heldUpMs = 0, asleepMs = 0, onPatch = () => undefined, isDeposed = false, isForbidden = false }: Fate = {},
): Omit<Outcome, 'round'> & { readonly start: () => Promise<Round> } {
  const clock = createManualClock(NOW);
  const made: string[] = [];
  const lists: string[] = [];
  const removed: string[] = [];
  const of = (kind: { readonly plural: string }): StoredObject[] => {
    if (isForbidden && kind.plural === 'persistentvolumes')
      throw new ClusterError({ code: 403, reason: 'Forbidden', message: 'no' });
    return live.filter(({ kind: name }) => `${name.toLowerCase()}s` === kind.plural);
  };
  const objects = {
    find: (kind: { plural: string }, { name }: { name: string }) =>
      Promise.resolve(of(kind).find(({ metadata }) => metadata.name === name)),
    list: (kind: { plural: string }) => {
      lists.push(kind.plural);
      return Promise.resolve({ items: of(kind), resourceVersion: '1' });
    },
    create: (_: unknown, manifest: StoredObject) => {
      made.push(`${manifest.kind} ${manifest.metadata.name}`);
      return Promise.resolve(manifest);
    },
    patch: async () => {
      onPatch();
      await clock.advance(heldUpMs);
      clock.jump(asleepMs);
      return live[0];
    },
    delete: (kind: { plural: string }, { name }: { name: string }) => {
      removed.push(`${kind.plural} ${name}`);
      return Promise.resolve();
    },
  } as unknown as Objects;
  const volumesOf = ({ name }: { name: string }): string[] => VOLUMES[name] ?? [];
  const context = {
    objects,
    volumesOf,
    refusals: createRefusals(),
    clock,
    now: () => NOW,
    isDeposed: () => isDeposed,
  };
  return { made, lists, removed, start: () => reconcile({ namespace: 'a', name: 'shop' }, context) };
}

describe('a gate', () => {
  it('opens where all volumes of the cluster were looked through', async () => {
    const { made, lists } = await run(BEFORE_GATE);
    expect(made).toEqual(['Secret shop-active', 'ConfigMap shop-gate']);
    expect(lists).toContain('persistentvolumes');
  });

  it('stays closed when a volume with data is kept of which no watch has told', async () => {
    const kept = volume('old', 'shop-pvc', 'an-earlier-uid', 'an-earlier-claim');
    const { round, made } = await run([...BEFORE_GATE, kept]);
    expect(round.decision.reason).toBe('RetainedVolumeNotBound');
    expect(made).toEqual([]);
  });

  it('stays closed when the watcher was held up for so long that others may have taken its place', async () => {
    const { start, made } = prepare(BEFORE_GATE, { heldUpMs: 121_000 });
    await expect(start()).rejects.toMatchObject({ kind: 'Conflict' });
    expect(made).toEqual([]);
  });

  it('stays closed when the machine slept, and one of its clocks with it', async () => {
    const { start, made } = prepare(BEFORE_GATE, { asleepMs: 3_600_000 });
    await expect(start()).rejects.toMatchObject({ kind: 'Conflict' });
    expect(made).toEqual([]);
  });

  it('stays closed when another watcher may have been elected', async () => {
    const { start, made } = prepare(BEFORE_GATE, { isDeposed: true });
    await expect(start()).rejects.toMatchObject({ kind: 'Conflict' });
    expect(made).toEqual([]);
  });

  it('stays closed while the right to volumes is taken away that this process had', async () => {
    const { start, made } = prepare(BEFORE_GATE, { isForbidden: true });
    expect((await start()).decision.reason).toBe('VolumesForbidden');
    expect(made).toEqual([]);
  });

  it('stays closed in a namespace that is being deleted', async () => {
    const going = object('Namespace', 'a', {}, { deletionTimestamp: TIME });
    expect((await run([...BEFORE_GATE, going])).made).toEqual([]);
  });

  it('stays closed for a pod that has waited, of any name', async () => {
    const volumes = [{ name: 'x', persistentVolumeClaim: { claimName: 'shop-pvc' } }];
    const pod = object(
      'Pod',
      'theirs',
      { spec: { containers: [], volumes } },
      { creationTimestamp: '2026-11-23T09:00:00Z' },
    );
    const { round, made } = await run([...BEFORE_GATE, pod]);
    expect(round.decision.actions.map(({ kind }) => kind)).toEqual(['delete-pod']);
    expect(made).toEqual([]);
  });
});

describe('a server that runs', () => {
  const gate = object('ConfigMap', 'shop-gate', { data: { expect: 'data', claim: 'shop-pvc-uid' } });
  const active = object('Secret', 'shop-active', { data: { current: Buffer.from('x').toString('base64') } });
  const server = (name: string): StoredObject =>
    object('Pod', name, {
      spec: {
        containers: [{ name: 'mysql', image: 'mysql:8.4' }],
        volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'shop-pvc' } }],
      },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    });
  const running = [...BEFORE_GATE, gate, active];

  it('is left alone on a quick look: no list at all', async () => {
    const { round, lists } = await run([...running, server('shop-0')]);
    expect(round.decision).toMatchObject({ progress: 'Ready', actions: [] });
    expect(lists).toEqual([]);
  });

  it('is found under any name by the claim', async () => {
    const { round } = await run([...running, server('shop-of-another-set-x7')]);
    expect(round.decision).toMatchObject({ progress: 'Ready', actions: [] });
  });
});

describe('a resource that is being deleted', () => {
  const deleted = (more: object = {}): StoredObject[] => {
    const [resource, ...others] = BEFORE_GATE;
    const metadata = { ...resource?.metadata, deletionTimestamp: TIME, deletionGracePeriodSeconds: 0, ...more };
    return [{ ...resource, metadata } as StoredObject, ...others];
  };
  const gate = object('ConfigMap', 'shop-gate', { data: { expect: 'data', claim: 'shop-pvc-uid' } });
  const set = object('StatefulSet', 'shop');
  const pod = (name: string, phase: string): StoredObject =>
    object('Pod', name, {
      spec: {
        containers: [{ name: 'mysql', image: 'mysql:8.4' }],
        volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'shop-pvc' } }],
      },
      status: { phase },
    });

  it('has its server stopped on a quick look: no list at all', async () => {
    const [resource, ...others] = deleted();
    const opened = { ...resource, status: { gateOpenedAt: TIME } } as StoredObject;
    const { removed, lists } = await run([opened, ...others, gate, set, pod('shop-0', 'Running')]);
    expect(removed).toEqual(['configmaps shop-gate', 'statefulsets shop']);
    expect(lists).toEqual([]);
  });

  it('has a gate of which its status knows nothing written down before it is closed', async () => {
    const removedBefore: string[][] = [];
    const onPatch = (): void => void removedBefore.push([...removed]);
    const { start, removed } = prepare([...deleted(), gate, set], { onPatch });
    await start();
    expect(removedBefore).toEqual([[]]);
    expect(removed).toEqual(['configmaps shop-gate', 'statefulsets shop']);
  });

  it('waits for the server without looking for other pods', async () => {
    const { round, removed, lists } = await run([...deleted(), pod('shop-0', 'Running')]);
    expect(round.decision.reason).toBe('PodRunning');
    expect(removed).toEqual(['pods shop-0']);
    expect(lists).toEqual([]);
  });

  it('is backed up only after all pods were looked at', async () => {
    const { made, lists } = await run(deleted());
    expect(made).toEqual(['Job backup-shop-job']);
    expect(lists).toEqual(['pods']);
  });

  it('is not backed up while a pod of any name has the data open, although the server waits', async () => {
    const { round, made, removed } = await run([...deleted(), pod('shop-0', 'Pending'), pod('theirs', 'Running')]);
    expect(round.decision.reason).toBe('PodRunning');
    expect(made).toEqual([]);
    expect(removed).toEqual(['pods theirs']);
  });

  it('has all volumes looked through when the bound one does not bear its mark', async () => {
    const unmarked = deleted().map((one) => (one.kind === 'PersistentVolume' ? { ...one, metadata: bare(one) } : one));
    const { lists } = await run([...unmarked, gate, set]);
    expect(lists).toContain('persistentvolumes');
  });
});

function bare({ metadata: { name, uid, resourceVersion, creationTimestamp } }: StoredObject): StoredObject['metadata'] {
  return { name, uid, resourceVersion, creationTimestamp };
}

describe('a password', () => {
  const gate = object('ConfigMap', 'shop-gate', { data: { expect: 'data', claim: 'shop-pvc-uid' } });
  const active = object('Secret', 'shop-active', { data: { current: Buffer.from('old').toString('base64') } });
  const server = object('Pod', 'shop-0', {
    spec: {
      containers: [{ name: 'mysql', image: 'mysql:8.4' }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'shop-pvc' } }],
    },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  });

  it('begins to be changed on a quick look at a server that is Ready', async () => {
    const { round, lists } = await run([...BEFORE_GATE, gate, active, server]);
    expect(round.decision.reason).toBe('PasswordChanging');
    expect(lists).toEqual([]);
  });
});
