import { expect, test } from 'vitest';
import {
  at,
  CHECKS,
  gist,
  NEW_END,
  NEW_SERIAL,
  NEW_SHA256,
  NONCE,
  NOTHING_NEW,
  NOW,
  OLD,
  ORDINARY,
  POLICY,
  PROMISED,
  REQUEST,
  SPKI,
  STAGES,
  TXN,
  upTo,
} from '../tests/core/sample.ts';
import { STATE_NAMES, STATES } from '../tests/core/states.ts';
import type { Case } from './case.ts';
import type { Report } from './commands.ts';
import { decide } from './decide.ts';
import type { Effect } from './effects.ts';
import { KEPT_MS } from './keeping.ts';
import { evolve, replay, type RecordedFact } from './evolve.ts';

const begin = `bridge/${TXN}/renew.begin/1`;

test('an ordinary renewal, command by command: what happened, and what is asked for', () => {
  const history: RecordedFact[] = [];
  const effects: Effect[] = [];
  let theCase: Case | undefined;
  const happenings = STAGES.map((stage) => {
    const decision = decide(theCase, ORDINARY[stage], POLICY, NOW);
    if (decision.kind === 'refused') throw new Error(decision.problem);
    for (const fact of decision.facts) {
      theCase = evolve(theCase, fact, NOW);
      history.push({ fact, at: NOW });
    }
    effects.push(...decision.work.effects);
    return [stage, gist(decision)];
  });

  expect(Object.fromEntries(happenings)).toEqual({
    opened: { facts: ['case-opened'], effects: [] },
    bidAnswered: { facts: ['bid-question-answered'], effects: [] },
    joined: { facts: ['computer-joined'], effects: ['bridge/link-1/cert.read/1'] },
    looked: { facts: ['token-looked'], effects: [] },
    confirmed: { facts: ['details-confirmed', 'rekey-started'], effects: [begin] },
    consented: { facts: ['rekey-consented'], effects: [`bridge/${TXN}/renew.csr/1`] },
    keyMade: { facts: ['key-made', 'issue-requested'], effects: [REQUEST] },
    issued: { facts: ['certificate-issued'], effects: [`bridge/${TXN}/renew.write/1`] },
    written: { facts: ['certificate-written'], effects: [`bridge/${TXN}/renew.verify/1`] },
    verified: { facts: ['verified'], effects: [`confirm/${NEW_SERIAL}`] },
    confirmedByCa: { facts: ['issuance-confirmed'], effects: [] },
  });
  expect(theCase).toMatchObject({
    promised: { years: 1, promisedDay: '2027-06-15', writeUntil: '2028-06-21' },
    issuance: { kind: 'issued', serial: NEW_SERIAL, notAfter: NEW_END },
    verifying: { kind: 'verified', checks: CHECKS, at: NOW },
    confirmed: true,
  });
  expect(replay(history)).toEqual(theCase);

  const certificateSha256 = OLD.sha256;
  const txn = { txnId: TXN, attempt: 1 };
  expect(effects).toMatchObject([
    { type: 'bridge/cert.read', linkId: 'link-1', certificateSha256 },
    { type: 'bridge/renew.begin', ...txn, certificateSha256, promisedDay: PROMISED },
    { type: 'bridge/renew.csr', ...txn, nonce: NONCE, certificateSha256, promisedDay: PROMISED },
    {
      type: 'issue',
      requestId: REQUEST,
      spki: SPKI,
      csr: 'csr',
      proof: 'proof',
      replacesSerial: OLD.serial,
      oldNotAfter: OLD.notAfter,
      years: 1,
      profile: POLICY.caProfile,
    },
    { type: 'bridge/renew.write', ...txn, certificate: 'der', sha256: NEW_SHA256 },
    { type: 'bridge/renew.verify', ...txn, sha256: NEW_SHA256 },
    { type: 'confirm', requestId: REQUEST, serial: NEW_SERIAL },
  ]);
});

test('a case is kept 30 days from its opening and again from the confirmation', () => {
  const opened = decide(undefined, ORDINARY.opened, POLICY, NOW);
  const later = at('2026-06-10 09:00:00');
  const confirmed = decide(upTo('looked'), ORDINARY.confirmed, POLICY, later);
  expect(opened).toMatchObject({ work: { timers: [{ key: 'lapse/case-1/opened', dueAt: NOW + KEPT_MS }] } });
  expect(confirmed).toMatchObject({ work: { timers: [{ key: 'lapse/case-1/confirmed', dueAt: later + KEPT_MS }] } });
  for (const decision of [opened, confirmed]) {
    if (decision.kind === 'refused') throw new Error(decision.problem);
    const [fact] = decision.facts;
    expect(fact).toMatchObject({ keptUntil: decision.work.timers[0]?.dueAt });
  }
  expect(KEPT_MS / 86_400_000).toBe(30);
});

const REPORTS: readonly Report[] = [
  ORDINARY.joined,
  ORDINARY.looked,
  { type: 'report-look-failed', linkId: 'link-1', problem: 'token/none' },
  ORDINARY.consented,
  { type: 'report-rekey-stopped', txnId: TXN, attempt: 1, problem: 'pin/locked' },
  ORDINARY.keyMade,
  ORDINARY.issued,
  { type: 'report-issue-rejected', requestId: REQUEST, problem: 'ca/rejected' },
  { type: 'report-certificate-revoked', serial: NEW_SERIAL },
  ORDINARY.written,
  { type: 'report-write-failed', txnId: TXN, attempt: 1, problem: 'token/removed' },
  ORDINARY.verified,
  { type: 'report-verify-failed', txnId: TXN, attempt: 1, problem: 'verify/failed' },
  ORDINARY.confirmedByCa,
  { type: 'report-time' },
];

test.each(REPORTS)('$type about a case that nobody opened is nothing', (report) => {
  expect(gist(decide(undefined, report, POLICY, NOW))).toEqual(NOTHING_NEW);
});

test.each(STATE_NAMES)('%s: every report is news or nothing, and nothing the second time', (state) => {
  const before = STATES[state];
  for (const report of REPORTS) {
    const decision = decide(before, report, POLICY, NOW);
    if (decision.kind === 'refused') throw new Error(`${report.type} was refused`);
    const after = decision.facts.reduce<Case | undefined>((c, fact) => evolve(c, fact, NOW), before);
    expect(gist(decide(after, report, POLICY, NOW)), report.type).toEqual(NOTHING_NEW);
  }
});
