/**
 * One agent for one data folder: two would each find no new key and each make one. A local socket tells them apart,
 * because it is gone with its process, however that ends.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { tmpdir, userInfo } from 'node:os';

/** @returns false when another agent works in this folder; otherwise it is ours until the process ends */
export async function isOnlyInstance(dataFolder: string): Promise<boolean> {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const path = socketPath(dataFolder);
  if (await isAnswered(path)) return false;
  if (process.platform !== 'win32') rmSync(path, { force: true });
  const server = createServer((socket) => socket.destroy());
  server.unref();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(path, () => resolve(true));
  });
}

/** Socket paths may have about 100 octets, data folders more. */
function socketPath(dataFolder: string): string {
  const name = `xuqi-bridge-${createHash('sha256').update(resolve(dataFolder)).digest('hex').slice(0, 16)}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}-${userInfo().username}`;
  return join(process.env['XDG_RUNTIME_DIR'] ?? tmpdir(), `${name}-${userInfo().uid}.sock`);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
