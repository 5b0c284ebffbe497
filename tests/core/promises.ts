/**
 * What must hold after every command of every walk: the promises of the design's core (1, 2, 3, 5, 7, 8), each told
 * from the facts and effects alone, not from the code that decided them.
 */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { shanghaiDate, type Instant } from '../../renewal/calendar.ts';
import { isOver, type Case } from '../../renewal/case.ts';
import { decide } from '../../renewal/decide.ts';
import type { Effect } from '../../renewal/effects.ts';
import { evolve } from '../../renewal/evolve.ts';
import { PROBLEMS } from '../../renewal/problem.ts';
import { checkWindow, newEnd } from '../../renewal/window.ts';
import { helpWith, stepOf } from './help.ts';
import { assertNobodyIsNamed } from './personal.ts';
import type { Happened, World } from './world.ts';

/** Held by one walk. */
export interface Memory {
  /** Reports that gave facts. */
  readonly heard: Set<string>;
  /** Keys of the timers that were asked for. */
  readonly timers: Set<string>;
  /** The same case, made from what a database would give back. */
  twin: Case | undefined;
  confirmed: boolean;
  verified: boolean;
  issuances: number;
}

export function newMemory(): Memory {
  return { heard: new Set(), timers: new Set(), twin: undefined, confirmed: false, verified: false, issuances: 0 };
}

/** @throws AssertionError that names the promise */
export function holdToPromises(world: World, happened: Happened, memory: Memory): void {
  const { decision } = happened;
  if (decision.kind === 'refused') assert.ok(decision.problem in PROBLEMS, 'a refusal has its row');
  for (const fact of happened.facts) {
    if (fact.type === 'details-confirmed') memory.confirmed = true;
    if (fact.type === 'verified') memory.verified = true;
    assertNobodyIsNamed(fact);
  }
  newsIsHeardOnce(happened, memory);
  if (happened.facts.length > 0) {
    factsSurviveStorage(world, happened, memory);
    detailsAreConfirmedKnowingly(world, happened);
    acceptedCertificatesKeepThePromise(happened);
    endingIsAllowed(happened);
    nobodyIsShutOutForEver(world, happened);
  }
  if (decision.kind === 'decided') {
    for (const effect of decision.work.effects) workIsAskedOnce(world, effect, memory);
    for (const effect of decision.work.effects) workIsDue(world, happened, effect, memory);
    for (const { key, dueAt } of decision.work.timers) {
      assert.equal(dueAt, happened.after?.keptUntil, 'the timer rings when the case lapses');
      assert.ok(!memory.timers.has(key), 'each deadline has a timer of its own');
      memory.timers.add(key);
    }
    if (decision.work.effects.length > 0) sayingItAgainAsksNothingMore(world, happened);
  }
  assert.equal(world.step.name === 'done', world.live.signedIn && memory.verified && happened.after?.ended === 'no');
  if (happened.after && happened.after !== happened.before) {
    globalWordsAreAnswered(world, happened.after);
    thereIsAWayToTheEnd(world, happened.after);
  }
}

function newsIsHeardOnce({ command, facts }: Happened, { heard }: Memory): void {
  const { type } = command;
  if (facts.length === 0 || !type.startsWith('report-')) return;
  // the same look may fail again after it was asked for again
  if (type === 'report-look-failed') return;
  const news = JSON.stringify(command);
  assert.ok(!heard.has(news), 'a report that comes twice gives no facts the second time');
  heard.add(news);
}

function factsSurviveStorage(world: World, { facts, after }: Happened, memory: Memory): void {
  for (const fact of facts) {
    const stored = JSON.parse(JSON.stringify(fact)) as typeof fact;
    assert.ok(isDeepStrictEqual(stored, fact), 'facts are plain data');
    const twin: Case = evolve(memory.twin as Case, stored, world.now);
    memory.twin = JSON.parse(JSON.stringify(twin)) as Case;
  }
  assert.ok(isDeepStrictEqual(memory.twin, after), 'a stored case goes on as the one in memory');
}

/** Promise 2 and design §3, chapter 4: nobody's key is changed who has not seen what for. */
function detailsAreConfirmedKnowingly({ policy, now }: World, { before, facts }: Happened): void {
  const confirmed = facts.find((fact) => fact.type === 'details-confirmed');
  if (!confirmed) return;
  assert.ok(before && !isOver(before) && !before.changeDeclared, 'a case that goes on, with unchanged data');
  const { bid, computer, look, reopened, certificate } = before;
  assert.ok(look.kind === 'seen' && computer !== 'none' && look.linkId === computer.linkId, 'the key was looked at');
  const opened = bid.kind === 'unopened-until' && bid.opensAt <= now;
  const settled = reopened === 'none' && (bid.kind === 'none' || bid.kind === 'risk-accepted' || opened);
  assert.ok(policy.bidGuard === 'off' || settled, 'unopened bids were settled');
  assert.equal(checkWindow(certificate.notAfter, now, policy.window).kind, 'open');
  assert.equal(confirmed.promisedDay, shanghaiDate(newEnd(certificate.notAfter, now, policy.years)));
}

function acceptedCertificatesKeepThePromise({ command, before, facts }: Happened): void {
  const issued = facts.find((fact) => fact.type === 'certificate-issued');
  if (!issued) return;
  assert.ok(before && before.promised !== 'none' && before.issuance.kind !== 'none', 'somebody asked for it');
  assert.equal(issued.requestId, before.issuance.requestId);
  assert.ok(command.type === 'report-certificate-issued' && command.spki === before.issuance.spki, 'for the key asked');
  assert.ok(shanghaiDate(issued.notAfter) >= before.promised.promisedDay, 'it ends on the promised day or later');
}

function endingIsAllowed({ before, facts }: Happened): void {
  for (const { type } of facts) {
    if (type !== 'case-lapsed' && type !== 'case-cancelled') continue;
    assert.ok(before && !mayComeTrue(before), 'what the CA was asked for goes on');
  }
}

/** At most one case a certificate goes on: one that nobody brings on must end, and be told when. */
function nobodyIsShutOutForEver({ policy, now }: World, { before, after, decision }: Happened): void {
  if (!after || isOver(after) || mayComeTrue(after)) return;
  const lapsed = decide(after, { type: 'report-time' }, policy, after.keptUntil);
  assert.ok(lapsed.kind === 'decided' && lapsed.facts[0]?.type === 'case-lapsed', 'it lapses when its time is over');
  if (before && !mayComeTrue(before)) return;
  // the timer of before may have rung while the CA was at work
  assert.ok(decision.kind === 'decided');
  assert.ok(
    decision.work.timers.some(({ dueAt }) => dueAt === after.keptUntil && dueAt > now),
    'a timer tells it',
  );
}

function mayComeTrue({ issuance }: Case): boolean {
  return issuance.kind === 'requested' || issuance.kind === 'issued';
}

function workIsAskedOnce(world: World, { key }: Effect, memory: Memory): void {
  assert.ok(!world.asked.has(key), `${key} is asked for once`);
  world.asked.add(key);
  if (key.startsWith('issue/')) memory.issuances += 1;
  assert.ok(memory.issuances <= 1, 'one issuance a case');
}

function workIsDue({ now }: World, { command, before, after }: Happened, effect: Effect, memory: Memory): void {
  assert.ok(after);
  if (before && before.ended !== 'no') assert.equal(effect.type, 'revoke', 'a case that ended asks for nothing else');
  switch (effect.type) {
    case 'bridge/cert.read':
      assert.equal(effect.key, `bridge/${effect.linkId}/cert.read/${after.looks}`);
      return;
    case 'bridge/renew.begin':
    case 'bridge/renew.csr':
      assert.ok(memory.confirmed, 'the key is changed only after the details were confirmed');
      assert.equal(effect.certificateSha256, after.certificate.sha256);
      if (effect.type === 'bridge/renew.begin') assert.ok(isInTime(after, now), 'begun by the last day');
      return;
    case 'issue':
      assert.ok(after.issuance.kind === 'requested' && after.issuance.spki === effect.spki);
      assert.equal(effect.key, `issue/${effect.spki}`);
      assert.ok(command.type === 'report-key-made' && before && before.rekey.kind !== 'none');
      assert.equal(command.txnId, before.rekey.txnId, 'the key of the transaction that was confirmed');
      assert.ok(isInTime(after, now), 'asked for by the last day');
      return;
    case 'bridge/renew.write':
    case 'bridge/renew.verify': {
      const { issuance, promised } = after;
      assert.ok(issuance.kind === 'issued' && issuance.sha256 === effect.sha256 && promised !== 'none');
      assert.ok(shanghaiDate(issuance.notAfter) >= promised.promisedDay, 'nothing shorter than promised is written');
      return;
    }
    case 'confirm':
      assert.ok(memory.verified, 'confirmed to the CA only when proven by use');
      return;
    case 'revoke':
      assert.notEqual(effect.serial, after.certificate.serial, 'the old certificate is never revoked by us');
      assert.ok(after.issuance.kind !== 'issued' || after.issuance.serial !== effect.serial);
  }
}

function isInTime({ promised }: Case, now: Instant): boolean {
  return promised !== 'none' && shanghaiDate(now) <= promised.writeUntil;
}

function sayingItAgainAsksNothingMore({ case: theCase, policy, now, asked }: World, { command }: Happened): void {
  const again = decide(theCase, command, policy, now);
  const effects = again.kind === 'decided' ? again.work.effects : [];
  assert.deepEqual(
    effects.filter(({ key }) => asked.has(key)),
    [],
    'the same command again asks for nothing that was asked for',
  );
}

/** Promises 3 and 8: going back, cancelling and asking for a person are answered; going back keeps later answers. */
function globalWordsAreAnswered({ policy, now }: World, c: Case): void {
  for (const type of ['go-back', 'cancel-case', 'ask-for-staff'] as const) {
    const decision = decide(c, { type }, policy, now);
    if (decision.kind === 'refused') {
      assert.ok(isOver(c) ? decision.problem === 'case/ended' : type !== 'ask-for-staff');
      if (type === 'go-back' && !isOver(c))
        assert.equal(decision.problem, c.promised === 'none' ? 'case/not-now' : 'case/too-late-to-go-back');
      continue;
    }
    assert.equal(decision.work.effects.length, 0);
    if (type !== 'go-back') continue;
    let back = c;
    for (const fact of decision.facts) back = evolve(back, fact, now);
    const { reopened, changeDeclared } = c;
    assert.ok(isDeepStrictEqual({ ...back, reopened, changeDeclared }, c), 'later answers are kept');
  }
}

/** More answers than the longest way has. */
const LONGEST_WAY = 30;

/** Promise 3: from here, with everybody willing, the agenda leads to `done` or to an exit that says why. */
function thereIsAWayToTheEnd(world: World, from: Case): void {
  const asked = new Set<string>();
  const wasAsked = (key: string) => asked.has(key) || world.asked.has(key);
  let stand = { ...world, case: from, wasAsked };
  for (let answers = 0; answers < LONGEST_WAY; answers++) {
    stand = { ...stand, now: stand.now + 1000 };
    const step = stepOf(stand);
    const help = helpWith(stand, step);
    if (help.kind === 'end') {
      if (isOver(stand.case)) return;
      const cancel = decide(stand.case, { type: 'cancel-case' }, world.policy, stand.now);
      assert.equal(cancel.kind, 'decided', `${step.name} can be left`);
      return;
    }
    stand = { ...stand, live: help.live ?? stand.live };
    if (help.kind === 'live') continue;
    const decision = decide(stand.case, help.command, world.policy, stand.now);
    if (decision.kind === 'refused') throw new Error(`${step.name}: ${help.command.type} refused, ${decision.problem}`);
    for (const fact of decision.facts) stand = { ...stand, case: evolve(stand.case, fact, stand.now) };
    for (const { key } of decision.work.effects) asked.add(key);
  }
  assert.fail(`no way out of ${stepOf(stand).name}`);
}
