// The Job that a step needs now, from what was seen. Pure; who may create it when is decided elsewhere.

import { buildModel } from '../model/model.ts';
import type { MySQLResource } from '../api/resource.ts';
import { renderJob } from '../render/jobs.ts';
import type { Manifest } from '../render/manifests.ts';
import type { JobStep } from './actions.ts';

/** What a Job is made from. */
export interface JobWish {
  /** As the API server has validated it. */
  readonly resource: MySQLResource & { readonly metadata: { readonly uid: string } };
  readonly namespace: string;
  readonly inputs: Readonly<Record<JobStep, string>>;
  /** The image of the server that was last Ready. */
  readonly lastImage: string | undefined;
  readonly hasNext: boolean;
}

/** Where a Job runs, and on what: known only when it is created. */
export interface JobPlace {
  readonly node?: string | undefined;
  readonly volumeUid?: string | undefined;
}

/**
 * Renders the Job of a step. Without a place it is the same as long as what git says is the same: by that a Job that cannot
 * succeed is told from one that can now.
 */
export function renderWanted(step: JobStep, wish: JobWish, { node, volumeUid = '' }: JobPlace = {}): Manifest {
  const { resource, namespace, inputs, lastImage, hasNext } = wish;
  const model = buildModel(resource, namespace);
  const { backupsKept, restoreFrom } = model.policy;
  const common = { resourceUid: resource.metadata.uid, inputHash: inputs[step] };
  // A restore is for the server that git wants; the others are for the one that ran.
  const image = lastImage === undefined ? {} : { image: lastImage };
  const pinned = node === undefined ? {} : { node };
  switch (step) {
    case 'backup':
      return renderJob(model, 'backup', { ...common, ...image, ...pinned, keep: backupsKept, final: true, volumeUid });
    case 'restore':
      return renderJob(model, 'restore', { ...common, ...pinned, from: restoreFrom });
    case 'change-pass':
      return renderJob(model, 'change-pass', { ...common, ...image, mode: hasNext ? 'change' : 'discard' });
  }
}
