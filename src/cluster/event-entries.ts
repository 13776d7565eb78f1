// Which notes are one event: those about the same object with the same reason and message are counted, and too many
// messages of one reason are taken together.

import type { Clock } from './clock.ts';

/** The object that an event is about. */
export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly uid: string;
}

/** Something that happened. */
export interface EventNote {
  readonly subject: EventSubject;
  readonly type: 'Normal' | 'Warning';
  /** One word in CamelCase. */
  readonly reason: string;
  /** For people; never a secret. */
  readonly message: string;
}

/** One event at the API server, made or still to be made. */
export interface EventEntry {
  readonly note: EventNote;
  readonly name: string;
  /** Times of day. */
  readonly firstAt: number;
  lastAt: number;
  /** The last note's. */
  message: string;
  count: number;
  /** The count that the API server has. */
  written: number;
  writes: number;
  /** When it was last written, by the clock for durations. */
  writtenAt: number;
  failures: number;
  /** It will be written without further notes. */
  isScheduled: boolean;
  /** Ends the pause before it is written, if there is one. */
  hurry: (() => void) | undefined;
}

/** The events of the last minutes. */
export interface EventEntries {
  /** Counts a note; undefined when too many wait to be written. */
  readonly count: (note: EventNote) => EventEntry | undefined;
  readonly list: () => readonly EventEntry[];
}

const MESSAGES_PER_REASON = 10;
const MOST_ENTRIES = 2000;
const LONGEST_MESSAGE = 1024;

interface Settings {
  readonly clock: Clock;
  readonly random: () => number;
  readonly windowMs: number;
}

export function createEventEntries(settings: Settings): EventEntries {
  const { clock, windowMs } = settings;
  /** In the order of their last notes. */
  const entries = new Map<string, EventEntry>();
  /** So many messages of a reason. */
  const messages = new Map<string, number>();

  function forgetOld(): void {
    for (const [key, { lastAt, isScheduled, note }] of entries) {
      if (isScheduled) continue;
      if (clock.now() - lastAt < windowMs && entries.size < MOST_ENTRIES) return;
      entries.delete(key);
      const group = groupOf(note);
      const left = (messages.get(group) ?? 1) - 1;
      if (left > 0) messages.set(group, left);
      else messages.delete(group);
    }
  }

  function add(key: string, note: EventNote): EventEntry {
    const group = groupOf(note);
    messages.set(group, (messages.get(group) ?? 0) + 1);
    const entry = createEntry(settings, note);
    entries.set(key, entry);
    return entry;
  }

  return {
    list: () => [...entries.values()],
    count(note) {
      forgetOld();
      const group = groupOf(note);
      const own = `${group}${note.message}`;
      const key = entries.has(own) || (messages.get(group) ?? 0) < MESSAGES_PER_REASON ? own : group;
      const known = entries.get(key);
      if (!known && entries.size >= MOST_ENTRIES) return undefined;
      const entry = known ?? add(key, note);
      entry.count++;
      entry.lastAt = clock.now();
      entry.message = note.message.slice(0, LONGEST_MESSAGE);
      entries.delete(key);
      entries.set(key, entry);
      return entry;
    },
  };
}

function groupOf({ subject, type, reason }: EventNote): string {
  return JSON.stringify([subject.uid, type, reason]);
}

function createEntry({ clock, random }: Settings, note: EventNote): EventEntry {
  const now = clock.now();
  const chance = Math.floor(random() * 0x1000000);
  return {
    note,
    name: `${note.subject.name.slice(0, 200)}.${now.toString(16)}${chance.toString(16).padStart(6, '0')}`,
    firstAt: now,
    lastAt: now,
    message: '',
    count: 0,
    written: 0,
    writes: 0,
    writtenAt: -Infinity,
    failures: 0,
    isScheduled: false,
    hurry: undefined,
  };
}
