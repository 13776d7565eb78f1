// One row per rule of the CRD. A row shows the lines of `spec` that it is about; `# <-` marks each line that a problem
// must name, and where no line is marked it is the line of `spec` itself.

import { describe, expect, it } from 'vitest';
import type { Problem } from '../../src/errors.ts';
import { RULES } from '../../src/validate/rules.generated.ts';
import { identify } from '../../src/validate/identity.ts';
import { createValidator } from '../../src/validate/validate.ts';
import { parseObjects } from '../support/resource.ts';

const BASE: Readonly<Record<string, string>> = {
  image: 'mysql:8.4',
  database: 'shop',
  passwordSecretRef: '{name: shop-root, key: password}',
  storage: '{size: 10Gi}',
};

/** Fields of which a resource has exactly one. */
const INSTEAD: Readonly<Record<string, string>> = { password: 'passwordSecretRef', storage_size: 'storage' };

/** A resource with these lines in its spec; the fields that they give, or stand instead of, are not given twice. */
function withLines(lines: string): string {
  const given = [...lines.matchAll(/^(\w+):/gm)].map(([, key = '']) => key);
  const absent = [...lines.matchAll(/^# without (\w+)$/gm)].map(([, key = '']) => key);
  const replaced = [...given, ...given.map((key) => INSTEAD[key] ?? ''), ...absent];
  const base = Object.entries(BASE).filter(([key]) => !replaced.includes(key));
  const spec = [...base.map(([key, value]) => `${key}: ${value}`), ...lines.trim().split('\n')];
  const head = ['apiVersion: otus.homework/v1', 'kind: MySQL', 'metadata: {name: shop, namespace: prod}', 'spec:'];
  return [...head, ...spec.map((line) => `  ${line}`), ''].join('\n');
}

function errorsOf(text: string, before?: string): readonly Problem[] {
  const earlier = new Map(
    (before === undefined ? [] : parseObjects(before)).map(({ value }) => [identify(value), value]),
  );
  const check = createValidator({ earlier });
  return parseObjects(text)
    .flatMap((object) => check(object).problems)
    .filter(({ severity }) => severity === 'error');
}

function markedLines(text: string): number[] {
  const marked = text.split('\n').flatMap((line, index) => (line.includes('# <-') ? [index + 1] : []));
  return marked.length > 0 ? marked : [4];
}

function expectProblem(text: string, path: string, message: string, before?: string): void {
  const errors = errorsOf(text, before);
  expect(errors.map((error) => error.path)).toContain(path);
  expect(
    errors
      .filter((error) => error.path === path)
      .map((error) => error.message)
      .join('\n'),
  ).toContain(message);
  expect([...new Set(errors.map(({ position }) => position.line))].sort((a, b) => a - b)).toEqual(markedLines(text));
}

type Row = readonly [title: string, lines: string, path: string, message: string];

const SELECTOR =
  'affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [';
const POD_TERM = 'affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [';
const NODE_PATH =
  'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0]';
const POD_PATH = 'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]';
const LONG = 'a'.repeat(64);

const INVALID: readonly Row[] = [
  ['an image of another type', 'image: 5 # <-', 'spec.image', 'must be a string, but is a number; write it in quotes'],
  ['an empty image', 'image: "" # <-', 'spec.image', 'must have at least 1 characters'],
  ['an image with a blank', 'image: "a b" # <-', 'spec.image', 'must be an image reference such as mysql:8.4'],
  ['an image that is too long', `image: ${'a'.repeat(513)} # <-`, 'spec.image', 'must have at most 512 characters'],
  ['no image', '# without image', 'spec.image', 'is required'],
  ['an unknown pull policy', 'imagePullPolicy: Sometimes # <-', 'spec.imagePullPolicy', 'must be one of Always, IfNotPresent, Never'],
  ['pull secrets that are no list', 'imagePullSecrets: {name: a} # <-', 'spec.imagePullSecrets', 'must be an array, but is an object'],
  ['a pull secret without a name', 'imagePullSecrets:\n  - {} # <-', 'spec.imagePullSecrets[0].name', 'is required'],
  ['a pull secret with a wrong name', 'imagePullSecrets:\n  - name: A_b # <-', 'spec.imagePullSecrets[0].name', 'must be the name of a Kubernetes object'],
  ['a pull secret twice', 'imagePullSecrets:\n  - name: a\n  - name: a # <-', 'spec.imagePullSecrets[1]', 'an earlier item has the same name'],
  ['too many pull secrets', `imagePullSecrets: [${Array.from({ length: 17 }, (_, n) => `{name: a${String(n)}}`).join()}] # <-`, 'spec.imagePullSecrets', 'must have at most 16 items'],
  ['no database', '# without database', 'spec.database', 'is required'],
  ['an empty database', 'database: "" # <-', 'spec.database', 'must have at least 1 characters'],
  ['a database of 65 characters', `database: ${'a'.repeat(65)} # <-`, 'spec.database', 'must have at most 64 characters'],
  ['a database with a slash', 'database: a/b # <-', 'spec.database', 'must be a legal MySQL database name'],
  ['a database with a point', 'database: a.b # <-', 'spec.database', 'must be a legal MySQL database name'],
  ['a database with a backtick', 'database: "a`b" # <-', 'spec.database', 'must be a legal MySQL database name'],
  ['a database with a backslash', 'database: "a\\\\b" # <-', 'spec.database', 'must be a legal MySQL database name'],
  ['a database with an emoji', 'database: "\\U0001F600" # <-', 'spec.database', 'must be a legal MySQL database name'],
  ['a schema of MySQL itself', 'database: MySQL # <-', 'spec.database', "one of MySQL's own schemas"],
  ['a database that ends in a blank', 'database: "a " # <-', 'spec.database', 'must not start or end with a space'],
  ['a database that Kubernetes would change', 'database: "a$(B)" # <-', 'spec.database', 'must not contain "$("'],
  ['a database that Flux would change', 'database: "a${B}" # <-', 'spec.database', 'must not contain "$(", "${" or "$$"'],
  ['a database whose dollars Kubernetes would reduce', 'database: "a$$b" # <-', 'spec.database', 'or "$$"'],
  ['a database whose folder would have too long a name', `database: ${'a-'.repeat(26)} # <-`, 'spec.database', 'at most 51 characters'],
  ['no password', '# without passwordSecretRef', 'spec', 'give exactly one of password and passwordSecretRef'],
  ['two passwords', 'password: a\npasswordSecretRef: {name: a, key: b}', 'spec', 'give exactly one of password and passwordSecretRef'],
  ['an empty password', 'password: "" # <-', 'spec.password', 'must have at least 1 characters'],
  ['a password of another type', 'password: 5 # <-', 'spec.password', 'write it in quotes'],
  ['a password that is too long', `password: ${'a'.repeat(257)} # <-`, 'spec.password', 'must have at most 256 characters'],
  ['a password with a quote', 'password: "a\'b" # <-', 'spec.password', 'must not contain a single quote'],
  ['a password with a backslash', 'password: "a\\\\b" # <-', 'spec.password', 'must not contain a single quote, a backslash'],
  ['a password with a line break', 'password: "a\\nb" # <-', 'spec.password', 'or a control character'],
  ['a password with NUL', 'password: "a\\0b" # <-', 'spec.password', 'or a control character'],
  ['a Secret without a key', 'passwordSecretRef: {name: a} # <-', 'spec.passwordSecretRef.key', 'is required'],
  ['a Secret without a name', 'passwordSecretRef: {key: a} # <-', 'spec.passwordSecretRef.name', 'is required'],
  ['a key with a slash', 'passwordSecretRef: {name: a, key: a/b} # <-', 'spec.passwordSecretRef.key', 'must be a key of a Secret'],
  ['a key that leads out of the folder', 'passwordSecretRef: {name: a, key: ..} # <-', 'spec.passwordSecretRef.key', 'must be a key of a Secret'],
  ["the watcher's own Secret", 'passwordSecretRef:\n  name: shop-active # <-\n  key: current', 'spec.passwordSecretRef.name', 'must not be the Secret NAME-active'],
  ['no size', '# without storage', 'spec', 'give exactly one of storage_size and storage'],
  ['two sizes', 'storage_size: 1Gi\nstorage: {size: 1Gi}', 'spec', 'give exactly one of storage_size and storage'],
  ['an image with an empty digest', 'image: "mysql:8.4@" # <-', 'spec.image', 'must be an image reference'],
  ['an option behind a word that MySQL takes away', 'config: {enable_skip_grant_tables: 1} # <-', 'spec.config', 'would break the pod'],
  ['an abbreviation of an option that cannot change', 'config: {lower_case_table_name: 1} # <-', 'spec.config', 'must be written out'],
  ['an option that cannot change, behind loose_', 'config: {loose_innodb_page_size: 4k} # <-', 'spec.config', 'must be written out'],
  ['a label of ours', 'labels: {otus.homework/mysql: a} # <-', 'spec.labels', 'these labels are ours'],
  ['a label of ours for the pod', 'podLabels: {app: a} # <-', 'spec.podLabels', 'these labels are ours'],
  ['an annotation of ours', 'annotations: {otus.homework/a: b} # <-', 'spec.annotations', 'are ours'],
  ['an annotation of ours for the pod', 'podAnnotations: {otus.homework/config-hash: b} # <-', 'spec.podAnnotations', 'are ours'],
  ['a size that is a number', 'storage_size: 10 # <-', 'spec.storage_size', 'write it in quotes'],
  ['a size that is no quantity', 'storage_size: 10GB # <-', 'spec.storage_size', 'must be a quantity such as 500m or 10Gi'],
  ['a size with a blank', 'storage_size: 10 Gi # <-', 'spec.storage_size', 'must be a quantity'],
  ['a negative size', 'storage_size: "-1Gi" # <-', 'spec.storage_size', 'must be a quantity'],
  ['a size of zero', 'storage_size: 0Gi # <-', 'spec.storage_size', 'must be greater than zero'],
  ['a size that is too large', 'storage_size: 8Pi # <-', 'spec.storage_size', 'less than 8Pi'],
  ['storage without a size', 'storage: {className: a} # <-', 'spec.storage.size', 'is required'],
  ['a size of zero in storage', 'storage:\n  size: "0" # <-', 'spec.storage.size', 'must be greater than zero'],
  ['a wrong class', 'storage:\n  size: 1Gi\n  className: A # <-', 'spec.storage.className', 'must be the name of a Kubernetes object'],
  ['a path that is not absolute', 'storage:\n  size: 1Gi\n  hostPath: data # <-', 'spec.storage.hostPath', 'must be an absolute path such as /data/shop'],
  ['a path that leads upwards', 'storage:\n  size: 1Gi\n  hostPath: /data/../etc # <-', 'spec.storage.hostPath', 'must be an absolute path'],
  ['the root folder', 'storage:\n  size: 1Gi\n  hostPath: / # <-', 'spec.storage.hostPath', 'must have at least 2 characters'],
  ['a class and a path', 'storage: {size: 1Gi, className: a, hostPath: /a} # <-', 'spec.storage', 'give className or hostPath, not both'],
  ['a class and a path for the backup', 'backup: {className: a, hostPath: /a} # <-', 'spec.backup', 'give className or hostPath, not both'],
  ['no backup to be kept', 'backup: {keep: 0} # <-', 'spec.backup.keep', 'must be at least 1'],
  ['a restore from something unknown', 'restore: {from: yesterday} # <-', 'spec.restore.from', 'must be one of'],
  ['an unknown deletion policy', 'deletionPolicy: Keep # <-', 'spec.deletionPolicy', 'must be one of'],
  ['an overlap without a unit', 'passwordOverlap: "5" # <-', 'spec.passwordOverlap', 'must be a duration such as 0s, 10m or 2h'],
  ['an overlap that clients miss', 'passwordOverlap: 90s # <-', 'spec.passwordOverlap', 'must be 0s or at least 2m'],
  ['the backup within the data', 'storage: {size: 1Gi, hostPath: /a}\nbackup: {hostPath: /a/b}', 'spec', 'neither within the other'],
  ['one folder for data and backup', 'storage: {size: 1Gi, hostPath: /a}\nbackup: {hostPath: /a}', 'spec', 'must be two folders'],
  ['an unknown lifecycle', 'lifecycle: Auto # <-', 'spec.lifecycle', 'must be one of Managed, None'],
  ['paused with a word', 'paused: "yes" # <-', 'spec.paused', 'must be a boolean, but is a string'],
  ['a request above its limit', 'resources: # <-\n  requests: {memory: 2Gi}\n  limits: {memory: 1Gi}', 'spec.resources', 'a request must not be greater than its limit'],
  ['an unknown resource', 'resources:\n  limits: {gpu: "1"} # <-', 'spec.resources.limits', 'only cpu, memory and ephemeral-storage can be given'],
  ['a resource that is no quantity', 'resources:\n  limits: {cpu: 1core} # <-', 'spec.resources.limits.cpu', 'must be a quantity'],
  ['a resource that is a decimal number', 'resources:\n  limits: {cpu: 0.5} # <-', 'spec.resources.limits.cpu', 'write it in quotes'],
  ['a negative resource', 'resources:\n  requests: {cpu: -1} # <-', 'spec.resources.requests', 'must not be negative'],
  ['an option in upper case', 'config: {Max_Connections: 5} # <-', 'spec.config', 'written in lower case with "_"'],
  ['an option with dashes', 'config: {max-connections: 5} # <-', 'spec.config', 'written in lower case with "_"'],
  ['an option of two lines', 'config: {init_connect: "a\\nb"} # <-', 'spec.config.init_connect', 'must be one line of printable ASCII'],
  ['an option that is a word of YAML', 'config: {general_log: ON} # <-', 'spec.config.general_log', 'but is a boolean; write it in quotes'],
  ['a label of a node that is none', 'nodeSelector: {"a b": c} # <-', 'spec.nodeSelector', "every key must be a label's key"],
  ["a label's value that is none", 'nodeSelector: {a: "b c"} # <-', 'spec.nodeSelector.a', "must be a label's value"],
  ["a label's value that is too long", `labels: {a: ${LONG}} # <-`, 'spec.labels.a', 'must have at most 63 characters'],
  ["a label's value that is a number", 'podLabels: {a: 0123} # <-', 'spec.podLabels.a', 'write it in quotes'],
  ["a label's key that is none", 'podLabels: {-a: b} # <-', 'spec.podLabels', "every key must be a label's key"],
  ["an annotation's key that is none", 'annotations: {"a b": c} # <-', 'spec.annotations', "every key must be an annotation's key"],
  ['annotations that are too long', `podAnnotations: {a: ${'b'.repeat(15_000)}, c: ${'d'.repeat(15_001)}} # <-`, 'spec.podAnnotations', 'at most 30000 characters together'],
  ['an annotation that is a boolean', 'podAnnotations: {a: yes} # <-', 'spec.podAnnotations.a', 'write it in quotes'],
  ['In without values', `${SELECTOR}{key: a, operator: In}]}]}}} # <-`, NODE_PATH, 'operator In or NotIn needs values'],
  ['Exists with values', `${SELECTOR}{key: a, operator: Exists, values: [b]}]}]}}} # <-`, NODE_PATH, 'operator Exists or DoesNotExist takes no values'],
  ['Gt with a word', `${SELECTOR}{key: a, operator: Gt, values: [b]}]}]}}} # <-`, NODE_PATH, 'operator Gt or Lt takes one value, a whole number'],
  ['an unknown operator', `${SELECTOR}{key: a, operator: Has}]}]}}} # <-`, `${NODE_PATH}.operator`, 'must be one of In, NotIn'],
  ['an expression without a key', `${SELECTOR}{operator: Exists}]}]}}} # <-`, `${NODE_PATH}.key`, 'is required'],
  ['no terms', 'affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}}} # <-', NODE_PATH.replace(/\[.*/, ''), 'must have at least 1 items'],
  ['a weight of zero', 'affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 0, preference: {matchExpressions: [{key: a, operator: Exists}]}}]}} # <-', 'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight', 'must be at least 1'],
  ['a weight of 101', 'affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 101, preference: {matchExpressions: [{key: a, operator: Exists}]}}]}} # <-', 'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight', 'must be at most 100'],
  ['a pod term without a topology', `${POD_TERM}{}]}} # <-`, `${POD_PATH}.topologyKey`, 'is required'],
  ['a pod term with a wrong namespace', `${POD_TERM}{topologyKey: a, namespaces: [A]}]}} # <-`, `${POD_PATH}.namespaces[0]`, 'must be the name of a namespace'],
  ['a toleration without a key', 'tolerations:\n  - value: a # <-', 'spec.tolerations[0]', 'without a key the operator must be Exists'],
  ['Exists with a value', 'tolerations:\n  - {key: a, operator: Exists, value: b} # <-', 'spec.tolerations[0]', 'operator Exists takes no value'],
  ['seconds without NoExecute', 'tolerations:\n  - {key: a, tolerationSeconds: 5} # <-', 'spec.tolerations[0]', 'tolerationSeconds needs effect NoExecute'],
  ['an unknown effect', 'tolerations:\n  - {key: a, effect: Never} # <-', 'spec.tolerations[0].effect', 'must be one of NoSchedule'],
  ['a spread without a skew', 'topologySpreadConstraints:\n  - {topologyKey: a, whenUnsatisfiable: DoNotSchedule} # <-', 'spec.topologySpreadConstraints[0].maxSkew', 'is required'],
  ['a skew of zero', 'topologySpreadConstraints:\n  - {maxSkew: 0, topologyKey: a, whenUnsatisfiable: DoNotSchedule} # <-', 'spec.topologySpreadConstraints[0].maxSkew', 'must be at least 1'],
  ['domains for ScheduleAnyway', 'topologySpreadConstraints:\n  - {maxSkew: 1, minDomains: 2, topologyKey: a, whenUnsatisfiable: ScheduleAnyway} # <-', 'spec.topologySpreadConstraints[0]', 'minDomains needs whenUnsatisfiable DoNotSchedule'],
  ['two spreads alike', 'topologySpreadConstraints:\n  - {maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule}\n  - {maxSkew: 2, topologyKey: a, whenUnsatisfiable: DoNotSchedule} # <-', 'spec.topologySpreadConstraints[1]', 'an earlier item has the same topologyKey and whenUnsatisfiable'],
  ['a wrong priority class', 'priorityClassName: A # <-', 'spec.priorityClassName', 'must be the name of a Kubernetes object'],
  ['a wrong service account', 'serviceAccountName: a_b # <-', 'spec.serviceAccountName', 'must be the name of a Kubernetes object'],
  ['an unknown type of Service', 'service: {type: ExternalName} # <-', 'spec.service.type', 'must be one of ClusterIP, NodePort, LoadBalancer'],
  ['source ranges without a load balancer', 'service: {loadBalancerSourceRanges: [10.0.0.0/8]} # <-', 'spec.service', 'loadBalancerSourceRanges needs type LoadBalancer'],
  ['no source range', 'service: {type: LoadBalancer, loadBalancerSourceRanges: []} # <-', 'spec.service.loadBalancerSourceRanges', 'must have at least 1 items'],
  ['a source range that is an address', 'service: {type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.1]} # <-', 'spec.service.loadBalancerSourceRanges[0]', 'must be a network such as 10.0.0.0/8'],
  ['a source range with host bits', 'service: {type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.1/8]} # <-', 'spec.service.loadBalancerSourceRanges[0]', 'must be a network'],
  ['a source range that is not in its shortest spelling', 'service: {type: LoadBalancer, loadBalancerSourceRanges: ["2001:DB8:0::/32"]} # <-', 'spec.service.loadBalancerSourceRanges[0]', 'in its shortest spelling'],
  ['a peer of nothing', 'networkPolicy: {from: [{}]} # <-', 'spec.networkPolicy.from[0]', 'give podSelector, namespaceSelector or ipBlock'],
  ['a peer of both', 'networkPolicy: {from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]} # <-', 'spec.networkPolicy.from[0]', 'give ipBlock alone'],
  ['an exception outside', 'networkPolicy: {from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]} # <-', 'spec.networkPolicy.from[0].ipBlock', 'must lie within cidr and be smaller'],
  ['an exception that is all of it', 'networkPolicy: {from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]} # <-', 'spec.networkPolicy.from[0].ipBlock', 'must lie within cidr and be smaller'],
  ['an unknown field', 'usless_data: 1 # <-', 'spec.usless_data', 'unknown field'],
  ['a misspelt field', 'storge: {size: 1Gi} # <-', 'spec.storge', 'unknown field, did you mean "storage"?'],
  ['a misspelt field within another', 'storage:\n  size: 1Gi\n  classname: a # <-', 'spec.storage.classname', 'unknown field, did you mean "className"?'],
  ['all problems at once', 'image: 5 # <-\nlifecycle: X # <-\nstorge: 1 # <-', 'spec.lifecycle', 'must be one of'],
]; // prettier-ignore

describe('a resource is refused for', () => {
  it.each(INVALID)('%s', (...[, lines, path, message]) => {
    expectProblem(withLines(lines), path, message);
  });

  const options = RULES.find(({ message }) => message.startsWith('these options'))?.message.replace(/.*: /s, '') ?? '';
  it.each(options.split(', '))('the option %s, its beginning, and loose_', (option) => {
    for (const name of [option, option.slice(0, -1), `loose_${option}`]) {
      expectProblem(withLines(`config: {${name}: "1"} # <-`), 'spec.config', 'these options would break the pod');
    }
  });
});

describe('a resource is accepted with', () => {
  it.each([
    ['nothing but what it needs', ''],
    ['the short spellings', 'password: a\nstorage_size: 1Gi'],
    ['a database with a hyphen', 'database: otus-database'],
    ['a database with a blank, a quote and an umlaut', `database: "a 'b' ü"`],
    ['a database of 64 characters', `database: ${LONG}`],
    ['a password with everything else', 'password: "a\\"b $ # % é 😀 ~ {}"'],
    ['a key that starts with a dash', 'passwordSecretRef: {name: a.b-c, key: -a.b_c}'],
    ['the smallest size', 'storage_size: 1n'],
    ['a large size', 'storage_size: 7Pi'],
    ['a size in each spelling', 'storage_size: "1.5e9"'],
    ['a request of its limit', 'resources: {requests: {cpu: 1000m}, limits: {cpu: 1}}'],
    ['no overlap', 'passwordOverlap: 0s'],
    ['an overlap of zero hours', 'passwordOverlap: 0h'],
    ['the shortest overlap', 'passwordOverlap: 120s'],
    ['the longest overlap', 'passwordOverlap: 99999h'],
    ['the word for every way of data safety', 'backup: {keep: 1000}\nrestore: {from: latest}\ndeletionPolicy: Delete'],
    ['two folders', 'storage: {size: 1Gi, hostPath: /data/a-b_c.d}\nbackup: {hostPath: /backup}'],
    [
      'empty groups',
      'storage: {size: 1Gi}\nbackup: {}\nresources: {}\nconfig: {}\nservice: {}\naffinity: {}\nnetworkPolicy: {}',
    ],
    ['options of the server', 'config: {max_connections: 200, innodb_flush_log_at_trx_commit: 2, sql_mode: ""}'],
    ['an option that begins like a refused one', 'config: {port_open_timeout: 5, tmp_table_size: 1000000}'],
    ['a label with a domain and one that is empty', 'labels: {example.com/a: b_c.d, e: ""}'],
    ['Exists without a key', 'tolerations: [{operator: Exists}]'],
    [
      'networks of both kinds',
      'service: {type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8, "2001:db8::/32", 0.0.0.0/0]}',
    ],
    [
      'peers of all kinds',
      'networkPolicy: {from: [{podSelector: {}}, {namespaceSelector: {}}, {ipBlock: {cidr: "::/0"}}]}',
    ],
  ])('%s', (_, lines) => {
    expect(errorsOf(withLines(lines))).toEqual([]);
  });
});

type Change = readonly [title: string, before: string, after: string, path: string, message: string];
const CHANGES: readonly Change[] = [
  ['the size shrinks', 'storage_size: 2Gi', 'storage_size: 1Gi', 'spec', 'the storage size cannot shrink'],
  ['the size shrinks in the other spelling', 'storage_size: 2Gi', 'storage: {size: 2047Mi}', 'spec', 'the storage size cannot shrink'],
  ['the class changes', 'storage: {size: 1Gi, className: a}', 'storage: {size: 1Gi, className: b}', 'spec', 'storage.className cannot change'],
  ['the class goes', 'storage: {size: 1Gi, className: a}', 'storage_size: 1Gi', 'spec', 'storage.className cannot change'],
  ['the path changes', 'storage: {size: 1Gi, hostPath: /a}', 'storage: {size: 1Gi, hostPath: /b}', 'spec', 'storage.hostPath cannot change'],
  ['a volume with a path grows', 'storage: {size: 1Gi, hostPath: /a}', 'storage: {size: 2Gi, hostPath: /a}', 'spec', 'storage.size cannot change with hostPath'],
  ['the backup shrinks', 'backup: {size: 20Gi}', 'backup: {size: 19Gi}', 'spec', 'the backup size cannot shrink'],
  ['the backup shrinks to the storage size', 'backup: {size: 20Gi}', 'backup: {}', 'spec', 'the backup size cannot shrink'],
  ["the backup's class changes", 'backup: {className: a}', 'backup: {className: b}', 'spec', 'backup.className cannot change'],
  ["the backup's path changes", 'backup: {hostPath: /a}', 'backup: {hostPath: /b}', 'spec', 'backup.hostPath cannot change'],
  ['a backup with a path grows along', 'storage: {size: 1Gi}\nbackup: {hostPath: /a}', 'storage: {size: 2Gi}\nbackup: {hostPath: /a}', 'spec', 'the backup size cannot change with backup.hostPath'],
  ['the page size changes', 'config: {innodb_page_size: 16384}', 'config: {innodb_page_size: 8192}', 'spec', 'cannot change, MySQL refuses data'],
  ['the case of tables changes', '', 'config: {lower_case_table_names: 1}', 'spec', 'cannot change, MySQL refuses data'],
  ['the database is renamed', 'database: a', 'database: b # <-', 'spec.database', 'the database cannot be renamed here'],
]; // prettier-ignore

describe('a change is refused when', () => {
  it.each(CHANGES)('%s', (...[, before, after, path, message]) => {
    expectProblem(withLines(after), path, message, withLines(before));
    expect(errorsOf(withLines(after))).toEqual([]);
  });
});

describe('a change is accepted when', () => {
  it.each([
    [
      'a watcher comes, and the backup may be anywhere',
      'lifecycle: None\nbackup: {size: 9Gi}',
      'backup: {size: 2Gi, hostPath: /b}',
    ],
    ['nothing changes', 'storage: {size: 1Gi, hostPath: /a}', 'storage: {size: 1Gi, hostPath: /a}'],
    ['the size grows', 'storage_size: 1Gi', 'storage_size: 2Gi'],
    ['only the spelling changes', 'storage_size: 1Gi', 'storage: {size: 1024Mi}'],
    ['the backup gets the size that it has', 'storage: {size: 1Gi}', 'storage: {size: 1Gi}\nbackup: {size: 1Gi}'],
    [
      'the backup gets the class that it has',
      'storage: {size: 1Gi, className: a}',
      'storage: {size: 1Gi, className: a}\nbackup: {className: a}',
    ],
    [
      'a size with a path is spelt differently',
      'storage: {size: 1Gi, hostPath: /a}',
      'storage: {size: 1024Mi, hostPath: /a}',
    ],
    ['the page size is spelt differently', 'config: {innodb_page_size: 16384}', 'config: {innodb_page_size: "16384"}'],
    ['the image, password and lifecycle change', 'image: a\npassword: a\nlifecycle: None', 'image: b\npassword: b'],
  ])('%s', (_, before, after) => {
    expect(errorsOf(withLines(after), withLines(before))).toEqual([]);
  });
});

it('every rule of the CRD has a row that it refuses', () => {
  const texts = [...INVALID.map((row) => row[1]), 'config: {datadir: "1"}'].map(withLines);
  const found = [
    ...texts.flatMap((text) => errorsOf(text)),
    ...CHANGES.flatMap(([, before, after]) => errorsOf(withLines(after), withLines(before))),
  ];
  const said = new Set(found.map(({ message }) => message));
  const aboutTheName = (message: string): boolean => message.startsWith('metadata.name ');
  const silent = RULES.filter(({ message }) => !said.has(message) && !aboutTheName(message));
  expect([...new Set(silent.map(({ message }) => message))]).toEqual([]);
});
