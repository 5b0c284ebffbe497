import { expect, test } from 'vitest';
import { NEW_SERIAL, NOW, ORDINARY, POLICY, REQUEST, SPKI, STAGES, TOKEN, TXN, upTo } from '../tests/core/sample.ts';
import { STATE_NAMES, STATES } from '../tests/core/states.ts';
import type { Case, CaseFact } from './case.ts';
import { isOver } from './case.ts';
import { decide } from './decide.ts';
import { evolve, replay, type RecordedFact } from './evolve.ts';

/** Every fact of an ordinary renewal, in order. */
const HISTORY: readonly RecordedFact[] = (() => {
  let theCase: Case | undefined;
  return STAGES.flatMap((stage) => {
    const decision = decide(theCase, ORDINARY[stage], POLICY, NOW);
    const facts = decision.kind === 'decided' ? decision.facts : [];
    for (const fact of facts) theCase = evolve(theCase, fact, NOW);
    return facts.map((fact) => ({ fact, at: NOW }));
  });
})();

const OTHERS: readonly CaseFact[] = [
  { type: 'bid-opening-told', opensAt: NOW },
  { type: 'bid-risk-accepted' },
  { type: 'token-look-failed', linkId: 'link-1', problem: 'token/none' },
  { type: 'look-asked-again', linkId: 'link-1' },
  { type: 'token-looked', linkId: 'link-2', token: TOKEN },
  { type: 'change-declared' },
  { type: 'change-withdrawn' },
  { type: 'rekey-stopped', txnId: TXN, attempt: 1, problem: 'pin/timeout' },
  { type: 'issue-rejected', requestId: REQUEST, problem: 'ca/rejected' },
  { type: 'certificate-unwanted', serial: 'FFFF', why: 'ends-too-early' },
  { type: 'certificate-unwanted', serial: 'EEEE', why: 'not-asked-for' },
  { type: 'certificate-unwanted', serial: 'DDDD', why: 'second-for-key' },
  { type: 'certificate-unwanted', serial: 'CCCC', why: 'other-key' },
  { type: 'certificate-revoked', serial: NEW_SERIAL },
  { type: 'certificate-revoked', serial: 'FFFF' },
  { type: 'writing-asked-again', attempt: 2 },
  { type: 'write-failed', attempt: 1, problem: 'token/full' },
  { type: 'verification-asked-again', attempt: 2 },
  { type: 'verify-failed', attempt: 1, problem: 'verify/failed' },
  { type: 'question-reopened', question: 'bid-guard' },
  { type: 'staff-asked-for' },
  { type: 'case-extended', keptUntil: NOW },
  { type: 'case-cancelled' },
  { type: 'case-lapsed' },
];

const FACTS = [...HISTORY.map(({ fact }) => fact), ...OTHERS];

test('a case is its facts: replayed they give it', () => {
  expect(replay(HISTORY)).toEqual(upTo('confirmedByCa'));
  expect(replay([])).toBeUndefined();
});

test('before the opening there is no case, whatever was recorded', () => {
  const stray = OTHERS.map((fact) => ({ fact, at: NOW }));
  expect(replay(stray)).toBeUndefined();
  expect(replay([...stray, ...HISTORY])).toEqual(replay(HISTORY));
});

test('a case is opened once', () => {
  const opened = HISTORY[0]!.fact;
  expect(evolve(upTo('issued'), { ...opened, caseId: 'other' } as CaseFact, NOW)).toEqual(upTo('issued'));
});

test.each(STATE_NAMES)('every fact, fitting or not, leaves a %s case that can be stored', (state) => {
  for (const fact of FACTS) {
    const before = STATES[state];
    const stored = JSON.stringify(before);
    const after = evolve(before, fact, NOW);
    expect(JSON.stringify(before), `${fact.type} leaves the case before it as it was`).toBe(stored);
    expect(JSON.parse(JSON.stringify(after ?? null)), fact.type).toEqual(after ?? null);
  }
});

test.each([
  { fact: { type: 'bid-risk-accepted' }, state: 'bids settled' },
  { fact: { type: 'rekey-consented', txnId: TXN }, state: 'looked' },
  { fact: { type: 'key-made', txnId: TXN, spki: SPKI }, state: 'looked' },
  { fact: { type: 'key-made', txnId: TXN, spki: 'second' }, state: 'CA asked' },
  { fact: { type: 'issue-rejected', requestId: REQUEST, problem: 'ca/rejected' }, state: 'issued' },
  { fact: { ...ORDINARY.issued, type: 'certificate-issued' }, state: 'looked' },
  { fact: { ...ORDINARY.issued, type: 'certificate-issued' }, state: 'certificate unusable' },
  { fact: { type: 'token-looked', linkId: 'link-1', token: TOKEN }, state: 'bids settled' },
  { fact: { type: 'staff-asked-for' }, state: 'looked' },
] as const)('$fact.type says nothing new of a case that is $state', ({ fact, state }) => {
  expect(evolve(STATES[state], fact, NOW)).toEqual(STATES[state]);
});

test.each([
  { why: 'ends-too-early', state: 'issued' },
  { why: 'other-key', state: 'looked' },
  { why: 'not-asked-for', state: 'CA asked' },
  { why: 'second-for-key', state: 'CA refused' },
] as const)('a certificate sent back ($why) leaves the issuance of a case that is $state', ({ why, state }) => {
  const after = evolve(STATES[state], { type: 'certificate-unwanted', serial: 'FFFF', why }, NOW);
  expect(after).toEqual({ ...STATES[state], unwanted: ['FFFF'] });
});

test.each([
  ['opened', false],
  ['CA refused', false],
  ['written', false],
  ['verified', true],
  ['confirmed by the CA', true],
  ['cancelled', true],
  ['lapsed', true],
] as const)('its certificate is free for another case when %s: %s', (state, over) => {
  expect(isOver(STATES[state])).toBe(over);
});

test('a case is kept until the day that the confirmation names, whenever it is replayed', () => {
  const confirmed = HISTORY.find(({ fact }) => fact.type === 'details-confirmed')!.fact;
  const keptUntil = NOW + 1;
  expect(evolve(upTo('looked'), { ...confirmed, keptUntil } as CaseFact, NOW).keptUntil).toBe(keptUntil);
});
