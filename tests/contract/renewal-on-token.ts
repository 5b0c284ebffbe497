/**
 * Entry of a process that renews the certificate on one key, as the agent's commands do, and kills itself at a named
 * point. Whoever started it plays the CA over the process channel; the customer always agrees and types the PIN.
 */
import { once } from 'node:events';
import { X509Certificate } from 'node:crypto';
import type { Customer } from '../../bridge-agent/customer.ts';
import type { DriverCommand } from '../../bridge-agent/token/process.ts';
import { Transaction } from '../../bridge-agent/transaction.ts';

export interface Renewal {
  readonly driver: DriverCommand;
  readonly dataFolder: string;
  readonly txnId: string;
  readonly certificateSha256: string;
  readonly issuer: string;
  readonly promisedDay: string;
  readonly now: number;
  readonly pin: string;
  /** `T4 acted`, or `T4 inside`: while the driver is at it. */
  readonly killAt: string;
}

const renewal = JSON.parse(process.argv[2] ?? '') as Renewal;
const { txnId, certificateSha256, promisedDay, now } = renewal;
const customer: Customer = {
  tell: () => undefined,
  tellProblem: () => undefined,
  agree: () => Promise.resolve(),
  pin: () => Promise.resolve(Buffer.from(renewal.pin)),
};
const kill = () => process.kill(process.pid, 'SIGKILL');
const transaction = new Transaction(
  {
    drivers: [renewal.driver],
    customer,
    plugInMs: 0,
    dataFolder: renewal.dataFolder,
    issuers: [new X509Certificate(Buffer.from(renewal.issuer, 'base64'))],
    now: () => now,
    askedBy: () => '138****6027',
    reached: (point) => {
      if (point === renewal.killAt) kill();
      if (point.replace('begin', 'inside') === renewal.killAt) setImmediate(kill);
    },
  },
  txnId,
);
const { signal } = new AbortController();
const caseId = '00000000-0000-4000-8000-000000000001';
const same = { txnId, certificateSha256, promisedDay };

await transaction.begin({ ...same, caseId, unit: '', askedBy: '', oldEndDay: promisedDay }, signal);
const proof = { nonce: 'ab'.repeat(32), serverId: 'cd'.repeat(8), proofExpiresAt: now + 600_000 };
const made = await transaction.makeRequest({ ...same, ...proof, caseId }, signal);
process.send?.(made);
const [certificate] = (await once(process, 'message')) as [string];
const { sha256 } = await transaction.write({ ...same, certificate, issuers: [] }, signal);
const verified = await transaction.verify({ txnId, certificateSha256, sha256, nonce: 'ef'.repeat(32) }, signal);
process.send?.(verified);
process.disconnect();
