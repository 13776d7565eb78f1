// What happens to the data when a resource is made or goes: the words that the plan and the watcher share.

import { SKIP_BACKUP_ANNOTATION } from '../api/names.ts';
import type { Consequence, ConsequenceKind, Form } from './consequence.ts';
import { isOn } from './consequence-rows.ts';
import type { Policy } from './policy.ts';

/** What a deletion leaves behind, in the watcher's last words. */
export const DONE_TEXTS: Readonly<Record<Policy['deletionPolicy'], string>> = {
  Backup: 'done; the backups stay',
  Retain: 'done; the backups stay',
  Delete: 'done; nothing stays',
};

/** What each policy does, behind "a deletion …". */
export const DELETION_TEXTS: Readonly<Record<Policy['deletionPolicy'], string>> = {
  Backup: 'makes a final backup and then deletes the data volume; the backup volume stays',
  Retain: 'makes no backup; both volumes stay as they are',
  Delete: 'deletes the data volume and the backup volume, without a backup: ALL DATA IS LOST',
};

/** What a server is that is paused. */
export const PAUSED_TEXT = 'paused; the volumes stay';

/** What the annotation for a password that nobody knows does. */
export const RESET_TEXT = "stops the server to set root's password offline, as the annotation asks";

/** What happens when a resource is deleted. */
export function describeDeletion(form: Form): readonly Consequence[] {
  const { model } = form;
  const { names, policy, managed } = model;
  const tell = (kind: ConsequenceKind, message: string): Consequence => ({ kind, field: '', message });
  const stop = tell('stop', `the server ${model.name} and what was rendered for it are deleted`);
  if (!managed) {
    const message = `nothing backs the data up (lifecycle: None); it stays in the claim ${names.dataClaim}, unless that is deleted, too`;
    return [stop, tell('policy', message)];
  }
  const gone = `the claim ${names.dataClaim} and its volume are deleted`;
  switch (policy.deletionPolicy) {
    case 'Retain':
      return [
        stop,
        tell('policy', `no backup is made; the claims ${names.dataClaim} and ${names.backupClaim} stay as they are`),
      ];
    case 'Delete':
      return [
        tell(
          'data-loss',
          `ALL DATA IS LOST: no backup is made; ${gone}, and so is ${names.backupClaim} with all backups`,
        ),
        stop,
      ];
    case 'Backup':
      break;
  }
  if (isOn(form, SKIP_BACKUP_ANNOTATION)) {
    const why = `the annotation ${SKIP_BACKUP_ANNOTATION} gives the final backup up`;
    return [tell('data-loss', `ALL DATA SINCE THE LAST BACKUP IS LOST: ${why}; ${gone}`), stop];
  }
  return [
    tell('backup', `the Job ${names.jobs.backup} makes a final backup in the claim ${names.backupClaim}, which stays`),
    tell('delete', `after the backup ${gone}`),
    stop,
  ];
}

/** What happens to all that is in a namespace that is deleted: Kubernetes makes nothing in it any more, so no Job runs. */
export const NAMESPACE_TEXT =
  'everything in it is deleted with it, also servers that stand in no file here. No final backup is made, whatever a ' +
  'deletionPolicy says: nothing can be made any more in a namespace that ends';

/** What happens to a resource when its namespace is deleted. */
export function describeNamespaceEnd({ model }: Form): readonly Consequence[] {
  const { name, namespace, names, managed } = model;
  const tell = (kind: ConsequenceKind, message: string): Consequence => ({ kind, field: '', message });
  const why = `the Namespace ${namespace} is taken out of git; a tool that prunes deletes it, unless it is told not to (Prune=false)`;
  const stop = tell('stop', `the server ${name} is deleted, with all that was rendered for it: ${why}`);
  if (!managed) {
    const message = `the claim ${names.dataClaim} goes with the namespace, and its volume, too, unless its class keeps it: nothing backs the data up (lifecycle: None)`;
    return [tell('data-loss', message), stop];
  }
  const claims = `${names.dataClaim} and ${names.backupClaim}`;
  const kept = `no final backup is made, whatever deletionPolicy says; the volumes of ${claims} are kept for a resource of this namespace and name, except where the watcher may not change volumes: there they go, unless their class keeps them`;
  return [stop, tell('policy', kept)];
}

/** What is known about what a new resource finds. */
export interface Leftovers {
  /** A volume that the watcher keeps for this name holds the data of an earlier server. */
  readonly hasData: boolean;
  /** The claim for the data is there already. */
  readonly hasClaim: boolean;
  readonly hasBackups: boolean;
  /** The newest backup, where something tells of it: its name, its age. */
  readonly backup?: string | undefined;
}

/**
 * What happens when a resource is made.
 *
 * @param found what the cluster has of an earlier resource of this name; undefined when nobody has looked
 */
export function describeCreation({ model }: Form, found?: Leftovers): readonly Consequence[] {
  const { name, names, database, policy, managed } = model;
  const tell = (kind: ConsequenceKind, message: string): Consequence => ({ kind, field: '', message });
  const made = tell('create', `a server ${name} is made, with the database ${database}`);
  if (!managed) {
    const message = `no watcher guards its data (lifecycle: None); what the claim ${names.dataClaim} already holds is used`;
    return [made, tell('policy', message)];
  }
  const later = tell('policy', `a deletion ${DELETION_TEXTS[policy.deletionPolicy]}`);
  return [made, ...describeStartingData(policy, names, found).map((message) => tell('restore', message)), later];
}

type Names = Form['model']['names'];

function describeStartingData({ restoreFrom }: Policy, names: Names, found: Leftovers | undefined): string[] {
  const { dataClaim, backupClaim, jobs } = names;
  const isDeclined = restoreFrom === 'none';
  if (!found) {
    const condition = `if the volume of an earlier ${backupClaim} holds one`;
    return isDeclined ? [] : [`the Job ${jobs.restore} restores the newest backup, ${condition}`];
  }
  if (found.hasData) return [describeKeptData(dataClaim, found.hasClaim, isDeclined)];
  const words = `the claim ${dataClaim} is there already: the server goes on with the data of its volume, if it holds any`;
  return [...(found.hasClaim ? [words] : []), ...describeBackups(found, names, isDeclined)];
}

function describeKeptData(dataClaim: string, hasClaim: boolean, isDeclined: boolean): string {
  if (isDeclined)
    return `the volume of an earlier ${dataClaim} holds data, and restore.from is none: the server does not start until people decide`;
  return hasClaim
    ? `the claim ${dataClaim} is still there: the server goes on with its data`
    : `the volume of an earlier ${dataClaim} is kept: the server goes on with its data`;
}

function describeBackups(
  { hasBackups, backup }: Leftovers,
  { backupClaim, jobs }: Names,
  isDeclined: boolean,
): string[] {
  if (!hasBackups) return [];
  if (isDeclined)
    return [`the backups in ${backupClaim} stay where they are, and the database is empty (restore.from: none)`];
  const which =
    backup === undefined ? `the newest backup in ${backupClaim}, if there is one` : `${backup} from ${backupClaim}`;
  return [`the Job ${jobs.restore} restores ${which}`];
}
