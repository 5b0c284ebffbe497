/**
 * May a certificate that a CA gave us be put on the customer's key? What the CA was asked for is checked in the
 * certificate itself; a CA's configuration is not trusted to have done it (reference pki §3).
 */
import { KeyUsageFlags } from '@peculiar/asn1-x509';
import { DAY_MS, type Instant } from '../../renewal/calendar.ts';
import { newEnd } from '../../renewal/window.ts';
import type { CertificateView } from './certificate.ts';
import { issuerOf } from './chain.ts';
import { ECDSA_WITH_SHA256, SHA256_WITH_RSA } from './public-key.ts';

export interface Ordered {
  /** SHA-256 of the new SubjectPublicKeyInfo, lower-case hex. */
  readonly spki: string;
  readonly replaced: CertificateView;
  readonly years: number;
  readonly pinned: readonly CertificateView[];
}

/** Both and no others: signing and non-repudiation (contentCommitment). */
const SIGNING = KeyUsageFlags.digitalSignature | KeyUsageFlags.nonRepudiation;

/** The CA's clock may be so far ahead of ours. */
const CLOCK_SKEW_MS = 5 * 60_000;
/** An order may have waited so long at the CA, and its certificate still counts from its own notBefore. */
const LONGEST_WAIT_MS = 30 * DAY_MS;

/** @returns the names of the checks that it fails, all of them; none for a certificate that may be written */
export function faultsOf(certificate: CertificateView, ordered: Ordered, now: Instant): readonly string[] {
  const { replaced, pinned, spki, years } = ordered;
  const { notBefore, notAfter } = certificate;
  const rules: readonly (readonly [string, boolean])[] = [
    ['key', certificate.spkiSha256 === spki],
    ['subject', certificate.subject.equals(replaced.subject)],
    ['chain', issuerOf(certificate, pinned) !== undefined],
    ['usage', certificate.keyUsage === SIGNING && !certificate.authority],
    ['algorithm', [ECDSA_WITH_SHA256, SHA256_WITH_RSA].includes(certificate.signatureAlgorithm)],
    ['serial', certificate.serial !== replaced.serial],
    ['start', notBefore <= now + CLOCK_SKEW_MS && notBefore >= now - LONGEST_WAIT_MS],
    ['end', notAfter === newEnd(replaced.notAfter, notBefore, years)],
  ];
  return rules.filter(([, holds]) => !holds).map(([name]) => name);
}
