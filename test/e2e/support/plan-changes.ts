// Changes in git of a database that lives, one after the other: each adds to those before it.

import { PASSWORD } from './resource.ts';

/** What changes in git. */
export interface Change {
  readonly spec?: object;
  readonly metadata?: object;
  /** The Secrets beside the resource. */
  readonly secrets?: readonly object[];
  /** Root's password from now on. */
  readonly password?: string;
}

/** What changes, and the kinds of consequences that the plan has to name. */
export type Row = readonly [title: string, change: Change, kinds: readonly string[]];

function secret(name: string, stringData: object): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData };
}

function reference(name: string, key = 'password'): object {
  return { password: undefined, passwordSecretRef: { name, key } };
}

/** What stays beside a request. */
const ANNOTATIONS = { a: 'b' };

/** An annotation that asks for something. */
export function ask(request: string): object {
  return { annotations: { ...ANNOTATIONS, [`otus.homework/${request}`]: 'true' } };
}

/** The node has it by this name, too. */
export const SECOND_IMAGE = 'mysql:9.7-plan';
/** A PriorityClass. */
export const PRIORITY = 'kubectl-mysql-plan-truth';
const PREFERRED = {
  weight: 1,
  preference: { matchExpressions: [{ key: 'kubernetes.io/os', operator: 'In', values: ['linux'] }] },
};
const SPREAD = { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' };
const SAME = [secret('first', { password: PASSWORD, other: PASSWORD }), secret('second', { password: PASSWORD })];

/** Each restarts the server. */
export const RESTARTS: readonly Row[] = [
  ['an option', { spec: { config: { max_connections: 99 } } }, ['restart']],
  ['reserved CPU', { spec: { resources: { requests: { cpu: '50m' } } } }, ['restart']],
  ['a limit', { spec: { resources: { requests: { cpu: '50m' }, limits: { memory: '1Gi' } } } }, ['restart']],
  ['a label of the pod', { spec: { podLabels: { team: 'a' } } }, ['restart']],
  ['an annotation of the pod', { spec: { podAnnotations: { team: 'a' } } }, ['restart']],
  ['another image', { spec: { image: SECOND_IMAGE } }, ['restart']],
  ['the pull policy', { spec: { imagePullPolicy: 'Never' } }, ['restart']],
  ['a Secret to pull with', { spec: { imagePullSecrets: [{ name: 'registry' }] } }, ['restart']],
  ['a selector of nodes', { spec: { nodeSelector: { 'kubernetes.io/os': 'linux' } } }, ['restart']],
  [
    'an affinity',
    { spec: { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [PREFERRED] } } } },
    ['restart'],
  ],
  ['a toleration', { spec: { tolerations: [{ key: 'a', operator: 'Exists' }] } }, ['restart']],
  ['a spread', { spec: { topologySpreadConstraints: [SPREAD] } }, ['restart']],
  ['a priority', { spec: { priorityClassName: PRIORITY } }, ['restart']],
  ['a ServiceAccount', { spec: { serviceAccountName: 'runner' } }, ['restart']],
  ['the watcher goes', { spec: { lifecycle: 'None' } }, ['restart']],
  ['a password without a watcher', { spec: { password: 'nobody-sets-it' } }, ['config']],
  ['another Secret without a watcher', { spec: reference('first'), secrets: SAME }, ['restart', 'config']],
  ['another key without a watcher', { spec: reference('first', 'other') }, ['restart']],
  ['a third Secret without a watcher', { spec: reference('second') }, ['restart']],
  ['the watcher comes', { spec: { lifecycle: 'Managed' } }, ['restart']],
];

/** None restarts it; a pause stops it, and its end starts it. */
export const RUNS_ON: readonly Row[] = [
  ['a label of all objects', { spec: { labels: { team: 'a' } } }, ['config']],
  ['an annotation of all objects', { spec: { annotations: { team: 'a' } } }, ['config']],
  ["the Service's type", { spec: { service: { type: 'NodePort' } } }, ['config']],
  ["the Service's annotations", { spec: { service: { type: 'NodePort', annotations: { a: 'b' } } } }, ['config']],
  [
    'the networks of a load balancer',
    { spec: { service: { type: 'LoadBalancer', annotations: { a: 'b' }, loadBalancerSourceRanges: ['10.0.0.0/8'] } } },
    ['config'],
  ],
  ['a NetworkPolicy', { spec: { networkPolicy: {} } }, ['config']],
  ['a label of the resource', { metadata: { labels: { a: 'b' } } }, ['config']],
  ['an annotation of the resource', { metadata: { annotations: ANNOTATIONS } }, ['config']],
  ['what a deletion does', { spec: { deletionPolicy: 'Retain' } }, ['policy']],
  ['how many backups are kept', { spec: { backup: { keep: 1 } } }, ['policy']],
  ['what a new server gets', { spec: { restore: { from: 'none' } } }, ['policy']],
  ['how long a previous password works', { spec: { passwordOverlap: '10m' } }, ['policy']],
  ['the same size in other words', { spec: { storage_size: '1024Mi' } }, ['config']],
  ['the same size in the other field', { spec: { storage_size: undefined, storage: { size: '1Gi' } } }, ['config']],
  ['both volumes', { spec: { storage: { size: '2Gi' } } }, ['grow']],
  ['the backup volume', { spec: { backup: { keep: 1, size: '3Gi' } } }, ['grow']],
  ['the data volume, in the short spelling', { spec: { storage: undefined, storage_size: '3Gi' } }, ['grow']],
  ['the password', { spec: { password: 'second' }, password: 'second' }, ['password']],
  ['the previous password discarded', { metadata: ask('rotate-now') }, ['password']],
  ['the request taken back', { metadata: { annotations: ANNOTATIONS } }, ['config']],
  [
    'the password without an overlap',
    { spec: { password: 'third', passwordOverlap: '0s' }, password: 'third' },
    ['password', 'policy'],
  ],
  [
    'the password leaves git',
    { spec: reference('root'), secrets: [secret('root', { password: 'fourth', next: 'fifth' })], password: 'fourth' },
    ['password', 'config'],
  ],
  ['another key of the Secret', { spec: reference('root', 'next'), password: 'fifth' }, ['password']],
  [
    'the Secret beside the resource',
    { secrets: [secret('root', { password: 'fourth', next: 'sixth' })], password: 'sixth' },
    ['password'],
  ],
  [
    'another Secret',
    { spec: reference('others'), secrets: [secret('others', { password: 'seventh' })], password: 'seventh' },
    ['password'],
  ],
  ['a reset where no change has failed', { metadata: ask('reset-password') }, ['password']],
  ['a backup given up in time', { metadata: ask('skip-final-backup') }, ['policy', 'config']],
  ['a pause', { spec: { paused: true } }, ['stop']],
  ['an option while paused', { spec: { config: { max_connections: 98 } } }, ['policy']],
  ['the end of the pause', { spec: { paused: false } }, ['start']],
  ['a finalizer of somebody else', { metadata: { finalizers: ['example.com/mine'] } }, ['config']],
];
