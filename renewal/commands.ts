/**
 * What may be asked of a case (wishes, which may be refused) and what may be reported to it (news, recorded
 * whatever the state). Ids, nonces and time come in with the command.
 */
import type { BidAnswer, Certificate, Computer, TokenView, Verification } from './case.ts';
import type { CalendarDate, Instant } from './calendar.ts';
import type { ProblemCode } from './problem.ts';

export type Wish =
  | {
      readonly type: 'open-case';
      readonly caseId: string;
      readonly handlerId: string;
      /** Masked, as 138****6027. */
      readonly handlerMobile: string;
      /** Does the handler's real-name verification count now? */
      readonly verified: boolean;
      readonly certificate: Certificate & { readonly status: 'good' | 'suspended' | 'revoked' };
    }
  | { readonly type: 'answer-bid-question'; readonly answer: BidAnswer }
  | { readonly type: 'tell-bid-opening'; readonly opensAt: Instant }
  | { readonly type: 'accept-bid-risk' }
  | { readonly type: 'look-again'; readonly linkId: string }
  | { readonly type: 'declare-change' }
  | { readonly type: 'withdraw-change' }
  | {
      readonly type: 'confirm-details';
      /** The day the customer read on the card. */
      readonly promisedDay: CalendarDate;
      /** 32 hex digits, fresh. */
      readonly txnId: string;
      /** 64 hex digits, fresh: goes into the renewal proof. */
      readonly nonce: string;
    }
  /** Go on after a stop, a failed write or a failed verification. */
  | { readonly type: 'try-again'; readonly nonce: string }
  | { readonly type: 'go-back' }
  | { readonly type: 'cancel-case' }
  | { readonly type: 'ask-for-staff' };

export type Report =
  | { readonly type: 'report-computer-joined'; readonly linkId: string; readonly computer: Computer }
  | { readonly type: 'report-token-looked'; readonly linkId: string; readonly token: TokenView }
  | { readonly type: 'report-look-failed'; readonly linkId: string; readonly problem: ProblemCode }
  | { readonly type: 'report-consented'; readonly txnId: string; readonly attempt: number }
  | {
      readonly type: 'report-rekey-stopped';
      readonly txnId: string;
      readonly attempt: number;
      readonly problem: ProblemCode;
    }
  | {
      readonly type: 'report-key-made';
      readonly txnId: string;
      /** SHA-256 of the SubjectPublicKeyInfo, hex. */
      readonly spki: string;
      /** PKCS#10 DER and renewal proof, base64: already checked against the case's certificate. */
      readonly csr: string;
      readonly proof: string;
    }
  | {
      readonly type: 'report-certificate-issued';
      readonly requestId: string;
      readonly spki: string;
      readonly serial: string;
      readonly sha256: string;
      readonly notBefore: Instant;
      readonly notAfter: Instant;
      readonly certificate: string;
      /** Names of the checks that it fails (`server/pki/issued-certificate.ts`); none for a good one. */
      readonly faults: readonly string[];
    }
  | { readonly type: 'report-issue-rejected'; readonly requestId: string; readonly problem: ProblemCode }
  | { readonly type: 'report-certificate-revoked'; readonly serial: string }
  | { readonly type: 'report-certificate-written'; readonly txnId: string; readonly sha256: string }
  | {
      readonly type: 'report-write-failed';
      readonly txnId: string;
      readonly attempt: number;
      readonly problem: ProblemCode;
    }
  | { readonly type: 'report-verified'; readonly txnId: string; readonly checks: Verification }
  | {
      readonly type: 'report-verify-failed';
      readonly txnId: string;
      readonly attempt: number;
      readonly problem: ProblemCode;
    }
  | { readonly type: 'report-issuance-confirmed'; readonly serial: string }
  /** A timer of this case fired; late, early and doubled ones change nothing. */
  | { readonly type: 'report-time' };

export type CaseCommand = Wish | Report;
