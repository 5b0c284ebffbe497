/** What a message, or what was found out for it, does to the conversation and its case. */
import { everywhere } from './everywhere.ts';
import { confirmingOf, takeConfirmation } from './confirm.ts';
import { listen } from './listen.ts';
import { remark, withTalk, type Reaction } from './reaction.ts';
import { screenOf } from './screen.ts';
import { computerLeft } from './steps/at-the-computer.ts';
import { computerRefused, matched } from './steps/computer.ts';
import { queryAnswered } from './steps/query.ts';
import { codeFailed, codeSent, codeTried } from './steps/sign-in.ts';
import type { Said } from './steps/step.ts';
import { STEPS } from './steps/steps.ts';
import type { Check, Finding, TurnInput } from './turn-contract.ts';

/** What the message asks to be found out before its turn. */
export function checkFor(s: TurnInput): Check {
  const heard = listen(s);
  if (heard.kind !== 'answer' || confirmingOf(s)) return { kind: 'none' };
  return STEPS[screenOf(s).name].check?.(s, heard.said) ?? { kind: 'none' };
}

export function react(s: TurnInput, finding: Finding): Reaction {
  switch (finding.kind) {
    case 'send-code':
      return codeSent(understood(s), finding);
    case 'sms-code':
      return codeTried(understood(s), finding);
    case 'query':
      return queryAnswered(understood(s), finding);
    case 'match-number':
      return matched(understood(s), finding);
    case 'refuse-computer':
      return computerRefused(understood(s));
    case 'leave-computer':
      return computerLeft(understood(s), finding);
    case 'none':
      return reactToMessage(s);
  }
}

function reactToMessage(s: TurnInput): Reaction {
  const heard = listen(s);
  const confirming = confirmingOf(s);
  if (confirming && heard.kind === 'answer') return takeConfirmation(s, confirming, heard.said);
  const calm = confirming ? withTalk(s, { confirming: 'none' }) : s;
  switch (heard.kind) {
    case 'answer':
      return takeAnswer(calm, heard.said);
    case 'word':
      return confirming && heard.word === 'back' ? { after: calm } : everywhere(calm, heard.word);
    case 'stale':
    case 'moved-on':
    case 'too-long':
    case 'picture':
      return { after: calm, remark: remark(heard.kind) };
    case 'masked':
      return { after: calm, remark: remark('masked', { pin: heard.what === 'pin' }) };
    case 'nothing':
      return { after: calm };
    case 'code-failed':
      return codeFailed(s, heard);
    case 'look-again':
    case 'opened':
      return { after: s };
  }
}

function takeAnswer(s: TurnInput, said: Said): Reaction {
  const reaction = STEPS[screenOf(s).name].answer(s, said);
  if (reaction !== 'miss') return { ...reaction, after: understood(reaction.after) };
  return { after: withTalk(s, { misses: s.talk.misses + 1 }), missed: true };
}

function understood(s: TurnInput): TurnInput {
  return withTalk(s, { misses: 0 });
}
