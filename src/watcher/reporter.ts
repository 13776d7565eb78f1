// Tells people what rounds do: changes as Events and in the log, failures in the log.

import { isClusterError } from '../cluster/errors.ts';
import type { EventRecorder } from '../cluster/events.ts';
import type { ControllerOptions } from '../lifecycle/controller.ts';
import { describeNoProgress, listEvents, type EventInput } from '../lifecycle/events.ts';
import type { Round } from '../lifecycle/reconcile.ts';
import { TOLD_AFTER } from '../lifecycle/repeats.ts';
import { describeError, type Log, type LogFields } from './log.ts';

/** So many failures in a row of a watch are worth somebody's attention. */
const WATCH_FAILURES = 3;

/** What a controller calls. */
export type Reporter = Required<Pick<ControllerOptions, 'onRound' | 'onRepeat' | 'onFailure'>>;

export function createReporter({ log, events }: { readonly log: Log; readonly events: EventRecorder }): Reporter {
  return {
    onRound(round) {
      const notes = round.isStep ? [] : listEvents(inputOf(round));
      for (const note of notes) events.record(note);
      const { decision } = round;
      const level = decision.progress === 'Stalled' ? 'warn' : 'info';
      const actions = decision.actions.map(({ kind }) => kind);
      const fields = { ...fieldsOf(round), progress: decision.progress, reason: decision.reason, actions };
      log[notes.length > 0 || actions.length > 0 ? level : 'debug'](decision.message, fields);
    },
    onRepeat(round, times) {
      if (times < TOLD_AFTER) return;
      const { resource } = round.observation.observed;
      if (resource) events.record(describeNoProgress(inputOf(round), resource));
      log.warn('makes no progress', { ...fieldsOf(round), reason: round.decision.reason, times });
    },
    onFailure(what, error, failures) {
      const [namespace, name] = what.split('/');
      if (name === undefined) {
        // A watch is opened anew when the server is slow, or says that it is too old; nothing is lost by that.
        const isOrdinary = failures < WATCH_FAILURES && isClusterError(error, 'Gone', 'Unavailable');
        log[isOrdinary ? 'debug' : 'error']('the watch failed', { kind: what, failures, ...describeError(error) });
        return;
      }
      const about: LogFields = { namespace, name };
      log[isClusterError(error, 'Conflict', 'Gone') ? 'debug' : 'error']('the round failed', {
        ...about,
        ...describeError(error),
      });
    },
  };
}

function inputOf({ key, observation, decision }: Round): EventInput {
  const { observed, resource } = observation;
  return { namespace: key.namespace, observed, decision, earlier: resource?.status ?? {} };
}

function fieldsOf({ key }: Round): LogFields {
  return { namespace: key.namespace, name: key.name };
}
