// What a source tells about itself in the commit and in the index.

import type { MessageFacts } from './message.ts';
import { referenceUrl } from './repository-url.ts';
import { sourceUrl, type Source } from './source.ts';

/** Facts about a source. */
export interface SourceFacts extends Omit<MessageFacts, 'text'> {
  /** What the index tells; undefined for a source that stands in no commit. */
  readonly index: object | undefined;
}

/** Collects what is told of a source. */
export function describeSource({ config, repository }: Pick<Source, 'config' | 'repository'>): SourceFacts {
  if (!repository) return { inputs: [], commit: undefined, isDirty: false, url: undefined, index: undefined };
  const { inputs, commit, dirty } = repository;
  const place = sourceUrl(config);
  const url = place === undefined ? undefined : referenceUrl(place);
  const isDirty = dirty.length > 0;
  const index = commit && {
    ...(url === undefined ? {} : { repository: url }),
    inputs,
    commit: commit.sha,
    ...(isDirty ? { dirty: true } : {}),
  };
  return { inputs, commit, isDirty, url, index };
}
