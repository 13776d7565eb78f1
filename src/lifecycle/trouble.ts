// Why a pod does not get on, in one line: what Kubernetes says, or what its container said last. Pure.

import type { Pod } from '../cluster/types.ts';
import type { Time } from './observed.ts';

/** Reasons for which a container waits that do not go away by waiting a little. */
const TROUBLES = new Set([
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImageInspectError',
  'ImagePullBackOff',
  'InvalidImageName',
  'RunContainerError',
]);
const LONGEST = 300;

/** The scheduler waits for volumes itself. */
const SLOW_MILLISECONDS = 30_000;

/**
 * Says why a pod does not get on; empty when it does, as far as can be seen.
 *
 * @param now milliseconds since 1970
 */
export function describeTrouble({ status = {} }: Pod, now: Time): string {
  const { conditions = [], initContainerStatuses = [], containerStatuses = [] } = status;
  const said = [...initContainerStatuses, ...containerStatuses].map(describeContainer).find((text) => text !== '');
  if (said !== undefined) return shorten(said);
  return describeScheduling(conditions, now);
}

type PodCondition = NonNullable<NonNullable<Pod['status']>['conditions']>[number];

function describeScheduling(conditions: readonly PodCondition[], now: Time): string {
  const unscheduled = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  const { reason = '', message = '', lastTransitionTime = '' } = unscheduled ?? {};
  return now - Date.parse(lastTransitionTime) > SLOW_MILLISECONDS ? shorten(`${reason}: ${message}`) : '';
}

type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];

function describeContainer({ state = {}, lastState = {} }: ContainerStatus): string {
  const { waiting, terminated } = state;
  const said = lastLine((terminated ?? lastState.terminated)?.message);
  if (terminated) return terminated.exitCode === 0 ? '' : said;
  return waiting ? describeWaiting(waiting, said) : '';
}

/** The kubelet tells of each try, and of the pause after it; people get one text, which stays the same. */
const PAUSE_OF_PULL = /^Back-off pulling image "[^"]*": (ErrImagePull: )?/;

function describeWaiting({ reason = '', message = '' }: { reason?: string; message?: string }, said: string): string {
  if (!TROUBLES.has(reason)) return '';
  if (reason === 'ErrImagePull' || reason === 'ImagePullBackOff') {
    return `ImagePullBackOff: ${message.replace(PAUSE_OF_PULL, '')}`;
  }
  return `${reason}: ${reason === 'CrashLoopBackOff' && said !== '' ? said : message}`;
}

/** What a Job of ours tells as its reason; of the end of a log the last line that tells of an error, else the last one. */
function lastLine(text = ''): string {
  const told = /^ *"reason": (".*"),$/m.exec(text)?.[1];
  if (text.startsWith('{') && told !== undefined) return parseText(told);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  // mysqld's last word says only that it gives up.
  return lines.findLast((line) => /error/i.test(line) && !line.endsWith('Aborting')) ?? lines.at(-1) ?? '';
}

function parseText(json: string): string {
  try {
    return String(JSON.parse(json));
  } catch {
    return json;
  }
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
