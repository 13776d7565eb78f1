// The commands and their options as data: what is parsed, and what the help shows.

import { FORMATS } from '../emit/formats.ts';
import { REPORT_FORMATS } from '../emit/problems.ts';
import { PLAN_FORMATS } from '../plan/plan-formats.ts';
import type { CommandSpec, OptionSpec } from './command.ts';

const INPUT: Readonly<Record<string, OptionSpec>> = {
  filename: {
    type: 'array',
    alias: 'f',
    placeholder: 'FILE|DIR|-',
    description: 'A file, a folder (its .yaml, .yml and .json files), or - for standard input; may be given again',
  },
  recursive: { type: 'boolean', alias: 'R', description: 'Read the folders within folders, too' },
  namespace: {
    type: 'string',
    alias: 'n',
    placeholder: 'NAME',
    description: 'The namespace of resources that name none; an error for those that name another',
  },
  validate: {
    type: 'string',
    choices: ['strict', 'warn'],
    description:
      'strict (default): an unknown field is an error; warn: it is named, and dropped as the API server does',
  },
};

/** Which cluster, and what of it. kubectl does not pass its own flags on to a plugin. */
const CLUSTER: Readonly<Record<string, OptionSpec>> = {
  namespace: {
    type: 'string',
    alias: 'n',
    placeholder: 'NAME',
    description: "The namespace; without it the context's",
  },
  'all-namespaces': { type: 'boolean', alias: 'A', description: 'All namespaces' },
  context: { type: 'string', placeholder: 'NAME', description: 'The context of the kubeconfig' },
  kubeconfig: {
    type: 'string',
    placeholder: 'FILE',
    description: 'The kubeconfig, instead of KUBECONFIG or ~/.kube/config',
  },
};

/** What the files are compared with. */
const COMPARED: Readonly<Record<string, OptionSpec>> = {
  ...INPUT,
  'from-ref': {
    type: 'string',
    placeholder: 'REF',
    description: 'Compare with the same files of another commit, offline; without it with the cluster',
  },
  previous: {
    type: 'array',
    placeholder: 'FILE|DIR|-',
    description: 'Compare with these files, offline; such as what kustomize built of another commit',
  },
  context: { type: 'string', placeholder: 'NAME', description: 'The context of the kubeconfig' },
  kubeconfig: {
    type: 'string',
    placeholder: 'FILE',
    description: 'The kubeconfig, instead of KUBECONFIG or ~/.kube/config',
  },
};

/** By what names a command: one word, or two. */
export const COMMANDS: Readonly<Record<string, CommandSpec>> = {
  render: {
    summary: 'Print the manifests of MySQL resources; other objects pass through unchanged',
    options: {
      ...INPUT,
      output: {
        type: 'string',
        alias: 'o',
        choices: FORMATS,
        description: 'yaml (default): a stream of documents; json: one List; name: kind and name only',
      },
      'output-dir': {
        type: 'string',
        placeholder: 'DIR',
        description:
          'Write one file per object to a folder; files of an earlier run that are no longer made are removed',
      },
      kustomization: {
        type: 'boolean',
        description: 'With --output-dir: write a kustomization.yaml that lists the files',
      },
      'no-resource': {
        type: 'boolean',
        description: 'Leave the MySQL resource itself out, for clusters without its CRD; needs lifecycle: None',
      },
    },
    examples: [
      ['kubectl mysql render -f shop.yaml', 'print the manifests'],
      ['kubectl mysql render -f shop.yaml -n prod | kubectl apply -f -', 'apply them'],
      ['kubectl mysql render -R -f apps/ --output-dir rendered/ --kustomization', 'write a folder for a delivery tool'],
      ['cat shop.yaml | kubectl mysql render -f - -o name', 'name the objects'],
    ],
    load: async () => (await import('./render.ts')).render,
  },
  validate: {
    summary: 'Check MySQL resources offline, as the API server would, and name everything that is wrong',
    options: {
      ...INPUT,
      previous: {
        type: 'array',
        placeholder: 'FILE|DIR|-',
        description: 'The resources as they were: check also what may not change, such as a size that shrinks',
      },
      output: {
        type: 'string',
        alias: 'o',
        choices: REPORT_FORMATS,
        description: 'text (default); json; sarif: SARIF 2.1.0, which code hosts show in a pull request',
      },
    },
    examples: [
      ['kubectl mysql validate -R -f apps/', 'check a folder'],
      ['git show main:shop.yaml | kubectl mysql validate -f shop.yaml --previous -', 'check a change'],
      ['kubectl mysql validate -f shop.yaml -o sarif > report.sarif', 'a report for the code host'],
    ],
    load: async () => (await import('./validate.ts')).validate,
  },
  publish: {
    summary: 'Render and commit the result to a branch, for tools that read plain YAML; nothing here is changed',
    options: {
      ...INPUT,
      branch: { type: 'string', alias: 'b', placeholder: 'NAME', description: 'The branch; made when there is none' },
      repo: {
        type: 'string',
        placeholder: 'REMOTE|URL|DIR',
        description: 'The repository; without it the remote origin of the one that the input lies in',
      },
      path: {
        type: 'string',
        placeholder: 'DIR',
        description: "The folder within the branch; . (default): its root. Others' files in it stay",
      },
      message: { type: 'string', alias: 'm', placeholder: 'TEXT', description: 'The message of the commit' },
      kustomization: { type: 'boolean', description: 'Write a kustomization.yaml that lists the files' },
      'no-resource': {
        type: 'boolean',
        description: 'Leave the MySQL resource itself out, for clusters without its CRD; needs lifecycle: None',
      },
      'allow-dirty': { type: 'boolean', description: 'Publish also what is not as in the last commit' },
      'allow-empty': { type: 'boolean', description: 'No object in the input is no error: remove what was published' },
      'allow-secrets': { type: 'boolean', description: 'Publish also passwords and Secrets in plain text' },
      'dry-run': { type: 'boolean', description: 'Print what would be changed as a diff, and change nothing' },
      output: { type: 'string', alias: 'o', choices: ['text', 'json'], description: 'text (default) or json' },
    },
    examples: [
      ['kubectl mysql publish -R -f apps/ --branch rendered --dry-run', 'what would be changed'],
      ['kubectl mysql publish -R -f apps/ --branch rendered', 'to a branch of the same repository'],
      [
        'kubectl mysql publish -f apps/web -n prod --repo https://git.example/deploy.git --branch main --path clusters/prod',
        'to a folder in another one',
      ],
    ],
    load: async () => (await import('./publish.ts')).publish,
  },
  plan: {
    summary: 'Say what a change will do to the servers and their data, before it is merged or applied; changes nothing',
    options: {
      ...COMPARED,
      live: { type: 'boolean', description: 'Compare with the cluster, as without --from-ref' },
      output: {
        type: 'string',
        alias: 'o',
        choices: PLAN_FORMATS,
        description: 'text (default); json; markdown: for a comment in a pull request',
      },
      'fail-on': {
        type: 'array',
        placeholder: 'WHAT,WHAT',
        description:
          'Exit code 5 when the plan holds one of these: restart, delete, data-loss, stop, … or any; may be given again',
      },
    },
    examples: [
      ['kubectl mysql plan -f shop.yaml', 'compared with the cluster'],
      ['kubectl mysql plan -R -f apps/ --from-ref origin/main', 'compared with a commit, without a cluster'],
      ['kubectl mysql plan -R -f apps/ --from-ref HEAD^1 -o markdown > plan.md', 'for a comment in a pull request'],
      ['kubectl mysql plan -R -f apps/ --from-ref HEAD^1 --fail-on restart,delete,data-loss', 'as a policy gate'],
      ['git show main:shop.yaml | kubectl mysql plan -f shop.yaml --previous -', 'compared with other files'],
    ],
    load: async () => (await import('./plan.ts')).plan,
  },
  diff: {
    summary:
      'Show how the rendered objects differ from the live ones, or from those of another commit; changes nothing',
    options: {
      ...COMPARED,
      'field-manager': {
        type: 'string',
        placeholder: 'NAME',
        description: 'Ask the API server in this name; without it in the name of whoever applied an object last',
      },
    },
    examples: [
      ['kubectl mysql diff -f shop.yaml', 'compared with the cluster; exit code 1 when something differs'],
      ['kubectl mysql diff -R -f apps/ --from-ref main', 'compared with a commit, without a cluster'],
      ['KUBECTL_EXTERNAL_DIFF="colordiff -N -u" kubectl mysql diff -f shop.yaml', 'with another program'],
    ],
    load: async () => (await import('./diff.ts')).diff,
  },
  fn: {
    summary:
      'Render as a function of Kustomize or kpt: a ResourceList on standard input, another one on standard output',
    options: {},
    examples: [
      ['kubectl-mysql fn < resource-list.yaml', 'as kustomize and kpt start it; see examples/kustomize'],
      ['kubectl-mysql fn < resource-list.yaml | kubectl-mysql fn', 'what was rendered before is made anew'],
    ],
    load: async () => (await import('./fn.ts')).fn,
  },
  'cmp generate': {
    summary: "Argo CD plugin: print the manifests of an application's folder, the current one",
    options: {
      'allow-empty': {
        type: 'boolean',
        description: 'Nothing to deliver is no error; the parameter allow-empty says the same',
      },
    },
    examples: [
      ['kubectl-mysql cmp generate', 'as plugin.yaml has it'],
      [
        `ARGOCD_APP_NAMESPACE=prod ARGOCD_APP_PARAMETERS='[{"name":"image","string":"mysql:8.4.6"}]' kubectl-mysql cmp generate`,
        'as Argo CD starts it',
      ],
    ],
    load: async () => (await import('./cmp.ts')).generate,
  },
  'cmp parameters': {
    summary: "Argo CD plugin: print the parameters that an application's folder has",
    options: {},
    examples: [['kubectl-mysql cmp parameters', 'as plugin.yaml has it']],
    load: async () => (await import('./cmp.ts')).parameters,
  },
  'cmp init': {
    summary: 'Argo CD plugin: check parameters and folder, and print nothing; cmp generate does so as well',
    options: {},
    examples: [['kubectl-mysql cmp init', 'in a sidecar, to see whether it is set up']],
    load: async () => (await import('./cmp.ts')).init,
  },
  install: {
    summary: 'Print everything that runs the watcher in a cluster, with the CRD and the least rights that it needs',
    options: {
      namespace: {
        type: 'string',
        alias: 'n',
        placeholder: 'NAME',
        description: 'Where the watcher runs (kubectl-mysql)',
      },
      'watch-namespace': {
        type: 'string',
        placeholder: 'NAME',
        description: 'The only namespace that it works in, with rights in this one; else all',
      },
      'protect-volumes': {
        type: 'boolean',
        description:
          'With --watch-namespace: also the right to read and patch the PersistentVolumes of the cluster, so that data ' +
          'outlives a claim or namespace that somebody deletes',
      },
      render: {
        type: 'boolean',
        description: 'The watcher also applies what is rendered, so that kubectl apply of a resource is enough',
      },
      image: {
        type: 'string',
        placeholder: 'IMAGE',
        description: 'The image of the watcher (kubectl-mysql:VERSION), in a registry of yours',
      },
      replicas: {
        type: 'string',
        placeholder: 'N',
        description: 'One works, the others stand by (1)',
      },
      'service-monitor': {
        type: 'boolean',
        description: 'Also a ServiceMonitor, for clusters with the Prometheus operator',
      },
      'no-crd': {
        type: 'boolean',
        description: 'Leave out the CRD and the roles of its users, which somebody else brings',
      },
      output: {
        type: 'string',
        alias: 'o',
        choices: FORMATS,
        description: 'yaml (default): a stream of documents; json: one List; name: kind and name only',
      },
      'uninstall-plan': {
        type: 'boolean',
        description: 'Print instead how to remove it again: what goes, what stays and runs on, in which order',
      },
    },
    examples: [
      [
        'kubectl mysql install --image registry.example/kubectl-mysql:1 | kubectl apply --server-side -f -',
        'install it',
      ],
      ['kubectl mysql install -n shop --watch-namespace shop', 'for one namespace, with rights in this one'],
      ['kubectl mysql install --uninstall-plan', 'before you remove it'],
    ],
    load: async () => (await import('./install.ts')).install,
  },
  watch: {
    summary: 'Run the watcher: final backups, restores and password changes, for as long as it is not stopped',
    options: {
      namespace: {
        type: 'string',
        alias: 'n',
        placeholder: 'NAME',
        description: 'The only namespace to watch; all without it',
      },
      render: {
        type: 'boolean',
        description: 'Also apply what is rendered, so that kubectl apply of a resource is enough',
      },
      'leader-elect': {
        type: 'boolean',
        description: 'Act only while holding the Lease kubectl-mysql, for several watchers of which one acts',
      },
      'lease-namespace': {
        type: 'string',
        placeholder: 'NAME',
        description: "With --leader-elect: where the Lease is; the pod's or the context's namespace without it",
      },
      'metrics-address': {
        type: 'string',
        placeholder: 'HOST:PORT',
        description: 'Where /metrics, /healthz and /readyz are served; :8080 (default); 0: nowhere',
      },
      'log-level': {
        type: 'string',
        choices: ['debug', 'info', 'warn', 'error'],
        description: 'The least important lines of the log that are written; info (default)',
      },
      kubeconfig: {
        type: 'string',
        placeholder: 'FILE',
        description: 'The kubeconfig to use; without any, the service account of the pod',
      },
      context: { type: 'string', placeholder: 'NAME', description: 'The context of the kubeconfig to use' },
    },
    examples: [
      ['kubectl mysql watch', 'on a workstation, with your own rights'],
      ['kubectl mysql watch -n shop --metrics-address 0 --log-level debug', 'one namespace, to see what it does'],
    ],
    load: async () => (await import('./online.ts')).watch,
  },
  status: {
    summary: 'Show what a resource is doing, why it waits, and what to do now',
    words: {
      placeholder: 'NAME',
      description: 'a resource, also as mysql/NAME; without one a table of all resources of the namespace',
    },
    options: {
      ...CLUSTER,
      output: { type: 'string', alias: 'o', choices: ['text', 'json'], description: 'text (default) or json' },
      watch: { type: 'boolean', alias: 'w', description: 'Go on, and show what changes, until interrupted' },
    },
    examples: [
      ['kubectl mysql status shop', 'one resource, as a page'],
      ['kubectl mysql status shop -w', 'follow it'],
      ['kubectl mysql status -A', 'all resources of the cluster, as a table'],
      ['kubectl mysql status -A -o json', 'for a script'],
    ],
    load: async () => (await import('./online.ts')).status,
  },
  doctor: {
    summary: 'Check the watcher, the CRD, rights, volumes, leftovers and what else endangers data',
    options: {
      ...CLUSTER,
      output: { type: 'string', alias: 'o', choices: ['text', 'json'], description: 'text (default) or json' },
    },
    examples: [
      ['kubectl mysql doctor -A', 'check the whole cluster; exit code 1 when a check fails'],
      ['kubectl mysql doctor -n shop -o json', 'one namespace, for a script'],
    ],
    load: async () => (await import('./online.ts')).doctor,
  },
  version: {
    summary: 'Print the version',
    options: {
      output: { type: 'string', alias: 'o', choices: ['text', 'json'], description: 'text (default) or json' },
    },
    examples: [['kubectl mysql version -o json', 'for a script']],
    load: async () => (await import('./version.ts')).version,
  },
};

/** The commands of two words that start with a word. */
export function commandsWithin(word: string): string[] {
  return Object.keys(COMMANDS).filter((key) => key.startsWith(`${word} `));
}
