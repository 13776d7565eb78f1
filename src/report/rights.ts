// Which rights are asked about: those that reports need of a person, and those that the installation gives a watcher.

import { GROUP } from '../api/names.ts';
import type { Deployment } from '../cluster/types.ts';
import { parseYaml } from '../parse/yaml.ts';
import { renderInstall } from '../render/install.ts';
import { watchedNamespace, versionOf } from './watcher.ts';

/** Something that a call needs, in the words of an access review. */
export interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  /** Of one namespace; of all without it. */
  readonly namespace?: string;
  readonly name?: string;
}

/** A right in words: `list persistentvolumes`. */
export function describeRight({ verb, resource, subresource, namespace }: Right): string {
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  return `${verb} ${what}${namespace === undefined ? '' : ` in ${namespace}`}`;
}

const READ: readonly (readonly [group: string, resource: string, subresource?: string])[] = [
  [GROUP, 'mysqls'],
  ['', 'pods'],
  ['', 'pods', 'log'],
  ['', 'events'],
  ['', 'configmaps'],
  ['', 'persistentvolumeclaims'],
  ['batch', 'jobs'],
  ['apps', 'statefulsets'],
];
const READ_CLUSTER: readonly (readonly [group: string, resource: string])[] = [
  ['', 'persistentvolumes'],
  ['storage.k8s.io', 'storageclasses'],
  ['apps', 'deployments'],
  ['coordination.k8s.io', 'leases'],
];

/** What a person must be allowed, so that nothing is left out of a report. */
export function listReadingRights(namespace: string | undefined): Right[] {
  const scope = namespace === undefined ? {} : { namespace };
  return [
    ...READ.map(([group, resource, subresource]): Right => {
      const verb = subresource === 'log' ? 'get' : 'list';
      return { verb, group, resource, ...(subresource === undefined ? {} : { subresource }), ...scope };
    }),
    ...READ_CLUSTER.map(([group, resource]): Right => ({ verb: 'list', group, resource })),
  ];
}

interface Role {
  readonly rules?: readonly {
    readonly apiGroups?: readonly string[];
    readonly resources?: readonly string[];
    readonly resourceNames?: readonly string[];
    readonly verbs?: readonly string[];
  }[];
}

/** What this version's installation of such a watcher would allow it. */
export function listWatcherRights(deployment: Deployment): Right[] {
  const { namespace = '' } = deployment.metadata;
  const watchNamespace = watchedNamespace(deployment);
  const words = deployment.spec?.template.spec?.containers.flatMap(({ args = [] }) => args) ?? [];
  const manifests = renderInstall({
    namespace,
    watchNamespace,
    volumes: true,
    render: words.includes('--render'),
    image: 'any',
    replicas: 1,
    definition: false,
    serviceMonitor: false,
    version: versionOf(deployment) ?? 'any',
  });
  return manifests
    .filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role')
    .flatMap((role) => readRole(parseYaml(role.yaml) as Role, role.namespace === '' ? undefined : role.namespace));
}

function readRole({ rules = [] }: Role, namespace: string | undefined): Right[] {
  const scope = namespace === undefined ? {} : { namespace };
  return rules.flatMap(({ apiGroups = [], resources = [], resourceNames, verbs = [] }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((path) =>
        verbs.map((verb): Right => {
          const [resource = '', subresource] = path.split('/');
          const [name] = resourceNames ?? [];
          return {
            verb,
            group,
            resource,
            ...(subresource === undefined ? {} : { subresource }),
            ...scope,
            ...(name === undefined ? {} : { name }),
          };
        }),
      ),
    ),
  );
}
