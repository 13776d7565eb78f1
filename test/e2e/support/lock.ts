// A lock between processes that is never left behind.

import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * Gives undefined when another process has the lock. It is held by a child that ends with this process, however that ends;
 * it keeps this process from nothing.
 */
export async function tryLock(file: string): Promise<(() => void) | undefined> {
  const holder = spawn('flock', ['--nonblock', file, 'cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  holder.stdin.on('error', () => undefined);
  holder.stdin.write('\n');
  const isHeld = await new Promise<boolean>((resolve, reject) => {
    holder.once('error', reject);
    holder.stdout.once('data', () => {
      resolve(true);
    });
    holder.once('close', () => {
      resolve(false);
    });
  });
  holder.unref();
  for (const stream of [holder.stdin, holder.stdout]) (stream as Socket).unref();
  return isHeld ? () => holder.stdin.end() : undefined;
}
