// What stands in the way around a resource: its namespace, its watcher, its claims, its password, its deletion.

import { FINALIZER, childNames } from '../api/names.ts';
import type { PersistentVolumeClaim } from '../cluster/types.ts';
import type { Obstacle } from './report.ts';
import {
  toldSince,
  conditionsOf,
  evidence,
  isDeleting,
  isManaged,
  kubectl,
  lastEvent,
  leadingCondition,
  next,
  obstacle,
  type Rule,
  type Situation,
} from './obstacle.ts';
import { INSTALL, isObserved } from './watcher.ts';

export const namespaceTerminating: Rule = ({ namespace, resource }) => {
  const since = namespace?.metadata.deletionTimestamp;
  if (namespace === undefined || since === undefined) return [];
  const name = resource.metadata.namespace ?? '';
  return [
    obstacle('NamespaceTerminating', `the namespace ${name} is being deleted; no Job can run in it`, {
      object: `namespace/${name}`,
      since,
      evidence: (namespace.status?.conditions ?? [])
        .filter(({ type, status }) => status === 'True' && type.endsWith('Remaining'))
        .map(({ message }) => evidence('condition', message ?? '')),
      next: next('its volumes are kept: make the namespace again and apply the same files, and the data is back'),
    }),
  ];
};

/** Nobody acts: it is said only where somebody would have to. */
export const noWatcher: Rule = (situation) => {
  const { resource, judgedWatcher } = situation;
  if (!needsWatcher(situation) || judgedWatcher.state === 'Running') return [];
  if (judgedWatcher.state === 'Unknown' && isObserved(resource)) return [];
  const { message, step } = describeAbsence(situation);
  const waits = isDeleting(situation)
    ? 'the deletion waits for the final backup, which a watcher makes'
    : situation.gate
      ? 'the last change waits for a watcher'
      : 'the gate is closed, and only a watcher opens it';
  return [
    obstacle(judgedWatcher.state === 'Unknown' ? 'WatcherUnknown' : 'NoWatcher', `${message}: ${waits}`, {
      since: resource.metadata.deletionTimestamp ?? (situation.gate ? null : resource.metadata.creationTimestamp),
      next: step,
    }),
  ];
};

/** A watcher would have something to do. */
export function needsWatcher(situation: Situation): boolean {
  const { resource, gate } = situation;
  if (!isManaged(situation)) return false;
  if (isDeleting(situation)) return resource.metadata.finalizers?.includes(FINALIZER) ?? false;
  return gate === undefined || !isObserved(resource) || leadingCondition(situation)?.type === 'Reconciling';
}

function describeAbsence({ judgedWatcher }: Situation): { message: string; step: Obstacle['next'] } {
  switch (judgedWatcher.state) {
    case 'NotReady':
      return {
        message: 'the watcher is not ready',
        step: next(
          'see why the watcher does not run',
          'kubectl get pods --all-namespaces -l app.kubernetes.io/name=kubectl-mysql',
        ),
      };
    case 'Unknown':
      return {
        message: 'nobody has acted on this resource yet, and whether a watcher runs may not be read',
        step: next('ask whoever runs the cluster for the watcher', 'kubectl mysql install'),
      };
    default:
      return {
        message: 'no watcher runs',
        step: next('install the watcher', INSTALL),
      };
  }
}

/** Claims that are not there, not bound, or on their way out. */
export const claims: Rule = (situation) => {
  const names = childNames(situation.resource.metadata.name);
  const roles = isManaged(situation) ? (['data', 'backup'] as const) : (['data'] as const);
  return roles.flatMap((role) => {
    const claim = situation.claims[role];
    if (claim) return describeClaim(situation, claim);
    // On the way out claims go, and the watcher says what it does about it.
    if (isDeleting(situation) || situation.unreadable.includes('persistentvolumeclaims')) return [];
    const name = role === 'data' ? names.dataClaim : names.backupClaim;
    return [
      obstacle('ClaimMissing', `the claim ${name} is not there`, {
        object: `persistentvolumeclaim/${name}`,
        next: apply,
      }),
    ];
  });
};

const apply = next('apply the rendered manifests', 'kubectl mysql render -f FILE | kubectl apply -f -');

function describeClaim(situation: Situation, claim: PersistentVolumeClaim): Obstacle[] {
  const { metadata, spec, status } = claim;
  const { name } = metadata;
  const told = lastEvent(situation.details.events, claim);
  const common = { object: `persistentvolumeclaim/${name}`, evidence: told };
  if (metadata.deletionTimestamp !== undefined) {
    if (isDeleting(situation)) return [];
    const message = `the claim ${name} is being deleted and waits until no pod uses it`;
    return [obstacle('ClaimDeleting', message, { ...common, since: metadata.deletionTimestamp })];
  }
  const step = next('see what the claim waits for', kubectl(situation, 'describe', 'persistentvolumeclaim', name));
  switch (status?.phase) {
    case 'Lost': {
      const message = `the claim ${name} has lost its volume ${String(spec?.volumeName)}`;
      return [obstacle('ClaimLost', message, { ...common, next: step })];
    }
    case 'Pending': {
      const message = `the claim ${name} is not bound to a volume ${describeClass(spec?.storageClassName)}`;
      return [obstacle('ClaimPending', message, { ...common, since: metadata.creationTimestamp, next: step })];
    }
    default:
      return [];
  }
}

function describeClass(className: string | undefined): string {
  if (className === undefined) return 'of the default class';
  return className === '' ? 'that was made by hand' : `of the class ${className}`;
}

/** Told by the watcher: the report never looks at a Secret. */
export const passwordMissing: Rule = (situation) => {
  const condition = conditionsOf(situation).find(
    ({ type, status, reason }) => reason === 'PasswordMissing' && status === 'True' && type !== 'PasswordInSync',
  );
  if (!condition || isDeleting(situation)) return [];
  const { name, key } = situation.resource.spec.passwordSecretRef ?? { name: '', key: 'password' };
  const create = kubectl(situation, 'create', 'secret', 'generic', name, `--from-literal=${key}=PASSWORD`);
  const message = `the Secret ${name} with the key ${key} is missing; it holds root's password`;
  return [
    obstacle('PasswordMissing', message, {
      object: `secret/${name}`,
      since: condition.lastTransitionTime ?? null,
      next: next('create the Secret, or deliver it by your secrets tool', create),
    }),
  ];
};

/** A finalizer of somebody else outlives all that we do. */
export const foreignFinalizers: Rule = (situation) => {
  const { metadata } = situation.resource;
  const finalizers = metadata.finalizers ?? [];
  if (!isDeleting(situation) || finalizers.includes(FINALIZER) || finalizers.length === 0) return [];
  const message = `only finalizers of others hold the deletion now: ${finalizers.join(', ')}`;
  const look = next('ask who put them there', kubectl(situation, 'get', 'mysql', metadata.name, '-o', 'yaml'));
  return [obstacle('ForeignFinalizer', message, { since: metadata.deletionTimestamp ?? null, next: look })];
};

/** What the watcher itself calls stalled, with the way out that its message names. */
export const stalled: Rule = (situation) => {
  const condition = leadingCondition(situation);
  if (condition?.type !== 'Stalled') return [];
  const { reason = 'Stalled', message = '' } = condition;
  const since = toldSince(situation);
  return [obstacle(reason, message, { since, next: next('do what the message says; the watcher then goes on') })];
};
