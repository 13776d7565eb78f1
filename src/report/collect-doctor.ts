// Reads what is checked. What may not be read is told by the check that needs it.

import { RESOURCE_LABEL } from '../api/names.ts';
import { isClusterError } from '../cluster/errors.ts';
import { KINDS, type Kind } from '../cluster/kinds.ts';
import type { Manifest, Objects } from '../cluster/objects.ts';
import type { Deployment, StoredObject } from '../cluster/types.ts';
import { parseYaml } from '../parse/yaml.ts';
import { renderInstall } from '../render/install.ts';
import { collectResources, collectWatcher, listReadable, unlessForbidden, type CollectOptions } from './collect.ts';
import type { AccountRights, AnsweredRight, Definition, DoctorFacts } from './doctor-facts.ts';
import type { WatcherFacts } from './facts.ts';
import { collectKustomizations } from './kustomizations.ts';
import { listReadingRights, listWatcherRights, type Right } from './rights.ts';

const DEFINITION: Kind<Definition> = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

interface Review extends StoredObject {
  readonly status?: { readonly allowed?: boolean };
}

function reviewKind(kind: string): Kind<Review> {
  return { apiVersion: 'authorization.k8s.io/v1', kind, plural: `${kind.toLowerCase()}s`, namespaced: false };
}

const SELF = reviewKind('SelfSubjectAccessReview');
const OTHER = reviewKind('SubjectAccessReview');

/** Reads everything for the checks of a namespace, or of all. */
export async function collectDoctor(
  { namespace, version }: Pick<DoctorFacts, 'namespace' | 'version'>,
  given: Omit<CollectOptions, 'details'>,
): Promise<DoctorFacts> {
  const { objects, ...reading } = given;
  const options: CollectOptions = { ...given, details: false };
  const labelled = { namespace, labelSelector: RESOURCE_LABEL };
  const [definition, resources, watcher, claims, volumes, classes, configMaps, callerRights] = await Promise.all([
    unlessForbidden(objects.find(DEFINITION, { name: 'mysqls.otus.homework' }, reading)),
    readResources(namespace, options),
    collectWatcher(options),
    listReadable(objects, KINDS.PersistentVolumeClaim, labelled, reading),
    listReadable(objects, KINDS.PersistentVolume, {}, reading),
    listReadable(objects, KINDS.StorageClass, {}, reading),
    listReadable(objects, KINDS.ConfigMap, labelled, reading),
    Promise.all(listReadingRights(namespace).map((right) => askSelf(objects, right))),
  ]);
  return {
    version,
    namespace,
    expected: readExpected(version),
    definition: definition ?? 'missing',
    resources,
    watcher,
    callerRights,
    watcherRights: await askAccounts(objects, watcher),
    claims,
    volumes,
    classes,
    configMaps,
    kustomizations: await collectKustomizations(resources, given),
  };
}

/** Without the CRD there are none. */
async function readResources(
  namespace: string | undefined,
  options: CollectOptions,
): Promise<DoctorFacts['resources']> {
  try {
    return await unlessForbidden(collectResources({ namespace }, options));
  } catch (error) {
    if (isClusterError(error, 'NotFound')) return [];
    throw error;
  }
}

/** The CRD as this program would install it. */
function readExpected(version: string): Definition {
  const options = { namespace: 'any', watchNamespace: undefined, volumes: true, render: false, image: 'any' };
  const manifests = renderInstall({ ...options, replicas: 1, definition: true, serviceMonitor: false, version });
  const found = manifests.find(({ kind }) => kind === DEFINITION.kind);
  return parseYaml(found?.yaml ?? '{}') as Definition;
}

async function askSelf(objects: Objects, right: Right): Promise<AnsweredRight> {
  return { ...right, allowed: await ask(objects, SELF, { resourceAttributes: attributesOf(right) }) };
}

function attributesOf({ verb, group, resource, subresource, namespace, name }: Right): object {
  return { verb, group, resource, subresource, namespace, name };
}

async function ask(objects: Objects, kind: Kind<Review>, spec: object): Promise<boolean> {
  const { apiVersion, kind: name } = kind;
  const { status } = await objects.create(kind, { apiVersion, kind: name, metadata: {}, spec } as Manifest);
  return status?.allowed ?? false;
}

function askAccounts(objects: Objects, { deployments }: WatcherFacts): Promise<AccountRights[]> {
  const found = deployments === 'forbidden' ? [] : deployments;
  return Promise.all(found.map((deployment) => askAccount(objects, deployment)));
}

async function askAccount(objects: Objects, deployment: Deployment): Promise<AccountRights> {
  const { namespace = '' } = deployment.metadata;
  const name = deployment.spec?.template.spec?.serviceAccountName ?? 'default';
  const who = {
    user: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
  const account = `${namespace}/${name}`;
  const answer = async (right: Right): Promise<AnsweredRight> => {
    return { ...right, allowed: await ask(objects, OTHER, { ...who, resourceAttributes: attributesOf(right) }) };
  };
  const [first, ...others] = listWatcherRights(deployment);
  if (!first) return { account, rights: [] };
  // The first answer tells whether the rest may be asked.
  const rights = await unlessForbidden(
    answer(first).then(async (answered) => [answered, ...(await Promise.all(others.map(answer)))]),
  );
  return { account, rights };
}
