/** Unopened bid files made with the old key (domain §3.0): nobody loses a tender by renewing without having been asked. */
import { describe, expect, test } from 'vitest';
import { andThen, at, gist, NOW, OLD, ORDINARY, POLICY, policyOf, upTo } from '../tests/core/sample.ts';
import { agenda, type Live } from './agenda.ts';
import type { Bid, Case } from './case.ts';
import { decide } from './decide.ts';

const looked = upTo('looked');
const live: Live = { signedIn: true, link: { kind: 'linked', linkId: 'link-1' } };
const SECOND = 1000;

function withBid(bid: Bid, over: Partial<Case> = {}): Case {
  return { ...looked, bid, ...over };
}

function stepOf(theCase: Case, policy = POLICY): string {
  return agenda({ case: theCase, policy, live, now: NOW }).name;
}

function mayConfirm(theCase: Case, policy = POLICY): boolean {
  return decide(theCase, ORDINARY.confirmed, policy, NOW).kind === 'decided';
}

const TABLE: readonly { bid: Bid; reopened?: 'bid-guard'; step: string }[] = [
  { bid: { kind: 'unanswered' }, step: 'bid-guard' },
  { bid: { kind: 'none' }, step: 'details' },
  { bid: { kind: 'none' }, reopened: 'bid-guard', step: 'bid-guard' },
  { bid: { kind: 'unsure' }, step: 'bid-guard' },
  { bid: { kind: 'unopened' }, step: 'bid-opening' },
  { bid: { kind: 'unopened-until', opensAt: NOW - SECOND }, step: 'details' },
  { bid: { kind: 'unopened-until', opensAt: NOW }, step: 'details' },
  { bid: { kind: 'unopened-until', opensAt: NOW + SECOND }, step: 'bid-risk' },
  // the certificate ends before or after the opening: other advice, the same question
  { bid: { kind: 'unopened-until', opensAt: OLD.notAfter - SECOND }, step: 'bid-risk' },
  { bid: { kind: 'unopened-until', opensAt: OLD.notAfter + SECOND }, step: 'bid-risk' },
  { bid: { kind: 'risk-accepted', opensAt: NOW + SECOND }, step: 'details' },
  { bid: { kind: 'risk-accepted', opensAt: NOW + SECOND }, reopened: 'bid-guard', step: 'bid-guard' },
];

test.each(TABLE)('bid $bid.kind (reopened: $reopened) leads to $step', ({ bid, reopened, step }) => {
  const theCase = withBid(bid, { reopened: reopened ?? 'none' });
  expect(stepOf(theCase)).toBe(step);
  expect(mayConfirm(theCase), 'the details can be confirmed exactly when they are asked about').toBe(
    step === 'details',
  );
});

test.each(TABLE)(
  'bid $bid.kind (reopened: $reopened) holds nobody up where a project does not ask',
  ({ bid, reopened }) => {
    const theCase = withBid(bid, { reopened: reopened ?? 'none' });
    expect(stepOf(theCase, policyOf({ bidGuard: 'off' }))).toBe('details');
    expect(mayConfirm(theCase, policyOf({ bidGuard: 'off' }))).toBe(true);
  },
);

describe('answering', () => {
  test('goes from the question to the opening to the risk, and then on', () => {
    const unopened = andThen(upTo('opened'), { type: 'answer-bid-question', answer: 'unopened' });
    const told = andThen(unopened, { type: 'tell-bid-opening', opensAt: at('2026-05-25 09:30:00') });
    const accepted = andThen(told, { type: 'accept-bid-risk' });
    expect([upTo('opened'), unopened, told, accepted].map((c) => stepOf(c))).toEqual([
      'bid-guard',
      'bid-opening',
      'bid-risk',
      'look',
    ]);
    expect(accepted.bid).toEqual({ kind: 'risk-accepted', opensAt: at('2026-05-25 09:30:00') });
  });

  test.each([
    { opensAt: NOW - SECOND, answer: 'bid/opening-passed' },
    { opensAt: NOW, answer: 'bid/opening-passed' },
    { opensAt: NOW + SECOND, answer: { facts: ['bid-opening-told'], effects: [] } },
  ])('an opening $opensAt, told at ' + String(NOW) + ': $answer', ({ opensAt, answer }) => {
    expect(gist(decide(withBid({ kind: 'unopened' }), { type: 'tell-bid-opening', opensAt }, POLICY, NOW))).toEqual(
      answer,
    );
  });

  test('where a project does not ask, an answer is refused', () => {
    const answered = decide(looked, ORDINARY.bidAnswered, policyOf({ bidGuard: 'off' }), NOW);
    expect(gist(answered)).toBe('case/not-now');
  });

  test('a wrong opening is corrected by going back to the question', () => {
    const told = withBid({ kind: 'unopened-until', opensAt: at('2026-05-25') });
    const corrected = andThen(
      told,
      { type: 'go-back' },
      { type: 'answer-bid-question', answer: 'unopened' },
      { type: 'tell-bid-opening', opensAt: at('2026-05-26') },
    );
    expect(corrected).toEqual({ ...told, bid: { kind: 'unopened-until', opensAt: at('2026-05-26') } });
  });
});
