// What the API server's answer to an action tells: the object as it is now, as live as a read. A round goes on with it and
// need not look at everything again.

import type { StoredMySQL } from '../cluster/kinds.ts';
import type { ConfigMap, PersistentVolume, Secret } from '../cluster/types.ts';
import type { Action, JobStep } from './actions.ts';
import { toPasswords } from './observe-passwords.ts';
import type { Observation } from './observe.ts';
import { toVolume } from './observe-storage.ts';
import type { Observed, ObservedStorage } from './observed.ts';
import { readStatus } from './status.ts';
import { describeInputs, toGate, toResource, toWish } from './views.ts';

type Inputs = Readonly<Record<JobStep, string>>;

type Learn = (observation: Observation, answer: unknown) => Observation;

/** Actions that the round goes on after. Those that make a Job or open the gate, or end something for good, are not here. */
const LESSONS: Readonly<Partial<Record<Action['kind'], Learn>>> = {
  'add-finalizer': (observation, answer) => {
    const resource = answer as StoredMySQL;
    const status = readStatus(resource);
    return { ...withObserved(observation, { resource: toResource(resource, status) }), resource, status };
  },
  'retain-volume': learnVolume,
  'write-active': (observation, answer) => {
    const { resource, status, observed, wish, key } = observation;
    const passwords = toPasswords(observation.passwords.desired, answer as Secret);
    const inputs = describeInputs({ data: observed.data, backup: observed.backup, passwords, resource, status });
    const jobs = relabel(observed.jobs, wish?.inputs, inputs);
    const next = resource && toWish(resource, { namespace: key.namespace, inputs, status, passwords });
    return { ...withObserved(observation, { passwords: passwords.observed, jobs }), passwords, wish: next };
  },
  'expect-data': (observation, answer) => withObserved(observation, { gate: toGate(answer as ConfigMap) }),
  // What is known of the pods was read before: see reconcile.
  'close-gate': (observation) => withObserved(observation, { gate: undefined }),
  'delete-stateful-set': (observation) => {
    const { statefulSet } = observation.observed;
    return withObserved(observation, {
      statefulSet: statefulSet && { ...statefulSet, deleting: true, awaitsPods: true },
    });
  },
};

/** Whether what follows an action can be decided from its answer. */
export function isLearnable(action: Action): boolean {
  return action.kind in LESSONS && (action.kind !== 'write-active' || action.change === 'begin');
}

/** What is known after an action. */
export function learn(observation: Observation, { kind }: Action, answer: unknown): Observation {
  return LESSONS[kind]?.(observation, answer) ?? observation;
}

/** A Job that was made for another input than the one of now is not the one that is wanted. */
function relabel(jobs: Observed['jobs'], before: Inputs | undefined, now: Inputs): Observed['jobs'] {
  const entries = (Object.keys(jobs) as JobStep[]).map((step) => {
    const job = jobs[step];
    return [step, job && { ...job, ours: job.ours && before?.[step] === now[step] }] as const;
  });
  return Object.fromEntries(entries);
}

function withObserved(observation: Observation, changed: Partial<Observed>): Observation {
  return { ...observation, observed: { ...observation.observed, ...changed } };
}

function learnVolume(observation: Observation, answer: unknown): Observation {
  const volume = toVolume(answer as PersistentVolume);
  const put = ({ claim, volumes }: ObservedStorage): ObservedStorage => ({
    claim,
    volumes: volumes.map((known) => (known.uid === volume.uid ? volume : known)),
  });
  const { data, backup } = observation.observed;
  return withObserved(observation, { data: put(data), backup: put(backup) });
}
