/** What goes into a turn of a conversation and what comes out of it. */
import type { Live } from '../renewal/agenda.ts';
import type { Instant } from '../renewal/calendar.ts';
import type { Case, CaseFact, Certificate } from '../renewal/case.ts';
import type { Work } from '../renewal/effects.ts';
import type { Policy } from '../renewal/policy.ts';
import type { Bubble, Incoming, Talk } from './talk.ts';

export interface TurnInput {
  readonly talk: Talk;
  readonly handler: KnownHandler | undefined;
  readonly case: Case | undefined;
  /** Of the case's project. */
  readonly policy: Policy | undefined;
  /** Of this handler's mobile; read only while somebody is signed in and no certificate is chosen. */
  readonly certificates: readonly RegisteredCertificate[];
  readonly live: Live;
  readonly now: Instant;
  readonly incoming: Incoming;
  readonly draw: Draw;
  /** May another link code be made for this case now? */
  readonly linkCodes: 'allowed' | 'too-many';
}

export interface KnownHandler {
  readonly id: string;
  /** Masked, as 138****6027. */
  readonly mobile: string;
  /** Does the real-name verification count now? */
  readonly verified: boolean;
}

export interface RegisteredCertificate extends Certificate {
  readonly status: 'good' | 'suspended' | 'revoked';
  readonly policy: Policy;
  readonly liveCase: 'none' | 'others' | { readonly caseId: string };
}

/** Fresh random values, so that the turn needs no randomness. */
export interface Draw {
  readonly questionId: string;
  readonly codeId: string;
  readonly caseId: string;
  /** 32 hex digits. */
  readonly txnId: string;
  /** 64 hex digits. */
  readonly nonce: string;
}

export type Check =
  | { readonly kind: 'none' }
  /** May a code be sent to this mobile now? */
  | { readonly kind: 'send-code'; readonly mobile: string }
  | { readonly kind: 'resend-code'; readonly codeId: string }
  | { readonly kind: 'sms-code'; readonly codeId: string; readonly digits: string }
  | { readonly kind: 'match-number'; readonly linkId: string; readonly digits: string }
  | { readonly kind: 'refuse-computer'; readonly linkId: string }
  | { readonly kind: 'leave-computer'; readonly linkId: string }
  | { readonly kind: 'query'; readonly by: 'uscc' | 'serial'; readonly value: string };

export type Finding =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'send-code';
      readonly verdict: 'allowed';
      readonly mobileMasked: string;
      readonly expiresAt: Instant;
    }
  | { readonly kind: 'send-code'; readonly verdict: 'too-soon'; readonly waitSeconds: number }
  | { readonly kind: 'send-code'; readonly verdict: 'too-many' }
  /** `openCaseIds`: this handler's cases that are still going on, the latest first. */
  | {
      readonly kind: 'sms-code';
      readonly verdict: 'right';
      readonly handlerId: string;
      readonly openCaseIds: readonly string[];
    }
  | { readonly kind: 'sms-code'; readonly verdict: 'wrong'; readonly triesLeft: number }
  | { readonly kind: 'sms-code'; readonly verdict: 'expired' | 'no-tries' }
  | { readonly kind: 'match-number'; readonly verdict: 'joined' | 'wrong-number' | 'expired' }
  | { readonly kind: 'refuse-computer' }
  | { readonly kind: 'leave-computer'; readonly linkId: string }
  | { readonly kind: 'query'; readonly verdict: 'answered'; readonly answers: readonly QueryAnswer[] }
  | { readonly kind: 'query'; readonly verdict: 'too-many' };

/** 先查能不能办: no names, no serials beyond what was typed. */
export interface QueryAnswer {
  readonly serialTail: string;
  readonly status: 'good' | 'suspended' | 'revoked';
  readonly notAfter: Instant;
  readonly policy: Policy;
}

export interface TurnOutput {
  readonly talk: Talk;
  readonly says: readonly Bubble[];
  readonly caseChange?: {
    readonly id: string;
    readonly opened?: { readonly certificateId: string; readonly handlerId: string };
    readonly facts: readonly CaseFact[];
    readonly work: Work;
  };
  /** The handler of the finding signed in here. */
  readonly signedIn?: boolean;
  /**
   * What comes next must be read first (who signed in, another case): a `look-again` for this conversation is
   * stored with the turn.
   */
  readonly again?: boolean;
  /** A sign-in code goes out under this id to the mobile of the check. */
  readonly smsCode?: { readonly codeId: string };
  /** A link code is made under this id for this case. */
  readonly linkCode?: { readonly codeId: string; readonly caseId: string };
  readonly audit: readonly {
    readonly act: string;
    readonly subject: string;
    readonly detail: Readonly<Record<string, string | number>>;
  }[];
}
