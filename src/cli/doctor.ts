// kubectl mysql doctor

import { EXIT } from '../errors.ts';
import { collectDoctor } from '../report/collect-doctor.ts';
import { formatChecks, runChecks } from '../report/doctor.ts';
import { createPaint } from '../report/text.ts';
import type { Run } from './command.ts';
import { openCluster, refuseTwoScopes, wantsColour } from './open-cluster.ts';
import { VERSION } from './version.ts';

export const doctor: Run = async (options, io) => {
  refuseTwoScopes(options);
  const { connection, objects, namespace, clock } = openCluster(options, io);
  try {
    const checks = runChecks(await collectDoctor({ namespace, version: VERSION }, { objects }), clock.now());
    const isOk = !checks.some(({ level }) => level === 'fail');
    const isJson = options.strings['output'] === 'json';
    const text = isJson
      ? `${JSON.stringify({ ok: isOk, checks }, null, 2)}\n`
      : formatChecks(checks, createPaint(wantsColour(io)));
    await io.writeOut(text);
    return isOk ? EXIT.ok : EXIT.failure;
  } finally {
    await connection.close();
  }
};
