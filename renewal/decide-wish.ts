/**
 * What customers (and, later, support agents) may ask of a case, and when it is refused.
 */
import { addDays, shanghaiDate, type Instant } from './calendar.ts';
import { isOver, mayHaveCertificate, type Case } from './case.ts';
import type { Wish } from './commands.ts';
import { decided, refused, type Decision } from './decision.ts';
import { lookEffect, renewBegin, renewVerify, renewWrite } from './effects.ts';
import { KEPT_MS, lapseTimer } from './keeping.ts';
import type { Policy } from './policy.ts';
import { checkWindow, promisedDay } from './window.ts';

type Open = Extract<Wish, { type: 'open-case' }>;
type Confirm = Extract<Wish, { type: 'confirm-details' }>;

export function decideWish(theCase: Case | undefined, wish: Wish, policy: Policy, now: Instant): Decision {
  if (wish.type === 'open-case') return theCase ? refused('case/not-now') : open(wish, policy, now);
  if (!theCase) return refused('case/not-now');
  if (isOver(theCase)) return refused('case/ended');

  const c = theCase;
  switch (wish.type) {
    case 'answer-bid-question':
      if (!isUnpromised(c) || policy.bidGuard === 'off') return refused('case/not-now');
      return decided([{ type: 'bid-question-answered', answer: wish.answer }]);
    case 'tell-bid-opening':
      if (!isUnpromised(c) || c.bid.kind !== 'unopened') return refused('case/not-now');
      if (wish.opensAt <= now) return refused('bid/opening-passed');
      return decided([{ type: 'bid-opening-told', opensAt: wish.opensAt }]);
    case 'accept-bid-risk':
      if (!isUnpromised(c) || c.bid.kind !== 'unopened-until') return refused('case/not-now');
      return decided([{ type: 'bid-risk-accepted' }]);

    case 'look-again':
      if (!isUnpromised(c) || c.look.kind !== 'failed' || c.look.linkId !== wish.linkId) return refused('case/not-now');
      return decided([{ type: 'look-asked-again', linkId: wish.linkId }], [lookEffect(c, wish.linkId)]);
    case 'declare-change':
      return isUnpromised(c) ? decided([{ type: 'change-declared' }]) : refused('case/not-now');
    case 'withdraw-change':
      return c.changeDeclared ? decided([{ type: 'change-withdrawn' }]) : refused('case/not-now');
    case 'confirm-details':
      return confirmDetails(c, wish, policy, now);

    case 'try-again':
      return tryAgain(c, wish.nonce, now);
    case 'go-back':
      return goBack(c, policy);
    case 'cancel-case':
      return mayHaveCertificate(c) ? refused('case/too-late-to-cancel') : decided([{ type: 'case-cancelled' }]);
    case 'ask-for-staff':
      return decided([{ type: 'staff-asked-for' }]);
  }
}

/** As a clerk checks: is the certificate good, is it time, do we know the handler. */
function open(wish: Open, policy: Policy, now: Instant): Decision {
  const { status, ...certificate } = wish.certificate;
  if (status === 'revoked') return refused('certificate/revoked');
  if (status === 'suspended') return refused('certificate/suspended');
  const window = checkWindow(certificate.notAfter, now, policy.window);
  if (window.kind === 'too-early') return refused('window/too-early', { opensOn: window.opensOn });
  if (window.kind === 'too-late') return refused('window/too-late', { closedOn: window.closesOn });
  if (!wish.verified) return refused('handler/not-verified');

  const keptUntil = now + KEPT_MS;
  const { caseId, handlerId, handlerMobile } = wish;
  return decided(
    [
      {
        type: 'case-opened',
        caseId,
        handlerId,
        handlerMobile,
        certificate,
        project: policy.project,
        policyVersion: policy.version,
        keptUntil,
      },
    ],
    [],
    [lapseTimer(caseId, 'opened', keptUntil)],
  );
}

/** From here on the key is changed: everything that was asked before must be answered, and still hold. */
function confirmDetails(c: Case, wish: Confirm, policy: Policy, now: Instant): Decision {
  if (!isUnpromised(c) || c.changeDeclared || c.look.kind !== 'seen' || !bidSettled(c, policy, now))
    return refused('case/not-now');
  const window = checkWindow(c.certificate.notAfter, now, policy.window);
  if (window.kind === 'too-early') return refused('window/too-early', { opensOn: window.opensOn });
  if (window.kind === 'too-late') return refused('window/too-late', { closedOn: window.closesOn });
  // a day read yesterday is at most too early, which costs the customer nothing to read again
  if (wish.promisedDay !== promisedDay(c.certificate.notAfter, now, policy.years)) return refused('details/outdated');

  const keptUntil = now + KEPT_MS;
  const started = { type: 'rekey-started', txnId: wish.txnId, attempt: 1, nonce: wish.nonce } as const;
  return decided(
    [
      {
        type: 'details-confirmed',
        years: policy.years,
        promisedDay: wish.promisedDay,
        writeUntil: addDays(window.closesOn, policy.window.writeGraceDays),
        keptUntil,
      },
      started,
    ],
    [renewBegin(c, started, wish.promisedDay)],
    [lapseTimer(c.id, 'confirmed', keptUntil)],
  );
}

function tryAgain(c: Case, nonce: string, now: Instant): Decision {
  const { rekey, issuance, writing, verifying, promised } = c;
  if (rekey.kind === 'stopped' && promised !== 'none') {
    if (shanghaiDate(now) > promised.writeUntil) return refused('window/too-late', { closedOn: promised.writeUntil });
    const started = { type: 'rekey-started', txnId: rekey.txnId, attempt: rekey.attempt + 1, nonce } as const;
    return decided([started], [renewBegin(c, started, promised.promisedDay)]);
  }
  if (issuance.kind !== 'issued') return refused('case/not-now');
  if (writing.kind === 'failed') {
    const attempt = writing.attempt + 1;
    return decided([{ type: 'writing-asked-again', attempt }], [renewWrite(issuance.txnId, attempt, issuance)]);
  }
  if (verifying.kind === 'failed') {
    const attempt = verifying.attempt + 1;
    return decided([{ type: 'verification-asked-again', attempt }], [renewVerify(issuance.txnId, attempt, issuance)]);
  }
  return refused('case/not-now');
}

/** 返回 keeps later answers: the question is asked again, what came after it stays. */
function goBack(c: Case, policy: Policy): Decision {
  if (!isUnpromised(c)) return refused('case/too-late-to-go-back');
  if (c.changeDeclared) return decided([{ type: 'change-withdrawn' }]);
  if (policy.bidGuard === 'off' || c.bid.kind === 'unanswered' || c.reopened !== 'none') return refused('case/not-now');
  return decided([{ type: 'question-reopened', question: 'bid-guard' }]);
}

function isUnpromised(c: Case): boolean {
  return c.promised === 'none';
}

function bidSettled(c: Case, policy: Policy, now: Instant): boolean {
  if (policy.bidGuard === 'off') return true;
  if (c.reopened !== 'none') return false;
  const { bid } = c;
  return bid.kind === 'none' || bid.kind === 'risk-accepted' || (bid.kind === 'unopened-until' && bid.opensAt <= now);
}
