// The message of a commit, with the trailers by which Argo CD leads from it to the source commit.

/** A commit of the source repository. */
export interface SourceCommit {
  readonly sha: string;
  readonly authorName: string;
  readonly authorEmail: string;
  /** ISO 8601, as `git log --format=%aI` prints it. */
  readonly date: string;
  readonly subject: string;
  readonly body: string;
}

/** What a commit message tells. */
export interface MessageFacts {
  /** What the user wants to be said; otherwise it is said what was rendered. */
  readonly text: string | undefined;
  /** The folders that were rendered, as from the source repository's root. */
  readonly inputs: readonly string[];
  /** Undefined when the source stands in no commit. */
  readonly commit: SourceCommit | undefined;
  /** The source is not as it is in the commit. */
  readonly isDirty: boolean;
  /** The source repository's URL; undefined when it has none. */
  readonly url: string | undefined;
}

/** Formats a commit message. */
export function formatMessage(facts: MessageFacts): string {
  const text = facts.text?.trim() ?? describeRun(facts);
  const trailers = facts.commit ? formatTrailers(facts.commit, facts.url) : [];
  return `${[text, trailers.join('\n')].filter((part) => part !== '').join('\n\n')}\n`;
}

function describeRun({ inputs, commit, isDirty }: MessageFacts): string {
  const what = `Render ${inputs.length === 0 ? 'MySQL resources' : inputs.join(', ')}`;
  if (!commit) return what;
  const dirty = isDirty ? ' with uncommitted changes' : '';
  return `${what} from ${commit.sha.slice(0, 12)}${dirty}: ${oneLine(commit.subject)}`.replace(/: $/, '');
}

/**
 * The trailers that Argo CD reads. It wants the author as a mail address (RFC 5322), the body as a JSON string, and no line
 * breaks; what it would refuse is left out.
 */
function formatTrailers(commit: SourceCommit, url: string | undefined): string[] {
  const author = formatAuthor(commit);
  const body = commit.body.trim();
  const trailers: [string, string | undefined][] = [
    ['author', author],
    ['sha', commit.sha],
    ['subject', oneLine(commit.subject)],
    ['body', body === '' ? undefined : JSON.stringify(body)],
    ['date', commit.date],
    ['repourl', url],
  ];
  return trailers.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`Argocd-reference-commit-${name}: ${value}`],
  );
}

function formatAuthor({ authorName, authorEmail }: SourceCommit): string | undefined {
  if (!/^[^\s<>()[\],;:\\"@]+@[^\s<>()[\],;:\\"@]+$/.test(authorEmail)) return undefined;
  const name = oneLine(authorName);
  if (name === '') return `<${authorEmail}>`;
  // A word of plain characters needs no quotes.
  const isPlain = /^[\p{L}\p{N} !#$%&'*+/=?^_`{|}~-]+$/u.test(name);
  return `${isPlain ? name : `"${name.replace(/["\\]/g, '\\$&')}"`} <${authorEmail}>`;
}

function oneLine(text: string): string {
  return text.replace(/[\s\u0000-\u001f\u007f]+/gu, ' ').trim();
}
