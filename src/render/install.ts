// Everything that runs the watcher in a cluster, as manifests: which objects there are, in which order, with which names.
// Pure, as `renderManifests` is.

import { COMPONENT_LABEL, FINALIZER, MANAGED_BY } from '../api/names.ts';
import { definition, templates } from './install.generated.ts';
import { renderTemplate } from './template-values.ts';
import type { Manifest } from './manifests.ts';

/** The name of the watcher's Deployment, ServiceAccount, Lease and roles. */
export const WATCHER = MANAGED_BY;

/** What an installation is made of. */
export interface InstallOptions {
  /** Where the watcher runs. */
  readonly namespace: string;
  /** The only namespace that it works in; all without it. */
  readonly watchNamespace: string | undefined;
  /** It may read and change PersistentVolumes. */
  readonly volumes: boolean;
  /** It applies what is rendered. */
  readonly render: boolean;
  readonly image: string;
  readonly replicas: number;
  /** With the CRD, and the roles of those who edit and view resources. */
  readonly definition: boolean;
  readonly serviceMonitor: boolean;
  /** A label's value. */
  readonly version: string;
}

interface ObjectPlan {
  readonly template: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Empty for objects without a namespace. */
  readonly namespace: string;
  readonly labels?: Readonly<Record<string, string>>;
}

const RBAC = 'rbac.authorization.k8s.io/v1';
const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to';
const SELECTOR = { [COMPONENT_LABEL]: 'watcher', 'app.kubernetes.io/name': WATCHER };

/** Renders an installation, in the order in which it is applied. */
export function renderInstall(options: InstallOptions): readonly Manifest[] {
  const context = {
    ...options,
    name: WATCHER,
    finalizer: FINALIZER,
    selector: SELECTOR,
    watchNamespace: options.watchNamespace ?? '',
    namespaceFlag: `--namespace=${options.watchNamespace ?? ''}`,
  };
  const render = ({ template, labels = {}, ...object }: ObjectPlan): Manifest => {
    const { apiVersion, kind, name, namespace } = object;
    const common = { ...SELECTOR, 'app.kubernetes.io/version': options.version };
    const metadata = { name, namespace, labels: { ...common, ...labels } };
    return { apiVersion, kind, name, namespace, yaml: renderTemplate(templates, template, { ...context, metadata }) };
  };
  return [
    ...planNamespace(options).map(render),
    ...(options.definition ? [renderDefinition(), ...USER_ROLES.map(render)] : []),
    ...[...planRights(options), ...planWatcher(options)].map(render),
  ];
}

/** The name of the watcher's rights to objects without a namespace. Installations for one namespace each have their own. */
export function clusterRoleName({ namespace, watchNamespace }: InstallOptions): string {
  return watchNamespace === undefined ? WATCHER : `${WATCHER}:${namespace}`;
}

/** The name of what keeps the rights of a watcher for one namespace; unlike a role's it may hold no colon. */
export function policyName({ namespace }: InstallOptions): string {
  return `${WATCHER}.${namespace}`;
}

/**
 * Whether the namespace of the watcher is part of the installation. One with databases or one of Kubernetes' own is not: our
 * labels would change what may run in it, and whoever deletes the installation by its manifests would delete it all.
 */
export function ownsNamespace({ namespace, watchNamespace }: InstallOptions): boolean {
  return namespace !== watchNamespace && namespace !== 'default' && !namespace.startsWith('kube-');
}

function planNamespace(options: InstallOptions): ObjectPlan[] {
  if (!ownsNamespace(options)) return [];
  const level = (mode: string): readonly [string, string] => [`pod-security.kubernetes.io/${mode}`, 'restricted'];
  const labels = Object.fromEntries(['audit', 'enforce', 'warn'].map(level));
  const object = { apiVersion: 'v1', kind: 'Namespace', name: options.namespace, namespace: '' };
  return [{ template: 'namespace', ...object, labels }];
}

/** The CRD's file, as it is. */
function renderDefinition(): Manifest {
  const object = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };
  return { ...object, name: 'mysqls.otus.homework', namespace: '', yaml: definition };
}

/** What users may do, by the roles that every cluster has. `edit` stands in `admin`, and `view` in `edit`. */
const USER_ROLES: readonly ObjectPlan[] = (['edit', 'view'] as const).map((role) => ({
  template: `role-${role}`,
  apiVersion: RBAC,
  kind: 'ClusterRole',
  name: `${WATCHER}-${role}`,
  namespace: '',
  labels: { [`${AGGREGATE}-${role}`]: 'true' },
}));

function planRights(options: InstallOptions): ObjectPlan[] {
  const { namespace, watchNamespace } = options;
  const pair = (
    kind: 'Role' | 'ClusterRole',
    name: string,
    within = '',
    template = kind.toLowerCase(),
  ): ObjectPlan[] => [
    { template, apiVersion: RBAC, kind, name, namespace: within },
    { template: `${kind.toLowerCase()}binding`, apiVersion: RBAC, kind: `${kind}Binding`, name, namespace: within },
  ];
  return [
    { template: 'serviceaccount', apiVersion: 'v1', kind: 'ServiceAccount', name: WATCHER, namespace },
    ...pair('ClusterRole', clusterRoleName(options)),
    ...(watchNamespace === undefined ? [] : pair('Role', WATCHER, watchNamespace)),
    ...pair('Role', `${WATCHER}-leader-election`, namespace, 'role-leader'),
    ...(watchNamespace === undefined ? [] : planPolicy(policyName(options))),
  ];
}

/** What keeps the rights in a namespace that ends until they are no longer needed. */
function planPolicy(name: string): ObjectPlan[] {
  const common = { apiVersion: 'admissionregistration.k8s.io/v1', name, namespace: '' };
  return [
    { template: 'admissionpolicy', kind: 'ValidatingAdmissionPolicy', ...common },
    { template: 'admissionpolicybinding', kind: 'ValidatingAdmissionPolicyBinding', ...common },
  ];
}

function planWatcher({ namespace, serviceMonitor }: InstallOptions): ObjectPlan[] {
  const own = { name: WATCHER, namespace };
  return [
    { template: 'service', apiVersion: 'v1', kind: 'Service', ...own },
    { template: 'poddisruptionbudget', apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', ...own },
    { template: 'deployment', apiVersion: 'apps/v1', kind: 'Deployment', ...own },
    ...(serviceMonitor
      ? [{ template: 'servicemonitor', apiVersion: 'monitoring.coreos.com/v1', kind: 'ServiceMonitor', ...own }]
      : []),
  ];
}
