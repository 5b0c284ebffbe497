import { expect, test } from 'vitest';
import { CHAIN_START, checkChain, nextTip } from './chain.ts';

const BODIES = [
  { type: 'case-opened' },
  { type: 'bid-question-answered', answer: 'none' },
  { type: 'staff-asked-for' },
];

function chained() {
  let tip = CHAIN_START;
  const facts = BODIES.map((body, i) => {
    const fact = { seq: i + 1, body: body as object, at: 1_000 + i, commandId: `c-${i}` };
    const row = { ...fact, prevHash: tip };
    tip = nextTip(tip, fact);
    return row;
  });
  return { facts, tip };
}

test('facts as they were written are whole', () => {
  const { facts, tip } = chained();
  expect(checkChain(facts, tip)).toEqual({ kind: 'whole' });
  expect(checkChain([], CHAIN_START)).toEqual({ kind: 'whole' });
});

test('the order of a body’s keys does not matter, as the database does not keep it', () => {
  const { facts, tip } = chained();
  const reordered = facts.map((fact) => ({
    ...fact,
    body: Object.fromEntries(Object.entries(fact.body).toReversed()),
  }));
  expect(checkChain(reordered, tip)).toEqual({ kind: 'whole' });
});

test.each([
  ['changed', (facts: Row[]) => facts.with(1, { ...facts[1]!, body: { ...facts[1]!.body, answer: 'unopened' } }), 3],
  ['dated back', (facts: Row[]) => facts.with(1, { ...facts[1]!, at: 0 }), 3],
  ['left out', (facts: Row[]) => facts.toSpliced(1, 1), 2],
  ['put in', (facts: Row[]) => facts.toSpliced(1, 0, facts[1]!), 3],
  ['cut off', (facts: Row[]) => facts.slice(0, 2), 2],
  ['the last one changed', (facts: Row[]) => facts.with(2, { ...facts[2]!, body: { type: 'x' } }), 3],
])('a fact that was %s shows', (_, change, atSeq) => {
  const { facts, tip } = chained();
  expect(checkChain(change(facts), tip)).toEqual({ kind: 'broken', atSeq });
});

type Row = ReturnType<typeof chained>['facts'][number];
