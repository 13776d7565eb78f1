// What Argo CD's servers need of a cluster: their definitions and settings, from its own manifests with our component over
// them.

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { kubectl, run, tryRun } from '../../e2e/support/kubectl.ts';
import { parseObjects } from '../resource.ts';
import type { Installation } from './installation.ts';

/** Builds a whole installation of Argo CD with the component. */
export async function buildInstallation({ home, kustomize }: Installation): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kubectl-mysql-argocd-'));
  const kustomization = {
    namespace: 'argocd',
    resources: [relative(folder, join(home, 'manifests', 'cluster-install'))],
    components: [relative(folder, resolve('deploy/argocd'))],
  };
  try {
    await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
    return await run(kustomize, ['build', folder]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Applies what is no workload: the namespace, the definitions, the settings. */
export async function applySettings(installation: Installation, manifests: string): Promise<void> {
  await tryRun('kubectl', ['create', 'namespace', 'argocd']);
  const apply = ['apply', '--server-side', '--force-conflicts'];
  const names = ['application', 'appproject', 'applicationset'];
  const files = names.map((name) => join(installation.home, 'manifests', 'crds', `${name}-crd.yaml`));
  await kubectl([...apply, ...files.flatMap((file) => ['-f', file])]);
  await kubectl([
    'wait',
    '--for=condition=Established',
    '--timeout=60s',
    'crd/applications.argoproj.io',
    'crd/appprojects.argoproj.io',
  ]);
  const settings = parseObjects(manifests).filter(({ value }) =>
    ['ConfigMap', 'Secret'].includes(String(value['kind'])),
  );
  await kubectl(
    [...apply, '-f', '-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: settings.map(({ value }) => value) }),
  );
  const key = JSON.stringify({ stringData: { 'server.secretkey': randomBytes(32).toString('base64') } });
  await kubectl(['-n', 'argocd', 'patch', 'secret', 'argocd-secret', '--type=merge', '-p', key]);
}
