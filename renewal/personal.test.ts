import { expect, test } from 'vitest';
import { assertNobodyIsNamed, PERSON } from '../tests/core/personal.ts';
import { NOW, OLD, ORDINARY, POLICY, STAGES, TOKEN, TXN, upTo } from '../tests/core/sample.ts';
import type { CaseFact } from './case.ts';
import { decide } from './decide.ts';
import type { HandlerFact } from './handler.ts';

// the walks look through the facts of every case that they bring about
test.each(STAGES)('the facts of "%s" in an ordinary renewal name nobody', (stage) => {
  const before = STAGES[STAGES.indexOf(stage) - 1];
  const decision = decide(before && upTo(before), ORDINARY[stage], POLICY, NOW);
  if (decision.kind === 'refused') throw new Error(decision.problem);
  expect(decision.facts.length).toBeGreaterThan(0);
  for (const fact of decision.facts) assertNobodyIsNamed(fact);
});

test('a handler is a mask and an instant', () => {
  assertNobodyIsNamed({ type: 'handler-registered', handlerId: 'h', mobile: '138****6027' });
  assertNobodyIsNamed({ type: 'identity-verified', until: NOW });
});

const opened = { type: 'case-opened', caseId: 'c', handlerId: 'h', certificate: OLD, project: 'p' } as const;

test.each([
  { says: 'names somebody', fact: { type: 'computer-joined', linkId: 'l', os: `Linux on ${PERSON}` } },
  { says: 'not on the list', fact: { type: 'computer-joined', linkId: 'l', os: 'Linux', name: 'DESK-7' } },
  { says: 'not on the list', fact: { type: 'token-looked', linkId: 'l', token: { ...TOKEN, label: 'Zhang Wei' } } },
  { says: 'not on the list', fact: { type: 'rekey-consented', txnId: TXN, pin: 'secret' } },
  { says: 'is masked', fact: { ...opened, handlerMobile: '138****', policyVersion: 1, keptUntil: NOW } },
  {
    says: 'holds a mobile number',
    fact: { ...opened, handlerMobile: '13800138000', policyVersion: 1, keptUntil: NOW },
  },
  { says: 'holds a mobile number', fact: { type: 'handler-registered', handlerId: 'h', mobile: '13800138000' } },
  { says: 'identity card', fact: { type: 'computer-joined', linkId: '11010519491231002X', os: 'Linux' } },
  { says: 'holds a PIN or a code', fact: { type: 'rekey-consented', txnId: '123456' } },
  { says: 'holds a PIN or a code', fact: { type: 'rekey-started', txnId: TXN, attempt: 1, nonce: '47' } },
] as readonly { says: string; fact: object }[])('a fact with $fact is found out: $says', ({ says, fact }) => {
  expect(() => assertNobodyIsNamed(fact as CaseFact | HandlerFact)).toThrow(says);
});
