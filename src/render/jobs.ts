// From a model to the one-shot Jobs that a watcher creates. Apart from the other manifests, since no render needs them.

import {
  COMPONENT_LABEL,
  JOB_INPUT_LABEL,
  JOB_RESOURCE_LABEL,
  JOB_STEP_LABEL,
  MANAGED_BY,
  RESOURCE_LABEL,
  type ChildNames,
} from '../api/names.ts';
import type { Model } from '../model/model.ts';
import { scripts, templates } from './jobs.generated.ts';
import { renderTemplate } from './template-values.ts';
import type { Manifest } from './manifests.ts';

/** backup, restore or change-pass. */
export type JobStep = keyof ChildNames['jobs'];

/** What every Job is made for. */
interface CommonInput {
  readonly resourceUid: string;
  /** A label's value: a Job with another one is another Job. */
  readonly inputHash: string;
  /** The server's image; the model's own where it is not given. */
  readonly image?: string;
  /** The node that a ReadWriteOnce volume is attached to already. Without it the scheduler decides. */
  readonly node?: string;
  /** For how many seconds nothing may be read or written before the Job gives up. */
  readonly noProgressSeconds?: number;
}

export interface BackupInput extends CommonInput {
  /** How many complete backups are kept, this one among them; at least 1. */
  readonly keep: number;
  /** The resource is being deleted. */
  readonly final: boolean;
  /** The uid of the data volume, which comes back in the Job's result. */
  readonly volumeUid?: string;
}

export interface RestoreInput extends CommonInput {
  /** `latest`, `none` or a backup's name. */
  readonly from: string;
}

export interface PasswordInput extends CommonInput {
  /** `change` lets both passwords work, `discard` ends the old one. */
  readonly mode: 'change' | 'discard';
  /** Keys of the Secret NAME-active; `current`, `next` and `previous` where they are not given. */
  readonly keys?: { readonly current: string; readonly next: string; readonly previous: string };
}

/** What each step needs to know. */
export interface JobInputs {
  readonly backup: BackupInput;
  readonly restore: RestoreInput;
  readonly 'change-pass': PasswordInput;
}

/** Half an hour: nothing that works is silent for so long. */
const NO_PROGRESS_SECONDS = 1800;

/**
 * Renders a Job. It needs nothing else that is rendered: no ConfigMap, no Service, no StatefulSet; and Secret NAME-active
 * only where a password is set. Its result is one JSON object, its container's termination message.
 *
 * @throws RangeError for an input hash or uid that is no label's value
 */
export function renderJob<S extends JobStep>(model: Model, step: S, input: JobInputs[S]): Manifest {
  const { namespace, names } = model;
  const name = names.jobs[step];
  const metadata = { name, namespace, labels: jobLabels(model, step, input), annotations: null };
  const context = {
    ...model,
    metadata,
    step,
    jobScript: scripts[step],
    image: input.image ?? model.image,
    resources: step === 'change-pass' ? smallResources(model.resources) : model.resources,
    scheduling: buildScheduling(model.scheduling, input.node ?? ''),
    resourceUid: input.resourceUid,
    inputHash: input.inputHash,
    noProgressSeconds: String(input.noProgressSeconds ?? NO_PROGRESS_SECONDS),
    ...stepValues(input, model),
  };
  return { apiVersion: 'batch/v1', kind: 'Job', name, namespace, yaml: renderTemplate(templates, step, context) };
}

/** Only ours: with labels or annotations of a delivery tool it would prune the Job. */
function jobLabels({ name }: Model, step: JobStep, { resourceUid, inputHash }: CommonInput): Record<string, string> {
  for (const value of [resourceUid, inputHash]) {
    if (!/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/.test(value)) throw new RangeError(`not a label: ${value}`);
  }
  return {
    [COMPONENT_LABEL]: step,
    'app.kubernetes.io/managed-by': MANAGED_BY,
    'app.kubernetes.io/name': 'mysql',
    [RESOURCE_LABEL]: name,
    [JOB_RESOURCE_LABEL]: resourceUid,
    [JOB_STEP_LABEL]: step,
    [JOB_INPUT_LABEL]: inputHash,
  };
}

function stepValues(input: JobInputs[JobStep], model: Model): object {
  if ('keep' in input) {
    const { keep, final, volumeUid = '' } = input;
    return { keep: String(Math.max(1, Math.trunc(keep))), final: String(final), volumeUid };
  }
  // Kubernetes expands `$(NAME)` in a value and takes `$$` for one `$`.
  if ('from' in input) return { restoreFrom: input.from, myCnf: model.myCnf.replaceAll('$', '$$$$') };
  const { current, next, previous } = input.keys ?? { current: 'current', next: 'next', previous: 'previous' };
  return {
    currentKey: current,
    nextKey: next,
    previousKey: previous,
    discard: String(input.mode === 'discard'),
  };
}

type Scheduling = Readonly<Record<string, unknown>>;

/**
 * The server's scheduling without what is about its neighbours. A node that is given by name stands for all rules about
 * nodes: the volumes are there, and what git says now may be for another one.
 */
function buildScheduling(scheduling: object | null, node: string): object | null {
  const { affinity, nodeSelector, topologySpreadConstraints: _, ...rest } = (scheduling ?? {}) as Scheduling;
  const { nodeAffinity } = (affinity ?? {}) as Scheduling;
  const rules =
    node !== ''
      ? { affinity: { nodeAffinity: requireNode(node) } }
      : { ...(nodeAffinity ? { affinity: { nodeAffinity } } : {}), ...(nodeSelector ? { nodeSelector } : {}) };
  const all = { ...rest, ...rules };
  return Object.keys(all).length > 0 ? all : null;
}

/** By affinity and not by nodeName, which would pass over the scheduler and with it the binding of volumes. */
function requireNode(node: string): object {
  const isNode = { key: 'metadata.name', operator: 'In', values: [node] };
  return { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [isNode] }] } };
}

const SMALL: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  limits: { cpu: '500m', memory: '256Mi' },
  requests: { cpu: '50m', memory: '64Mi' },
};

/** A client needs little, and must find room beside the server. It asks for the kinds that the server asks for, since a
 * quota may demand them. */
function smallResources(resources: Model['resources']): object | null {
  if (!resources) return null;
  const lists = Object.entries(resources).map(([list, values]) => {
    const small = Object.entries(SMALL[list] ?? {}).filter(([kind]) => kind in values);
    return [list, Object.fromEntries(small)] as const;
  });
  const filled = lists.filter(([, values]) => Object.keys(values).length > 0);
  return filled.length > 0 ? Object.fromEntries(filled) : null;
}
