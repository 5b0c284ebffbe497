/**
 * A case (办理单): one renewal of one certificate, as the list of facts that a clerk could say happened, and the
 * state that follows from them.
 *
 * Facts keep their shape for ever; `evolve` is total and reads no clock. Facts carry ids, masks, hashes and public
 * certificate data only, never a mobile number, a name of a person or a PIN.
 */
import type { CalendarDate, Instant } from './calendar.ts';
import type { ProblemCode } from './problem.ts';

/** Raised when `evolve` gives another state for the same facts; snapshots of another number are replayed. */
export const CASE_EVOLVE = 1;

/** The certificate as the registry showed it when the case was opened. */
export interface Certificate {
  readonly id: string;
  /** Upper-case hex without separators. */
  readonly serial: string;
  /** SHA-256 of the DER, lower-case hex. */
  readonly sha256: string;
  readonly unit: string;
  readonly uscc: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
}

/** What a computer says of itself. The system goes into the facts; the name stays in the link's own row. */
export interface Computer {
  readonly os: string;
  readonly name: string;
}

/** What the look at the key (介质查询) saw; not its label, which is what somebody once typed and may be a name. */
export interface TokenView {
  readonly model: string;
  readonly serialTail: string;
  readonly algorithm: string;
  readonly pin: 'ok' | 'low' | 'final' | 'locked';
  /** Certificates on the token, the one of this case included. */
  readonly certificates: number;
}

export type BidAnswer = 'none' | 'unopened' | 'unsure';

export type CaseFact =
  | {
      readonly type: 'case-opened';
      readonly caseId: string;
      readonly handlerId: string;
      readonly handlerMobile: string;
      readonly certificate: Certificate;
      readonly project: string;
      readonly policyVersion: number;
      /** Until when an untouched case is kept. */
      readonly keptUntil: Instant;
    }
  | { readonly type: 'bid-question-answered'; readonly answer: BidAnswer }
  | { readonly type: 'bid-opening-told'; readonly opensAt: Instant }
  | { readonly type: 'bid-risk-accepted' }
  | { readonly type: 'computer-joined'; readonly linkId: string; readonly os: string }
  | { readonly type: 'token-looked'; readonly linkId: string; readonly token: TokenView }
  | { readonly type: 'token-look-failed'; readonly linkId: string; readonly problem: ProblemCode }
  | { readonly type: 'look-asked-again'; readonly linkId: string }
  | { readonly type: 'change-declared' }
  | { readonly type: 'change-withdrawn' }
  | {
      readonly type: 'details-confirmed';
      readonly years: number;
      /** The customer was told: at least until this day. */
      readonly promisedDay: CalendarDate;
      /** Last day on which what was confirmed may still be written. */
      readonly writeUntil: CalendarDate;
      /** Until when the case is kept, counted anew. */
      readonly keptUntil: Instant;
    }
  | { readonly type: 'rekey-started'; readonly txnId: string; readonly attempt: number; readonly nonce: string }
  | { readonly type: 'rekey-consented'; readonly txnId: string }
  | { readonly type: 'rekey-stopped'; readonly txnId: string; readonly attempt: number; readonly problem: ProblemCode }
  | { readonly type: 'key-made'; readonly txnId: string; readonly spki: string }
  | { readonly type: 'issue-requested'; readonly requestId: string; readonly txnId: string; readonly spki: string }
  | {
      readonly type: 'certificate-issued';
      readonly requestId: string;
      readonly serial: string;
      readonly sha256: string;
      readonly notBefore: Instant;
      readonly notAfter: Instant;
      /** DER, base64: public data, needed on the token. */
      readonly certificate: string;
    }
  | { readonly type: 'issue-rejected'; readonly requestId: string; readonly problem: ProblemCode }
  | {
      readonly type: 'certificate-unwanted';
      readonly serial: string;
      readonly why: 'second-for-key' | 'other-key' | 'ends-too-early' | 'not-asked-for' | 'not-acceptable';
    }
  | { readonly type: 'certificate-revoked'; readonly serial: string }
  | { readonly type: 'writing-asked-again'; readonly attempt: number }
  | { readonly type: 'certificate-written'; readonly sha256: string }
  | { readonly type: 'write-failed'; readonly attempt: number; readonly problem: ProblemCode }
  | { readonly type: 'verification-asked-again'; readonly attempt: number }
  | { readonly type: 'verify-failed'; readonly attempt: number; readonly problem: ProblemCode }
  | { readonly type: 'verified'; readonly checks: Verification }
  | { readonly type: 'issuance-confirmed'; readonly serial: string }
  | { readonly type: 'question-reopened'; readonly question: 'bid-guard' }
  | { readonly type: 'staff-asked-for' }
  /** Kept longer than was said before. */
  | { readonly type: 'case-extended'; readonly keptUntil: Instant }
  | { readonly type: 'case-cancelled' }
  | { readonly type: 'case-lapsed' };

/** What was proven on the token with the new certificate (domain R23–R27). */
export interface Verification {
  readonly dates: true;
  readonly chain: true;
  readonly keyPair: true;
  readonly testSignature: true;
  /** Everything that was on the token before is still there. */
  readonly oldObjects: true;
  readonly tokenSerialTail: string;
}

export type Bid =
  | { readonly kind: 'unanswered' }
  | { readonly kind: 'none' }
  | { readonly kind: 'unsure' }
  | { readonly kind: 'unopened' }
  | { readonly kind: 'unopened-until'; readonly opensAt: Instant }
  | { readonly kind: 'risk-accepted'; readonly opensAt: Instant };

export type Look =
  | { readonly kind: 'none' }
  | { readonly kind: 'asked'; readonly linkId: string }
  | { readonly kind: 'failed'; readonly linkId: string; readonly problem: ProblemCode }
  | { readonly kind: 'seen'; readonly linkId: string; readonly token: TokenView };

export interface Promised {
  readonly years: number;
  readonly promisedDay: CalendarDate;
  readonly writeUntil: CalendarDate;
}

export type Rekey =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'started';
      readonly txnId: string;
      readonly attempt: number;
      readonly nonce: string;
      readonly consented: boolean;
    }
  | { readonly kind: 'stopped'; readonly txnId: string; readonly attempt: number; readonly problem: ProblemCode }
  | { readonly kind: 'key-made'; readonly txnId: string; readonly attempt: number; readonly spki: string };

/** What the CA was asked for: one transaction's key. */
interface Asked {
  readonly requestId: string;
  readonly txnId: string;
  readonly spki: string;
}

export type Issuance =
  | { readonly kind: 'none' }
  | ({ readonly kind: 'requested' } & Asked)
  | ({ readonly kind: 'rejected'; readonly problem: ProblemCode } & Asked)
  | ({
      readonly kind: 'issued';
      readonly serial: string;
      readonly sha256: string;
      readonly notBefore: Instant;
      readonly notAfter: Instant;
      readonly certificate: string;
    } & Asked)
  | ({ readonly kind: 'unusable'; readonly serial: string } & Asked);

export type Writing =
  | { readonly kind: 'none' }
  | { readonly kind: 'asked'; readonly attempt: number }
  | { readonly kind: 'failed'; readonly attempt: number; readonly problem: ProblemCode }
  | { readonly kind: 'written'; readonly sha256: string };

export type Verifying =
  | { readonly kind: 'none' }
  | { readonly kind: 'asked'; readonly attempt: number }
  | { readonly kind: 'failed'; readonly attempt: number; readonly problem: ProblemCode }
  | { readonly kind: 'verified'; readonly checks: Verification; readonly at: Instant };

export interface Case {
  readonly id: string;
  readonly handlerId: string;
  readonly handlerMobile: string;
  readonly certificate: Certificate;
  readonly project: string;
  readonly policyVersion: number;
  readonly keptUntil: Instant;
  readonly openedAt: Instant;
  readonly bid: Bid;
  /** A question the customer went back to; answered anew it closes again. */
  readonly reopened: 'bid-guard' | 'none';
  readonly changeDeclared: boolean;
  readonly computer: { readonly linkId: string; readonly os: string } | 'none';
  /** Links that ever joined: one that is reported again is old news. */
  readonly joined: readonly string[];
  readonly look: Look;
  /** How often a look was asked for; names the next one. */
  readonly looks: number;
  readonly promised: Promised | 'none';
  readonly rekey: Rekey;
  readonly issuance: Issuance;
  readonly writing: Writing;
  readonly verifying: Verifying;
  /** The CA knows that the new certificate is in use. */
  readonly confirmed: boolean;
  /** Serials of certificates that had to go back, and of those that the CA revoked. */
  readonly unwanted: readonly string[];
  readonly revoked: readonly string[];
  readonly ended: 'no' | 'cancelled' | 'lapsed';
}

/** Nothing more will happen to it: the certificate is free for another case. */
export function isOver(theCase: Case): boolean {
  return theCase.ended !== 'no' || theCase.verifying.kind === 'verified';
}

/** The CA was asked and it did not come to nothing: from here the case only goes forward. */
export function mayHaveCertificate(theCase: Case): boolean {
  return theCase.issuance.kind === 'requested' || theCase.issuance.kind === 'issued';
}
