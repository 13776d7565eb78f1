// kubectl mysql diff against a cluster: each object as it is, and as the API server would leave it.

import { CommandError, EXIT } from '../errors.ts';
import { makeComparable } from '../plan/comparable.ts';
import type { Manifest } from '../render/manifests.ts';
import type { OptionValues } from './command.ts';
import type { Io } from './io.ts';
import { openComparedCluster } from './open-cluster.ts';
import { rehearse } from './rehearse.ts';
import { comparedName, type ComparedFile } from './run-diff.ts';

/**
 * Compares manifests with a cluster.
 *
 * @throws CommandError when the API server refuses one of them, after all refusals were named
 */
export async function diffCluster(
  manifests: readonly Manifest[],
  options: OptionValues,
  io: Io,
): Promise<ComparedFile[]> {
  const cluster = openComparedCluster(options, io);
  try {
    const answers = await rehearse(cluster, manifests, options.strings['field-manager']);
    const refused = answers.flatMap(({ manifest, refusal }) => (refusal ? [{ manifest, refusal }] : []));
    for (const { manifest, refusal } of refused) {
      io.writeError(`error: ${manifest.kind} ${manifest.name}: ${refusal.message}`);
    }
    if (refused.length > 0) throw new CommandError('the API server would refuse this', { exitCode: EXIT.refused });
    return answers.map(({ manifest: { apiVersion, kind, name }, namespace, live, merged }) => {
      return { name: comparedName(apiVersion, kind, namespace, name), ...makeComparable(live, merged) };
    });
  } finally {
    await cluster.connection.close();
  }
}
