// What the API server would accept and people should still know, and what it checks outside the schema and its rules.

import type { JsonObject } from '../parse/source.ts';
import { isObject } from '../parse/source.ts';
import type { Path } from '../parse/path.ts';
import type { Finding } from './finding.ts';
import { hasLeaf } from './leaves.ts';
import { KEYED_LISTS } from './rules.generated.ts';

/** Checks that no two items of a keyed list have the same key. */
export function checkKeyedLists(resource: JsonObject): Finding[] {
  return KEYED_LISTS.flatMap(({ path, keys }) => {
    const items = path.reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), resource);
    if (!Array.isArray(items)) return [];
    const seen = new Set<string>();
    return items.flatMap((item, index): Finding[] => {
      const key = JSON.stringify(keys.map((name) => identityOf(isObject(item) ? item[name] : undefined)));
      if (!seen.has(key)) {
        seen.add(key);
        return [];
      }
      const message = `an earlier item has the same ${keys.join(' and ')}`;
      return [{ severity: 'error', rule: 'duplicate-item', path: [...path, index], message }];
    });
  });
}

/** A key's value with its type; JSON knows no bigint. */
function identityOf(value: unknown): unknown {
  return typeof value === 'bigint' ? { integer: String(value) } : value;
}

/** Warnings about a resource that is valid. */
export function lint(resource: JsonObject): Finding[] {
  const spec = isObject(resource['spec']) ? resource['spec'] : {};
  const findings: Finding[] = [];
  const warn = (rule: string, path: Path, message: string): void => {
    findings.push({ severity: 'warning', rule, path, message });
  };
  if (typeof spec['password'] === 'string') {
    warn('inline-password', ['spec', 'password'], 'a password in git is no secret; use passwordSecretRef');
  }
  for (const path of hasLeaf(spec, holdsVariable) ? stringsWithVariable(spec, ['spec']) : []) {
    warn('variable', path, 'holds "${", which Flux replaces when post-build substitution is on');
  }
  return findings;
}

function holdsVariable(leaf: unknown): boolean {
  return typeof leaf === 'string' && leaf.includes('${');
}

function stringsWithVariable(value: unknown, path: Path): Path[] {
  if (typeof value !== 'object' || value === null) return holdsVariable(value) ? [path] : [];
  return Object.entries(value).flatMap(([key, child]) =>
    stringsWithVariable(child, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}
