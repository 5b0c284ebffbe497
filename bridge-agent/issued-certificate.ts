/**
 * Is this the certificate that the customer was promised, for the key that this PC made? Checked before anything is
 * written (T9), because a token takes whatever it is given.
 */
import type { X509Certificate } from 'node:crypto';
import { shanghaiDay } from './certificate.ts';
import type { CertificateParts } from './certificate.ts';
import { AgentProblem } from './problem.ts';

/** Clocks of the CA and the server may differ by so much. */
const CLOCK_SKEW_MS = 5 * 60_000;

export interface Promised {
  readonly newSpki: Buffer;
  readonly old: CertificateParts;
  /** `YYYY-MM-DD` in Shanghai: the customer agreed to an end on this day or later. */
  readonly promisedDay: string;
  /** CAs whose certificates came with the agent. */
  readonly issuers: readonly X509Certificate[];
  /** The server's time. */
  readonly now: number;
}

/** In the order in which a clerk would look; the first that fails is told. */
const CHECKS: readonly (readonly [string, (issued: CertificateParts, promised: Promised) => boolean])[] = [
  ['is for the new key', (issued, { newSpki }) => issued.spki.equals(newSpki)],
  ['is issued by a known CA', (issued, { issuers }) => issuers.some((issuer) => isIssuedBy(issued, issuer))],
  ['names the same subject', (issued, { old }) => issued.subject.equals(old.subject)],
  ['is no CA certificate', (issued) => !issued.x509.ca],
  ['has begun', (issued, { now }) => issued.notBefore <= now + CLOCK_SKEW_MS],
  ['ends after today', (issued, { now }) => issued.notAfter > now],
  ['ends on the promised day or later', (issued, { promisedDay }) => shanghaiDay(issued.notAfter) >= promisedDay],
];

/** @throws AgentProblem certificate/not-acceptable, saying which check failed */
export function checkIssued(issued: CertificateParts, promised: Promised): void {
  const failed = CHECKS.find(([, holds]) => !holds(issued, promised));
  if (failed) throw new AgentProblem('certificate/not-acceptable', `not so: ${failed[0]}`);
}

function isIssuedBy(issued: CertificateParts, issuer: X509Certificate): boolean {
  return issued.x509.checkIssued(issuer) && issued.x509.verify(issuer.publicKey);
}
