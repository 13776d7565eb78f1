// The diff of a dry run: what it shows of Secrets and passwords is whether they change, as `kubectl mysql diff` does.

import { isObject, type JsonObject } from '../parse/source.ts';
import { parseYaml } from '../parse/yaml.ts';
import { makeComparable, type ComparableText } from '../plan/comparable.ts';
import type { Git } from '../git/git.ts';
import type { Changes, Entry } from './folder.ts';
import type { Files } from './names.ts';
import { diffTrees, readBlobs, replaceFiles, storeFiles } from './target.ts';

/** What is compared. */
export interface MaskedDiff {
  /** The branch's last commit; undefined for a new branch. */
  readonly tip: string | undefined;
  /** The tree of the next one. */
  readonly tree: string;
  readonly steps: readonly string[];
  readonly changes: Changes;
  /** What stands in the folder. */
  readonly entries: readonly Entry[];
  /** What will. */
  readonly files: Files;
}

/** Published names tell the kind; only these can hold a secret. */
const MAY_HOLD_SECRETS = /_(?:secret|mysql)_/i;

/** Shows the changes as a unified diff. The identity of a file would let its password be guessed, so it is masked, too. */
export async function diffMasked(git: Git, { tip, tree, steps, changes, entries, files }: MaskedDiff): Promise<string> {
  const names = [...changes.added, ...changes.changed, ...changes.removed].filter((name) =>
    MAY_HOLD_SECRETS.test(name),
  );
  const present = entries.filter(({ name }) => names.includes(name));
  const texts = await readBlobs(
    git,
    present.map(({ id }) => id),
  );
  const earlier = new Map(present.map(({ name }, index) => [name, texts[index]]));
  const masked = names.flatMap((name) => {
    const pair = maskSecrets({ before: earlier.get(name), after: files.get(name) });
    return pair ? [{ name, ...pair }] : [];
  });
  if (masked.length === 0) return diffTrees(git, tip, tree);
  const [before, after] = [await replace('before', tip), await replace('after', tree)];
  return diffTrees(git, before, after);

  async function replace(side: keyof ComparableText, base: string | undefined): Promise<string> {
    const shown = masked.flatMap((each) => (each[side] === undefined ? [] : [[each.name, each[side]] as const]));
    return replaceFiles(git, { base, steps, ids: await storeFiles(git, new Map(shown)) });
  }
}

/**
 * Masks the two forms of a file.
 *
 * @returns undefined where neither holds a secret
 */
export function maskSecrets({ before, after }: ComparableText): ComparableText | undefined {
  const [from, to] = [readObject(before), readObject(after)];
  if (!holdsSecret(from) && !holdsSecret(to)) return undefined;
  const shown = makeComparable(from === UNREADABLE ? undefined : from, to === UNREADABLE ? undefined : to);
  return { before: from === UNREADABLE ? NOT_SHOWN : shown.before, after: to === UNREADABLE ? NOT_SHOWN : shown.after };
}

const UNREADABLE = 'unreadable';
const NOT_SHOWN = '# not shown: this is no single object that can be read\n';

type ReadObject = JsonObject | typeof UNREADABLE | undefined;

function readObject(text: string | undefined): ReadObject {
  if (text === undefined) return undefined;
  try {
    const value = parseYaml(text);
    return isObject(value) ? value : UNREADABLE;
  } catch {
    return UNREADABLE;
  }
}

/** What somebody else made of a file of ours may hold one. */
function holdsSecret(object: ReadObject): boolean {
  if (object === undefined) return false;
  if (object === UNREADABLE || object['kind'] === 'Secret') return true;
  const { kind, spec } = object;
  return kind === 'MySQL' && isObject(spec) && spec['password'] !== undefined;
}
