// I5: a password is in Secrets only.

import { expect } from 'vitest';
import { kubectl } from '../kubectl.ts';
import type { Life } from './life.ts';

/** Looks for every password of a life in all that people, tools and logs get to see. */
export async function expectNoSecret(life: Life): Promise<void> {
  const places = await readPlaces(life);
  const told = [...life.secrets].flatMap((secret) => {
    const forms = [secret, Buffer.from(secret).toString('base64')];
    return Object.entries(places)
      .filter(([, text]) => forms.some((form) => text.includes(form)))
      .map(([place]) => `${secret.slice(0, 6)}… is in ${place}`);
  });
  expect(told).toEqual([]);
}

async function readPlaces({ namespace, watchers, monitor }: Life): Promise<Readonly<Record<string, string>>> {
  const kinds = 'mysqls,jobs,pods,statefulsets,configmaps,persistentvolumeclaims,events,services,leases';
  const objects = await namespace.kubectl(['get', kinds, '-o', 'yaml', '--show-managed-fields']);
  const clusterWide = await kubectl(['get', 'persistentvolumes', '-o', 'yaml']);
  const logs = await namespace.kubectl(['logs', '-l', 'otus.homework/mysql', '--tail=-1', '--prefix']).catch(() => '');
  const log = watchers.map(({ text }) => text).join('\n');
  expect(log, 'the log of the watchers').toContain('"msg"');
  return { 'objects and Events': objects, volumes: clusterWide, 'logs of pods': logs, log, pods: monitor.seenText() };
}
