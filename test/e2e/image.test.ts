// The image of our own code, in a pod: uid 65532, read-only, no shell needed.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { Namespace, waitUntil } from './support/kubectl.ts';
import { stringify } from './support/resource.ts';

describe('the image', () => {
  let namespace: Namespace;
  beforeAll(async () => {
    namespace = await Namespace.create('image');
  });
  afterAll(() => namespace.delete());

  it('runs as uid 65532 under the restricted Pod Security Standard with a read-only root', async () => {
    const securityContext = {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    };
    const container = { name: 'version', image: 'localhost/kubectl-mysql:dev', args: ['version'], securityContext };
    const spec = { restartPolicy: 'Never', containers: [{ ...container, imagePullPolicy: 'Never' }] };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'version' }, spec };
    await namespace.kubectl(['apply', '-f', '-'], stringify(pod));
    const phase = await waitUntil('the pod has ended', 60, async () => {
      const now = await namespace.kubectl(['get', 'pod', 'version', '-o', 'jsonpath={.status.phase}']);
      return ['Succeeded', 'Failed'].includes(now) ? now : undefined;
    });
    expect(await namespace.kubectl(['logs', 'version'])).toBe(`kubectl-mysql ${manifest.version}\n`);
    expect(phase).toBe('Succeeded');
  });
});
