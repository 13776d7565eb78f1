// MySQL resources for the end-to-end tests.

/** The image that the embedded node has. */
export const IMAGE = 'mysql:9.7';
export const PASSWORD = 'otuspassword';

/** A resource with an inline password; `spec` overrides and adds. */
export function mysql(name: string, spec: object = {}): object {
  return {
    apiVersion: 'otus.homework/v1',
    kind: 'MySQL',
    metadata: { name },
    spec: { image: IMAGE, database: 'shop', password: PASSWORD, storage_size: '1Gi', ...spec },
  };
}

/** JSON is YAML. */
export function stringify(resource: object): string {
  return JSON.stringify(resource);
}

/** What the watcher would make, by hand: the password in force and the gate. */
export function openGate(name: string, expect: 'empty' | 'data'): object {
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: `${name}-active` },
        stringData: { current: PASSWORD },
      },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `${name}-gate` }, data: { expect } },
    ],
  };
}
