/** Keys as files, where no PKCS#11 module can be installed: the agent is told to run the sandbox's driver. */
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FileDriver } from '../tokens/file-driver.ts';
import { makeToken } from '../tokens/token-file.ts';
import type { DemoTokens } from './key.ts';

/**
 * @param folder where the tokens are kept
 * @param labels tokens that are made unless they are there
 */
export function fileTokens(folder: string, labels: readonly string[], pin: string): DemoTokens {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const driver = new FileDriver(folder);
  for (const label of labels) {
    if (driver.list().some((token) => token.label === label)) continue;
    const serial = createHash('sha256').update(label).digest('hex').slice(0, 16);
    makeToken(folder, { serial, label, pin });
  }
  const entry = fileURLToPath(new URL('../tokens/worker.ts', import.meta.url));
  return { agentDriver: { kind: 'worker', entry, env: { SANDBOX_TOKENS: folder } }, driver };
}
