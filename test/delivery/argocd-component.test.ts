// The kustomize component of deploy/argocd over Argo CD's own manifests, built by the real kustomize.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { install } from '../support/argocd/installation.ts';
import { byName } from '../support/kustomize.ts';
import { runProgram } from '../support/process.ts';

interface Container {
  readonly name: string;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly [field: string]: unknown;
}
interface Deployment {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly Container[];
        readonly volumes: readonly {
          readonly name: string;
          readonly configMap?: { readonly name: string };
          readonly emptyDir?: object;
        }[];
      };
    };
  };
}
interface ConfigMap {
  readonly metadata: { readonly name: string };
  readonly data: Readonly<Record<string, string>>;
}

const INSTALLATIONS = ['cluster-install', 'namespace-install', 'core-install'] as const;
const built = new Map<string, { readonly before: Record<string, unknown>; readonly after: Record<string, unknown> }>();

beforeAll(async () => {
  const { home, kustomize } = await install();
  for (const name of INSTALLATIONS) {
    const build = async (extra: object): Promise<Record<string, unknown>> => {
      const folder = await makeBase(join(home, 'manifests', name), extra);
      const { code, out, err } = await runProgram(kustomize, ['build', folder]);
      await rm(folder, { recursive: true });
      if (code !== 0) throw new Error(err);
      return byName(out);
    };
    built.set(name, { before: await build({}), after: await build(EXTRA) });
  }
}, 1_800_000);

const EXTRA = { images: [{ name: 'kubectl-mysql', newName: 'registry.example.com/kubectl-mysql' }] };

async function makeBase(manifests: string, extra: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kubectl-mysql-argocd-'));
  const components = 'images' in extra ? [relative(folder, resolve('deploy/argocd'))] : [];
  const kustomization = { namespace: 'argocd', resources: [relative(folder, manifests)], components, ...extra };
  await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
  return folder;
}

describe.each(INSTALLATIONS)('over %s, the component', (name) => {
  const parts = (): { before: Record<string, unknown>; after: Record<string, unknown> } =>
    built.get(name) ?? { before: {}, after: {} };
  const podOf = (objects: Record<string, unknown>): Deployment['spec']['template']['spec'] =>
    (objects['Deployment argocd-repo-server'] as Deployment).spec.template.spec;

  it('changes the repo-server and argocd-cm, and adds a ConfigMap; everything else stays', () => {
    const { before, after } = parts();
    const changed = Object.keys(after).filter((key) => JSON.stringify(after[key]) !== JSON.stringify(before[key]));
    expect(changed.sort()).toEqual([
      'ConfigMap argocd-cm',
      expect.stringMatching(/^ConfigMap kubectl-mysql-plugin-/),
      'Deployment argocd-repo-server',
    ]);
    expect(Object.keys(before).filter((key) => !(key in after))).toEqual([]);
  });

  it('adds a sidecar that passes the restricted Pod Security Standard, and leaves the other containers alone', () => {
    const { before, after } = parts();
    const { containers } = podOf(after);
    const [sidecar, ...others] = [...containers].sort((a) => (a.name === 'kubectl-mysql' ? -1 : 1));
    expect(others).toEqual(podOf(before).containers);
    expect(sidecar).toMatchObject({
      image: 'registry.example.com/kubectl-mysql:0.1.0',
      command: ['/var/run/argocd/argocd-cmp-server'],
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 999,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
  });

  it('mounts the plugin, a /tmp of its own, and what the repo-server shares', () => {
    const { after } = parts();
    const { containers, volumes } = podOf(after);
    const mounts = Object.fromEntries(
      (containers.find((one) => one.name === 'kubectl-mysql')?.volumeMounts ?? []).map((one) => [
        one.mountPath,
        one.name,
      ]),
    );
    expect(mounts).toEqual({
      '/var/run/argocd': 'var-files',
      '/home/argocd/cmp-server/plugins': 'plugins',
      '/home/argocd/cmp-server/config': 'kubectl-mysql-plugin',
      '/tmp': 'kubectl-mysql-tmp',
    });
    const server = containers.find((one) => one.name === 'argocd-repo-server');
    expect(server?.volumeMounts).toContainEqual({ name: 'plugins', mountPath: '/home/argocd/cmp-server/plugins' });
    expect(server?.volumeMounts.map((one) => one.name)).not.toContain('kubectl-mysql-tmp');
    const added = Object.values(mounts).map((volume) => volumes.find((one) => one.name === volume));
    expect(added).toEqual([
      { name: 'var-files', emptyDir: {} },
      { name: 'plugins', emptyDir: {} },
      expect.objectContaining({ configMap: { name: expect.stringMatching(/^kubectl-mysql-plugin-/) as string } }),
      { name: 'kubectl-mysql-tmp', emptyDir: {} },
    ]);
  });

  it('delivers the plugin.yaml of this version, under a name that changes with it', async () => {
    const { after } = parts();
    const volume = podOf(after).volumes.find((one) => one.name === 'kubectl-mysql-plugin');
    const found = after[`ConfigMap ${volume?.configMap?.name ?? ''}`] as ConfigMap;
    expect(found.data).toEqual({ 'plugin.yaml': await readFile('plugin.yaml', 'utf8') });
  });

  it('keeps the settings that are there', () => {
    const { before, after } = parts();
    const { data } = after['ConfigMap argocd-cm'] as ConfigMap;
    const { data: earlier } = before['ConfigMap argocd-cm'] as ConfigMap;
    expect(data).toMatchObject(earlier);
    expect(Object.keys(data).filter((key) => !(key in earlier))).toEqual([
      'resource.customizations.actions.otus.homework_MySQL',
      'resource.customizations.health.otus.homework_MySQL',
    ]);
  });
});

describe('the version', () => {
  it("of the sidecar's image is this package's", async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(await readFile('deploy/argocd/repo-server.yaml', 'utf8')).toContain(`image: kubectl-mysql:${version}\n`);
  });
});
