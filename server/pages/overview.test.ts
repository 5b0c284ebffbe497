import { expect, test } from 'vitest';
import type { Situation } from '../../renewal/agenda.ts';
import type { CaseFact } from '../../renewal/case.ts';
import { evolve } from '../../renewal/evolve.ts';
import { MANUAL_WINDOW, type Policy } from '../../renewal/policy.ts';
import { overviewOf, progressOf } from './overview.ts';

const NOW = Date.parse('2026-05-20T09:12:00+08:00');
const ENDS = Date.parse('2026-06-15T10:00:00+08:00');
const ISSUED_ENDS = Date.parse('2027-06-15T10:00:00+08:00');

const policy: Policy = {
  project: 'p',
  version: 1,
  projectName: '德州公共资源项目',
  window: MANUAL_WINDOW,
  years: 1,
  sponsor: '平台',
  bidGuard: 'ask',
  caProfile: 'organisation',
  service: { hotline: '', hours: '' },
  counter: { name: '', address: '', papers: [] },
  rebindOn: [],
};

const certificate = { id: 'c', serial: '7F3A', sha256: '', unit: '', uscc: '', notBefore: 0, notAfter: ENDS };
const opened: CaseFact = {
  type: 'case-opened',
  caseId: '1a2b3c4d-0000-4000-8000-000000000000',
  handlerId: 'h',
  handlerMobile: '138****6027',
  certificate,
  project: 'p',
  policyVersion: 1,
  keptUntil: NOW,
};
const promised: CaseFact = {
  type: 'details-confirmed',
  years: 1,
  promisedDay: '2027-06-15',
  writeUntil: '2028-06-21',
  keptUntil: NOW,
};
const requested: CaseFact = { type: 'issue-requested', requestId: 'r', txnId: 't', spki: 's' };
const issued: CaseFact = {
  type: 'certificate-issued',
  requestId: 'r',
  serial: '8',
  sha256: '',
  notBefore: NOW,
  notAfter: ISSUED_ENDS,
  certificate: '',
};
const verified: CaseFact = {
  type: 'verified',
  checks: { dates: true, chain: true, keyPair: true, testSignature: true, oldObjects: true, tokenSerialTail: '5182' },
};

function at(facts: readonly CaseFact[], live: Partial<Situation['live']> = {}): Situation {
  let theCase: Situation['case'];
  for (const fact of facts) theCase = evolve(theCase, fact, NOW);
  return { case: theCase, policy, live: { signedIn: true, link: { kind: 'none' }, ...live }, now: NOW };
}

/** ✓ done, – passed over, ● now, · to come. */
const chaptersOf = (situation: Situation) =>
  overviewOf(situation)
    .chapters.map(({ done, skipped, now }) => (done ? '✓' : skipped ? '–' : now ? '●' : '·'))
    .join('');

test.each<[string, string, string, Situation]>([
  ['nobody is signed in', '●······', '请先登录', at([], { signedIn: false })],
  ['no certificate is chosen', '✓●·····', '请选择证书', at([])],
  ['the bid question is open', '✓●·····', '等您回答', at([opened])],
  ['no computer is joined', '✓✓–●···', '等电脑连接', at([opened, { type: 'bid-question-answered', answer: 'none' }])],
  ['it is verified', '✓✓–✓–✓✓', '办好了', at([opened, promised, requested, issued, verified])],
])('when %s, the chapters are %s and it says %s', (_, chapters, standing, situation) => {
  expect(chaptersOf(situation)).toBe(chapters);
  expect(progressOf(situation).standing).toBe(standing);
});

test.each([
  ['not chosen', at([]), undefined],
  ['open, promised from today', at([opened]), ['2026-06-15', '2027-06-15', false]],
  ['confirmed', at([opened, promised]), ['2026-06-15', '2027-06-15', false]],
  ['issued', at([opened, promised, requested, issued]), ['2026-06-15', '2027-06-15', true]],
  ['too early', { ...at([opened]), now: Date.parse('2026-05-15T23:59:59+08:00') }, undefined],
])('the two ends of a certificate that is %s', (_, situation, ends) => {
  const dates = overviewOf(situation).dates;
  expect(dates && [dates.now.iso, dates.then.iso, dates.issued]).toEqual(ends);
});

test('a computer is told by its system and said to be joined, asking, or not there', () => {
  const facts: CaseFact[] = [opened, { type: 'computer-joined', linkId: 'l', os: 'Linux' }];
  const computer = { os: 'macOS', name: 'DESK' };
  expect(overviewOf(at(facts)).computer).toEqual({ os: 'Linux', joined: false, asking: false });
  expect(overviewOf(at(facts, { link: { kind: 'linked', linkId: 'l' } })).computer.joined).toBe(true);
  expect(overviewOf(at(facts, { link: { kind: 'asking', linkId: 'm', computer } })).computer).toEqual({
    os: 'macOS',
    joined: false,
    asking: true,
  });
});
