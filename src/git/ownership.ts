// git refuses repositories of other users, which is what a container of a CI job often finds.

/** Adds to git's words what to do: git says it in further lines, which are not shown. */
export function explainOwnership(line: string): string {
  const [, folder] = /^detected dubious ownership in repository at '(.*)'$/.exec(line) ?? [];
  if (folder === undefined) return line;
  return `${line}: somebody else owns it; if that is meant: git config --global --add safe.directory '${folder}'`;
}
