// Every label, annotation, finalizer and name that kubectl-mysql gives to an object. Nothing else may spell one out.

export const GROUP = 'otus.homework';
export const VERSION = 'v1';
export const API_VERSION = `${GROUP}/${VERSION}`;
export const KIND = 'MySQL';

/** The label that marks every object of a resource, with the resource's name as its value. */
export const RESOURCE_LABEL = `${GROUP}/mysql`;
/** The label that the server's pod alone carries, so that `kubectl get pods -l app=NAME` names exactly the server. */
export const SERVER_LABEL = 'app';
export const COMPONENT_LABEL = 'app.kubernetes.io/component';
export const MANAGED_BY = 'kubectl-mysql';

/** Keeps a deleted resource until its data is backed up. */
export const FINALIZER = `${GROUP}/final-backup`;

/** On a Job and its pods: the uid of the resource that it works for. A Job without it is not ours. */
export const JOB_RESOURCE_LABEL = `${GROUP}/resource-uid`;
/** On a Job and its pods: backup, restore or change-pass. */
export const JOB_STEP_LABEL = `${GROUP}/step`;
/** On a Job: a hash of what it was made for. With another input it is another Job. */
export const JOB_INPUT_LABEL = `${GROUP}/input`;
/** Annotation on a Job: a hash of its manifest. One that failed is made again when git asks for another one. */
export const JOB_MANIFEST_ANNOTATION = `${GROUP}/manifest`;

/** On a volume: the uid of the resource whose data it holds. */
export const RESOURCE_UID_ANNOTATION = `${GROUP}/resource-uid`;
/** On a volume: the reclaim policy that it had before, and gets back when we are done with it. */
export const ORIGINAL_POLICY_ANNOTATION = `${GROUP}/original-policy`;
/** On a volume: since when it is Retain. */
export const RETAINED_AT_ANNOTATION = `${GROUP}/retained-at`;
/** On a volume: we are done with it; it is never reserved for a claim again. */
export const FINISHED_ANNOTATION = `${GROUP}/finished`;
/** On the Secret NAME-active: the claims whose volumes were provably new when it was made, by uid: the first start needs no Job. */
export const NEW_CLAIMS_ANNOTATION = `${GROUP}/new-claims`;
/** On the Secret NAME-active: counts its changes, so that each change has a Job of its own. */
export const REVISION_ANNOTATION = `${GROUP}/revision`;
/** On the Secret NAME-active: since when a previous password works beside the current one. */
export const PREVIOUS_SINCE_ANNOTATION = `${GROUP}/previous-since`;
/** On the Secret NAME-active: when the password was changed for the last time. */
export const PASSWORD_CHANGED_ANNOTATION = `${GROUP}/password-changed-at`;
/** On the resource: give the data up without a final backup. */
export const SKIP_BACKUP_ANNOTATION = `${GROUP}/skip-final-backup`;
/** On the resource: set root's password without a login, since nobody knows it any more. It restarts the server. */
export const RESET_PASSWORD_ANNOTATION = `${GROUP}/reset-password`;
/** On the resource: discard the previous password now. */
export const ROTATE_NOW_ANNOTATION = `${GROUP}/rotate-now`;

/** The pod template's annotation that restarts the server when its configuration changes. */
export const CONFIG_HASH_ANNOTATION = `${GROUP}/config-hash`;
/** kubectl's own record of the last apply. It repeats the whole object, an inline password included. */
export const LAST_APPLIED_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';

/** Keeps Flux from taking other tools' finalizers and annotations off the resource. */
export const RESOURCE_ANNOTATIONS = { 'kustomize.toolkit.fluxcd.io/ssa': 'Merge' } as const;

/** Keeps delivery tools from deleting a claim, and with it data. */
export const CLAIM_ANNOTATIONS = {
  'argocd.argoproj.io/compare-options': 'IgnoreExtraneous',
  'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false',
  'helm.sh/resource-policy': 'keep',
  'kustomize.toolkit.fluxcd.io/prune': 'disabled',
} as const;

/** The names of all objects that belong to one resource, made or not yet made. */
export interface ChildNames {
  readonly server: string;
  readonly dataClaim: string;
  readonly backupClaim: string;
  readonly config: string;
  readonly rootSecret: string;
  readonly gate: string;
  readonly activeSecret: string;
  readonly jobs: Readonly<Record<'backup' | 'restore' | 'change-pass', string>>;
}

/**
 * Names the children of a resource. No two resources of a namespace share a child's name and kind: the CRD refuses a
 * resource that is called `backup-…`, the only way in which two of them could meet.
 *
 * @param name the resource's metadata.name
 */
export function childNames(name: string): ChildNames {
  return {
    server: name,
    dataClaim: `${name}-pvc`,
    backupClaim: `backup-${name}-pvc`,
    config: `${name}-config`,
    rootSecret: `${name}-root`,
    gate: `${name}-gate`,
    activeSecret: `${name}-active`,
    jobs: { backup: `backup-${name}-job`, restore: `restore-${name}-job`, 'change-pass': `change-pass-${name}-job` },
  };
}

/**
 * Names the PersistentVolume behind a claim with a hostPath. Volumes have no namespace; a namespace holds no dot, so two
 * claims never meet in one volume's name.
 */
export function volumeName(namespace: string, claim: string): string {
  return `${namespace}.${claim}`;
}
