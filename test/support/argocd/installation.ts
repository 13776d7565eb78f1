// The Argo CD that the tests run: built from its Go module when it is not there yet.

import { resolve } from 'node:path';
import { runProgram, type Ended } from '../process.ts';

/** Where the programs are. */
export interface Installation {
  /** `argocd` and the other names that the program is called by, its scripts, and `manifests`. */
  readonly home: string;
  readonly kustomize: string;
}

/** Builds what is missing, which takes minutes the first time. */
export async function install(): Promise<Installation> {
  const { code, out, err } = await runProgram('bash', ['test/delivery/build-tools', 'argocd', 'kustomize']);
  if (code !== 0) throw new Error(`Argo CD cannot be built: ${err}`);
  const bin = out.trim();
  const { out: argocd } = await runProgram('readlink', ['-f', resolve(bin, 'argocd')]);
  return { home: resolve(argocd.trim(), '..'), kustomize: resolve(bin, 'kustomize') };
}

/** What Argo CD makes of a resource with the settings of deploy/argocd/argocd-cm.yaml. */
export function judgeResource(home: string, words: readonly string[]): Promise<Ended> {
  const settings = ['--argocd-cm-path', 'deploy/argocd/argocd-cm.yaml'];
  return runProgram(resolve(home, 'argocd'), ['admin', 'settings', 'resource-overrides', ...words, ...settings]);
}
