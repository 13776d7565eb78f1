// The one table of consequences: what a change of each field of the resource does. One row per field of the CRD; a test
// fails when a field has none. Which texts mean what is read from the model, where spellings make no difference any more.

import { formatSeconds, type Change, type Consequence, type Form } from './consequence.ts';
import { REQUEST_ROWS, otherAnnotations } from './consequence-requests.ts';
import {
  arrow,
  changesConfig,
  grows,
  holdsOthers,
  judgeImage,
  partOf,
  restarts,
  runsOn,
  scheduling,
  type FieldRow,
} from './consequence-rows.ts';
import { inlinePassword, passwordReference } from './consequence-password.ts';
import { isSame } from './is-same.ts';
import { DELETION_TEXTS, PAUSED_TEXT } from './life.ts';

/** A field that counts at a later time, and only with a watcher. */
function counts(read: (form: Form) => unknown, words: (change: Change) => string): FieldRow {
  return runsOn('policy', {
    effect: 'restarts nothing, and counts later',
    read,
    words: (change) => `${words(change)}${change.after.model.managed ? '' : '; without a watcher it does not count'}`,
  });
}

/** An object besides the pod changes. */
function changesObject(read: (form: Form) => unknown, words: string): FieldRow {
  return runsOn('config', { effect: 'restarts nothing', read, words });
}

/** What cannot change: the CRD's own rules refuse it, and their words stand in the plan. */
function fixed(read: (form: Form) => unknown): FieldRow {
  return { effect: 'is refused', read, judge: () => [] };
}

function judgePause({ before, after }: Change, field: string): readonly Consequence[] {
  if (before.model.replicas === after.model.replicas) return [];
  return after.model.replicas === 0
    ? [{ kind: 'stop', field, message: `the server is stopped: ${PAUSED_TEXT}` }]
    : [{ kind: 'start', field, message: 'the server is started again on its volume' }];
}

function describeLifecycle({ after: { model } }: Change): string {
  const { backupClaim } = model.names;
  return model.managed
    ? `the watcher takes over: the pod waits until it opens the gate, and ${backupClaim} is made`
    : `the watcher leaves it alone: no final backup any more, no password change; ${backupClaim} is not rendered any more and stays`;
}

/** Every field of the resource, in the order of the CRD, and what its change does. */
export const CONSEQUENCES: Readonly<Record<string, FieldRow>> = {
  'spec.image': {
    effect:
      'restarts the server, and MySQL upgrades the data; an older release, or one that skips a series, is refused',
    read: ({ model }) => model.image,
    judge: judgeImage,
  },
  'spec.imagePullPolicy': restarts(
    ({ model }) => model.imagePullPolicy,
    ({ before, after }) =>
      `the image is pulled in another way (${arrow(before.model.imagePullPolicy, after.model.imagePullPolicy)})`,
  ),
  'spec.imagePullSecrets': scheduling('imagePullSecrets', 'other Secrets are used to pull the image'),
  'spec.imagePullSecrets[].name': partOf('imagePullSecrets'),
  'spec.database': {
    ...restarts(({ model }) => model.database, 'the pod names another database, which only a first start creates'),
    effect: 'is refused: only the first start creates it',
  },
  'spec.password': inlinePassword(),
  'spec.passwordSecretRef': holdsOthers(),
  'spec.passwordSecretRef.name': passwordReference('name'),
  'spec.passwordSecretRef.key': passwordReference('key'),
  'spec.storage_size': grows('data', ({ storage_size: size }) => size !== undefined),
  'spec.storage': holdsOthers(),
  'spec.storage.size': grows('data', ({ storage }) => storage !== undefined),
  'spec.storage.className': fixed(({ model }) => model.data.className),
  'spec.storage.hostPath': fixed(({ model }) => model.data.hostPath),
  'spec.backup': holdsOthers(),
  'spec.backup.size': grows('backup', () => true),
  'spec.backup.className': fixed(({ model }) => model.managed && model.backup.className),
  'spec.backup.hostPath': fixed(({ model }) => model.managed && model.backup.hostPath),
  'spec.backup.keep': counts(
    ({ model }) => model.policy.backupsKept,
    ({ before, after }) => {
      const [from, to] = [before.model.policy.backupsKept, after.model.policy.backupsKept];
      return `from the next backup on the complete backups that are kept are the newest ${String(to)}, not ${String(from)}`;
    },
  ),
  'spec.restore': holdsOthers(),
  'spec.restore.from': counts(
    ({ model }) => model.policy.restoreFrom,
    ({ after }) =>
      after.model.policy.restoreFrom === 'none'
        ? 'a new server starts with an empty database, although there are backups'
        : 'a new server gets the newest backup',
  ),
  'spec.deletionPolicy': counts(
    ({ model }) => model.policy.deletionPolicy,
    ({ after }) => `from now on a deletion ${DELETION_TEXTS[after.model.policy.deletionPolicy]}`,
  ),
  'spec.passwordOverlap': counts(
    ({ model }) => model.policy.passwordOverlap,
    ({ before, after }) => {
      const [from, to] = [before, after].map(({ model }) => formatSeconds(model.policy.passwordOverlap));
      return `after a password change the previous password works for ${to ?? ''} instead of ${from ?? ''}`;
    },
  ),
  'spec.lifecycle': restarts(({ model }) => model.managed, describeLifecycle),
  'spec.paused': {
    effect: 'stops the server, or starts it again; the volumes stay',
    read: ({ model }) => model.replicas,
    judge: judgePause,
  },
  'spec.resources': holdsOthers(),
  'spec.resources.requests': restarts(
    ({ model }) => model.resources?.['requests'],
    'CPU or memory that is reserved changes',
  ),
  'spec.resources.limits': restarts(
    ({ model }) => model.resources?.['limits'],
    "the limits of CPU or memory change, and with memory InnoDB's buffer pool",
  ),
  'spec.config': changesConfig(),
  'spec.nodeSelector': scheduling('nodeSelector', 'the node is chosen by other labels'),
  'spec.affinity': scheduling('affinity', 'the node is chosen by other rules'),
  'spec.tolerations': scheduling('tolerations', 'other taints of nodes are tolerated'),
  'spec.topologySpreadConstraints': scheduling('topologySpreadConstraints', 'the pod is spread by other rules'),
  'spec.priorityClassName': scheduling('priorityClassName', 'the pod gets another priority'),
  'spec.serviceAccountName': scheduling('serviceAccountName', 'the pod gets another ServiceAccount'),
  'spec.podLabels': restarts(({ model }) => model.podLabels, "the pod's labels change"),
  'spec.podAnnotations': restarts(({ model }) => model.podAnnotations, "the pod's annotations change"),
  'spec.labels': changesObject(({ model }) => model.labels, 'labels of the rendered objects change'),
  'spec.annotations': changesObject(({ model }) => model.annotations, 'annotations of the rendered objects change'),
  'spec.service': holdsOthers(),
  'spec.service.type': runsOn('config', {
    effect: 'restarts nothing; clients may need another address',
    read: ({ model }) => model.service.type,
    words: ({ before, after }) =>
      `the Service's type changes (${arrow(before.model.service.type, after.model.service.type)}): clients may need another address`,
  }),
  'spec.service.annotations': changesObject(
    ({ model }) => model.service.annotations,
    "the Service's annotations change",
  ),
  'spec.service.loadBalancerSourceRanges': changesObject(
    ({ model }) => model.service.loadBalancerSourceRanges,
    'other networks reach the load balancer',
  ),
  'spec.networkPolicy': changesObject(
    ({ model }) => model.networkPolicy,
    'other clients may connect: the NetworkPolicy changes',
  ),
  'spec.networkPolicy.from': partOf('networkPolicy'),
  'metadata.labels': changesObject(
    ({ resource }) => resource.metadata.labels ?? {},
    "the resource's own labels change",
  ),
  'metadata.annotations': changesObject(otherAnnotations, "the resource's own annotations change"),
  ...REQUEST_ROWS,
  'metadata.finalizers': changesObject(
    ({ resource }) => resource.metadata.finalizers ?? [],
    "the resource's finalizers change",
  ),
  'metadata.ownerReferences': changesObject(
    ({ resource }) => resource.metadata.ownerReferences ?? [],
    "the resource's owners change",
  ),
};

/** Everything that a change of a resource does, in the order of the table. Empty when all it says is said in other words. */
export function listConsequences(change: Change): readonly Consequence[] {
  return Object.entries(CONSEQUENCES).flatMap(([field, { read, judge }]) => {
    if (!read || !judge || isSame(read(change.before), read(change.after))) return [];
    return judge(change, field);
  });
}
