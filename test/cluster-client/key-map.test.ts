import { expect, it } from 'vitest';
import { KeyMap } from '../../src/cluster/key-map.ts';

it('tells namespaces apart, and objects that have none', () => {
  const map = new KeyMap<number>();
  map.set({ namespace: 'a', name: 'shop' }, 1);
  map.set({ namespace: 'b', name: 'shop' }, 2);
  map.set({ name: 'shop' }, 3);
  map.set({ namespace: 'a', name: 'shop' }, 4);
  expect(map.get({ namespace: 'a', name: 'shop' })).toBe(4);
  expect(map.get({ namespace: 'b', name: 'shop' })).toBe(2);
  expect(map.get({ name: 'shop' })).toBe(3);
  expect(map.get({ namespace: 'c', name: 'shop' })).toBeUndefined();
  expect([...map.values()].sort()).toEqual([2, 3, 4]);
});

it('forgets what is deleted, and nothing else', () => {
  const map = new KeyMap<number>();
  map.set({ namespace: 'a', name: 'shop' }, 1);
  map.set({ namespace: 'a', name: 'till' }, 2);
  map.delete({ namespace: 'b', name: 'shop' });
  map.delete({ namespace: 'a', name: 'shop' });
  expect([...map.values()]).toEqual([2]);
  map.delete({ namespace: 'a', name: 'till' });
  expect([...map.values()]).toEqual([]);
  map.set({ namespace: 'a', name: 'till' }, 3);
  expect(map.get({ namespace: 'a', name: 'till' })).toBe(3);
});
