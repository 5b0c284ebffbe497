/**
 * The words that work in every state. After one the open question is asked again; what cannot be undone is asked
 * back first (design §4).
 */
import { decide } from '../renewal/decide.ts';
import { isOver } from '../renewal/case.ts';
import { caseNumber } from './case-number.ts';
import { dayOf, writtenDay } from './dates.ts';
import { leaveCase, problem, remark, wish, withoutDay, withTalk, type Reaction } from './reaction.ts';
import { screenOf } from './screen.ts';
import { servicesOf } from './service.ts';
import { tailOf } from './standing.ts';
import type { Bubble } from './talk.ts';
import type { TurnInput } from './turn-contract.ts';
import type { Word } from './understand/vocabulary.ts';

export function everywhere(s: TurnInput, word: Word): Reaction {
  switch (word) {
    case 'continue':
    case 'repeat':
      return { after: s };
    case 'back':
      return back(s);
    case 'staff':
      return staff(s);
    case 'progress':
      return screenOf(s).name === 'done' ? { after: s, brief: true } : { after: s, remark: progress(s) };
    case 'help':
    case 'unsubscribe':
    case 'authentic':
      return { after: s, remark: remark(word) };
    case 'cancel':
      return cancel(s);
    case 'restart':
      return restart(s);
  }
}

/** To the question before; later answers stay. */
function back(s: TurnInput): Reaction {
  if (s.talk.confirming !== 'none') return { after: withTalk(s, { confirming: 'none' }) };
  if (s.case) return backInCase(s);
  if (s.talk.querying) return { after: withTalk(s, { querying: false }) };
  if (!s.live.signedIn && s.talk.signIn.kind === 'code') return { after: withTalk(s, { signIn: { kind: 'mobile' } }) };
  return { after: s, remark: remark(s.live.signedIn ? 'back-to-mobile' : 'back-nowhere') };
}

function backInCase(s: TurnInput): Reaction {
  const atFirst = { after: s, remark: remark('back-first') };
  const { name } = screenOf(s);
  if (name === 'bid-guard') return atFirst;
  if (s.talk.openingDay) return { after: withoutDay(s) };
  // from the advice to when the bids are opened
  if (name === 'bid-risk') return wish(s, { type: 'answer-bid-question', answer: 'unopened' });
  const held = heldBack(s);
  if (held) return { after: s, remark: held };
  const reaction = wish(s, { type: 'go-back' });
  const unmoved = reaction.remark !== undefined && s.case?.promised === 'none' && !isOver(s.case);
  return unmoved ? atFirst : reaction;
}

/** Confirmed, but nothing is made yet: there is a way back, though not by this word. */
function heldBack(s: TurnInput): Bubble | undefined {
  if (!s.case || s.case.promised === 'none' || isOver(s.case)) return undefined;
  const { rekey } = s.case;
  if (rekey.kind === 'stopped') return remark('back-restart');
  if (rekey.kind !== 'started' || rekey.consented) return undefined;
  return remark(screenOf(s).name === 'rekey' ? 'back-at-computer' : 'back-restart');
}

/** Asking for a person is kept with the case, so that whoever answers the telephone sees it. */
function staff(s: TurnInput): Reaction {
  const called = remark('staff', { services: servicesOf(s), number: s.case ? caseNumber(s.case) : null });
  const noted = s.case && !isOver(s.case) ? wish(s, { type: 'ask-for-staff' }) : { after: s };
  return { ...noted, remark: called };
}

export function progress(s: TurnInput): Bubble {
  const { waitsFor } = screenOf(s);
  const waits = {
    customer: waitsFor === 'customer',
    bridge: waitsFor === 'bridge',
    provider: waitsFor === 'provider',
    staff: waitsFor === 'staff',
  };
  const about = s.case && {
    number: caseNumber(s.case),
    unit: s.case.certificate.unit,
    tail: tailOf(s.case.certificate.serial),
    ends: dayOf(s.case.certificate.notAfter),
    issuedTo: s.case.issuance.kind === 'issued' ? dayOf(s.case.issuance.notAfter) : null,
    endsAnew: s.case.promised === 'none' ? null : writtenDay(s.case.promised.promisedDay),
  };
  return remark('progress', { waits, about: about ?? null });
}

function cancel(s: TurnInput): Reaction {
  if (!s.case) return { after: s, remark: remark('nothing-to-cancel') };
  const refusal = whyNotCancel(s);
  return refusal ? { after: s, remark: refusal } : { after: withTalk(s, { confirming: 'cancel' }) };
}

/** Where nothing would be lost there is nothing to confirm. */
function restart(s: TurnInput): Reaction {
  if (!s.live.signedIn) return { after: withTalk(s, { signIn: { kind: 'mobile' }, querying: false }) };
  if (!s.case) return { after: s };
  if (isOver(s.case)) return leaveCase({ after: s });
  const refusal = whyNotCancel(s);
  return refusal ? { after: s, remark: refusal } : { after: withTalk(s, { confirming: 'restart' }) };
}

function whyNotCancel(s: TurnInput): Bubble | undefined {
  if (!s.case || !s.policy) return problem('case/not-now');
  const decision = decide(s.case, { type: 'cancel-case' }, s.policy, s.now);
  return decision.kind === 'refused' ? problem(decision.problem, decision.about) : undefined;
}
