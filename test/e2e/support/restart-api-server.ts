// Ends the node's API server, as a crash does, and starts the same one again. Everything else of the node runs on.

import { run } from './kubectl.ts';

const SCRIPT = `
set -euo pipefail
here=test/cluster
. "$here/settings.sh"; . "$here/processes.sh"; . "$here/network.sh"; . "$here/control-plane.sh"
use_network "$(<"$state/network")"
mapfile -d '' -t words <"/proc/$(pid_of apiserver)/cmdline"
kill_now apiserver
sleep "$1"
start_here apiserver "\${words[@]}"
await 60 'the API server' api_is_ready
`;

/** @param downSeconds for which nobody answers */
export async function restartApiServer(downSeconds: number): Promise<void> {
  await run('bash', ['-c', SCRIPT, 'restart-api-server', String(downSeconds)]);
}
