/** Does a certificate come from a CA that we have pinned? One level: the pinned certificates are the issuers. */
import { isIssuedBy, type CertificateView } from './certificate.ts';

/** The pinned CA certificate whose key signed this one, found by name and key identifier (RFC 5280 §4.2.1.1). */
export function issuerOf(
  certificate: CertificateView,
  pinned: readonly CertificateView[],
): CertificateView | undefined {
  return pinned.find(
    (issuer) =>
      issuer.authority &&
      issuer.subject.equals(certificate.issuer) &&
      (certificate.authorityKeyId === undefined || certificate.authorityKeyId === issuer.subjectKeyId) &&
      isIssuedBy(certificate, issuer.publicKey),
  );
}
