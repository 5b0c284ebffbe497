/** T9 and T10: the issued certificate, checked, then written once under the new key's id. */
import { readCertificate } from './certificate.ts';
import type { CertificateParts } from './certificate.ts';
import { findToken } from './find-token.ts';
import { checkIssued } from './issued-certificate.ts';
import type { OpenKey } from './open-key.ts';
import { AgentProblem } from './problem.ts';
import type { Ground, Key } from './transaction-ground.ts';
import { runStep } from './transaction-step.ts';

/** @throws AgentProblem certificate/not-acceptable */
export function readIssued(base64: string): CertificateParts {
  try {
    return readCertificate(Buffer.from(base64, 'base64'));
  } catch (cause) {
    throw new AgentProblem('certificate/not-acceptable', 'not a certificate', { cause });
  }
}

/**
 * Is it there already? Seen without a PIN, so that nobody is asked for what is done.
 *
 * @param open the key, when it is open; otherwise it is looked for, and a missing one is no answer yet
 */
export async function isWritten(
  ground: Ground,
  open: OpenKey | undefined,
  oldSha256: string,
  issued: CertificateParts,
): Promise<boolean> {
  const key = open ?? (await findToken(ground.drivers, oldSha256).catch(notThere));
  if (!key) return false;
  try {
    const there = (await onToken(ground, key, issued)) !== undefined;
    if (there && !ground.journal.done('T10')) ground.journal.append('T10', 'done', { sha256: issued.sha256 });
    return there;
  } finally {
    if (key !== open) await key.process.stop();
  }
}

/** @throws AgentProblem certificate/not-acceptable, token/changed-outside (no new key to go with it) */
export function checkIssuedFor(
  { journal, issuers, now, reached }: Ground,
  { certificate: old }: OpenKey,
  issued: CertificateParts,
  { spki, promisedDay }: { readonly spki: Buffer | undefined; readonly promisedDay: string },
): void {
  if (!spki) throw new AgentProblem('token/changed-outside', 'the new key is not on the token');
  checkIssued(issued, { newSpki: spki, old, promisedDay, issuers, now: now() });
  journal.append('T9', 'done', { sha256: issued.sha256 });
  reached('T9 done');
}

export async function writeCertificate(ground: Ground, key: OpenKey, issued: CertificateParts): Promise<void> {
  await runStep('T10', ground, {
    process: key.process,
    observe: () => onToken(ground, key, issued),
    act: () => {
      ground.customer.tell('writing');
      const named = { id: ground.id, label: ground.label() };
      return key.process.writeCertificate(key.token.serial, { ...named, der: issued.der });
    },
    record: ({ sha256 }) => ({ sha256 }),
  });
  ground.customer.tell('written');
}

/** @throws AgentProblem token/changed-outside when it is elsewhere, or another certificate took its place */
async function onToken(
  { id }: Ground,
  { process, token }: Key,
  issued: CertificateParts,
): Promise<CertificateParts | undefined> {
  const der = issued.der.toString('base64');
  const related = (await process.certificates(token.serial)).filter((one) => one.id === id || one.der === der);
  const [only, ...more] = related;
  if (only === undefined) return undefined;
  if (more.length === 0 && only.id === id && only.der === der) return issued;
  throw new AgentProblem('token/changed-outside', 'another certificate at the new key');
}

function notThere(problem: unknown): undefined {
  if (!(problem instanceof AgentProblem)) throw problem;
}
