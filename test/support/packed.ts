// The program as people get it: packed by npm, and installed from the tarball into an empty folder.

import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runProgram, type Ended } from './process.ts';

const TEXTS = ['CHANGELOG.md', 'README.md', 'LICENSE'];
/** What `npm pack` reads besides the installed packages. */
const SOURCES = ['package.json', 'src', 'scripts', 'examples', 'crds', 'plugin.yaml', 'kustomizeconfig.yaml', ...TEXTS];
const QUIET = ['--no-audit', '--no-fund', '--loglevel=error'];

/** An installed package. */
export interface Installed {
  /** The files of the tarball, sorted. */
  readonly files: readonly string[];
  /** The folder that it was installed in. */
  readonly folder: string;
  /** The folder with the command. */
  readonly bin: string;
  readonly remove: () => Promise<void>;
}

/** Packs a copy of the sources, so that nobody else's build is in the way, and installs it without a network. */
export async function installPacked(): Promise<Installed> {
  const root = await mkdtemp(join(tmpdir(), 'kubectl-mysql-package-'));
  const sources = join(root, 'sources');
  const folder = join(root, 'empty');
  await mkdir(sources);
  await mkdir(folder);
  for (const name of SOURCES) await cp(name, join(sources, name), { recursive: true }).catch(ignoreMissing);
  await symlink(resolve('node_modules'), join(sources, 'node_modules'));
  const packed = await succeed('npm', ['pack', '--json', '--pack-destination', root, ...QUIET], sources);
  const [{ filename, files }] = readReport(packed.out);
  await succeed('npm', ['install', '--offline', ...QUIET, join(root, filename)], folder);
  return {
    files: files.map(({ path }) => path).sort(),
    folder,
    bin: join(folder, 'node_modules', '.bin'),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

type Report = [{ filename: string; files: readonly { path: string }[] }];

/** The build may print before npm's own report. */
function readReport(text: string): Report {
  return JSON.parse(text.slice(text.search(/^\[/m))) as Report;
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

async function succeed(command: string, argv: readonly string[], cwd: string): Promise<Ended> {
  const ended = await runProgram(command, argv, { cwd });
  if (ended.code !== 0) throw new Error(`${command} ${argv.join(' ')}: ${ended.err}${ended.out}`);
  return ended;
}
