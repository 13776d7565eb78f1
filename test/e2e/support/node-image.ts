// More names for the one MySQL image that the embedded node has.

import { run } from './kubectl.ts';
import { IMAGE } from './resource.ts';

/** Gives the node's image another name, such as `mysql:9.7-second`. */
export async function tagImage(name: string): Promise<void> {
  const source = '. test/cluster/settings.sh; . test/cluster/processes.sh; . test/cluster/node.sh';
  const [from, to] = [IMAGE, name].map((each) => `docker.io/library/${each}`);
  await run('bash', ['-euc', `${source}; in_node ctr --namespace k8s.io image tag --force ${from ?? ''} ${to ?? ''}`]);
}
