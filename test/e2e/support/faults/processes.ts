// Every mysqld of this machine, looked at from outside: which data directory it has open, and what its environment tells.

import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';

/** A running mysqld. */
export interface ServerProcess {
  readonly pid: number;
  /** The pod's name, as its host name tells. */
  readonly pod: string;
  /** Of the container: a pod that is made again has its name, but not this. */
  readonly container: string;
  /** What the directory is, whatever path leads to it. */
  readonly directory: string;
  readonly words: string;
  readonly environment: string;
}

/** Finds them. One that ends meanwhile is left out. */
export function listServerProcesses(): ServerProcess[] {
  return readdirSync('/proc')
    .filter((entry) => /^[0-9]+$/.test(entry))
    .flatMap((entry) => {
      try {
        return describeProcess(Number(entry));
      } catch {
        return [];
      }
    });
}

function describeProcess(pid: number): ServerProcess[] {
  const folder = `/proc/${String(pid)}`;
  // The script that stands before it has its name, too, until `env` has become a shell; it takes the password away.
  if (!/\/mysqld( \(deleted\))?$/.test(readlinkSync(`${folder}/exe`))) return [];
  const words = readFileSync(`${folder}/cmdline`, 'utf8').replaceAll('\0', ' ');
  const environment = readFileSync(`${folder}/environ`, 'utf8');
  const { dev, ino } = statSync(`${folder}/cwd`);
  const pod = /(?:^|\0)HOSTNAME=([^\0]*)/.exec(environment)?.[1] ?? '';
  const container = readlinkSync(`${folder}/ns/pid`);
  return [{ pid, pod, container, directory: `${String(dev)}:${String(ino)}`, words, environment }];
}

/** A call that only asks for settings opens nothing. */
export function opensDirectory({ words }: ServerProcess): boolean {
  return !/ (--help|--version|--verbose|-V) /.test(`${words} `);
}
