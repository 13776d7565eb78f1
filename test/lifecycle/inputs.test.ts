// What makes a Job another Job: a result that was seen behind other claims, or of another Secret, must not count.

import { describe, expect, it } from 'vitest';
import type { StoredMySQL } from '../../src/cluster/kinds.ts';
import { describeInputs } from '../../src/lifecycle/views.ts';
import type { Passwords } from '../../src/lifecycle/observe-passwords.ts';
import { readStatus } from '../../src/lifecycle/status.ts';
import { claim, observed, volume } from '../support/observed.ts';

function activeSecret(uid: string): Passwords {
  const metadata = { name: 'shop-active', uid, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
  return {
    observed: observed().passwords,
    desired: undefined,
    revision: 0,
    active: { apiVersion: 'v1', kind: 'Secret', metadata },
  } as Passwords;
}

const seen = {
  data: { claim: claim('data'), volumes: [volume('data')] },
  backup: { claim: claim('backup'), volumes: [volume('backup')] },
  passwords: activeSecret('one'),
  resource: undefined as StoredMySQL | undefined,
  status: readStatus(undefined),
};

describe('the backup Job', () => {
  const { backup } = describeInputs(seen);

  it.each([
    ['the data claim was made again', { data: { ...seen.data, claim: claim('data', { uid: 'again' }) } }],
    ['the backup claim was made again', { backup: { ...seen.backup, claim: claim('backup', { uid: 'again' }) } }],
    ['the volume was made again', { data: { ...seen.data, volumes: [volume('data', { uid: 'again' })] } }],
    ['a server was let in since', { status: { ...seen.status, gateOpenedAt: 1 } }],
  ])('is another one when %s', (_, change) => {
    expect(describeInputs({ ...seen, ...change }).backup).not.toBe(backup);
  });

  it('is the same one when nothing changed', () => {
    expect(describeInputs(seen).backup).toBe(backup);
  });
});

describe('the password Job', () => {
  it('is another one when the Secret was made again', () => {
    const again = describeInputs({ ...seen, passwords: activeSecret('another') });
    expect(again['change-pass']).not.toBe(describeInputs(seen)['change-pass']);
  });
});
