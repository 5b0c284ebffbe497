/**
 * The procedure, in order. A step says when it applies, when it is done and whom it waits for; the first that
 * applies and is not done is the one the customer is at. Never stored: it follows from the facts.
 *
 * `npm run agenda` prints this list.
 */
import { shanghaiDate, type Instant } from './calendar.ts';
import type { Case } from './case.ts';
import type { Policy } from './policy.ts';
import { checkWindow, promisedDay } from './window.ts';

/** What is true only now, read from its own rows. */
export interface Live {
  /** Is a handler signed in here? */
  readonly signedIn: boolean;
  readonly link: LiveLink;
}

export type LiveLink =
  | { readonly kind: 'none' }
  /** A code was given and can still be used. */
  | { readonly kind: 'code'; readonly codeId: string; readonly expiresAt: Instant }
  /** A computer typed the code and waits for the customer to type its match number. */
  | {
      readonly kind: 'asking';
      readonly linkId: string;
      readonly computer: { readonly os: string; readonly name: string };
    }
  | { readonly kind: 'linked'; readonly linkId: string };

export interface Situation {
  /** Before a certificate is chosen there is no case. */
  readonly case: Case | undefined;
  readonly policy: Policy | undefined;
  readonly live: Live;
  readonly now: Instant;
}

/** A situation with its case: what every step after choosing is asked about. */
interface Underway extends Situation {
  readonly case: Case;
  readonly policy: Policy;
}

export type StepName =
  | 'sign-in'
  | 'choose-certificate'
  | 'cancelled'
  | 'lapsed'
  | 'change'
  | 'too-early'
  | 'too-late'
  | 'bid-guard'
  | 'bid-opening'
  | 'bid-risk'
  | 'link'
  | 'match'
  | 'look'
  | 'look-again'
  | 'details'
  | 'rekey'
  | 'rekey-again'
  | 'issue'
  | 'with-staff'
  | 'write-certificate'
  | 'write-again'
  | 'verify'
  | 'verify-again'
  | 'done';

export type Party = 'customer' | 'bridge' | 'provider' | 'staff' | 'nobody';
export type Chapter = 1 | 2 | 3 | 4 | 5 | 6 | 7;

export interface Step {
  readonly name: StepName;
  readonly chapter: Chapter;
  readonly waitsFor: Party;
  /** Same text, same question: an answer counts only while the step shows the same. */
  readonly shows: string;
}

interface Rule {
  readonly name: StepName;
  readonly chapter: Chapter;
  readonly waitsFor: Party;
  /** In the words of the procedure, for `npm run agenda`. */
  readonly when: string;
  readonly open: (s: Situation) => boolean;
  readonly shows?: (s: Underway) => string;
}

export const CHAPTERS: Readonly<Record<Chapter, string>> = {
  1: '登录',
  2: '证书',
  3: '实名',
  4: '核对',
  5: '费用',
  6: '写入',
  7: '验证',
};

export const AGENDA: readonly Rule[] = [
  {
    name: 'sign-in',
    chapter: 1,
    waitsFor: 'customer',
    when: 'nobody is signed in here',
    open: (s) => !s.live.signedIn,
  },
  {
    name: 'choose-certificate',
    chapter: 2,
    waitsFor: 'customer',
    when: 'no certificate is chosen',
    open: (s) => s.case === undefined,
  },
  rule('cancelled', 2, 'nobody', 'the customer cancelled', (s) => s.case.ended === 'cancelled'),
  rule('lapsed', 2, 'nobody', 'nothing happened for 30 days', (s) => s.case.ended === 'lapsed'),
  rule('done', 7, 'nobody', 'the new certificate was proven by use', (s) => s.case.verifying.kind === 'verified'),
  rule('with-staff', 6, 'staff', 'the CA refused, or what it issued cannot be used', needsStaff),
  rule('change', 4, 'customer', 'unit or seal data changed: counter', (s) => s.case.changeDeclared),
  rule(
    'too-early',
    2,
    'nobody',
    'the window is not open yet',
    (s) => s.case.promised === 'none' && window(s) === 'too-early',
  ),
  rule('too-late', 2, 'nobody', 'the window has closed', tooLate),
  rule('bid-guard', 2, 'customer', 'unopened bid files not asked about', bidUnanswered, (s) => s.case.bid.kind),
  rule(
    'bid-opening',
    2,
    'customer',
    'there is an unopened bid, opening time unknown',
    (s) => guarded(s) && s.case.bid.kind === 'unopened',
  ),
  rule('bid-risk', 2, 'customer', 'the bid opens later and the files must be made again', bidAtRisk, (s) =>
    s.case.bid.kind === 'unopened-until' ? String(s.case.bid.opensAt) : '',
  ),
  rule(
    'match',
    4,
    'customer',
    'a computer asks to join',
    (s) => needsKey(s) && s.live.link.kind === 'asking',
    (s) => (s.live.link.kind === 'asking' ? s.live.link.linkId : ''),
  ),
  rule(
    'link',
    4,
    'customer',
    'no computer is joined',
    (s) => needsKey(s) && s.live.link.kind !== 'linked',
    (s) => (s.live.link.kind === 'code' ? s.live.link.codeId : ''),
  ),
  rule('look-again', 4, 'customer', 'the key could not be looked at', (s) => unpromised(s) && lookOf(s) === 'failed'),
  rule('look', 4, 'bridge', 'the key has not been looked at', (s) => unpromised(s) && lookOf(s) !== 'seen'),
  rule('details', 4, 'customer', 'old and new dates are not confirmed', unpromised, (s) =>
    promisedDay(s.case.certificate.notAfter, s.now, s.policy.years),
  ),
  rule(
    'rekey-again',
    6,
    'customer',
    'consent, PIN or key making stopped',
    (s) => s.case.rekey.kind === 'stopped',
    (s) => (s.case.rekey.kind === 'stopped' ? String(s.case.rekey.attempt) : ''),
  ),
  rule(
    'rekey',
    6,
    'bridge',
    'no new key on the token yet',
    (s) => s.case.rekey.kind !== 'key-made',
    (s) => (s.case.rekey.kind === 'started' && s.case.rekey.consented ? 'consented' : ''),
  ),
  rule('issue', 6, 'provider', 'the CA has not issued', (s) => s.case.issuance.kind !== 'issued'),
  rule(
    'write-again',
    6,
    'customer',
    'writing stopped',
    (s) => s.case.writing.kind === 'failed',
    (s) => (s.case.writing.kind === 'failed' ? String(s.case.writing.attempt) : ''),
  ),
  rule(
    'write-certificate',
    6,
    'bridge',
    'the certificate is not on the token',
    (s) => s.case.writing.kind !== 'written',
  ),
  rule(
    'verify-again',
    7,
    'customer',
    'verification stopped',
    (s) => s.case.verifying.kind === 'failed',
    (s) => (s.case.verifying.kind === 'failed' ? String(s.case.verifying.attempt) : ''),
  ),
  rule('verify', 7, 'bridge', 'the new certificate is not proven by use', () => true),
];

/** The first step that is open. Total: the last rule is always open. */
export function agenda(situation: Situation): Step {
  const open = AGENDA.find((candidate) => candidate.open(situation)) as Rule;
  const shows = situation.case && situation.policy ? (open.shows?.(situation as Underway) ?? '') : '';
  return { name: open.name, chapter: open.chapter, waitsFor: open.waitsFor, shows: `${open.name}/${shows}` };
}

function rule(
  name: StepName,
  chapter: Chapter,
  waitsFor: Party,
  when: string,
  open: (s: Underway) => boolean,
  shows?: (s: Underway) => string,
): Rule {
  return { name, chapter, waitsFor, when, open: (s) => open(s as Underway), ...(shows && { shows }) };
}

function window(s: Underway): string {
  return checkWindow(s.case.certificate.notAfter, s.now, s.policy.window).kind;
}

/** What was confirmed in the window keeps its own last day; what is issued goes on to the end whatever the day. */
function tooLate(s: Underway): boolean {
  if (s.case.issuance.kind !== 'none') return false;
  return s.case.promised === 'none' ? window(s) === 'too-late' : shanghaiDate(s.now) > s.case.promised.writeUntil;
}

function guarded(s: Underway): boolean {
  return s.policy.bidGuard === 'ask' && unpromised(s);
}

function bidUnanswered(s: Underway): boolean {
  const { bid, reopened } = s.case;
  return guarded(s) && (reopened === 'bid-guard' || bid.kind === 'unanswered' || bid.kind === 'unsure');
}

/** An opening that has passed holds nobody up (domain §3.0). */
function bidAtRisk(s: Underway): boolean {
  return guarded(s) && s.case.bid.kind === 'unopened-until' && s.case.bid.opensAt > s.now;
}

function unpromised(s: Underway): boolean {
  return s.case.promised === 'none';
}

/** Everything from here on happens on the key, but while the CA works no computer is needed. */
function needsKey(s: Underway): boolean {
  return s.case.rekey.kind !== 'key-made' || s.case.issuance.kind === 'issued';
}

/** What the look on the computer that is joined now gave. */
function lookOf(s: Underway): 'none' | 'asked' | 'failed' | 'seen' {
  const { link } = s.live;
  const { look } = s.case;
  if (look.kind === 'none' || link.kind !== 'linked' || look.linkId !== link.linkId) return 'none';
  return look.kind;
}

function needsStaff(s: Underway): boolean {
  return s.case.issuance.kind === 'rejected' || s.case.issuance.kind === 'unusable';
}
