// From a model to manifests: which objects there are, in which order, with which labels. One pure function that all
// entries call.

import { createHash } from 'node:crypto';
import {
  API_VERSION,
  CLAIM_ANNOTATIONS,
  COMPONENT_LABEL,
  CONFIG_HASH_ANNOTATION,
  KIND,
  MANAGED_BY,
  RESOURCE_LABEL,
  SERVER_LABEL,
} from '../api/names.ts';
import type { Model, VolumeModel } from '../model/model.ts';
import { renderTemplate } from './template-values.ts';
import { templates } from './templates.generated.ts';

/** A rendered object. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Empty when whoever applies it decides, and for objects without a namespace. */
  readonly namespace: string;
  /** One YAML document, its last line ended. */
  readonly yaml: string;
}

type StringMap = Readonly<Record<string, string>>;

interface ObjectPlan {
  readonly kind: Kind;
  readonly name: string;
  readonly component: string;
  readonly annotations: StringMap;
  readonly volume: VolumeModel | undefined;
}

/** The kinds that are rendered. The template of each is called like it, that of the resource `resource`. */
const API_VERSIONS = {
  [KIND]: API_VERSION,
  PersistentVolume: 'v1',
  PersistentVolumeClaim: 'v1',
  Secret: 'v1',
  ConfigMap: 'v1',
  Service: 'v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  StatefulSet: 'apps/v1',
} as const;

type Kind = keyof typeof API_VERSIONS;

/** Annotations of an object that its own resource says nothing of, such as those of a tool that passes objects on. */
export type MoreAnnotations = (object: Omit<Manifest, 'yaml'>) => StringMap;

/** Renders the manifests of a model, the resource itself first. */
export function renderManifests(model: Model, more: MoreAnnotations = () => ({})): readonly Manifest[] {
  const context = buildContext(model);
  return planObjects(model).map((plan) => renderObject(plan, model, { context, more }));
}

/** The objects of a model, in the order in which they are applied. */
function planObjects(model: Model): ObjectPlan[] {
  const { names, service } = model;
  const plans = [planObject(KIND, model.name, ''), ...planVolume(model.data, 'data')];
  if (model.managed) plans.push(...planVolume(model.backup, 'backup'));
  if (model.password.inline !== '') plans.push(planObject('Secret', names.rootSecret, 'server'));
  plans.push(planObject('ConfigMap', names.config, 'server'));
  plans.push(planObject('Service', names.server, 'server', { annotations: service.annotations }));
  if (model.networkPolicy) plans.push(planObject('NetworkPolicy', names.server, 'server'));
  plans.push(planObject('StatefulSet', names.server, 'server'));
  return plans;
}

function planVolume(volume: VolumeModel, component: string): ObjectPlan[] {
  const more = { annotations: CLAIM_ANNOTATIONS, volume };
  const claim = planObject('PersistentVolumeClaim', volume.claim, component, more);
  return volume.volumeName === ''
    ? [claim]
    : [planObject('PersistentVolume', volume.volumeName, component, more), claim];
}

const NONE: StringMap = {};

/** All of one shape: a few thousand of them are made, and V8 is slow with objects that differ. */
function planObject(
  kind: Kind,
  name: string,
  component: string,
  { annotations = NONE, volume }: { annotations?: StringMap; volume?: VolumeModel } = {},
): ObjectPlan {
  return { kind, name, component, annotations, volume };
}

/** What all templates of a resource share. */
function buildContext(model: Model): object {
  const { name, podLabels, podAnnotations, networkPolicy, myCnf } = model;
  return {
    ...model,
    selector: { [COMPONENT_LABEL]: 'server', [RESOURCE_LABEL]: name },
    podLabels: add({ ...podLabels }, [...commonLabels(name, 'server'), [SERVER_LABEL, name]]),
    podAnnotations: add({ ...podAnnotations }, [[CONFIG_HASH_ANNOTATION, hash(myCnf)]]),
    networkPolicy: networkPolicy && { from: allowedPeers(model) },
  };
}

/** An empty `from` would let everybody in, so the resource's own Jobs, which must reach the server, always stand in it. */
function allowedPeers({ name, networkPolicy }: Model): object[] {
  return [{ podSelector: { matchLabels: { [RESOURCE_LABEL]: name } } }, ...(networkPolicy?.from ?? [])];
}

/** What V8 takes long for in a literal: names that are put together at run time. */
function add(map: Record<string, string>, entries: readonly (readonly [name: string, value: string])[]): StringMap {
  for (const [name, value] of entries) map[name] = value;
  return map;
}

function commonLabels(name: string, component: string): [name: string, value: string][] {
  return [
    [COMPONENT_LABEL, component],
    ['app.kubernetes.io/managed-by', MANAGED_BY],
    ['app.kubernetes.io/name', 'mysql'],
    [RESOURCE_LABEL, name],
  ];
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function renderObject(
  { kind, name, component, annotations: own, volume }: ObjectPlan,
  model: Model,
  { context, more }: { context: object; more: MoreAnnotations },
): Manifest {
  const apiVersion = API_VERSIONS[kind];
  const namespace = kind === 'PersistentVolume' ? '' : model.namespace;
  const annotations = { ...model.annotations, ...own, ...more({ apiVersion, kind, name, namespace }) };
  const metadata = {
    name,
    namespace,
    labels: add({ ...model.labels }, commonLabels(model.name, component)),
    annotations: Object.keys(annotations).length > 0 ? annotations : null,
  };
  const template = kind === KIND ? 'resource' : kind.toLowerCase();
  // The object of a resource is the same for all of its templates, and large; copies of it would take longer than they do.
  const yaml = renderTemplate(templates, template, Object.assign(context, { metadata, volume }));
  return { apiVersion, kind, name, namespace, yaml };
}
