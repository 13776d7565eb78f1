// What a check found, before it is known where in the file it stands.

import type { Path } from '../parse/path.ts';

/** A problem of one resource, told by path. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly rule: string;
  readonly path: Path;
  readonly message: string;
}

/** Writes a path as people write it: `spec.tolerations[0].key`. */
export function formatPath(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${String(step)}]`;
      if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}
