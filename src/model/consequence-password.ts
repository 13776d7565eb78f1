// The rows of the password: who changes it, and when.

import { formatSeconds, type Change, type Consequence } from './consequence.ts';
import { arrow, restart, type FieldRow } from './consequence-rows.ts';

/** How a new password comes into force where there is a watcher. */
export function passwordJob({ model: { name, policy } }: Change['after']): string {
  const overlap =
    policy.passwordOverlap === 0
      ? 'the previous one stops working at once'
      : `the previous one works for another ${formatSeconds(policy.passwordOverlap)}`;
  return `the Job change-pass-${name}-job sets it while the server runs; ${overlap}`;
}

/** The password that stands in the resource. */
export function inlinePassword(): FieldRow {
  return {
    effect: 'changes the password by a Job, without a restart; with lifecycle None it changes the Secret alone',
    read: ({ model }) => model.password.inline,
    judge: judgePassword,
  };
}

function judgePassword({ before, after }: Change, field: string): readonly Consequence[] {
  const [from, to] = [before.resource.spec.password, after.resource.spec.password];
  const { managed, names } = after.model;
  const config = (message: string): Consequence => ({ kind: 'config', field, message });
  if (to === undefined) return [config(`the Secret ${names.rootSecret} is not rendered any more`)];
  const rendered = from === undefined ? [config(`the Secret ${names.rootSecret} is rendered`)] : [];
  if (managed) {
    const what = from === undefined ? 'if the password is another one' : "root's password changes";
    return [...rendered, { kind: 'password', field, message: `${what}: ${passwordJob(after)}` }];
  }
  const message = `the Secret ${names.rootSecret} changes, root's password does not: without a watcher only the first start sets it`;
  return from === undefined ? rendered : [config(message)];
}

/** Where the password stands. */
export function passwordReference(part: 'name' | 'key'): FieldRow {
  return {
    effect:
      'changes the password by a Job, without a restart, if it is another one there; with lifecycle None it restarts the server',
    read: ({ resource: { spec } }) => spec.passwordSecretRef?.[part],
    judge: (change, field) => judgeReference(change, field, part),
  };
}

function judgeReference(change: Change, field: string, part: 'name' | 'key'): readonly Consequence[] {
  const { before, after } = change;
  const [from, to] = [before.resource.spec.passwordSecretRef, after.resource.spec.passwordSecretRef];
  // The name says it for both.
  if (part === 'key' && from?.name !== to?.name) return [];
  const noun = part === 'name' ? 'Secret' : 'key';
  const what = `another ${noun} holds root's password (${arrow(from?.[part], to?.[part])})`;
  return after.model.managed ? askWatcher(change, field, what) : mountAnew(change, field, what);
}

function askWatcher({ after }: Change, field: string, what: string): readonly Consequence[] {
  if (after.resource.spec.passwordSecretRef === undefined) return [];
  return [{ kind: 'password', field, message: `${what}; if it is another password: ${passwordJob(after)}` }];
}

function mountAnew(change: Change, field: string, what: string): readonly Consequence[] {
  return isMountedAnew(change) ? [restart(change, field, `${what}, and the pod mounts it`)] : [];
}

function isMountedAnew({ before, after }: Change): boolean {
  const [from, to] = [before.model.password, after.model.password];
  return from.secretName !== to.secretName || from.key !== to.key;
}
