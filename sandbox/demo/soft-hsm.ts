/**
 * Keys in SoftHSM2: real PKCS#11 tokens without the hardware, in a folder of their own with a configuration of their
 * own, so that nothing else on the machine is touched.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Pkcs11Driver } from '../../bridge-agent/token/pkcs11.ts';
import type { DemoTokens } from './key.ts';

/** Of the security officer: nobody needs it in the demo. */
const OFFICER_PIN = '87654321';

/**
 * @param module path of libsofthsm2.so
 * @param folder where the tokens are kept
 * @param labels tokens that are made unless they are there
 */
export function softHsmTokens(module: string, folder: string, labels: readonly string[], pin: string): DemoTokens {
  const configuration = path.join(folder, 'softhsm2.conf');
  const store = path.join(folder, 'softhsm2');
  mkdirSync(store, { recursive: true, mode: 0o700 });
  writeFileSync(configuration, `directories.tokendir = ${store}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  const env = { SOFTHSM2_CONF: configuration };
  const tool = (...args: string[]) =>
    execFileSync('softhsm2-util', args, { env: { ...process.env, ...env }, encoding: 'utf8', stdio: 'pipe' });
  const slots = tool('--module', module, '--show-slots');
  for (const label of labels) {
    if (slots.includes(label)) continue;
    const secrets = ['--so-pin', OFFICER_PIN, '--pin', pin];
    tool('--module', module, '--init-token', '--free', '--label', label, ...secrets);
  }
  // the module reads its configuration, and which tokens there are, when it is opened
  Object.assign(process.env, env);
  return { agentDriver: { kind: 'pkcs11', module, env }, driver: new Pkcs11Driver(module) };
}
