/** T12: the new certificate is proven by using its key, and everything that was on the key before is counted. */
import { verify } from 'node:crypto';
import { readCertificate } from './certificate.ts';
import type { CertificateParts } from './certificate.ts';
import type { FoundToken } from './find-token.ts';
import type { OpenKey } from './open-key.ts';
import { AgentProblem } from './problem.ts';
import { verifyBytes } from './protocol.ts';
import type { CommandResult } from './protocol.ts';
import { oldObjectsAreThere } from './snapshot.ts';
import type { Ground } from './transaction-ground.ts';

/** @throws AgentProblem verify/failed when it is not under the new key's id */
export function writtenCertificate({ certificates }: FoundToken, id: string, sha256: string): CertificateParts {
  const found = certificates
    .filter((certificate) => certificate.id === id)
    .map(({ der }) => readCertificate(Buffer.from(der, 'base64')))
    .find((certificate) => certificate.sha256 === sha256);
  if (!found) throw new AgentProblem('verify/failed', 'the new certificate is not on the token');
  return found;
}

export async function proveByUse(
  ground: Ground,
  key: OpenKey,
  sha256: string,
  nonce: string,
): Promise<CommandResult<'renew.verify'>> {
  const { journal, reached, customer, id, txnId } = ground;
  customer.tell('verifying');
  reached('T12 begin');
  const certificate = writtenCertificate(key, id, sha256);
  const bytes = verifyBytes(txnId, nonce, sha256);
  const signature = await key.process.sign(key.token.serial, id, bytes);
  if (!verify('sha256', bytes, certificate.x509.publicKey, signature)) {
    throw new AgentProblem('verify/failed', 'the signature is not by the key of the new certificate');
  }
  reached('T12 acted');
  const oldObjects = await oldObjectsAreThere(ground, key);
  journal.append('T12', 'done', { sha256, oldObjects });
  reached('T12 done');
  customer.tell('proved');
  return {
    certificate: certificate.der.toString('base64'),
    signature: signature.toString('base64'),
    oldObjects,
    tokenSerialTail: key.token.serial.slice(-4),
  };
}
