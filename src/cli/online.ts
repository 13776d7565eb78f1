// The commands that talk to a cluster, in one place because they are bundled into a file of their own: their libraries are
// larger than all else together. Only `await import()` loads it.

export { doctor } from './doctor.ts';
export { diffCluster } from './diff-cluster.ts';
export { readCluster } from './plan-cluster.ts';
export { status } from './status.ts';
export { watch } from './watch.ts';
