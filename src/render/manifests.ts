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
  readonly template: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly component: string;
  readonly annotations?: StringMap;
  readonly clusterScoped?: boolean;
  readonly volume?: VolumeModel;
}

/** Annotations of an object that its own resource says nothing of, such as those of a tool that passes objects on. */
export type MoreAnnotations = (object: Omit<Manifest, 'yaml'>) => StringMap;

/** Renders the manifests of a model, the resource itself first. */
export function renderManifests(model: Model, more: MoreAnnotations = () => ({})): readonly Manifest[] {
  const context = buildContext(model);
  return planObjects(model).map((plan) => renderObject(plan, model, { context, more }));
}

/** The objects of a model, in the order in which they are applied. */
function planObjects(model: Model): ObjectPlan[] {
  const { names, managed, data, backup } = model;
  const claims = managed ? [data, backup] : [data];
  const core = { apiVersion: 'v1' };
  return [
    { template: 'resource', apiVersion: API_VERSION, kind: KIND, name: model.name, component: '' },
    ...claims.flatMap((volume): ObjectPlan[] => {
      const component = volume === data ? 'data' : 'backup';
      const claim = { ...core, name: volume.claim, component, annotations: CLAIM_ANNOTATIONS, volume };
      const plan = { ...claim, template: 'persistentvolumeclaim', kind: 'PersistentVolumeClaim' };
      if (volume.volumeName === '') return [plan];
      const source = { template: 'persistentvolume', kind: 'PersistentVolume', name: volume.volumeName };
      return [{ ...claim, ...source, clusterScoped: true }, plan];
    }),
    ...(model.password.inline === ''
      ? []
      : [{ ...core, template: 'secret', kind: 'Secret', name: names.rootSecret, component: 'server' }]),
    { ...core, template: 'configmap', kind: 'ConfigMap', name: names.config, component: 'server' },
    {
      ...core,
      template: 'service',
      kind: 'Service',
      name: names.server,
      component: 'server',
      annotations: model.service.annotations,
    },
    ...(model.networkPolicy
      ? [
          {
            template: 'networkpolicy',
            apiVersion: 'networking.k8s.io/v1',
            kind: 'NetworkPolicy',
            name: names.server,
            component: 'server',
          },
        ]
      : []),
    { template: 'statefulset', apiVersion: 'apps/v1', kind: 'StatefulSet', name: names.server, component: 'server' },
  ];
}

/** What all templates of a resource share. */
function buildContext(model: Model): object {
  const selector = { [COMPONENT_LABEL]: 'server', [RESOURCE_LABEL]: model.name };
  return {
    ...model,
    selector,
    podLabels: { ...model.podLabels, ...commonLabels(model, 'server'), [SERVER_LABEL]: model.name },
    podAnnotations: { ...model.podAnnotations, [CONFIG_HASH_ANNOTATION]: hash(model.myCnf) },
    networkPolicy: model.networkPolicy && { from: allowedPeers(model) },
  };
}

/** An empty `from` would let everybody in, so the resource's own Jobs, which must reach the server, always stand in it. */
function allowedPeers({ name, networkPolicy }: Model): object[] {
  return [{ podSelector: { matchLabels: { [RESOURCE_LABEL]: name } } }, ...(networkPolicy?.from ?? [])];
}

function commonLabels({ name }: Model, component: string): StringMap {
  return {
    [COMPONENT_LABEL]: component,
    'app.kubernetes.io/managed-by': MANAGED_BY,
    'app.kubernetes.io/name': 'mysql',
    [RESOURCE_LABEL]: name,
  };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function renderObject(
  plan: ObjectPlan,
  model: Model,
  { context, more }: { context: object; more: MoreAnnotations },
): Manifest {
  const { template, apiVersion, kind, name, component, clusterScoped = false, volume } = plan;
  const namespace = clusterScoped ? '' : model.namespace;
  const added = more({ apiVersion, kind, name, namespace });
  const annotations = { ...model.annotations, ...plan.annotations, ...added };
  const metadata = {
    name,
    namespace,
    labels: { ...model.labels, ...commonLabels(model, component) },
    annotations: Object.keys(annotations).length > 0 ? annotations : null,
  };
  // The object of a resource is the same for all of its templates, and large; copies of it would take longer than they do.
  const yaml = renderTemplate(templates, template, Object.assign(context, { metadata, volume }));
  return { apiVersion, kind, name, namespace, yaml };
}
