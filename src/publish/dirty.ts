// Which of the files that were read are not as they are in the source commit.

/** What was read, as paths from the source repository's root. */
export interface ReadPaths {
  readonly files: readonly string[];
  /** The folders that were read; a file that is missing from one of them is missing from the output. */
  readonly folders: readonly string[];
  /** Whether the folders within them were, too. */
  readonly recursive: boolean;
}

const EXTENSIONS = /\.(yaml|yml|json)$/;

/**
 * Finds what differs from the commit.
 *
 * @param status what `git status --porcelain=v1 --branch -z` prints, with every file that is not tracked or is ignored
 */
export function findDirty(status: string, read: ReadPaths): string[] {
  const files = new Set(read.files);
  return status
    .split('\0')
    .filter((entry) => entry.length > 3 && !entry.startsWith('## '))
    .flatMap((entry) => {
      const path = entry.slice(3).replace(/\/$/, '');
      // A submodule is one entry for all that is in it.
      const isRead = files.has(path) || read.files.some((file) => file.startsWith(`${path}/`));
      return isRead || (entry.slice(0, 2).includes('D') && wouldBeRead(path, read)) ? [path] : [];
    })
    .sort();
}

function wouldBeRead(path: string, { files, folders, recursive }: ReadPaths): boolean {
  if (files.includes(path)) return true;
  if (!EXTENSIONS.test(path)) return false;
  return folders.some((folder) => {
    const start = folder === '' ? '' : `${folder}/`;
    return path.startsWith(start) && (recursive || !path.slice(start.length).includes('/'));
  });
}
