import { describe, expect, test } from 'vitest';
import {
  andThen,
  at,
  gist,
  NEW_END,
  NEW_SERIAL,
  NOTHING_NEW,
  NOW,
  OLD,
  ORDINARY,
  POLICY,
  REQUEST,
  SPKI,
  STAGES,
  TXN,
  upTo,
  type Stage,
} from '../tests/core/sample.ts';
import { STATES, type StateName } from '../tests/core/states.ts';
import type { Case } from './case.ts';
import type { Report } from './commands.ts';
import { DAY_MS } from './calendar.ts';
import { decide } from './decide.ts';
import { KEPT_MS } from './keeping.ts';
import { evolve } from './evolve.ts';

const { joined, looked, consented, keyMade, issued, written, verified, confirmedByCa } = ORDINARY;

function said(theCase: Case | undefined, report: Report, now = NOW) {
  return gist(decide(theCase, report, POLICY, now));
}

function news(...facts: string[]) {
  return { facts, effects: [] };
}

/** Reports of the ordinary renewal, each at every stage but its own. */
const OUT_OF_ORDER = STAGES.flatMap((stage) =>
  STAGES.flatMap((other) => {
    const report = ORDINARY[other];
    return report.type.startsWith('report-') ? [{ stage, report: report as Report, other }] : [];
  }),
);

/** What an out-of-order report still says; all others say nothing. */
const STILL_NEWS: Readonly<Partial<Record<Stage, readonly Stage[]>>> = {
  // a computer may join at any time; the key made counts though the consent was not heard of
  joined: ['opened', 'bidAnswered'],
  looked: ['joined'],
  consented: ['confirmed'],
  keyMade: ['confirmed', 'consented'],
  // nobody asked for it: it goes back
  issued: ['opened', 'bidAnswered', 'joined', 'looked', 'confirmed', 'consented', 'keyMade'],
  written: ['issued'],
  verified: ['written'],
  confirmedByCa: ['issued', 'written', 'verified'],
};

test.each(OUT_OF_ORDER)('$report.type when the case is $stage', ({ stage, report, other }) => {
  const answer = said(upTo(stage), report);
  if (STILL_NEWS[other]?.includes(stage)) expect(answer).not.toEqual(NOTHING_NEW);
  else expect(answer).toEqual(NOTHING_NEW);
});

describe('computers', () => {
  const second = { ...joined, linkId: 'link-2' };

  test('before the confirmation each one that joins is asked for a look', () => {
    expect(said(upTo('looked'), second)).toEqual({
      facts: ['computer-joined'],
      effects: ['bridge/link-2/cert.read/2'],
    });
  });

  test('after it, one that joins goes on where the other stopped', () => {
    expect(said(upTo('issued'), second)).toEqual(news('computer-joined'));
  });

  test.each(['cancelled', 'lapsed', 'verified'] as const)(
    'one that joins a case that is %s is asked nothing',
    (state) => {
      expect(said(STATES[state], second)).toEqual(news('computer-joined'));
    },
  );

  test('one that left is not taken for the one that is there when its joining is heard of again', () => {
    const moved = andThen(upTo('looked'), second);
    expect(said(moved, joined)).toEqual(NOTHING_NEW);
  });

  test('what the one that left saw says nothing of the one that is there', () => {
    const moved = andThen(upTo('joined'), second);
    expect(said(moved, looked)).toEqual(NOTHING_NEW);
    expect(said(moved, { type: 'report-look-failed', linkId: 'link-1', problem: 'token/none' })).toEqual(NOTHING_NEW);
    expect(said(moved, { ...looked, linkId: 'link-2' })).toEqual(news('token-looked'));
  });

  test('a look that was seen counts, though a failure was reported twice before it', () => {
    const failed = { type: 'report-look-failed', linkId: 'link-1', problem: 'token/none' } as const;
    const again = andThen(upTo('joined'), failed, { type: 'look-again', linkId: 'link-1' }, failed);
    expect(again.look.kind).toBe('failed');
    expect(andThen(again, looked).look.kind).toBe('seen');
  });

  test('a failure that comes after the look was seen changes nothing', () => {
    expect(said(upTo('looked'), { type: 'report-look-failed', linkId: 'link-1', problem: 'token/none' })).toEqual(
      NOTHING_NEW,
    );
  });
});

describe('making the key', () => {
  const stop = { type: 'report-rekey-stopped', txnId: TXN, attempt: 1, problem: 'pin/refused' } as const;

  test('news of another transaction or attempt is not of this one', () => {
    const c = upTo('confirmed');
    expect(said(c, { ...consented, txnId: 'other' })).toEqual(NOTHING_NEW);
    expect(said(c, { ...consented, attempt: 2 })).toEqual(NOTHING_NEW);
    expect(said(c, { ...stop, txnId: 'other' })).toEqual(NOTHING_NEW);
    expect(said(c, { ...stop, attempt: 2 })).toEqual(NOTHING_NEW);
    expect(said(c, { ...keyMade, txnId: 'other' })).toEqual(NOTHING_NEW);
  });

  test('a stop of the first attempt that comes during the second changes nothing', () => {
    const again = andThen(upTo('confirmed'), stop, { type: 'try-again', nonce: 'n' });
    expect(said(again, stop)).toEqual(NOTHING_NEW);
    expect(said(again, { ...consented, attempt: 2 })).toMatchObject({ effects: [`bridge/${TXN}/renew.csr/2`] });
  });

  test('a key that was made counts also after the stop', () => {
    expect(said(STATES['key making stopped'], keyMade)).toEqual({
      facts: ['key-made', 'issue-requested'],
      effects: [REQUEST],
    });
  });

  test('of two keys the first one is certified', () => {
    expect(said(upTo('keyMade'), { ...keyMade, spki: 'second' })).toEqual(NOTHING_NEW);
  });

  test.each(['cancelled', 'lapsed'] as const)('for a case that is %s by then: noted, and nothing asked', (end) => {
    const over = evolve(upTo('confirmed'), { type: `case-${end}` }, NOW);
    expect(said(over, consented)).toEqual(news('rekey-consented'));
    expect(said(over, keyMade)).toEqual(news('key-made'));
  });

  test.each([
    { now: '2028-06-21 23:59:59', answer: { facts: ['key-made', 'issue-requested'], effects: [REQUEST] } },
    { now: '2028-06-22', answer: news('key-made') },
  ])('on $now, with the last day on 2028-06-21: $answer.facts', ({ now, answer }) => {
    expect(said(upTo('consented'), keyMade, at(now))).toEqual(answer);
  });
});

describe('a certificate from the CA', () => {
  const sentBack = (serial = NEW_SERIAL) => ({ facts: ['certificate-unwanted'], effects: [`revoke/${serial}`] });
  const lastGood = at('2027-06-15 00:00:00');

  test.each([
    { what: 'ends as promised', report: issued, answer: 'taken' },
    {
      what: 'ends on the promised day, at its first moment',
      report: { ...issued, notAfter: lastGood },
      answer: 'taken',
    },
    { what: 'ends later', report: { ...issued, notAfter: NEW_END + DAY_MS }, answer: 'taken' },
    {
      what: 'ends a moment before the promised day',
      report: { ...issued, notAfter: lastGood - 1 },
      answer: 'ends-too-early',
    },
    { what: 'ends as the old one', report: { ...issued, notAfter: OLD.notAfter }, answer: 'ends-too-early' },
    { what: 'fails one of the checks', report: { ...issued, faults: ['usage'] }, answer: 'not-acceptable' },
    { what: 'is for another key', report: { ...issued, spki: 'other' }, answer: 'other-key' },
    { what: 'answers another request', report: { ...issued, requestId: 'issue/other' }, answer: 'not-asked-for' },
  ])('that $what: $answer', ({ report, answer }) => {
    const decision = decide(upTo('keyMade'), report, POLICY, NOW);
    if (answer === 'taken') {
      expect(gist(decision)).toEqual({ facts: ['certificate-issued'], effects: [`bridge/${TXN}/renew.write/1`] });
    } else {
      const { facts, effects } = sentBack();
      const left = answer === 'not-asked-for' ? [] : ['case-extended'];
      expect(gist(decision)).toEqual({ facts: [...facts, ...left], effects });
      expect(decision).toMatchObject({ facts: [{ why: answer }, ...left.map((type) => ({ type }))] });
    }
  });

  test.each(['opened', 'looked', 'confirmed', 'cancelled', 'lapsed', 'key making stopped'] as const)(
    'that nobody asked for goes back: %s',
    (state) => {
      expect(said(STATES[state], issued)).toEqual(sentBack());
    },
  );

  test.each(['issued', 'written', 'verified', 'certificate unusable'] as const)(
    'that is a second one goes back: %s',
    (state) => {
      expect(said(STATES[state], { ...issued, serial: 'FFFF' })).toEqual(sentBack('FFFF'));
      expect(said(STATES[state], issued)).toEqual(NOTHING_NEW);
    },
  );

  test('after the CA’s refusal is taken after all', () => {
    expect(said(STATES['CA refused'], issued)).toMatchObject({ facts: ['certificate-issued'] });
  });

  test('after the CA’s refusal goes back when the case was given up meanwhile', () => {
    expect(said(andThen(STATES['CA refused'], { type: 'cancel-case' }), issued)).toEqual(sentBack());
  });

  test('that was revoked and given up with its case is not sent back a second time', () => {
    expect(said(andThen(STATES['certificate unusable'], { type: 'cancel-case' }), issued)).toEqual(NOTHING_NEW);
  });

  test('that is the old one again is refused, and the old one is not revoked', () => {
    const old = { ...issued, spki: 'old', serial: OLD.serial, notAfter: OLD.notAfter };
    expect(said(upTo('keyMade'), old)).toEqual(news('certificate-unwanted', 'case-extended'));
    expect(andThen(upTo('keyMade'), old).issuance.kind).toBe('unusable');
  });

  test('that ends too early makes the case one for staff', () => {
    const early = { ...issued, notAfter: OLD.notAfter };
    expect(andThen(upTo('keyMade'), early).issuance).toMatchObject({
      kind: 'unusable',
      serial: NEW_SERIAL,
      spki: SPKI,
    });
    expect(andThen(STATES['CA refused'], early).issuance.kind).toBe('unusable');
  });

  test('and a refusal that answers another request is not of this one', () => {
    const refusal = { type: 'report-issue-rejected', requestId: 'issue/other', problem: 'ca/rejected' } as const;
    expect(said(upTo('keyMade'), refusal)).toEqual(NOTHING_NEW);
    expect(said(upTo('keyMade'), { ...refusal, requestId: REQUEST })).toEqual(news('issue-rejected', 'case-extended'));
  });

  test('and a revocation of the issued one stops the writing', () => {
    const revoked = andThen(upTo('issued'), { type: 'report-certificate-revoked', serial: NEW_SERIAL });
    expect(revoked.issuance.kind).toBe('unusable');
    expect(said(revoked, written)).toEqual(NOTHING_NEW);
    expect(said(revoked, { type: 'report-write-failed', txnId: TXN, attempt: 1, problem: 'token/full' })).toEqual(
      NOTHING_NEW,
    );
  });

  test('and the confirmation is of the issued one', () => {
    expect(said(upTo('verified'), { ...confirmedByCa, serial: 'FFFF' })).toEqual(NOTHING_NEW);
    expect(said(upTo('keyMade'), confirmedByCa)).toEqual(NOTHING_NEW);
  });
});

describe('writing and verifying', () => {
  const writeFailed = { type: 'report-write-failed', txnId: TXN, attempt: 1, problem: 'token/removed' } as const;
  const verifyFailed = { type: 'report-verify-failed', txnId: TXN, attempt: 1, problem: 'token/removed' } as const;

  test('is of this transaction, this certificate and this attempt', () => {
    expect(said(upTo('issued'), { ...written, txnId: 'other' })).toEqual(NOTHING_NEW);
    expect(said(upTo('issued'), { ...written, sha256: 'other' })).toEqual(NOTHING_NEW);
    expect(said(upTo('issued'), { ...writeFailed, txnId: 'other' })).toEqual(NOTHING_NEW);
    expect(said(upTo('issued'), { ...writeFailed, attempt: 2 })).toEqual(NOTHING_NEW);
    expect(said(upTo('written'), { ...verified, txnId: 'other' })).toEqual(NOTHING_NEW);
    expect(said(upTo('written'), { ...verifyFailed, txnId: 'other' })).toEqual(NOTHING_NEW);
    expect(said(upTo('written'), { ...verifyFailed, attempt: 2 })).toEqual(NOTHING_NEW);
  });

  test('that failed and then succeeded has succeeded', () => {
    expect(said(STATES['writing failed'], written)).toMatchObject({ facts: ['certificate-written'] });
    expect(said(STATES['verification failed'], verified)).toMatchObject({ facts: ['verified'] });
  });

  test('a failure of the first attempt that comes during the second changes nothing', () => {
    const again = { type: 'try-again', nonce: 'n' } as const;
    expect(said(andThen(STATES['writing failed'], again), writeFailed)).toEqual(NOTHING_NEW);
    expect(said(andThen(STATES['verification failed'], again), verifyFailed)).toEqual(NOTHING_NEW);
  });

  test('nothing is verified before it was written', () => {
    expect(said(upTo('issued'), verified)).toEqual(NOTHING_NEW);
  });
});

describe('time', () => {
  const end = NOW + KEPT_MS;

  test.each([
    { state: 'opened', now: end - 1, answer: NOTHING_NEW },
    { state: 'opened', now: end, answer: news('case-lapsed') },
    { state: 'key making stopped', now: end, answer: news('case-lapsed') },
    { state: 'CA refused', now: end - 1, answer: NOTHING_NEW },
    { state: 'CA refused', now: end, answer: news('case-lapsed') },
    { state: 'certificate unusable', now: end - 1, answer: NOTHING_NEW },
    { state: 'certificate unusable', now: end, answer: news('case-lapsed') },
    // what the CA was asked for goes on
    { state: 'CA asked', now: end, answer: NOTHING_NEW },
    { state: 'issued', now: end, answer: NOTHING_NEW },
    { state: 'cancelled', now: end, answer: NOTHING_NEW },
    { state: 'lapsed', now: end, answer: NOTHING_NEW },
    { state: 'verified', now: end, answer: NOTHING_NEW },
  ] satisfies { state: StateName; now: number; answer: object }[])(
    'when $state, ' + String(end) + ' being the end: $now gives $answer.facts',
    ({ state, now, answer }) => {
      expect(said(STATES[state], { type: 'report-time' }, now)).toEqual(answer);
    },
  );

  test('the timer of the opening changes nothing once the confirmation moved the end', () => {
    const later = NOW + 20 * DAY_MS;
    const decision = decide(upTo('looked'), ORDINARY.confirmed, POLICY, later);
    if (decision.kind === 'refused') throw new Error(decision.problem);
    const confirmed = decision.facts.reduce<Case>((c, fact) => evolve(c, fact, later), upTo('looked'));
    expect(said(confirmed, { type: 'report-time' }, end)).toEqual(NOTHING_NEW);
    expect(said(confirmed, { type: 'report-time' }, later + KEPT_MS)).toEqual(news('case-lapsed'));
  });

  // its timer may have rung while the CA was at work
  test.each([
    {
      what: 'refusal',
      before: 'keyMade',
      report: { type: 'report-issue-rejected', requestId: REQUEST, problem: 'ca/rejected' },
      timer: 'rejected',
    },
    { what: 'unusable answer', before: 'keyMade', report: { ...issued, faults: ['usage'] }, timer: 'unusable' },
    {
      what: 'revocation',
      before: 'issued',
      report: { type: 'report-certificate-revoked', serial: NEW_SERIAL },
      timer: 'unusable',
    },
  ] satisfies { what: string; before: Stage; report: Report; timer: string }[])(
    'a $what, however late, leaves 30 days to staff before the certificate is free again',
    ({ before, report, timer }) => {
      const late = end + DAY_MS;
      const decision = decide(upTo(before), report, POLICY, late);
      if (decision.kind === 'refused') throw new Error(decision.problem);
      expect(decision.work.timers).toEqual([{ key: `lapse/case-1/${timer}`, dueAt: late + KEPT_MS }]);
      const left = decision.facts.reduce<Case>((c, fact) => evolve(c, fact, late), upTo(before));
      expect(said(left, { type: 'report-time' }, late + KEPT_MS - 1)).toEqual(NOTHING_NEW);
      expect(said(left, { type: 'report-time' }, late + KEPT_MS)).toEqual(news('case-lapsed'));
    },
  );

  test.each(['verified', 'written'] as const)('a revocation of another certificate extends nothing: %s', (stage) => {
    expect(said(upTo(stage), { type: 'report-certificate-revoked', serial: 'FFFF' })).toEqual(
      news('certificate-revoked'),
    );
  });

  test('a certificate that is revoked when all is done leaves nothing to lapse', () => {
    const decision = decide(upTo('verified'), { type: 'report-certificate-revoked', serial: NEW_SERIAL }, POLICY, NOW);
    expect(gist(decision)).toEqual(news('certificate-revoked'));
    expect(decision).toMatchObject({ work: { timers: [] } });
  });
});
