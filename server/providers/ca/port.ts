/**
 * What we rely on in a certificate authority: request, ask, confirm, revoke. Modelled on RFC 9810 (p10cr, pollReq,
 * certConf, rr); a provider per folder entry, the same contract for each.
 */
import type { Instant } from '../../../renewal/calendar.ts';

export interface CertificateOrder {
  /** The same id never yields a second certificate, also after a lost answer. */
  readonly requestId: string;
  /** PKCS#10, DER. */
  readonly csr: Buffer;
  /** Renewal proof by the key of the replaced certificate, as `packProof` gives it. */
  readonly proof: string;
  readonly profile: string;
  /** Whole seconds. */
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** Serial of the certificate that is replaced, upper-case hex. */
  readonly replaces: string;
}

export type CaAnswer =
  /** DER. */
  | { readonly kind: 'issued'; readonly certificate: Buffer }
  /** Decided by people: ask again after so long. */
  | { readonly kind: 'pending'; readonly askAfterMs: number }
  /** Final. `reason` is the CA's own word, for the log. */
  | { readonly kind: 'rejected'; readonly reason: string };

export type RevocationReason = 'superseded' | 'cessationOfOperation';

/**
 * Each call throws ProblemError `ca/unreachable` when the CA surely did not get it; anything else that is thrown
 * leaves open whether it did.
 */
export interface CertificateAuthority {
  request(order: CertificateOrder): Promise<CaAnswer>;

  /** What became of a request; `unknown-request` when the CA never got it. */
  ask(requestId: string): Promise<CaAnswer | { readonly kind: 'unknown-request' }>;

  /** The certificate is in use. Telling it twice changes nothing. */
  confirm(requestId: string): Promise<void>;

  /** Telling it twice changes nothing; a serial that the CA never issued is an error. */
  revoke(serial: string, reason: RevocationReason): Promise<void>;
}
