// How to remove an installation again: what goes, what stays and runs on, in which order. For people.

import { FINALIZER } from '../api/names.ts';
import { WATCHER, clusterRoleName, ownsNamespace, policyName, type InstallOptions } from './install.ts';

const RESOURCES = 'mysqls.otus.homework';

/** The plan of one installation, its commands with its names. */
export function formatUninstallPlan(options: InstallOptions): string {
  const { watchNamespace: watched } = options;
  const scope = watched === undefined ? 'all namespaces' : `namespace ${watched}`;
  const parts = [
    `How to remove the watcher of ${scope} from namespace ${options.namespace}. Nothing has been changed.`,
    whatGoes(options),
    whatStays(options),
    NOBODY_DOES,
    'Take the steps in this order: the watcher must still run during the first two.',
    deleteDatabases(watched),
    watched === undefined ? ejectAll(options) : ejectNamespace(watched),
    removeWatcher(options),
    ...(watched === undefined ? [] : [removeDefinition(options)]),
    forAWhile(options),
    tooLate(options),
    later(options),
  ];
  return `${parts.join('\n\n')}\n`;
}

function whatGoes(options: InstallOptions): string {
  const { namespace, watchNamespace: watched, definition } = options;
  const items = [
    ownsNamespace(options)
      ? `the namespace ${namespace} with everything that is in it, which should be the watcher alone`
      : `the watcher's objects in namespace ${namespace}; the namespace itself stays`,
    `the ClusterRole ${clusterRoleName(options)} and its binding`,
    ...(watched === undefined
      ? [
          ...(definition ? [`the roles ${WATCHER}-edit and ${WATCHER}-view`] : []),
          `the definition ${RESOURCES}, and with it every MySQL resource, but not its server`,
        ]
      : [
          `the Role ${WATCHER} in namespace ${watched} and its binding`,
          `the ValidatingAdmissionPolicy ${policyName(options)} and its binding`,
        ]),
  ];
  return `What goes:\n${items.map((item) => `   - ${item}`).join('\n')}`;
}

function whatStays({ volumes }: InstallOptions): string {
  const kept = volumes
    ? 'Volumes stay Retain.'
    : 'Volumes keep the policy of their class: where that is Delete, a claim that is deleted takes its data along.';
  return `What stays and runs on: every server, with its StatefulSet, Service, ConfigMap, Secrets and both claims. The ConfigMap
NAME-gate stays, too, so a pod that is deleted, evicted or crashes starts again without the watcher. Backups stay on the
claims backup-NAME-pvc.
${kept}`;
}

const NOBODY_DOES = `What nobody does any more: a final backup when a database is deleted, a restore when it is made again, a change of the
password, and letting a new database start.`;

function deleteDatabases(watched: string | undefined): string {
  const namespace = watched ?? 'NAMESPACE';
  return `1. Delete the databases that you no longer need; each is backed up before it goes. Those that you want to keep stay as they
   are. In git, too, or your delivery tool makes them again.

     kubectl delete ${RESOURCES} NAME -n ${namespace}`;
}

function ejectAll({ namespace }: InstallOptions): string {
  return `2. Eject the others: delete the definition. The watcher sees that it is the definition that goes, takes its finalizer off all
   resources and leaves everything that runs alone. No backup is made, no server is stopped. Take the resources out of git, or
   deliver them with lifecycle: None and --no-resource, before your delivery tool fails for want of their kind.

     kubectl -n ${namespace} rollout status deployment/${WATCHER} --timeout=1m
     kubectl get ${RESOURCES} -A -o yaml > mysqls-before-uninstall.yaml
     kubectl delete crd ${RESOURCES} --timeout=5m`;
}

function ejectNamespace(watched: string): string {
  return `2. Eject the others: say lifecycle: None, in git as well. The watcher takes its finalizer off and leaves everything that runs
   alone. No backup is made. A server restarts once when it is rendered anew: its pod then waits for no gate. The last command
   must print nothing.

     kubectl get ${RESOURCES} -n ${watched} -o name |
       xargs -r -I{} kubectl patch {} -n ${watched} --type=merge -p '{"spec":{"lifecycle":"None"}}'
     kubectl get ${RESOURCES} -n ${watched} -o yaml | grep ${FINALIZER}`;
}

function removeWatcher(options: InstallOptions): string {
  const flags = options.watchNamespace === undefined ? installFlags(options) : [...installFlags(options), '--no-crd'];
  return `3. Take the watcher and its rights away.

     ${['kubectl mysql install', ...new Set(flags)].join(' ')} | kubectl delete --ignore-not-found -f -`;
}

function removeDefinition({ definition }: InstallOptions): string {
  if (!definition) return "4. The definition is somebody else's (--no-crd). It stays.";
  return `4. Only when no other namespace has MySQL resources (the first command prints none): the definition and its users' roles.

     kubectl get ${RESOURCES} -A
     kubectl delete crd ${RESOURCES}
     kubectl delete clusterrole ${WATCHER}-edit ${WATCHER}-view`;
}

function forAWhile({ namespace, replicas }: InstallOptions): string {
  return `Only for a while? Then remove nothing:

     kubectl -n ${namespace} scale deployment/${WATCHER} --replicas=0     # and later --replicas=${String(replicas)}

   Servers run on and their pods restart. A resource that is deleted meanwhile stays Terminating with all its data, a new one
   waits (kubectl describe pod: waits-for-mysql-watcher). Both go on when the watcher is back.`;
}

function tooLate(options: InstallOptions): string {
  return `The watcher is gone already, and a deletion hangs in Terminating? Bring it back:

     ${['kubectl mysql install', ...installFlags(options), '--image', options.image].join(' ')} | kubectl apply --server-side --force-conflicts -f -

   Or give up the final backup of that database. The resource goes; its server, claims and volumes stay.

     kubectl patch ${RESOURCES} NAME -n ${options.watchNamespace ?? 'NAMESPACE'} --type=merge -p '{"metadata":{"finalizers":null}}'`;
}

function later({ volumes, watchNamespace }: InstallOptions): string {
  const namespace = watchNamespace ?? 'NAMESPACE';
  const volume = volumes ? '\n     kubectl delete pv VOLUME        # Retain: it outlives its claim' : '';
  return `Later: data that you no longer need goes by hand.

     kubectl delete pvc NAME-pvc backup-NAME-pvc -n ${namespace}${volume}`;
}

/** The flags of this installation that are not the default and matter for what is removed or brought back. */
function installFlags(options: InstallOptions): string[] {
  const { namespace, watchNamespace, volumes, render, definition, serviceMonitor } = options;
  return [
    ...(namespace === WATCHER ? [] : ['-n', namespace]),
    ...(watchNamespace === undefined ? [] : ['--watch-namespace', watchNamespace]),
    ...(watchNamespace !== undefined && volumes ? ['--protect-volumes'] : []),
    ...(render ? ['--render'] : []),
    ...(serviceMonitor ? ['--service-monitor'] : []),
    ...(definition ? [] : ['--no-crd']),
  ];
}
