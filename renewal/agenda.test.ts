import { describe, expect, test } from 'vitest';
import { andThen, at, NOW, ORDINARY, POLICY, policyOf, STAGES, TXN, upTo } from '../tests/core/sample.ts';
import { OPENING, STATES, type StateName } from '../tests/core/states.ts';
import { AGENDA, agenda, CHAPTERS, type LiveLink, type Step } from './agenda.ts';
import type { Case } from './case.ts';
import { evolve } from './evolve.ts';

const COMPUTER = { os: 'Windows', name: 'office' };
const NO_LINK: LiveLink = { kind: 'none' };
const CODE: LiveLink = { kind: 'code', codeId: 'code-1' };
const ASKING: LiveLink = { kind: 'asking', linkId: 'link-2', computer: COMPUTER };
const LINKED: LiveLink = { kind: 'linked', linkId: 'link-1' };

function step(theCase: Case | undefined, link: LiveLink = LINKED, now = NOW, policy = POLICY): Step {
  return agenda({ case: theCase, policy, live: { signedIn: true, link }, now });
}

test.each([
  { state: 'nothing yet', step: 'choose-certificate', chapter: 2, waitsFor: 'customer' },
  { state: 'opened', step: 'bid-guard', chapter: 2, waitsFor: 'customer' },
  { state: 'bids unopened', step: 'bid-opening', chapter: 2, waitsFor: 'customer' },
  { state: 'bids open later', step: 'bid-risk', chapter: 2, waitsFor: 'customer' },
  { state: 'bids asked again', step: 'bid-guard', chapter: 2, waitsFor: 'customer' },
  { state: 'computer joined', step: 'look', chapter: 4, waitsFor: 'bridge' },
  { state: 'look failed', step: 'look-again', chapter: 4, waitsFor: 'customer' },
  { state: 'looked', step: 'details', chapter: 4, waitsFor: 'customer' },
  { state: 'data changed', step: 'change', chapter: 4, waitsFor: 'customer' },
  { state: 'confirmed', step: 'rekey', chapter: 6, waitsFor: 'bridge' },
  { state: 'consented', step: 'rekey', chapter: 6, waitsFor: 'bridge' },
  { state: 'key making stopped', step: 'rekey-again', chapter: 6, waitsFor: 'customer' },
  { state: 'CA asked', step: 'issue', chapter: 6, waitsFor: 'provider' },
  { state: 'CA refused', step: 'with-staff', chapter: 6, waitsFor: 'staff' },
  { state: 'certificate unusable', step: 'with-staff', chapter: 6, waitsFor: 'staff' },
  { state: 'issued', step: 'write-certificate', chapter: 6, waitsFor: 'bridge' },
  { state: 'writing failed', step: 'write-again', chapter: 6, waitsFor: 'customer' },
  { state: 'written', step: 'verify', chapter: 7, waitsFor: 'bridge' },
  { state: 'verification failed', step: 'verify-again', chapter: 7, waitsFor: 'customer' },
  { state: 'verified', step: 'done', chapter: 7, waitsFor: 'nobody' },
  { state: 'confirmed by the CA', step: 'done', chapter: 7, waitsFor: 'nobody' },
  { state: 'cancelled', step: 'cancelled', chapter: 2, waitsFor: 'nobody' },
  { state: 'lapsed', step: 'lapsed', chapter: 2, waitsFor: 'nobody' },
] as const satisfies readonly { state: StateName; [rest: string]: unknown }[])(
  'with its computer joined, a case that is $state is at $step and waits for $waitsFor',
  ({ state, step: name, chapter, waitsFor }) => {
    expect(step(STATES[state])).toMatchObject({ name, chapter, waitsFor });
  },
);

test.each(Object.keys(STATES) as StateName[])('nobody signed in: first of all sign-in, also when %s', (state) => {
  const live = { signedIn: false, link: LINKED };
  expect(agenda({ case: STATES[state], policy: POLICY, live, now: NOW }).name).toBe('sign-in');
});

test('a case whose project is not known is not chosen yet', () => {
  const live = { signedIn: true, link: NO_LINK };
  expect(agenda({ case: upTo('looked'), policy: undefined, live, now: NOW }).name).toBe('choose-certificate');
});

describe('the computer', () => {
  test.each([
    // questions before it need none
    { state: 'opened', link: NO_LINK, name: 'bid-guard' },
    { state: 'opened', link: ASKING, name: 'bid-guard' },
    { state: 'data changed', link: NO_LINK, name: 'change' },
    { state: 'bids settled', link: NO_LINK, name: 'link' },
    { state: 'bids settled', link: CODE, name: 'link' },
    { state: 'bids settled', link: ASKING, name: 'match' },
    // it joined, and its news is on the way
    { state: 'bids settled', link: LINKED, name: 'look' },
    { state: 'looked', link: NO_LINK, name: 'link' },
    { state: 'looked', link: ASKING, name: 'match' },
    // another one: what the first one saw does not count
    { state: 'looked', link: { kind: 'linked', linkId: 'link-2' }, name: 'look' },
    { state: 'look failed', link: { kind: 'linked', linkId: 'link-2' }, name: 'look' },
    { state: 'look failed', link: NO_LINK, name: 'link' },
    { state: 'confirmed', link: NO_LINK, name: 'link' },
    { state: 'confirmed', link: ASKING, name: 'match' },
    { state: 'confirmed', link: { kind: 'linked', linkId: 'link-2' }, name: 'rekey' },
    { state: 'key making stopped', link: NO_LINK, name: 'link' },
    // while the CA works none is needed
    { state: 'CA asked', link: NO_LINK, name: 'issue' },
    { state: 'CA asked', link: ASKING, name: 'issue' },
    { state: 'CA refused', link: NO_LINK, name: 'with-staff' },
    { state: 'issued', link: NO_LINK, name: 'link' },
    { state: 'issued', link: ASKING, name: 'match' },
    { state: 'written', link: NO_LINK, name: 'link' },
    { state: 'verification failed', link: CODE, name: 'link' },
    { state: 'verified', link: NO_LINK, name: 'done' },
    { state: 'cancelled', link: ASKING, name: 'cancelled' },
  ] as const)('$state, link $link.kind: $name', ({ state, link, name }) => {
    expect(step(STATES[state], link).name).toBe(name);
  });

  test('before the confirmation it belongs to chapter 4, after it to chapter 6', () => {
    expect(step(STATES['bids settled'], NO_LINK).chapter).toBe(4);
    expect(step(STATES['bids settled'], ASKING).chapter).toBe(4);
    expect(step(STATES.confirmed, NO_LINK).chapter).toBe(6);
    expect(step(STATES.issued, ASKING).chapter).toBe(6);
  });
});

describe('the window', () => {
  test.each([
    { state: 'opened', now: '2026-05-15 23:59:59', name: 'too-early' },
    { state: 'opened', now: '2026-05-16', name: 'bid-guard' },
    { state: 'looked', now: '2028-06-14 23:59:59', name: 'details' },
    { state: 'looked', now: '2028-06-15', name: 'too-late' },
    // confirmed in the window: 7 days more
    { state: 'confirmed', now: '2028-06-15', name: 'rekey' },
    { state: 'confirmed', now: '2028-06-21 23:59:59', name: 'rekey' },
    { state: 'confirmed', now: '2028-06-22', name: 'too-late' },
    { state: 'key making stopped', now: '2028-06-22', name: 'too-late' },
    // what the CA was asked for goes on whatever the day
    { state: 'CA asked', now: '2030-01-01', name: 'issue' },
    { state: 'issued', now: '2030-01-01', name: 'write-certificate' },
    { state: 'written', now: '2030-01-01', name: 'verify' },
    { state: 'CA refused', now: '2030-01-01', name: 'with-staff' },
    { state: 'verified', now: '2030-01-01', name: 'done' },
    { state: 'cancelled', now: '2030-01-01', name: 'cancelled' },
  ] as const)('$state on $now: $name', ({ state, now, name }) => {
    expect(step(STATES[state], LINKED, at(now)).name).toBe(name);
  });

  test('once confirmed, a project that narrows its window holds nobody up', () => {
    const narrow = policyOf({ window: { opensDaysBefore: 1, closesDaysAfter: 1, writeGraceDays: 0 } });
    expect(step(STATES.looked, LINKED, NOW, narrow).name).toBe('too-early');
    expect(step(STATES.confirmed, LINKED, NOW, narrow).name).toBe('rekey');
  });

  test('a key that was made after the last day is certified no more', () => {
    const late = evolve(STATES.consented, { type: 'key-made', txnId: TXN, spki: 'late' }, at('2028-06-22'));
    expect(step(late, LINKED, at('2028-06-22')).name).toBe('too-late');
  });
});

test('on the ordinary path the chapters never go backwards', () => {
  const live = (link: LiveLink) => ({ signedIn: true, link });
  const steps = [
    agenda({ case: undefined, policy: undefined, live: { signedIn: false, link: NO_LINK }, now: NOW }),
    agenda({ case: undefined, policy: undefined, live: live(NO_LINK), now: NOW }),
    step(upTo('opened'), NO_LINK),
    step(upTo('bidAnswered'), NO_LINK),
    step(upTo('bidAnswered'), CODE),
    step(upTo('bidAnswered'), ASKING),
    ...STAGES.slice(STAGES.indexOf('joined')).map((stage) => step(upTo(stage))),
  ];
  expect(steps.map(({ name }) => name)).toEqual([
    'sign-in',
    'choose-certificate',
    'bid-guard',
    'link',
    'link',
    'match',
    'look',
    'details',
    'rekey',
    'rekey',
    'issue',
    'write-certificate',
    'verify',
    'done',
    'done',
  ]);
  const chapters = steps.map(({ chapter }) => chapter);
  expect(chapters).toEqual(chapters.toSorted((a, b) => a - b));
});

describe('what a step shows', () => {
  const lookFailed = (problem: 'token/none' | 'token/several') =>
    andThen(upTo('joined'), { type: 'report-look-failed', linkId: 'link-1', problem });
  const stoppedBy = (problem: 'pin/refused' | 'pin/locked') =>
    andThen(upTo('confirmed'), { type: 'report-rekey-stopped', txnId: TXN, attempt: 1, problem });
  const unsure = andThen(upTo('opened'), { type: 'answer-bid-question', answer: 'unsure' });
  const laterOpening = { ...STATES['bids open later'], bid: { kind: 'unopened-until', opensAt: OPENING + 1 } } as const;
  const failedTwice = andThen(
    STATES['writing failed'],
    { type: 'try-again', nonce: 'n' },
    { type: 'report-write-failed', txnId: TXN, attempt: 2, problem: 'token/removed' },
  );
  const verifiedInVain = andThen(
    STATES['verification failed'],
    { type: 'try-again', nonce: 'n' },
    { type: 'report-verify-failed', txnId: TXN, attempt: 2, problem: 'token/removed' },
  );

  test.each([
    ['bid-guard', 'the customer was not sure', step(STATES.opened), step(unsure)],
    ['bid-risk', 'the opening is another', step(STATES['bids open later']), step(laterOpening)],
    ['link', 'there is a code', step(STATES['bids settled'], NO_LINK), step(STATES['bids settled'], CODE)],
    [
      'link',
      'there is another code',
      step(STATES['bids settled'], CODE),
      step(STATES['bids settled'], { ...CODE, codeId: 'code-2' }),
    ],
    [
      'match',
      'another computer asks',
      step(STATES['bids settled'], ASKING),
      step(STATES['bids settled'], { ...ASKING, linkId: 'link-3' }),
    ],
    ['look-again', 'it failed for another reason', step(lookFailed('token/none')), step(lookFailed('token/several'))],
    [
      'details',
      'the promised day is another',
      step(STATES.looked, LINKED, at('2026-06-15 23:59:59')),
      step(STATES.looked, LINKED, at('2026-06-16')),
    ],
    ['details', 'the years are others', step(STATES.looked), step(STATES.looked, LINKED, NOW, policyOf({ years: 2 }))],
    ['rekey', 'consent was given', step(STATES.confirmed), step(STATES.consented)],
    ['rekey-again', 'it stopped for another reason', step(stoppedBy('pin/refused')), step(stoppedBy('pin/locked'))],
    ['write-again', 'it failed again', step(STATES['writing failed']), step(failedTwice)],
    ['verify-again', 'it failed again', step(STATES['verification failed']), step(verifiedInVain)],
    ['with-staff', 'for another reason', step(STATES['CA refused']), step(STATES['certificate unusable'])],
  ] as const)('%s is another question when %s', (name, _why, before, after) => {
    expect(before.name).toBe(name);
    expect(after.name).toBe(name);
    expect(after.shows).not.toBe(before.shows);
  });

  test.each([
    ['time passes within the day', step(STATES.looked), step(STATES.looked, LINKED, at('2026-05-20 23:59:59'))],
    [
      'a day passes that leaves the promised day',
      step(STATES.looked),
      step(STATES.looked, LINKED, at('2026-06-15 12:00:00')),
    ],
    ['staff was asked for', step(STATES.looked), step(andThen(STATES.looked, { type: 'ask-for-staff' }))],
    ['the computer is another one', step(STATES.issued), step(STATES.issued, { kind: 'linked', linkId: 'link-2' })],
    [
      'the computer that asks calls itself something else',
      step(STATES['bids settled'], ASKING),
      step(STATES['bids settled'], { ...ASKING, computer: { os: 'Linux', name: 'other' } }),
    ],
    ['the project has a new version', step(STATES.looked), step(STATES.looked, LINKED, NOW, policyOf({ version: 2 }))],
  ] as const)('is the same when %s', (_what, before, after) => {
    expect(after).toEqual(before);
  });

  test('link and match show the code and the computer by their ids', () => {
    expect(step(STATES['bids settled'], CODE).shows).toBe('link/code-1');
    expect(step(STATES['bids settled'], NO_LINK).shows).toBe('link/');
    expect(step(STATES['bids settled'], ASKING).shows).toBe('match/link-2');
  });

  test('begins with the step, so that no two steps show the same', () => {
    for (const state of Object.values(STATES)) {
      const { name, shows } = step(state);
      expect(shows.startsWith(`${name}/`)).toBe(true);
    }
  });
});

describe('the list', () => {
  test('has seven chapters, and says of every step when it is open', () => {
    expect(CHAPTERS).toHaveLength(7);
    for (const { name, when } of AGENDA) expect(when, name).toMatch(/^\S.+[^.]$/);
  });

  test('asks what the customer can answer at once before what needs the computer', () => {
    const names = AGENDA.map(({ name }) => name);
    expect(names.indexOf('bid-risk')).toBeLessThan(names.indexOf('link'));
    expect(names[0]).toBe('sign-in');
    expect(names.at(-1)).toBe('verify');
  });

  test('needs the ordinary renewal to reach its end', () => {
    expect(step(andThen(undefined, ...STAGES.map((stage) => ORDINARY[stage]))).name).toBe('done');
  });
});
