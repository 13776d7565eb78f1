// argv → a command and its options. It uses yargs' own parser without the rest of yargs, which takes as long to load as
// all else together and is needed only to draw the help.

import parse from 'yargs-parser';
import { UsageError } from '../errors.ts';
import { nearest } from '../validate/nearest.ts';
import type { CommandSpec, OptionSpec, OptionValues } from './command.ts';
import { COMMANDS, commandsWithin } from './commands.ts';

/** What the user asked for. */
export type Request =
  | { readonly kind: 'run'; readonly command: CommandSpec; readonly options: OptionValues }
  | { readonly kind: 'help'; readonly command: string | undefined };

const PARSER = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'duplicate-arguments-array': true,
  'greedy-arrays': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'short-option-groups': true,
  'strip-aliased': true,
} as const;

/**
 * Reads a command line.
 *
 * @param argv what stands behind `kubectl mysql`
 * @throws UsageError with the nearest word that is known
 */
export function parseArguments(argv: readonly string[]): Request {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h') return { kind: 'help', command: undefined };
  if (name === '--version') return parseArguments(['version', ...rest]);
  if (name === 'help') return parseHelp(rest);
  const isHelp = rest.some((word) => word === '--help' || word === '-h');
  const key = commandName(argv, isHelp);
  const command = COMMANDS[key];
  if (!command || isHelp) return { kind: 'help', command: key };
  return { kind: 'run', command, options: parseOptions(argv.slice(key.split(' ').length), command) };
}

function parseHelp(words: readonly string[]): Request {
  const isOwn = words[0] === undefined || ['help', '--help', '-h'].includes(words[0]);
  return { kind: 'help', command: isOwn ? undefined : commandName(words, true) };
}

/**
 * Finds the command that a command line names by its first word, or its first two.
 *
 * @param isHelp the first of two words is enough; it stands for all of its commands
 */
function commandName([word = '', second]: readonly string[], isHelp: boolean): string {
  if (Object.hasOwn(COMMANDS, word)) return word;
  const within = commandsWithin(word);
  if (within.length > 0) return secondWord(word, second, { within, isHelp });
  const isFlag = word.startsWith('-');
  const kind = isFlag ? 'flag' : 'command';
  const meant = nearest(word, isFlag ? ['--help', '--version'] : [...firstWords(), 'help']);
  const hint = meant === undefined ? 'see kubectl mysql help' : `did you mean "${meant}"?`;
  throw new UsageError(`unknown ${kind} "${word}", ${hint}`);
}

function firstWords(): string[] {
  return [...new Set(Object.keys(COMMANDS).map((key) => key.split(' ')[0] ?? ''))];
}

function secondWord(
  word: string,
  second: string | undefined,
  { within, isHelp }: { within: readonly string[]; isHelp: boolean },
): string {
  const key = `${word} ${second ?? ''}`;
  if (within.includes(key)) return key;
  if (second === undefined || second.startsWith('-')) {
    if (isHelp) return word;
    throw new UsageError(`${word} needs a command: ${within.map((name) => name.slice(word.length + 1)).join(', ')}`);
  }
  const meant = nearest(key, within);
  const hint = meant === undefined ? `see kubectl mysql help ${word}` : `did you mean "${meant}"?`;
  throw new UsageError(`unknown command "${key}", ${hint}`);
}

function parseOptions(argv: readonly string[], { options: specs, words: takesWords }: CommandSpec): OptionValues {
  const named = Object.entries(specs);
  const ofType = (type: OptionSpec['type']): string[] =>
    named.flatMap(([key, spec]) => (spec.type === type ? [key] : []));
  const aliases = named.flatMap(([key, { alias }]) => (alias === undefined ? [] : [[key, alias] as const]));
  const { _: rest, ...given } = parse(joinDashes(separateLetters(argv, specs)), {
    string: [...ofType('string'), ...ofType('array')],
    boolean: ofType('boolean'),
    array: ofType('array'),
    alias: Object.fromEntries(aliases),
    configuration: PARSER,
  });
  const words = rest.map(String);
  if (words[0] !== undefined && !takesWords) throw unexpectedWord(words[0], specs);
  const strings: Record<string, string> = {};
  const arrays: Record<string, readonly string[]> = {};
  const flags: Record<string, boolean> = {};
  for (const [key, value] of Object.entries(given) as [string, unknown][]) {
    const spec = Object.hasOwn(specs, key) ? specs[key] : undefined;
    if (!spec) throw unknownFlag(key, specs);
    if (value === undefined) continue;
    if (spec.type === 'boolean') flags[key] = checkFlag(key, value);
    else if (spec.type === 'array') arrays[key] = [value].flat().map((item) => checkString(key, item, spec));
    else strings[key] = checkString(key, value, spec);
  }
  return { words, strings, arrays, flags };
}

function unexpectedWord(word: string, specs: CommandSpec['options']): UsageError {
  const hint = Object.hasOwn(specs, 'filename') ? '; files and folders are given with -f' : '';
  return new UsageError(`unexpected argument "${word}"${hint}`);
}

/** Gives every short flag a word of its own, as kubectl reads them: `-Rf=x` is `-R -f=x`, `-oyaml` is `-o=yaml`. */
function separateLetters(argv: readonly string[], specs: CommandSpec['options']): string[] {
  const byLetter = new Map(Object.entries(specs).map(([key, spec]) => [spec.alias, { key, ...spec }]));
  const separate = (word: string): string[] => {
    const spec = byLetter.get(word[1]);
    const rest = word.slice(2);
    if (!spec || rest === '') return [word];
    if (spec.type !== 'boolean') return [`${word.slice(0, 2)}=${rest.replace(/^=/, '')}`];
    return rest.startsWith('=') ? [word] : [word.slice(0, 2), ...separate(`-${rest}`)];
  };
  const separated = argv.flatMap((word) => (/^-[A-Za-z]/.test(word) ? separate(word) : [word]));
  for (const word of separated) {
    const [, name = '', value = ''] = /^--?([^=]+)=(.*)$/s.exec(word) ?? [];
    const key = Object.hasOwn(specs, name) ? name : (byLetter.get(name)?.key ?? '');
    if (specs[key]?.type === 'boolean') checkSwitch(key, value);
  }
  return separated;
}

/** The parser would take every other word for false. */
function checkSwitch(key: string, value: string): void {
  if (value !== 'true' && value !== 'false') throw new UsageError(`--${key} must be true or false`);
}

/** The parser takes no lone dash for a value of its own accord; joined to its flag it does. */
function joinDashes(argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of argv) {
    const last = joined.at(-1);
    if (word === '-' && last !== undefined && /^--?[^-=][^=]*$/.test(last)) joined.splice(-1, 1, `${last}=-`);
    else joined.push(word);
  }
  return joined;
}

function unknownFlag(key: string, specs: CommandSpec['options']): UsageError {
  const dashed = key.length === 1 ? `-${key}` : `--${key}`;
  const meant = key.length === 1 ? undefined : nearest(key, [...Object.keys(specs), 'help']);
  if (meant === key) return new UsageError(`${dashed} takes no value`);
  return new UsageError(`unknown flag "${dashed}"${meant === undefined ? '' : `, did you mean "--${meant}"?`}`);
}

function checkFlag(key: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new UsageError(`--${key} is given more than once`);
  return value;
}

function checkString(key: string, value: unknown, { choices }: OptionSpec): string {
  if (Array.isArray(value)) throw new UsageError(`--${key} is given more than once`);
  if (typeof value !== 'string' || value === '') throw new UsageError(`--${key} needs a value`);
  if (choices && !choices.includes(value)) {
    throw new UsageError(`--${key} must be ${choices.join(', ').replace(/, ([^,]*)$/, ' or $1')}, not "${value}"`);
  }
  return value;
}
