/**
 * The bid guard: renewing changes the key that opens encrypted bid files (domain §3.0, decision table).
 *
 * No unopened bid: go on. Certificate ends after the opening: renew after the opening, or make the file again, which
 * must be typed. Ends before it: renew now and make the file again. Not sure: how to check, and the same question.
 */
import { hasExpired } from '../../renewal/window.ts';
import { dayOf, momentOf, writtenDay } from '../dates.ts';
import { andWish, problem, wish, withTalk, type Reaction } from '../reaction.ts';
import { parseOpeningDay, parseOpeningTime } from '../understand/opening-time.ts';
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
    return (saysUnopened(s, said) ? takeOpening(s, said) : undefined) ?? 'miss';
  },
});

export const bidOpening = caseStep({
  ask: ({ talk: { openingDay } }) => {
    const options = [option('0', 'back')];
    if (!openingDay) return { template: 'bid-opening', data: {}, options, example: 'bid-opening' };
    return { template: 'bid-hour', data: { day: writtenDay(openingDay) }, options, example: 'bid-hour' };
  },
  answer: (s, said) => takeOpening(s, said) ?? 'miss',
});

/** When the bids are opened, told at any of these questions; a day without its hour is kept until the hour is told. */
function takeOpening(s: Underway, said: Said): Reaction | undefined {
  if (said.kind !== 'text') return undefined;
  const opensAt = parseOpeningTime(said.text, s.now, s.talk.openingDay);
  const day = parseOpeningDay(said.text, s.now);
  if (opensAt === undefined && !day) return undefined;
  const unopened = isToldUnopened(s) ? { after: s } : wish(s, { type: 'answer-bid-question', answer: 'unopened' });
  if (opensAt === undefined)
    return { ...unopened, after: withTalk(unopened.after, { ...(day && { openingDay: day.date }) }) };
  if (opensAt <= s.now) return { ...unopened, remark: problem('bid/opening-passed') };
  return andWish(unopened, { type: 'tell-bid-opening', opensAt });
}

function isToldUnopened({ case: { bid, reopened } }: Underway): boolean {
  return bid.kind === 'unopened' && reopened === 'none';
}

/** 还没开标 says the same; what is left must neither deny nor put off. */
function saysUnopened(s: Underway, said: Said): boolean {
  if (said.kind !== 'text') return false;
  if (/[没无未不已]|再[来办说]/.test(said.text.replace(/还?[没未]有?开标?/, ''))) return false;
  const day = parseOpeningDay(said.text, s.now);
  return parseOpeningTime(said.text, s.now) !== undefined || day?.alone === true || /标/.test(said.text);
}

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
  if (!chose(said, 'wait-for-opening')) return takeOpening(s, said) ?? 'miss';
  const data = { opens: momentOf(opening(s)), kept: dayOf(s.case.keptUntil) };
  const options = [option('2', 'renew-anyway'), option('0', 'back')];
  return { after: s, instead: { template: 'bid-later', data, options } };
}

/** Read and typed, not tapped by habit. */
function confirmed(s: Underway, said: Said): Reaction | 'miss' {
  if (said.kind !== 'text' || normalise(said.text) !== normalise(phrase('bid-risk'))) return 'miss';
  return wish(withTalk(s, { confirming: 'none' }), { type: 'accept-bid-risk' });
}
