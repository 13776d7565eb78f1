// git's configuration as a list: what counts in one repository and should count in another.

/** One line of git's configuration. */
export interface ConfigEntry {
  /** As git prints it: section and name in small letters, the part between them as it is. */
  readonly key: string;
  readonly value: string;
}

/** Reads what `git config --list -z` prints. */
export function parseConfig(text: string): ConfigEntry[] {
  return text
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const end = entry.indexOf('\n');
      // A name without a value means yes.
      return end === -1 ? { key: entry, value: 'true' } : { key: entry.slice(0, end), value: entry.slice(end + 1) };
    });
}

/**
 * What says how to reach a remote, who commits, and how commits are signed. Everything else is about working trees,
 * branches and the looks of output.
 */
const CARRIED =
  /^(?:(?:author|committer|credential|gpg|http|protocol|safe|ssh|sshcommand|url|user)\.|commit\.gpgsign$|core\.(?:askpass|gitproxy|sshcommand)$|push\.(?:gpgsign|pushoption)$)/;

/** What of a configuration another repository must be told, because it does not know it by itself. */
export function carryOver(here: readonly ConfigEntry[], there: readonly ConfigEntry[]): ConfigEntry[] {
  const known = new Map<string, number>();
  const nameOf = ({ key, value }: ConfigEntry): string => `${key}\n${value}`;
  for (const entry of there) known.set(nameOf(entry), (known.get(nameOf(entry)) ?? 0) + 1);
  return here.filter((entry) => {
    if (!CARRIED.test(entry.key)) return false;
    const count = known.get(nameOf(entry)) ?? 0;
    known.set(nameOf(entry), count - 1);
    return count <= 0;
  });
}

/** Names of variables are not case-sensitive in their first part; the last value counts. */
export function lastValue(config: readonly ConfigEntry[], key: string): string | undefined {
  return config.findLast((entry) => entry.key === key)?.value;
}

/** The environment by which git is given configuration: nothing of it can be seen in a list of processes or on a disk. */
export function configEnvironment(config: readonly ConfigEntry[]): Record<string, string> {
  const pairs = config.flatMap(({ key, value }, index) => [
    [`GIT_CONFIG_KEY_${String(index)}`, key],
    [`GIT_CONFIG_VALUE_${String(index)}`, value],
  ]);
  return Object.fromEntries([['GIT_CONFIG_COUNT', String(config.length)], ...pairs]) as Record<string, string>;
}
