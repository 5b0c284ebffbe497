/**
 * The procedure, in order. A step says when it applies, when it is done and whom it waits for; the first that
 * applies and is not done is the one the customer is at. Never stored: it follows from the facts.
 *
 * `npm run agenda` prints this list.
 */
import { shanghaiDate, type Instant } from './calendar.ts';
import type { Case, Computer } from './case.ts';
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
  | { readonly kind: 'code'; readonly codeId: string }
  /** A computer typed the code and waits for the customer to type its match number. */
  | {
      readonly kind: 'asking';
      readonly linkId: string;
      readonly computer: Computer;
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
/** What a customer sees as 第n/7步. */
export const CHAPTERS = [1, 2, 3, 4, 5, 6, 7] as const;
export type Chapter = (typeof CHAPTERS)[number];

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

// prettier-ignore
export const AGENDA: readonly Rule[] = [
  beforeCase('sign-in', 1, 'nobody is signed in here', (s) => !s.live.signedIn),
  beforeCase('choose-certificate', 2, 'no certificate is chosen', (s) => !isUnderway(s)),

  rule('cancelled', 2, 'nobody', 'the customer cancelled', (s) => s.case.ended === 'cancelled'),
  rule('lapsed', 2, 'nobody', 'nothing happened for 30 days', (s) => s.case.ended === 'lapsed'),
  rule('done', 7, 'nobody', 'the new certificate was proven by use', (s) => s.case.verifying.kind === 'verified'),
  rule('with-staff', 6, 'staff', 'the CA refused, or what it issued cannot be used', needsStaff, (s) => s.case.issuance.kind),
  rule('change', 4, 'customer', 'unit or seal data changed: counter', (s) => s.case.changeDeclared),
  rule('too-early', 2, 'nobody', 'the window is not open yet', (s) => unpromised(s) && window(s) === 'too-early'),
  rule('too-late', 2, 'nobody', 'the window has closed', tooLate),

  rule('bid-guard', 2, 'customer', 'unopened bid files not asked about', bidUnanswered, (s) => s.case.bid.kind),
  rule('bid-opening', 2, 'customer', 'unopened bid files, opening time not known', bidOpeningUnknown),
  rule('bid-risk', 2, 'customer', 'the bids open later: the files must be made again', bidAtRisk, (s) => whole(s.case.bid)),

  rule('match', 4, 'customer', 'a computer asks to join', (s) => unpromised(s) && asking(s), linkId),
  rule('link', 4, 'customer', 'no computer is joined', (s) => unpromised(s) && !linked(s), linkId),
  rule('look-again', 4, 'customer', 'the key could not be looked at', (s) => unpromised(s) && lookOf(s) === 'failed', (s) => whole(s.case.look)),
  rule('look', 4, 'bridge', 'the key has not been looked at', (s) => unpromised(s) && lookOf(s) !== 'seen'),
  rule('details', 4, 'customer', 'old and new dates are not confirmed', unpromised, promisedNow),

  rule('match', 6, 'customer', 'a computer asks to join again', (s) => needsKey(s) && asking(s), linkId),
  rule('link', 6, 'customer', 'the computer has gone', (s) => needsKey(s) && !linked(s), linkId),
  rule('rekey-again', 6, 'customer', 'consent, PIN or key making stopped', (s) => s.case.rekey.kind === 'stopped', (s) => whole(s.case.rekey)),
  rule('rekey', 6, 'bridge', 'no new key on the token yet', (s) => s.case.rekey.kind !== 'key-made', (s) => whole(s.case.rekey)),
  rule('issue', 6, 'provider', 'the CA has not issued', (s) => s.case.issuance.kind !== 'issued'),
  rule('write-again', 6, 'customer', 'writing stopped', (s) => s.case.writing.kind === 'failed', (s) => whole(s.case.writing)),
  rule('write-certificate', 6, 'bridge', 'the certificate is not on the token', (s) => s.case.writing.kind !== 'written'),

  rule('verify-again', 7, 'customer', 'verification stopped', (s) => s.case.verifying.kind === 'failed', (s) => whole(s.case.verifying)),
  rule('verify', 7, 'bridge', 'the new certificate is not proven by use', () => true),
];

/** The first step that is open. Total: the last rule is always open. */
export function agenda(situation: Situation): Step {
  const open = AGENDA.find((candidate) => candidate.open(situation)) as Rule;
  const shows = isUnderway(situation) ? (open.shows?.(situation) ?? '') : '';
  return { name: open.name, chapter: open.chapter, waitsFor: open.waitsFor, shows: `${open.name}/${shows}` };
}

function beforeCase(name: StepName, chapter: Chapter, when: string, open: (s: Situation) => boolean): Rule {
  return { name, chapter, waitsFor: 'customer', when, open };
}

/** Everything after choosing has its case and policy: the two rules before it see to that. */
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

function isUnderway(s: Situation): s is Underway {
  return s.case !== undefined && s.policy !== undefined;
}

function unpromised(s: Underway): boolean {
  return s.case.promised === 'none';
}

function window(s: Underway): string {
  return checkWindow(s.case.certificate.notAfter, s.now, s.policy.window).kind;
}

/** What was confirmed in the window keeps its own last day; what the CA was asked for goes on whatever the day. */
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

function bidOpeningUnknown(s: Underway): boolean {
  return guarded(s) && s.case.bid.kind === 'unopened';
}

/** An opening that has passed holds nobody up (domain §3.0). */
function bidAtRisk(s: Underway): boolean {
  return guarded(s) && s.case.bid.kind === 'unopened-until' && s.case.bid.opensAt > s.now;
}

/** Everything after the confirmation happens on the key, but while the CA works no computer is needed. */
function needsKey(s: Underway): boolean {
  return s.case.rekey.kind !== 'key-made' || s.case.issuance.kind === 'issued';
}

function asking(s: Underway): boolean {
  return s.live.link.kind === 'asking';
}

function linked(s: Underway): boolean {
  return s.live.link.kind === 'linked';
}

/** A code and a computer are named by their ids alone: what else is known of them asks nothing new. */
function linkId({ live: { link } }: Underway): string {
  if (link.kind === 'none') return '';
  return link.kind === 'code' ? link.codeId : link.linkId;
}

/** What the look on the computer that is joined now gave. */
function lookOf(s: Underway): 'none' | 'asked' | 'failed' | 'seen' {
  const { link } = s.live;
  const { look } = s.case;
  if (look.kind === 'none' || link.kind !== 'linked' || look.linkId !== link.linkId) return 'none';
  return look.kind;
}

function promisedNow(s: Underway): string {
  return promisedDay(s.case.certificate.notAfter, s.now, s.policy.years);
}

function needsStaff(s: Underway): boolean {
  return s.case.issuance.kind === 'rejected' || s.case.issuance.kind === 'unusable';
}

/** The part of the case that a question was asked about, as it stands: when it changes, the question is another. */
function whole(part: object): string {
  return JSON.stringify(part);
}
