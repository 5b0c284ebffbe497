/**
 * The bid guard: renewing changes the key that opens encrypted bid files (domain §3.0, decision table).
 *
 * No unopened bid: go on. Certificate ends after the opening: renew after the opening, or make the file again, which
 * must be typed. Ends before it: renew now and make the file again. Not sure: how to check, and the same question.
 */
import { hasExpired } from '../../renewal/window.ts';
import { dayOf, momentOf } from '../dates.ts';
import { problem, wish, withTalk, type Reaction } from '../reaction.ts';
import { parseOpeningTime } from '../understand/opening-time.ts';
import { normalise } from '../understand/normalise.ts';
import { option, phrase } from '../words.ts';
import { caseStep, chose, type Prompt, type Said, type Underway } from './step.ts';

export const bidGuard = caseStep({
  ask: (s) => ({
    template: 'bid-guard',
    data: { unsure: s.case.bid.kind === 'unsure' },
    options: [option('1', 'no-bids'), option('2', 'unopened'), option('3', 'unsure')],
    example: 'bid-guard',
  }),
  answer: (s, said) => {
    if (chose(said, 'no-bids')) return wish(s, { type: 'answer-bid-question', answer: 'none' });
    if (chose(said, 'unopened')) return wish(s, { type: 'answer-bid-question', answer: 'unopened' });
    if (chose(said, 'unsure')) return wish(s, { type: 'answer-bid-question', answer: 'unsure' });
    return 'miss';
  },
});

export const bidOpening = caseStep({
  ask: () => ({ template: 'bid-opening', data: {}, options: [option('0', 'back')], example: 'bid-opening' }),
  answer: (s, said) => {
    const opensAt = said.kind === 'text' ? parseOpeningTime(said.text, s.now) : undefined;
    if (opensAt === undefined) return 'miss';
    return opensAt <= s.now
      ? { after: s, remark: problem('bid/opening-passed') }
      : wish(s, { type: 'tell-bid-opening', opensAt });
  },
});

export const bidRisk = caseStep({
  ask: (s) => (s.talk.confirming === 'bid-risk' ? askForPhrase() : askRisk(s)),
  answer: (s, said) => (s.talk.confirming === 'bid-risk' ? confirmed(s, said) : answerRisk(s, said)),
  freeText: (s) => s.talk.confirming === 'bid-risk',
});

/** What the certificate that is used up to the opening makes of the advice. */
function outlives(s: Underway): boolean {
  return s.case.certificate.notAfter > opening(s);
}

function opening(s: Underway): number {
  return s.case.bid.kind === 'unopened-until' ? s.case.bid.opensAt : s.now;
}

function askRisk(s: Underway): Prompt {
  const waits = outlives(s);
  const expired = hasExpired(s.case.certificate.notAfter, s.now);
  return {
    template: waits ? 'bid-risk-wait' : 'bid-risk-now',
    data: { opens: momentOf(opening(s)), ends: dayOf(s.case.certificate.notAfter), expired },
    options: waits
      ? [option('1', 'wait-for-opening'), option('2', 'renew-anyway'), option('0', 'back')]
      : [option('1', 'renew-now'), option('0', 'back')],
    example: 'bid-risk',
  };
}

function askForPhrase(): Prompt {
  const data = { phrase: phrase('bid-risk') };
  return { template: 'bid-risk-confirm', data, options: [option('0', 'back')], example: 'bid-risk-confirm' };
}

function answerRisk(s: Underway, said: Said): Reaction | 'miss' {
  if (chose(said, 'renew-now')) return wish(s, { type: 'accept-bid-risk' });
  if (chose(said, 'renew-anyway')) return { after: withTalk(s, { confirming: 'bid-risk' }) };
  if (!chose(said, 'wait-for-opening')) return 'miss';
  const data = { opens: momentOf(opening(s)), kept: dayOf(s.case.keptUntil) };
  return { after: s, instead: { template: 'bid-later', data } };
}

/** Read and typed, not tapped by habit. */
function confirmed(s: Underway, said: Said): Reaction | 'miss' {
  if (said.kind !== 'text' || normalise(said.text) !== normalise(phrase('bid-risk'))) return 'miss';
  return wish(withTalk(s, { confirming: 'none' }), { type: 'accept-bid-risk' });
}
