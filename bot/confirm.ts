/** 取消 and 重新开始 are asked back once; only a clear yes does it, everything else keeps the case. */
import { leaveCase, remark, wish, withTalk, type Reaction } from './reaction.ts';
import type { Prompt, Said } from './steps/step.ts';
import type { TurnInput } from './turn-contract.ts';
import { option } from './words.ts';

export type Confirming = 'cancel' | 'restart';

export function confirmingOf(s: TurnInput): Confirming | undefined {
  const { confirming } = s.talk;
  return confirming === 'cancel' || confirming === 'restart' ? confirming : undefined;
}

export function askBack(confirming: Confirming, s: TurnInput): Prompt {
  return {
    template: `confirm-${confirming}`,
    data: { started: s.case !== undefined && s.case.promised !== 'none' },
    options: [option('1', `${confirming}-yes`), option('0', 'keep-going')],
  };
}

export function takeConfirmation(s: TurnInput, confirming: Confirming, said: Said): Reaction {
  const kept = withTalk(s, { confirming: 'none' });
  if (said.kind === 'option' && said.name === `${confirming}-yes`) {
    const cancelled = wish(kept, { type: 'cancel-case' });
    return confirming === 'restart' && cancelled.changes ? leaveCase(cancelled) : cancelled;
  }
  return said.kind === 'option' ? { after: kept } : { after: kept, remark: remark('kept') };
}
