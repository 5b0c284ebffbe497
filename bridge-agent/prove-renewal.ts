/**
 * T6: the certificate request by the new key, and the renewal proof by the old one. Both are built here, from the
 * certificate on the key; the server gives only ids, nonce, day and end of life.
 */
import { z } from 'zod';
import { buildRequest } from './certificate-request.ts';
import { spkiSha256 } from './certificate.ts';
import type { OpenKey } from './open-key.ts';
import { proofBytes } from './protocol.ts';
import type { Args, CommandResult } from './protocol.ts';
import type { Ground } from './transaction-ground.ts';

const Made = z.strictObject({
  csr: z.base64(),
  proof: z.base64(),
  proofSignature: z.base64(),
  nonce: z.string(),
  promisedDay: z.string(),
  expiresAt: z.int(),
  spki: z.string(),
});

/**
 * What was made before is sent again octet for octet, also without the key.
 *
 * @returns undefined when it was never made, for another nonce (a new attempt) or day, or is too old
 */
export function proofFromBefore(ground: Ground, args: Args<'renew.csr'>): CommandResult<'renew.csr'> | undefined {
  const made = madeBefore(ground);
  if (made?.nonce !== args.nonce || made.promisedDay !== args.promisedDay) return undefined;
  if (made.expiresAt <= ground.now()) return undefined;
  return { csr: made.csr, proof: made.proof, proofSignature: made.proofSignature };
}

export async function proveRenewal(
  ground: Ground,
  { process, token, certificate, certificateId }: OpenKey,
  { caseId, serverId, nonce, promisedDay, proofExpiresAt: expiresAt }: Args<'renew.csr'>,
  newSpki: Buffer,
): Promise<CommandResult<'renew.csr'>> {
  const { journal, reached, customer, id } = ground;
  journal.append('T6', 'begin', { nonce });
  reached('T6 begin');
  // one request for one key: only the proof is made anew
  const csr =
    madeBefore(ground)?.csr ??
    (await buildRequest(certificate.subject, newSpki, (data) => process.sign(token.serial, id, data))).toString(
      'base64',
    );
  const spki = spkiSha256(newSpki);
  const oldCertificateSha256 = certificate.sha256;
  const bound = { caseId, serverId, nonce, promisedDay, expiresAt };
  const proof = proofBytes({ ...bound, oldCertificateSha256, newSpkiSha256: spki });
  const proofSignature = (await process.sign(token.serial, certificateId, proof)).toString('base64');
  reached('T6 acted');
  const made = { csr, proof: proof.toString('base64'), proofSignature };
  journal.append('T6', 'done', { ...made, nonce, promisedDay, expiresAt, spki } satisfies z.infer<typeof Made>);
  reached('T6 done');
  customer.tell('key-made');
  return made;
}

const madeBefore = ({ journal }: Ground) => Made.safeParse(journal.done('T6')?.data).data;
