/**
 * What an agent is told before it starts: its server, the server's pinned keys, the CAs it may take a certificate
 * from, and its drivers. A packaged agent carries it inside; only the development command reads it from a file that
 * the server wrote. Nothing of it ever comes from the link.
 */
import { createPublicKey, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { Server } from './connection.ts';
import type { DriverCommand } from './token/process.ts';

const environment = z.record(z.string(), z.string());

const Configuration = z.strictObject({
  /** `ws://127.0.0.1:3000/bridge` or `wss://…/bridge` */
  server: z.url({ protocol: /^wss?$/ }),
  /** Ed25519, SPKI DER, base64: the current one and the next. */
  pinnedKeys: z.array(z.base64()).min(1).max(2),
  serverId: z.string(),
  drivers: z
    .array(
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('pkcs11'), module: z.string(), env: environment.default({}) }),
        z.strictObject({ kind: z.literal('worker'), entry: z.string(), env: environment.default({}) }),
      ]),
    )
    .min(1),
  /** DER, base64. */
  issuers: z.array(z.base64()).min(1),
});

/** How long a key may take to be plugged in before the chat is told that there is none. */
const PLUG_IN_MS = 90_000;

export interface AgentConfig {
  readonly server: Server;
  readonly drivers: readonly DriverCommand[];
  readonly issuers: readonly X509Certificate[];
  readonly plugInMs: number;
}

/**
 * @param pkcs11Worker how this agent starts its own PKCS#11 process; the module's path is added
 * @throws Error when it is not a configuration
 */
export function readConfig(
  json: unknown,
  pkcs11Worker: { readonly command: string; readonly args: readonly string[] },
): AgentConfig {
  const { server, pinnedKeys, drivers, issuers } = Configuration.parse(json);
  return {
    server: { url: server, pinnedKeys: pinnedKeys.map(ed25519) },
    drivers: drivers.map((driver) =>
      driver.kind === 'pkcs11'
        ? { ...pkcs11Worker, args: [...pkcs11Worker.args, driver.module], env: driver.env }
        : { command: process.execPath, args: [driver.entry], env: driver.env },
    ),
    issuers: issuers.map((der) => new X509Certificate(Buffer.from(der, 'base64'))),
    plugInMs: PLUG_IN_MS,
  };
}

function ed25519(spki: string): KeyObject {
  const key = createPublicKey({ key: Buffer.from(spki, 'base64'), type: 'spki', format: 'der' });
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('a pinned key is not Ed25519');
  return key;
}
