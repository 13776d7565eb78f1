// The environment that git gets. A hook or another git may have started this program, with variables that name its own
// repository; and variables that trace write credentials to standard error.

type Environment = Readonly<Record<string, string | undefined>>;

/** Who commits, how to connect, and where git's programs and configuration are. */
const KEPT =
  /^GIT_(?:AUTHOR_|COMMITTER_|SSH|SSL_|PROXY_|HTTP_|ASKPASS$|EXEC_PATH$|CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM)$|ALLOW_PROTOCOL$|CEILING_DIRECTORIES$|DISCOVERY_ACROSS_FILESYSTEM$)/;
const CONFIG = /^GIT_CONFIG_(?:COUNT|PARAMETERS|(?:KEY|VALUE)_\d+)$/;
/** git starts none of them for us. */
const DROPPED = /^(?:GIT_|(?:EDITOR|VISUAL|PAGER|PREFIX|DEBUG)$)/i;

/**
 * Chooses what git gets of an environment.
 *
 * @param config whether configuration that is given by environment is passed on
 */
export function gitEnvironment(environment: Environment, { config }: { config: boolean }): Record<string, string> {
  const kept = Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (!DROPPED.test(entry[0]) || KEPT.test(entry[0]) || (config && CONFIG.test(entry[0]))),
  );
  return {
    ...Object.fromEntries(kept),
    // Messages are read, so they must be in one language.
    LC_ALL: 'C.UTF-8',
    LANGUAGE: 'C',
    // Nobody answers. Helpers, and a program that asks (GIT_ASKPASS), still do.
    GIT_TERMINAL_PROMPT: '0',
    // `git status` writes the index when it may.
    GIT_OPTIONAL_LOCKS: '0',
  };
}

/** Whether the user has said how to start ssh; otherwise it is told not to ask. */
export function namesSsh(environment: Environment): boolean {
  return environment['GIT_SSH_COMMAND'] !== undefined || environment['GIT_SSH'] !== undefined;
}
