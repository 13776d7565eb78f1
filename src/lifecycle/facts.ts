// The facts of a status: what a round tells that a later one needs, and what people ask for. Pure.

import type { Decision } from './actions.ts';
import type { JobResult, Observed, ObservedJob } from './observed.ts';
import { findServer } from './pods.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The facts that a later round needs, and that people ask for, as far as this round tells them. */
export function recordFacts(observed: Observed, decision: Decision, earlier: Fields, time: string): Fields {
  const { gateOpenedAt: opened = '', gateClosedAt: closed = '' } = earlier as Readonly<Record<string, string>>;
  const opens = decision.actions.some(({ kind }) => kind === 'open-gate');
  const isUnrecorded = opened !== '' && closed <= opened;
  // One that was opened for an earlier resource of the name, or whose status got lost, has let pods in all the same.
  const isFound = opened === '' && observed.gate !== undefined;
  const facts = decision.actions.map((action): Fields => {
    switch (action.kind) {
      case 'open-gate':
        // One that was refused, and is tried again, counts as opened since the first try.
        return { ...(isUnrecorded ? {} : { gateOpenedAt: time }), ...recordRestore(observed.jobs.restore) };
      case 'record-backup':
        return { backedUpVolume: action.volumeUid, ...lastBackup(observed.jobs.backup?.result) };
      case 'forget-backup':
        // A Job that was made before is not the one that is wanted any more.
        return { backedUpVolume: undefined, gateOpenedAt: time };
      case 'record-skip':
        return { skipRecorded: true };
      default:
        return {};
    }
  });
  return Object.assign(
    {},
    isUnrecorded && observed.gate === undefined && !opens ? { gateClosedAt: time } : {},
    isFound ? { gateOpenedAt: time } : {},
    recordServer(observed, earlier),
    { requests: recordRequests(observed, decision, (earlier['requests'] ?? {}) as Fields, time) },
    ...facts,
  ) as Fields;
}

/** The image is the running pod's: one that git names may never have started. */
function recordServer(observed: Observed, earlier: Fields): Fields {
  const { image = '' } = findServer(observed) ?? {};
  if (image === '' || observed.gate === undefined) return {};
  const before = (earlier['server'] ?? {}) as Fields;
  // After a restore the Job tells the version of the server that the backup is of.
  const version = [observed.jobs['change-pass'], observed.jobs.restore]
    .map((job) => (job?.ours && job.result?.outcome !== 'restored' ? job.result?.serverVersion : undefined))
    .find((text) => typeof text === 'string');
  const known = before['image'] === image ? before['version'] : undefined;
  const current = version ?? known;
  return { server: { image, ...(current === undefined ? {} : { version: current }) } };
}

/** A request counts from its first sight to its end, whatever becomes of the annotation. */
function recordRequests(
  { resource, passwords }: Observed,
  { actions }: Decision,
  earlier: Fields,
  time: string,
): unknown {
  const isDone = actions.some(({ kind }) => kind === 'open-gate');
  const begins = actions.some((action) => action.kind === 'write-active' && action.change === 'reset');
  const isChanging = passwords.previousSince !== undefined || passwords.hasNext;
  const pending = {
    skipFinalBackup: resource?.skipFinalBackup === true && resource.deletedAt !== undefined,
    rotateNow: resource?.rotateNow === true && isChanging,
    resetPassword: !isDone && (begins || earlier['resetPassword'] !== undefined),
  };
  const requests = Object.entries(pending).flatMap(([name, isPending]) =>
    isPending ? [[name, earlier[name] ?? time]] : [],
  );
  return requests.length > 0 ? (Object.fromEntries(requests) as Fields) : undefined;
}

/** What was restored is the newest backup until there is another one. */
function recordRestore(job: ObservedJob | undefined): Fields {
  const { outcome, backup } = job?.result ?? {};
  return outcome === 'restored' && backup !== undefined ? { restoredFrom: backup, ...lastBackup(job?.result) } : {};
}

function lastBackup(result: JobResult | undefined): Fields {
  if (result?.backup === undefined) return {};
  const { backup: name, time, bytes, sha256, serverVersion } = result;
  return { lastBackup: { name, time, bytes, sha256, serverVersion, source: 'final' } };
}
