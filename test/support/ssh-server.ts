// A git server over SSH: a real sshd on this machine, with keys that are made for the test.

import { spawn } from 'node:child_process';
import { appendFile, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, connect, type AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { makeFolder } from './folder.ts';
import { runProgram } from './process.ts';

/** A server, for the time of a test. */
export interface SshServer {
  /** `ssh://USER@127.0.0.1:PORT`; the path behind it is one of this machine. */
  readonly url: string;
  /** Starts ssh with a key that the server knows, a host key that ssh knows, and nothing else of this machine. */
  readonly command: string;
  /** A folder with a program `ssh` that does the same, for PATH. */
  readonly path: string;
  /** What ssh reads; a later line of it counts only where no earlier one has spoken. */
  readonly config: string;
}

/** Starts a server. */
export async function serveSsh(): Promise<SshServer> {
  const folder = await makeFolder();
  for (const name of ['host_key', 'key']) await makeKey(join(folder, name));
  await appendFile(join(folder, 'authorized_keys'), await readFile(join(folder, 'key.pub')));
  const port = await findPort();
  const server = spawn('test/support/sshd', [folder, String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
  const said: string[] = [];
  server.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  onTestFinished(() => void server.kill('SIGTERM'));
  await untilOpen(port, () => {
    if (server.exitCode !== null) throw new Error(`sshd has ended: ${said.join('')}`);
  });
  const config = await writeConfig(folder, port);
  const command = `ssh -F ${config}`;
  const path = join(folder, 'bin');
  await mkdir(path);
  const real = (await runProgram('sh', ['-c', 'command -v ssh'])).out.trim();
  await writeFile(join(path, 'ssh'), `#!/bin/sh\nexec ${real} -F ${config} "$@"\n`);
  await chmod(join(path, 'ssh'), 0o755);
  return { url: `ssh://${userInfo().username}@127.0.0.1:${String(port)}`, command, path, config };
}

/** Makes a pair of keys; the public one has `.pub` at its end. */
export async function makeKey(file: string): Promise<void> {
  const { code, err } = await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
  if (code !== 0) throw new Error(err);
}

async function writeConfig(folder: string, port: number): Promise<string> {
  const [algorithm = '', key = ''] = (await readFile(join(folder, 'host_key.pub'), 'utf8')).split(' ');
  await writeFile(join(folder, 'known_hosts'), `[127.0.0.1]:${String(port)} ${algorithm} ${key}\n`);
  const config = join(folder, 'config');
  const lines = [
    `IdentityFile ${join(folder, 'key')}`,
    'IdentitiesOnly yes',
    'IdentityAgent none',
    `UserKnownHostsFile ${join(folder, 'known_hosts')}`,
    'GlobalKnownHostsFile /dev/null',
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  return resolve(config);
}

async function findPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

async function untilOpen(port: number, check: () => void): Promise<void> {
  for (let attempt = 1; attempt <= 300; attempt += 1) {
    check();
    const isOpen = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('connect', () => {
        socket.destroy();
        done(true);
      });
      socket.on('error', () => {
        done(false);
      });
    });
    if (isOpen) return;
    await setTimeout(100);
  }
  throw new Error('sshd does not answer');
}
