// A backup as it lies on its volume, checked without our own scripts.

import { KINDS } from '../../../../src/cluster/kinds.ts';
import type { Client } from '../../../support/cluster-client.ts';
import { inNode } from '../node-volumes.ts';

const SCRIPT = `
cd "$1"
newest=$(ls | grep -v partial | sort -n | tail -n 1)
[ -n "$newest" ] || { echo 'there is no backup'; exit; }
cd "$newest"
grep -q "$2" manifest.json || { echo "the newest backup is of another resource: $(cat manifest.json)"; exit; }
sha256sum --quiet -c SHA256SUMS 2>&1
`;

/** @returns what is wrong with the newest backup of a resource; empty when it is complete */
export async function checkNewestBackup(
  { objects }: Client,
  { namespace, name, uid }: { readonly namespace: string; readonly name: string; readonly uid: string },
): Promise<string> {
  const claim = await objects.find(KINDS.PersistentVolumeClaim, { namespace, name: `backup-${name}-pvc` });
  if (!claim?.spec?.volumeName) return 'the claim of the backups is gone';
  const { spec } = await objects.get(KINDS.PersistentVolume, { name: claim.spec.volumeName });
  const folder = spec?.local?.path ?? spec?.hostPath?.path ?? '';
  return (await inNode('bash', '-c', SCRIPT, 'check-backup', folder, uid)).trim();
}
