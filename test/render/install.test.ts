// What an installation consists of, and what its watcher may do.

import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { INSTALL_CASES, installFile, printCase, printInstall } from '../support/install.ts';
import { at, findObject, parseObjects, textAt } from '../support/resource.ts';
import type { JsonObject } from '../../src/parse/source.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

function objectsOf(text: string): JsonObject[] {
  return parseObjects(text).map(({ value }) => value);
}

function namesOf(text: string): string[] {
  return objectsOf(text).map(({ kind, metadata }) => `${String(kind)} ${textAt(metadata, 'name')}`);
}

/** What the watcher's account may do: `verb group/resource` with the kind of role that says so, and names. */
function rightsOf(text: string): string[] {
  const roles = objectsOf(text).filter(({ kind, metadata }) => {
    const name = textAt(metadata, 'name');
    return (kind === 'Role' || kind === 'ClusterRole') && !/-(edit|view)$/.test(name);
  });
  return roles.flatMap(({ kind, rules }) =>
    (rules as Rule[]).flatMap(({ apiGroups, resources, resourceNames, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => {
          const of = resourceNames === undefined ? '' : ` ${resourceNames.join()}`;
          return verbs.map((verb) => `${String(kind)}: ${verb} ${group}/${resource}${of}`);
        }),
      ),
    ),
  );
}

describe.each(Object.keys(INSTALL_CASES))('install, case %s', (name) => {
  it('prints what the repository holds', async () => {
    expect(await printCase(name)).toBe(await readFile(installFile(name), 'utf8'));
  });

  it('gives the same bytes again', async () => {
    expect(await printCase(name)).toBe(await printCase(name));
  });
});

const MANIFESTS = Object.entries(INSTALL_CASES).filter(([name]) => name.endsWith('.yaml'));

describe.each(MANIFESTS)('the manifests of case %s', (_, flags) => {
  it('say the same in JSON', async () => {
    const { items } = JSON.parse(await printInstall(...flags, '-o', 'json')) as { items: JsonObject[] };
    expect(items).toEqual(objectsOf(await printInstall(...flags)));
  });

  it('grant nothing by a wildcard, and no right to grant rights, to run commands in pods, or to read nodes', async () => {
    const rights = rightsOf(await printInstall(...flags));
    expect(rights.length).toBeGreaterThan(20);
    const dangerous =
      /\*|escalate|bind|impersonate|pods\/|nodes|serviceaccounts|rbac\.|admission|delete [^ ]*(namespaces|volumes)$/;
    expect(rights.filter((right) => dangerous.test(right))).toEqual([]);
  });

  it('bind each role to the account that the pod runs as, and every role that is bound is there', async () => {
    const objects = objectsOf(await printInstall(...flags));
    const deployment = objects.find(({ kind }) => kind === 'Deployment');
    const account = textAt(deployment, 'spec', 'template', 'spec', 'serviceAccountName');
    const namespace = textAt(deployment, 'metadata', 'namespace');
    const bindings = objects.filter(({ kind }) => kind === 'RoleBinding' || kind === 'ClusterRoleBinding');
    for (const { metadata, subjects, roleRef } of bindings) {
      expect(subjects).toEqual([{ kind: 'ServiceAccount', name: account, namespace }]);
      const role = objects.find(
        (object) =>
          object['kind'] === at(roleRef, 'kind') &&
          textAt(object, 'metadata', 'name') === at(roleRef, 'name') &&
          textAt(object, 'metadata', 'namespace') === textAt(metadata, 'namespace'),
      );
      expect(role).toBeDefined();
    }
    const roles = rightsOf(await printInstall(...flags)).map((right) => right.split(':')[0]);
    expect(new Set(bindings.map(({ kind }) => String(kind).replace('Binding', '')))).toEqual(new Set(roles));
  });

  it('hold no "${", which delivery tools would replace', async () => {
    expect(await printInstall(...flags, '--no-crd')).not.toContain('${');
  });

  it('let Service, budget and Deployment find exactly the pod', async () => {
    const objects = objectsOf(await printInstall(...flags));
    const find = (kind: string): JsonObject | undefined => objects.find((object) => object['kind'] === kind);
    const labels = at(find('Deployment'), 'spec', 'template', 'metadata', 'labels');
    expect(at(find('Deployment'), 'spec', 'selector', 'matchLabels')).toEqual(labels);
    expect(at(find('PodDisruptionBudget'), 'spec', 'selector', 'matchLabels')).toEqual(labels);
    expect(at(find('Service'), 'spec', 'selector')).toEqual(labels);
  });
});

describe('the CRD', () => {
  it('is the file in crds/, byte for byte', async () => {
    expect(await printInstall()).toContain(await readFile('crds/mysqls.otus.homework.yaml', 'utf8'));
  });

  it('stands before everything that needs it, behind the namespace', async () => {
    expect(namesOf(await printInstall()).slice(0, 4)).toEqual([
      'Namespace kubectl-mysql',
      'CustomResourceDefinition mysqls.otus.homework',
      'ClusterRole kubectl-mysql-edit',
      'ClusterRole kubectl-mysql-view',
    ]);
  });

  it('and the roles of its users are left out by --no-crd', async () => {
    const all = namesOf(await printInstall());
    const without = namesOf(await printInstall('--no-crd'));
    expect(all.filter((name) => !without.includes(name))).toEqual([
      'CustomResourceDefinition mysqls.otus.homework',
      'ClusterRole kubectl-mysql-edit',
      'ClusterRole kubectl-mysql-view',
    ]);
  });
});

describe('the namespace of the watcher', () => {
  it('enforces the restricted Pod Security Standard', async () => {
    const labels = at(findObject(await printInstall('-n', 'ops'), 'Namespace', 'ops'), 'metadata', 'labels');
    expect(labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
  });

  it.each([
    ['that holds the databases', ['-n', 'shop', '--watch-namespace', 'shop']],
    ['default', ['-n', 'default']],
    ['of Kubernetes itself', ['-n', 'kube-system']],
  ])('%s is not made, labelled or deleted with the watcher', async (_, flags) => {
    expect(namesOf(await printInstall(...flags)).join()).not.toContain('Namespace');
    expect(await printInstall(...flags, '--uninstall-plan')).toContain('the namespace itself stays');
  });
});

describe('the rights of a watcher for one namespace', () => {
  const flags = ['-n', 'ops', '--watch-namespace', 'shop'];

  it('reach out of it only to see whether the definition goes', async () => {
    const rights = rightsOf(await printInstall(...flags)).filter((right) => right.startsWith('ClusterRole'));
    expect(rights).toEqual(['ClusterRole: get apiextensions.k8s.io/customresourcedefinitions mysqls.otus.homework']);
  });

  it('take in volumes where they are asked for, and never let it make or delete one', async () => {
    const rights = rightsOf(await printInstall(...flags, '--protect-volumes'));
    expect(rights.filter((right) => right.endsWith('/persistentvolumes'))).toEqual([
      'ClusterRole: get /persistentvolumes',
      'ClusterRole: list /persistentvolumes',
      'ClusterRole: patch /persistentvolumes',
      'ClusterRole: watch /persistentvolumes',
    ]);
  });

  it('are otherwise the same as for all namespaces', async () => {
    const strip = (right: string): string => right.replace(/^(Cluster)?Role: /, '').replace(/ shop$/, '');
    const one = rightsOf(await printInstall(...flags, '--protect-volumes', '--render')).map(strip);
    expect(one.sort()).toEqual(
      rightsOf(await printInstall('--render'))
        .map(strip)
        .sort(),
    );
  });

  it('have names of their own per installation where they are cluster-wide, so that two do not overwrite each other', async () => {
    const other = namesOf(await printInstall('-n', 'ops2', '--watch-namespace', 'shop2', '--no-crd'));
    const own = namesOf(await printInstall(...flags, '--no-crd'));
    expect(own.filter((name) => name.startsWith('Cluster') && other.includes(name))).toEqual([]);
  });
});

describe('flags of the watcher', () => {
  const argsOf = async (...flags: string[]): Promise<unknown> =>
    at(findObject(await printInstall(...flags), 'Deployment'), 'spec', 'template', 'spec', 'containers', 0, 'args');

  it.each([
    [[], []],
    [['--render'], ['--render']],
    [['--watch-namespace', 'shop'], ['--namespace=shop']],
    [
      ['--watch-namespace', '1e3', '--render'],
      ['--namespace=1e3', '--render'],
    ],
  ])('install %j runs it with %j', async (flags, args) => {
    expect(await argsOf(...flags)).toEqual(['watch', '--leader-elect', '--metrics-address=:8080', ...args]);
  });
});

describe('the commands of the uninstall plan', () => {
  it.each([
    ['the defaults', [], 'kubectl mysql install | kubectl delete --ignore-not-found -f -'],
    ['a namespace', ['-n', 'ops'], 'kubectl mysql install -n ops | kubectl delete'],
    [
      'one watched namespace, whose definition may be others’, too',
      ['--watch-namespace', 'shop', '--protect-volumes'],
      'kubectl mysql install --watch-namespace shop --protect-volumes --no-crd | kubectl delete',
    ],
    [
      'an image',
      ['--image', 'reg/x:2'],
      'kubectl mysql install --image reg/x:2 | kubectl apply --server-side --force-conflicts -f -',
    ],
    ['--no-crd', ['--no-crd', '--watch-namespace', 'shop'], "the definition is somebody else's"],
  ])('name %s', async (_, flags, command) => {
    expect((await printInstall('--uninstall-plan', ...flags)).toLowerCase()).toContain(command.toLowerCase());
  });
});
