/**
 * What brings a case on: the customer says yes, the computer does what it was asked, the CA issues. The outside
 * answers only what it was really asked for, so a case that waits for something nobody was asked for is found out.
 */
import { agenda, type Live, type Step } from '../../renewal/agenda.ts';
import { addDays, DAY_MS, type Instant } from '../../renewal/calendar.ts';
import type { Case } from '../../renewal/case.ts';
import type { CaseCommand } from '../../renewal/commands.ts';
import type { Policy } from '../../renewal/policy.ts';
import { newEnd, promisedDay } from '../../renewal/window.ts';
import { PERSON } from './personal.ts';
import { CHECKS, TOKEN } from './sample.ts';

export interface Stand {
  readonly case: Case;
  readonly policy: Policy;
  readonly live: Live;
  readonly now: Instant;
  readonly wasAsked: (effectKey: string) => boolean;
  /** Never the same twice. */
  readonly fresh: () => string;
}

export type Help =
  | { readonly kind: 'command'; readonly command: CaseCommand; readonly live?: Live }
  | { readonly kind: 'live'; readonly live: Live }
  /** Nothing more to be done here, or only by people: the step says why. */
  | { readonly kind: 'end' };

const COMPUTER = { os: 'Windows', name: PERSON };

/** @throws Error when the step waits for work that nobody was asked for */
export function helpWith(s: Stand, step: Step): Help {
  const { case: c, live } = s;
  const { link } = live;
  switch (step.name) {
    case 'sign-in':
      return { kind: 'live', live: { ...live, signedIn: true } };
    case 'choose-certificate':
      throw new Error('a case is there');
    case 'done':
    case 'cancelled':
    case 'lapsed':
    case 'with-staff':
    case 'too-early':
    case 'too-late':
      return { kind: 'end' };
    case 'change':
      return say({ type: 'withdraw-change' });
    case 'bid-guard':
      return say({ type: 'answer-bid-question', answer: 'none' });
    case 'bid-opening':
      return say({ type: 'tell-bid-opening', opensAt: s.now + DAY_MS });
    case 'bid-risk':
      return say({ type: 'accept-bid-risk' });

    case 'link':
      return { kind: 'live', live: { ...live, link: { kind: 'asking', linkId: s.fresh(), computer: COMPUTER } } };
    case 'match': {
      if (link.kind !== 'asking') throw new Error('no computer asks to join');
      const { linkId, computer } = link;
      const command = { type: 'report-computer-joined', linkId, computer } as const;
      return { kind: 'command', command, live: { ...live, link: { kind: 'linked', linkId } } };
    }
    case 'look': {
      if (link.kind !== 'linked') throw new Error('no computer to look with');
      const { linkId } = link;
      // an earlier computer's joining that is heard of late leaves the look with it: whoever waits joins again
      if (c.look.kind === 'none' || c.look.linkId !== linkId) return { kind: 'live', live: { ...live, link: NO_LINK } };
      return answer(s, `bridge/${linkId}/cert.read/${c.looks}`, { type: 'report-token-looked', linkId, token: TOKEN });
    }
    case 'look-again':
      return say({ type: 'look-again', linkId: link.kind === 'linked' ? link.linkId : '' });
    case 'details':
      return say({ type: 'confirm-details', promisedDay: dayPromised(s), txnId: s.fresh(), nonce: s.fresh() });

    case 'rekey-again':
    case 'write-again':
    case 'verify-again':
      return say({ type: 'try-again', nonce: s.fresh() });
    case 'rekey':
      return onTheKey(s);
    case 'issue': {
      if (c.issuance.kind !== 'requested') throw new Error('the CA was not asked');
      return answer(s, c.issuance.requestId, certificateFor(s, c.issuance));
    }
    case 'write-certificate': {
      if (c.writing.kind !== 'asked' || c.issuance.kind !== 'issued') throw new Error('nothing to write');
      const { txnId, sha256 } = c.issuance;
      const command = { type: 'report-certificate-written', txnId, sha256 } as const;
      return answer(s, `bridge/${txnId}/renew.write/${c.writing.attempt}`, command);
    }
    case 'verify': {
      if (c.verifying.kind !== 'asked' || c.issuance.kind !== 'issued') throw new Error('nothing to verify');
      const { txnId } = c.issuance;
      const command = { type: 'report-verified', txnId, checks: CHECKS } as const;
      return answer(s, `bridge/${txnId}/renew.verify/${c.verifying.attempt}`, command);
    }
  }
}

export function stepOf({ case: theCase, policy, live, now }: Omit<Stand, 'case'> & { case: Case | undefined }): Step {
  return agenda({ case: theCase, policy, live, now });
}

const NO_LINK = { kind: 'none' } as const;

function say(command: CaseCommand): Help {
  return { kind: 'command', command };
}

function answer(s: Stand, effectKey: string, command: CaseCommand): Help {
  if (!s.wasAsked(effectKey)) throw new Error(`nobody was asked for ${effectKey}`);
  if (effectKey.startsWith('bridge/') && s.live.link.kind !== 'linked') throw new Error(`no computer for ${effectKey}`);
  return { kind: 'command', command };
}

function onTheKey(s: Stand): Help {
  const { rekey } = s.case;
  if (rekey.kind !== 'started') throw new Error(`no key is being made: ${rekey.kind}`);
  const { txnId, attempt, consented } = rekey;
  if (!consented)
    return answer(s, `bridge/${txnId}/renew.begin/${attempt}`, { type: 'report-consented', txnId, attempt });
  const made = { type: 'report-key-made', txnId, spki: s.fresh(), csr: 'csr', proof: 'proof' } as const;
  return answer(s, `bridge/${txnId}/renew.csr/${attempt}`, made);
}

/** As a CA issues: from the instant of issuance on, never less than the formula. */
export function certificateFor(
  { case: c, now, fresh }: Pick<Stand, 'case' | 'now' | 'fresh'>,
  asked: { readonly requestId: string; readonly spki: string },
  daysLess = 0,
): Extract<CaseCommand, { type: 'report-certificate-issued' }> {
  const years = c.promised === 'none' ? 1 : c.promised.years;
  const notAfter = newEnd(c.certificate.notAfter, now, years) - daysLess * DAY_MS;
  const { requestId, spki } = asked;
  const [serial, sha256] = [fresh(), fresh()];
  return {
    type: 'report-certificate-issued',
    requestId,
    spki,
    serial,
    sha256,
    notBefore: now,
    notAfter,
    certificate: 'der',
    faults: [],
  };
}

export function dayPromised({ case: c, now, policy }: Pick<Stand, 'case' | 'now' | 'policy'>, daysMore = 0) {
  const day = promisedDay(c.certificate.notAfter, now, policy.years);
  return daysMore === 0 ? day : addDays(day, daysMore);
}
