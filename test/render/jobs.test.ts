// The Jobs as manifests: what they carry, what they need, and what must never be in them.

import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import type { MySQLResource } from '../../src/api/resource.ts';
import { buildModel } from '../../src/model/model.ts';
import { renderJob, type JobInputs, type JobStep } from '../../src/render/jobs.ts';

const COMMON = { resourceUid: '1b4e28ba-2fa1-11d2-883f-0016d3cca427', inputHash: 'abc123' };
const INPUTS: JobInputs = {
  backup: { ...COMMON, keep: 3, final: true },
  restore: { ...COMMON, from: 'latest' },
  'change-pass': { ...COMMON, mode: 'change' },
};
const STEPS: readonly JobStep[] = ['backup', 'restore', 'change-pass'];

interface Job {
  readonly metadata: {
    readonly name: string;
    readonly labels: Record<string, string>;
    readonly ownerReferences?: object;
  };
  readonly spec: {
    readonly activeDeadlineSeconds?: number;
    readonly podReplacementPolicy: string;
    readonly template: { readonly spec: PodSpec };
  };
}
interface PodSpec {
  readonly nodeName?: string;
  readonly affinity?: object;
  readonly nodeSelector?: object;
  readonly tolerations?: object;
  readonly containers: readonly [
    {
      readonly args: readonly [string];
      readonly env: readonly { name: string; value: string }[];
      readonly resources?: object;
    },
  ];
  readonly volumes: readonly Record<string, unknown>[];
}

function render<S extends JobStep>(step: S, spec: object = {}, input: Partial<JobInputs[S]> = {}): Job {
  const base = { image: 'mysql:9.7', database: 'shop', password: 'secret-password', storage_size: '1Gi' };
  const resource = {
    apiVersion: 'otus.homework/v1',
    kind: 'MySQL',
    metadata: { name: 'shop', labels: { app: 'theirs' } },
    spec: { ...base, ...spec },
  };
  const { yaml } = renderJob(buildModel(resource as MySQLResource, 'prod'), step, { ...INPUTS[step], ...input });
  expect(yaml).not.toContain('secret-password');
  return load(yaml) as Job;
}

describe.each(STEPS)('the Job of the step %s', (step) => {
  it('carries our labels only, and no owner, deadline or node name', () => {
    const { metadata, spec } = render(step);
    expect(metadata.name).toBe(`${step}-shop-job`);
    expect(metadata.labels).toEqual({
      'app.kubernetes.io/component': step,
      'app.kubernetes.io/managed-by': 'kubectl-mysql',
      'app.kubernetes.io/name': 'mysql',
      'otus.homework/input': 'abc123',
      'otus.homework/mysql': 'shop',
      'otus.homework/resource-uid': COMMON.resourceUid,
      'otus.homework/step': step,
    });
    expect(metadata).not.toHaveProperty('ownerReferences');
    expect(spec).not.toHaveProperty('activeDeadlineSeconds');
    expect(spec.podReplacementPolicy).toBe('Failed');
    expect(spec.template.spec).not.toHaveProperty('nodeName');
  });

  it('brings its script along, in which nothing looks like a variable of Flux or Kubernetes', () => {
    const [script] = render(step).spec.template.spec.containers[0].args;
    expect(script).toContain('set -Eeuo pipefail');
    expect(script).not.toMatch(/\$\{|\$\$|\$\([A-Z_]+\)/);
  });

  it('needs no ConfigMap, and a Secret only where a password is set', () => {
    const { volumes } = render(step).spec.template.spec;
    expect(volumes.some((volume) => 'configMap' in volume)).toBe(false);
    expect(volumes.some((volume) => 'secret' in volume)).toBe(step !== 'backup');
  });

  it('goes to the node that is given in place of all rules about nodes, and keeps tolerations', () => {
    const affinity = {
      podAntiAffinity: {},
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } },
    };
    const spec = { affinity, nodeSelector: { disk: 'fast' }, tolerations: [{ operator: 'Exists' }] };
    const pod = render(step, spec, { node: 'node-1' }).spec.template.spec;
    expect(JSON.stringify(pod.affinity)).toBe(
      '{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchFields":[{"key":"metadata.name","operator":"In","values":["node-1"]}]}]}}}',
    );
    expect(pod.nodeSelector).toBeUndefined();
    expect(pod.tolerations).toEqual([{ operator: 'Exists' }]);
    expect(render(step, spec).spec.template.spec.nodeSelector).toEqual({ disk: 'fast' });
  });

  it('refuses an identity that is no label', () => {
    expect(() => render(step, {}, { inputHash: 'a b' })).toThrow(RangeError);
  });
});

describe('the resources of a Job', () => {
  const resources = { limits: { memory: '8Gi' }, requests: { memory: '8Gi', cpu: '2' } };

  it('are the server’s where it stands in for the server, and small where it is a client beside it', () => {
    expect(render('backup', { resources }).spec.template.spec.containers[0].resources).toEqual(resources);
    const small = { limits: { memory: '256Mi' }, requests: { cpu: '50m', memory: '64Mi' } };
    expect(render('change-pass', { resources }).spec.template.spec.containers[0].resources).toEqual(small);
  });
});

describe('the restore', () => {
  it('gets the options of the server, a dollar sign in them doubled as Kubernetes wants it', () => {
    const { env } = render('restore', { config: { init_connect: 'set @a = "$(HOME) $x"' } }).spec.template.spec
      .containers[0];
    const options = env.find(({ name }) => name === 'MY_CNF')?.value;
    expect(options).toContain('$$(HOME) $$x');
    expect(options).toContain('datadir=/var/lib/mysql/data');
  });
});
