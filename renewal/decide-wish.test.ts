import { describe, expect, test } from 'vitest';
import {
  andThen,
  at,
  gist,
  NONCE,
  NOW,
  OLD,
  ORDINARY,
  POLICY,
  policyOf,
  PROMISED,
  TXN,
  upTo,
} from '../tests/core/sample.ts';
import { OPENING, OVER, STATE_NAMES, STATES, UNPROMISED, type StateName } from '../tests/core/states.ts';
import type { Wish } from './commands.ts';
import { decide } from './decide.ts';
import { evolve } from './evolve.ts';

type Answers = Readonly<Partial<Record<StateName, readonly string[]>>>;

function where(states: readonly StateName[], ...facts: readonly string[]): Answers {
  return Object.fromEntries(states.map((state) => [state, facts]));
}

/** Each wish: the states that take it and the facts they get; and with which code the others refuse it. */
const TABLE: readonly {
  wish: Wish;
  takenBy: Answers;
  otherwise: string | Readonly<Partial<Record<StateName, string>>>;
}[] = [
  {
    wish: { type: 'answer-bid-question', answer: 'none' },
    takenBy: where(UNPROMISED, 'bid-question-answered'),
    otherwise: 'case/not-now',
  },
  {
    wish: { type: 'tell-bid-opening', opensAt: OPENING },
    takenBy: where(['bids unopened'], 'bid-opening-told'),
    otherwise: 'case/not-now',
  },
  {
    wish: { type: 'accept-bid-risk' },
    takenBy: where(['bids open later'], 'bid-risk-accepted'),
    otherwise: 'case/not-now',
  },
  {
    wish: { type: 'look-again', linkId: 'link-1' },
    takenBy: where(['look failed'], 'look-asked-again'),
    otherwise: 'case/not-now',
  },
  { wish: { type: 'look-again', linkId: 'link-2' }, takenBy: {}, otherwise: 'case/not-now' },
  { wish: { type: 'declare-change' }, takenBy: where(UNPROMISED, 'change-declared'), otherwise: 'case/not-now' },
  {
    wish: { type: 'withdraw-change' },
    takenBy: where(['data changed'], 'change-withdrawn'),
    otherwise: 'case/not-now',
  },
  {
    wish: ORDINARY.confirmed,
    takenBy: where(['looked'], 'details-confirmed', 'rekey-started'),
    otherwise: 'case/not-now',
  },
  {
    wish: { type: 'try-again', nonce: NONCE },
    takenBy: {
      'key making stopped': ['rekey-started'],
      'writing failed': ['writing-asked-again'],
      'verification failed': ['verification-asked-again'],
    },
    otherwise: 'case/not-now',
  },
  {
    wish: { type: 'go-back' },
    takenBy: {
      ...where(['bids unopened', 'bids open later', 'bids settled', 'looked'], 'question-reopened'),
      ...where(['computer joined', 'look failed'], 'question-reopened'),
      'data changed': ['change-withdrawn'],
    },
    otherwise: {
      'nothing yet': 'case/not-now',
      opened: 'case/not-now',
      'bids asked again': 'case/not-now',
      confirmed: 'case/too-late-to-go-back',
      consented: 'case/too-late-to-go-back',
      'key making stopped': 'case/too-late-to-go-back',
      'CA asked': 'case/too-late-to-go-back',
      'CA refused': 'case/too-late-to-go-back',
      'certificate unusable': 'case/too-late-to-go-back',
      issued: 'case/too-late-to-go-back',
      'writing failed': 'case/too-late-to-go-back',
      written: 'case/too-late-to-go-back',
      'verification failed': 'case/too-late-to-go-back',
    },
  },
  {
    wish: { type: 'cancel-case' },
    takenBy: {
      ...where(UNPROMISED, 'case-cancelled'),
      ...where(['confirmed', 'consented', 'key making stopped'], 'case-cancelled'),
      ...where(['CA refused', 'certificate unusable'], 'case-cancelled'),
    },
    otherwise: {
      'nothing yet': 'case/not-now',
      'CA asked': 'case/too-late-to-cancel',
      issued: 'case/too-late-to-cancel',
      'writing failed': 'case/too-late-to-cancel',
      written: 'case/too-late-to-cancel',
      'verification failed': 'case/too-late-to-cancel',
    },
  },
  {
    wish: { type: 'ask-for-staff' },
    takenBy: where(
      STATE_NAMES.filter((state) => state !== 'nothing yet' && !OVER.includes(state)),
      'staff-asked-for',
    ),
    otherwise: 'case/not-now',
  },
];

const CELLS = TABLE.flatMap(({ wish, takenBy, otherwise }) =>
  STATE_NAMES.map((state) => {
    const refusal = OVER.includes(state) ? 'case/ended' : typeof otherwise === 'string' ? otherwise : otherwise[state];
    return { wish, name: wish.type, state, answer: takenBy[state] ?? refusal };
  }),
);

test.each(CELLS)('$name when $state: $answer', ({ wish, state, answer }) => {
  const said = gist(decide(STATES[state], wish, POLICY, NOW));
  expect(typeof said === 'string' ? said : said.facts).toEqual(answer);
});

describe('opening a case', () => {
  test.each(STATE_NAMES.filter((state) => state !== 'nothing yet'))('is refused when there is one: %s', (state) => {
    expect(gist(decide(STATES[state], ORDINARY.opened, POLICY, NOW))).toBe('case/not-now');
  });

  const { opened } = ORDINARY;
  test.each([
    {
      what: 'a good certificate in the window, a verified handler',
      wish: opened,
      answer: { facts: ['case-opened'], effects: [] },
    },
    { what: 'a revoked certificate', wish: status('revoked'), answer: 'certificate/revoked' },
    { what: 'a suspended certificate', wish: status('suspended'), answer: 'certificate/suspended' },
    { what: 'an unverified handler', wish: { ...opened, verified: false }, answer: 'handler/not-verified' },
    { what: 'a day too early', wish: opened, now: '2026-05-15 23:59:59', answer: 'window/too-early' },
    { what: 'the first day', wish: opened, now: '2026-05-16', answer: { facts: ['case-opened'], effects: [] } },
    { what: 'the last day', wish: opened, now: '2028-06-14 23:59:59', answer: { facts: ['case-opened'], effects: [] } },
    { what: 'a day too late', wish: opened, now: '2028-06-15', answer: 'window/too-late' },
    // as a clerk checks: first the certificate, then the day, then the person
    {
      what: 'revoked, too late and unverified',
      wish: { ...status('revoked'), verified: false },
      now: '2029-01-01',
      answer: 'certificate/revoked',
    },
    {
      what: 'too early and unverified',
      wish: { ...opened, verified: false },
      now: '2026-01-01',
      answer: 'window/too-early',
    },
  ])('with $what: $answer', ({ wish, now, answer }) => {
    expect(gist(decide(undefined, wish, POLICY, now ? at(now) : NOW))).toEqual(answer);
  });

  test('too early says from when, too late since when not', () => {
    expect(decide(undefined, opened, POLICY, at('2026-05-01'))).toMatchObject({ about: { opensOn: '2026-05-16' } });
    expect(decide(undefined, opened, POLICY, at('2028-07-01'))).toMatchObject({ about: { closedOn: '2028-06-14' } });
  });

  test('keeps the certificate without the status it had that day', () => {
    expect(upTo('opened').certificate).toEqual(OLD);
  });

  function status(status: 'revoked' | 'suspended'): Wish & { type: 'open-case' } {
    return { ...opened, certificate: { ...OLD, status } };
  }
});

describe('confirming the details', () => {
  const looked = upTo('looked');
  const confirm = (over: { promisedDay?: typeof PROMISED } = {}, now = NOW, policy = POLICY, theCase = looked) =>
    decide(theCase, { ...ORDINARY.confirmed, ...over }, policy, now);

  test('needs the day that the customer read to be the day of now', () => {
    expect(gist(confirm({ promisedDay: '2027-06-14' }))).toBe('details/outdated');
    expect(gist(confirm({ promisedDay: '2027-06-16' }))).toBe('details/outdated');
  });

  test.each([
    { now: '2026-06-15 23:59:59', promisedDay: '2027-06-15', writeUntil: '2028-06-21' },
    { now: '2026-06-16 00:00:00', promisedDay: '2027-06-16', writeUntil: '2028-06-21' },
    { now: '2028-02-29 09:00:00', promisedDay: '2029-02-28', writeUntil: '2028-06-21' },
    { now: '2028-06-14 23:59:59', promisedDay: '2029-06-14', writeUntil: '2028-06-21' },
  ] as const)('on $now promises $promisedDay, written by $writeUntil', ({ now, promisedDay, writeUntil }) => {
    expect(confirm({ promisedDay }, at(now))).toMatchObject({ facts: [{ years: 1, promisedDay, writeUntil }, {}] });
  });

  test('keeps the years of the day, whatever the project offers later', () => {
    const facts = confirm({ promisedDay: '2029-06-15' }, NOW, policyOf({ years: 3 }));
    expect(gist(facts)).toMatchObject({ facts: ['details-confirmed', 'rekey-started'] });
    const now = decide(upTo('consented'), ORDINARY.keyMade, policyOf({ years: 3 }), NOW);
    expect(now).toMatchObject({ work: { effects: [{ type: 'issue', years: 1 }] } });
  });

  test('is refused outside the window, with its day', () => {
    expect(confirm({}, at('2026-05-15 23:59:59'))).toMatchObject({
      problem: 'window/too-early',
      about: { opensOn: '2026-05-16' },
    });
    expect(confirm({}, at('2028-06-15'))).toMatchObject({
      problem: 'window/too-late',
      about: { closedOn: '2028-06-14' },
    });
  });

  test('needs a look at the key by the computer that is there now', () => {
    const joined = {
      type: 'report-computer-joined',
      linkId: 'link-2',
      computer: { os: 'macOS', name: 'home' },
    } as const;
    const moved = andThen(looked, joined);
    expect(gist(confirm({}, NOW, POLICY, moved))).toBe('case/not-now');
    const lookedThere = andThen(moved, { ...ORDINARY.looked, linkId: 'link-2' });
    expect(gist(confirm({}, NOW, POLICY, lookedThere))).toMatchObject({
      facts: ['details-confirmed', 'rekey-started'],
    });
  });
});

describe('trying again', () => {
  const again = { type: 'try-again', nonce: '9'.repeat(64) } as const;

  test('after a stop begins the next attempt of the same transaction', () => {
    expect(decide(STATES['key making stopped'], again, POLICY, NOW)).toMatchObject({
      facts: [{ type: 'rekey-started', txnId: TXN, attempt: 2, nonce: again.nonce }],
      work: { effects: [{ key: `bridge/${TXN}/renew.begin/2`, promisedDay: PROMISED }] },
    });
  });

  test.each([
    { state: 'writing failed', key: `bridge/${TXN}/renew.write/2` },
    { state: 'verification failed', key: `bridge/${TXN}/renew.verify/2` },
  ] as const)('when $state asks for $key', ({ state, key }) => {
    expect(decide(STATES[state], again, POLICY, NOW)).toMatchObject({ work: { effects: [{ key }] } });
  });

  test('is possible up to 7 days after the window, and no longer', () => {
    const stopped = STATES['key making stopped'];
    expect(decide(stopped, again, POLICY, at('2028-06-21 23:59:59')).kind).toBe('decided');
    expect(decide(stopped, again, POLICY, at('2028-06-22'))).toMatchObject({
      problem: 'window/too-late',
      about: { closedOn: '2028-06-21' },
    });
  });

  test('what the CA issued may be written whatever the day', () => {
    expect(decide(STATES['writing failed'], again, POLICY, at('2030-01-01')).kind).toBe('decided');
  });
});

describe('going back', () => {
  test('keeps what was answered later, and asks just the one question again', () => {
    const before = upTo('looked');
    const back = andThen(before, { type: 'go-back' });
    expect(back).toEqual({ ...before, reopened: 'bid-guard' });
    expect(andThen(back, ORDINARY.bidAnswered)).toEqual(before);
  });

  test('from changed data takes the change back first', () => {
    expect(andThen(STATES['data changed'], { type: 'go-back' })).toEqual(STATES.looked);
  });

  test('leads nowhere where a project asks no bid question', () => {
    expect(gist(decide(upTo('looked'), { type: 'go-back' }, policyOf({ bidGuard: 'off' }), NOW))).toBe('case/not-now');
  });

  test('an answer kept by going back is checked again before the key is changed', () => {
    const back = andThen(upTo('looked'), { type: 'go-back' });
    expect(gist(decide(back, ORDINARY.confirmed, POLICY, NOW))).toBe('case/not-now');
    const unopened = evolve(back, { type: 'bid-question-answered', answer: 'unopened' }, NOW);
    expect(gist(decide(unopened, ORDINARY.confirmed, POLICY, NOW))).toBe('case/not-now');
  });
});
