// A client that reads the password in force for each login, ten times a second, as the promise says: it never fails.

import { spawn } from 'node:child_process';
import { KINDS } from '../../../../src/cluster/kinds.ts';
import type { Client } from '../../../support/cluster-client.ts';

/** What a client has seen. */
export interface Logins {
  readonly logins: number;
  readonly failures: readonly string[];
}

const INTERVAL_MS = 100;
const SCRIPT = `while read -r password; do
  MYSQL_PWD=$password mysql -uroot -h 127.0.0.1 -e 'DO 1' 2>&1 | tr '\\n' ' '
  echo
done`;

/** @returns ends the client and tells what it has seen */
export function startLogins({ objects }: Client, namespace: string, name: string): () => Promise<Logins> {
  const words = ['-n', namespace, 'exec', '-i', `${name}-0`, '--', 'bash', '-c', SCRIPT];
  const child = spawn('kubectl', words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const failures: string[] = [];
  let logins = 0;
  const ending = new AbortController();
  let answered: (line: string) => void = () => undefined;
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      answered('the client ended');
      resolve();
    }),
  );
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n').slice(0, -1)) answered(line);
  });

  async function login(): Promise<void> {
    const secret = await objects.get(KINDS.Secret, { namespace, name: `${name}-active` });
    const password = Buffer.from(secret.data?.['current'] ?? '', 'base64').toString();
    const answer = new Promise<string>((resolve) => (answered = resolve));
    child.stdin.write(`${password}\n`);
    const said = (await answer).trim();
    logins += 1;
    if (said !== '') failures.push(said);
  }

  const running = (async () => {
    while (!ending.signal.aborted && child.exitCode === null) {
      const next = new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
      await login();
      await next;
    }
    child.stdin.end();
    await ended;
  })();
  return async () => {
    ending.abort();
    await running;
    return { logins, failures };
  };
}
