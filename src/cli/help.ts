// The help pages, drawn by yargs from the table of commands.

import yargs from 'yargs';
import type { CommandSpec } from './command.ts';
import { COMMANDS, commandsWithin } from './commands.ts';

const PROGRAM = 'kubectl mysql';

/**
 * Draws a help page.
 *
 * @param name the command, or the first word of several; undefined for the first page
 * @param width in columns
 */
export async function formatHelp(name: string | undefined, width: number): Promise<string> {
  const command = name === undefined ? undefined : COMMANDS[name];
  const page = yargs([]).scriptName(PROGRAM).locale('en').version(false).help(false).wrap(width);
  if (!command) {
    describeCommands(page, name);
    return `${await page.getHelp()}\n`;
  }
  const words = command.words && `[${command.words.placeholder} ...]`;
  page.usage(`${[PROGRAM, name, words].filter(Boolean).join(' ')} [options]\n\n${command.summary}.`);
  if (command.words) page.epilogue(`${command.words.placeholder}: ${command.words.description}`);
  describeOptions(page, command);
  return `${await page.getHelp()}\n\n${formatExamples(command)}`;
}

/** The commands that start with a word; all of them without one. */
function describeCommands(page: ReturnType<typeof yargs>, word: string | undefined): void {
  for (const key of word === undefined ? Object.keys(COMMANDS) : commandsWithin(word)) {
    page.command(key, COMMANDS[key]?.summary ?? '');
  }
  const about = word === undefined ? '\n\nRun MySQL on Kubernetes from git: resources in, plain manifests out.' : '';
  page.usage(`${[PROGRAM, word].filter(Boolean).join(' ')} <command> [options]${about}`);
  if (word === undefined) page.command('help [command]', 'Show this page, or the page of a command');
  page.epilogue(`${PROGRAM} help <command> shows a command's options and examples.`);
}

/** Each example stays on one line, however narrow the terminal is, so that it can be copied. */
function formatExamples({ examples }: CommandSpec): string {
  const lines = examples.map(([example, what]) => `  # ${what}\n  ${example}\n`);
  return `Examples:\n${lines.join('\n')}`;
}

function describeOptions(page: ReturnType<typeof yargs>, { options }: CommandSpec): void {
  for (const [key, { type, alias, description, choices, placeholder }] of Object.entries(options)) {
    page.option(key, {
      type: type === 'boolean' ? 'boolean' : 'string',
      description: placeholder === undefined ? description : `${placeholder}: ${description}`,
      ...(alias === undefined ? {} : { alias }),
      ...(choices === undefined ? {} : { choices }),
    });
  }
}
