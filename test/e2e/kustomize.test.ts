// The function under `kubectl kustomize`, which starts containers only.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byName, makePrograms, renderedAgain, type Programs } from '../support/kustomize.ts';
import { runProgram } from '../support/process.ts';

describe('kubectl kustomize', () => {
  let programs: Programs;
  beforeAll(async () => {
    programs = await makePrograms();
  });
  afterAll(() => programs.remove());

  it('runs the example’s container, and what is rendered is what render makes of the resource', async () => {
    const words = ['kustomize', '--enable-alpha-plugins', 'examples/kustomize/container'];
    const { code, out, err } = await runProgram('kubectl', words, { env: { PATH: programs.path } });
    expect([code, err]).toEqual([0, '']);
    expect(byName(out)).toMatchObject(await renderedAgain(out));
    expect((await programs.dockerWords()).at(-1)).toMatch(/^kubectl-mysql-fn:/);
  });
});
