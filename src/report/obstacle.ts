// The parts from which every obstacle is made.

import type { Event, StoredObject } from '../cluster/types.ts';
import type { ResourceFacts, Time } from './facts.ts';
import type { Evidence, NextStep, Obstacle, WatcherReport } from './report.ts';
import { escapeControls } from './text.ts';

/** What a rule looks at. */
export interface Situation extends ResourceFacts {
  readonly judgedWatcher: WatcherReport;
  readonly now: Time;
}

/** A rule finds what stands in the way, or nothing. */
export type Rule = (situation: Situation) => readonly Obstacle[];

/** An obstacle without what most of them do not have. */
export function obstacle(reason: string, message: string, more: Partial<Obstacle> = {}): Obstacle {
  return { reason, message, object: null, since: null, evidence: [], next: null, ...more };
}

export function next(text: string, command: string | null = null): NextStep {
  return { text, command };
}

/** A kubectl command within the resource's namespace. */
export function kubectl({ resource }: ResourceFacts, ...words: readonly string[]): string {
  return ['kubectl', '-n', resource.metadata.namespace ?? '', ...words].join(' ');
}

/** The last Event about an object, as evidence. */
export function lastEvent(events: readonly Event[], { metadata }: StoredObject): Evidence[] {
  const about = events.filter(({ involvedObject }) => involvedObject.uid === metadata.uid);
  const last = about.sort((a, b) => timeOf(a).localeCompare(timeOf(b))).at(-1);
  if (last === undefined) return [];
  return [evidence('event', `${last.reason ?? ''}: ${last.message ?? ''}`)];
}

export function evidence(kind: Evidence['kind'], text: string): Evidence {
  return { kind, text: escapeControls(text.trim()) };
}

function timeOf({ lastTimestamp, eventTime, metadata }: Event): string {
  return lastTimestamp ?? eventTime ?? metadata.creationTimestamp;
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** The conditions of the resource's status, as far as they are any. */
export function conditionsOf({ resource }: Pick<ResourceFacts, 'resource'>): readonly Condition[] {
  const conditions = resource.status?.['conditions'];
  return Array.isArray(conditions) ? (conditions as Condition[]) : [];
}

/** The condition that says how it stands: Stalled, Reconciling or Ready, whichever holds. */
export function leadingCondition(facts: Pick<ResourceFacts, 'resource'>): Condition | undefined {
  const conditions = conditionsOf(facts);
  return ['Stalled', 'Reconciling', 'Ready']
    .map((type) => conditions.find((condition) => condition.type === type && condition.status === 'True'))
    .find((condition) => condition !== undefined);
}

/**
 * Since when it stands as it does: a server is Ready since its condition is, whatever became of its password meanwhile; all
 * else has a reason, and the watcher tells since when.
 */
export function toldSince(facts: Pick<ResourceFacts, 'resource'>): string | null {
  const condition = leadingCondition(facts);
  const since = facts.resource.status?.['since'];
  const hasReason = condition !== undefined && condition.type !== 'Ready' && typeof since === 'string';
  return hasReason ? since : (condition?.lastTransitionTime ?? null);
}

export function isManaged({ resource }: Pick<ResourceFacts, 'resource'>): boolean {
  return resource.spec.lifecycle !== 'None';
}

export function isDeleting({ resource }: Pick<ResourceFacts, 'resource'>): boolean {
  return resource.metadata.deletionTimestamp !== undefined;
}
