/**
 * What happens next in a walk: time passes, and somebody says something: what is awaited, what goes wrong there, any
 * wish, any report, or something that was said before.
 */
import type { LiveLink } from '../../renewal/agenda.ts';
import { DAY_MS } from '../../renewal/calendar.ts';
import type { Case } from '../../renewal/case.ts';
import type { CaseCommand, Report, Wish } from '../../renewal/commands.ts';
import { MANUAL_WINDOW } from '../../renewal/policy.ts';
import type { ProblemCode } from '../../renewal/problem.ts';
import type { Draws } from './draws.ts';
import { certificateFor, dayPromised, helpWith, stepOf } from './help.ts';
import { PERSON } from './personal.ts';
import { CHECKS, TOKEN } from './sample.ts';
import type { World } from './world.ts';

const PROBLEMS: readonly ProblemCode[] = ['token/removed', 'pin/incorrect', 'token/full', 'verify/failed'];
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export function nextCommand(world: World, draws: Draws): CaseCommand {
  passTime(world, draws);
  if (draws.chance(2)) world.live = { ...world.live, link: anyLink(world, draws) };
  if (draws.chance(1)) world.live = { ...world.live, signedIn: !world.live.signedIn };
  if (draws.chance(1)) world.policy = changedPolicy(world, draws);
  world.step = stepOf(world);

  if (draws.chance(world.helpful)) return awaited(world, draws);
  switch (draws.below(4)) {
    case 0:
      return slip(world, draws);
    case 1:
      return anyWish(world, draws);
    case 2:
      return anyReport(world, draws);
    default:
      return world.sent.length > 0 ? draws.one(world.sent) : anyReport(world, draws);
  }
}

function passTime(world: World, draws: Draws): void {
  if (draws.chance(world.slow)) world.now += draws.below(draws.chance(10) ? 800 : 40) * DAY_MS + draws.below(DAY_MS);
  else if (draws.chance(60)) world.now += draws.below(draws.chance(20) ? 2 * HOUR_MS : MINUTE_MS);
}

function openCase(world: World, draws: Draws): Wish {
  return {
    type: 'open-case',
    caseId: world.fresh(),
    handlerId: 'handler-1',
    handlerMobile: '138****6027',
    verified: !draws.chance(5),
    certificate: { ...world.certificate, status: draws.chance(95) ? 'good' : draws.one(['suspended', 'revoked']) },
  };
}

/** What the step waits for; where it waits for nobody, time or a wish. */
function awaited(world: World, draws: Draws): CaseCommand {
  for (;;) {
    if (world.step.name !== 'sign-in' && !world.case) return openCase(world, draws);
    const help =
      world.step.name === 'sign-in'
        ? ({ kind: 'live', live: { ...world.live, signedIn: true } } as const)
        : helpWith({ ...world, case: world.case! }, world.step);
    if (help.kind === 'end') return draws.chance(50) ? { type: 'report-time' } : anyWish(world, draws);
    if (help.live) world.live = help.live;
    if (help.kind === 'command') return help.command;
    world.step = stepOf(world);
  }
}

/** What goes wrong at the step. */
function slip(world: World, draws: Draws): CaseCommand {
  const { case: c, live, step } = world;
  const problem = draws.one(PROBLEMS);
  if (!c) return openCase(world, draws);
  switch (step.name) {
    case 'bid-guard':
      return { type: 'answer-bid-question', answer: draws.one(['unopened', 'unopened', 'unsure']) };
    case 'look':
      return { type: 'report-look-failed', linkId: live.link.kind === 'linked' ? live.link.linkId : '', problem };
    case 'details':
      return draws.chance(50) ? { type: 'declare-change' } : { type: 'go-back' };
    case 'rekey':
      return { type: 'report-rekey-stopped', ...transaction(c, draws), problem };
    case 'issue':
      return spoiledIssuance(world, c, draws);
    case 'write-certificate':
      return { type: 'report-write-failed', ...transaction(c, draws), problem };
    case 'verify':
      return { type: 'report-verify-failed', ...transaction(c, draws), problem };
    default:
      return draws.chance(30) ? anyWish(world, draws) : awaited(world, draws);
  }
}

function anyWish(world: World, draws: Draws): Wish {
  const { case: c, now } = world;
  switch (draws.below(14)) {
    case 0:
      return openCase(world, draws);
    case 1:
    case 2:
      return { type: 'answer-bid-question', answer: draws.one(['none', 'unopened', 'unsure']) };
    case 3:
      return { type: 'tell-bid-opening', opensAt: now + draws.below(40 * DAY_MS) - 2 * DAY_MS };
    case 4:
      return { type: 'accept-bid-risk' };
    case 5:
      return { type: 'look-again', linkId: anyLinkId(world, draws) };
    case 6:
      return draws.chance(30) ? { type: 'declare-change' } : { type: 'withdraw-change' };
    case 7:
    case 8: {
      const day = c ? dayPromised({ ...world, case: c }, draws.one([0, 0, 0, -1, 1])) : '2026-01-01';
      return { type: 'confirm-details', promisedDay: day, txnId: world.fresh(), nonce: world.fresh() };
    }
    case 9:
      return { type: 'try-again', nonce: world.fresh() };
    case 10:
    case 11:
      return { type: 'go-back' };
    case 12:
      return draws.chance(20) ? { type: 'cancel-case' } : { type: 'ask-for-staff' };
    default:
      return { type: 'ask-for-staff' };
  }
}

function anyReport(world: World, draws: Draws): Report {
  const { case: c } = world;
  const problem = draws.one(PROBLEMS);
  const of = c ? transaction(c, draws) : { txnId: 'unknown', attempt: 1 };
  const { txnId } = of;
  switch (draws.below(15)) {
    case 0:
      return {
        type: 'report-computer-joined',
        linkId: anyLinkId(world, draws),
        computer: { os: 'macOS', name: PERSON },
      };
    case 1:
      return { type: 'report-token-looked', linkId: anyLinkId(world, draws), token: TOKEN };
    case 2:
      return { type: 'report-look-failed', linkId: anyLinkId(world, draws), problem };
    case 3:
      return { type: 'report-consented', ...of };
    case 4:
      return { type: 'report-rekey-stopped', ...of, problem };
    case 5:
      return { type: 'report-key-made', txnId, spki: world.fresh(), csr: 'csr', proof: 'proof' };
    case 6:
    case 7:
      return c ? spoiledIssuance(world, c, draws) : { type: 'report-time' };
    case 8:
      return { type: 'report-issue-rejected', requestId: requestOf(c, draws), problem: 'ca/rejected' };
    case 9:
      return { type: 'report-certificate-revoked', serial: serialOf(c, draws) };
    case 10:
      return { type: 'report-certificate-written', txnId, sha256: sha256Of(c, draws) };
    case 11:
      return draws.chance(50)
        ? { type: 'report-write-failed', ...of, problem }
        : { type: 'report-verify-failed', ...of, problem };
    case 12:
      return { type: 'report-verified', txnId, checks: CHECKS };
    case 13:
      return { type: 'report-issuance-confirmed', serial: serialOf(c, draws) };
    default:
      return { type: 'report-time' };
  }
}

/** The CA refuses, answers for another request or key, with an old end, a second time, or with the old certificate. */
function spoiledIssuance(world: World, c: Case, draws: Draws): Report {
  const { issuance } = c;
  const asked = issuance.kind === 'none' ? { requestId: 'issue/unknown', spki: 'unknown' } : issuance;
  const issued = certificateFor({ ...world, case: c }, asked);
  switch (draws.below(6)) {
    case 0:
      return { type: 'report-issue-rejected', requestId: asked.requestId, problem: 'ca/rejected' };
    case 1:
      return certificateFor({ ...world, case: c }, asked, draws.one([1, 2, 365]));
    case 2:
      return { ...issued, spki: 'another key' };
    case 3:
      return { ...issued, requestId: 'issue/another' };
    case 4:
      return { ...issued, serial: c.certificate.serial, notAfter: c.certificate.notAfter, spki: 'the old key' };
    default:
      return issued;
  }
}

function transaction(c: Case, draws: Draws): { txnId: string; attempt: number } {
  const { rekey, writing, verifying } = c;
  const txnId = rekey.kind === 'none' || draws.chance(5) ? 'unknown' : rekey.txnId;
  const part = [verifying, writing, rekey].find((candidate) => 'attempt' in candidate);
  return { txnId, attempt: (part?.attempt ?? 1) + draws.one([0, 0, 0, 0, 0, 1, -1]) };
}

function anyLinkId({ case: c, live }: World, draws: Draws): string {
  const known = [...(c?.joined ?? []), ...('linkId' in live.link ? [live.link.linkId] : [])];
  return known.length > 0 && draws.chance(90) ? draws.one(known) : 'link-unknown';
}

function requestOf(c: Case | undefined, draws: Draws): string {
  return c && c.issuance.kind !== 'none' && draws.chance(80) ? c.issuance.requestId : 'issue/unknown';
}

function serialOf(c: Case | undefined, draws: Draws): string {
  if (!c || draws.chance(20)) return 'FFFF';
  return 'serial' in c.issuance && draws.chance(70)
    ? c.issuance.serial
    : draws.one([...c.unwanted, c.certificate.serial]);
}

function sha256Of(c: Case | undefined, draws: Draws): string {
  return c?.issuance.kind === 'issued' && draws.chance(80) ? c.issuance.sha256 : 'unknown';
}

function anyLink(world: World, draws: Draws): LiveLink {
  switch (draws.below(3)) {
    case 0:
      return { kind: 'none' };
    case 1:
      return { kind: 'code', codeId: world.fresh() };
    default:
      return { kind: 'asking', linkId: world.fresh(), computer: { os: 'Windows', name: 'other' } };
  }
}

/** Policy is read current but for what was promised: it may change under a case that is under way. */
function changedPolicy({ policy }: World, draws: Draws): World['policy'] {
  const version = policy.version + 1;
  switch (draws.below(3)) {
    case 0:
      return { ...policy, version, bidGuard: policy.bidGuard === 'ask' ? 'off' : 'ask' };
    case 1:
      return { ...policy, version, years: 1 + draws.below(3) };
    default:
      return {
        ...policy,
        version,
        window: draws.one([MANUAL_WINDOW, { opensDaysBefore: 0, closesDaysAfter: 30, writeGraceDays: 0 }]),
      };
  }
}
