/**
 * Joining the customer's computer: the code that is typed there, then the two digits that are typed here. Only the
 * customer's own message counts (design §6).
 */
import { problem, remark, type Reaction } from '../reaction.ts';
import type { Finding, TurnInput } from '../turn-contract.ts';
import { matchDigitsIn } from '../understand/values.ts';
import { brief, option } from '../words.ts';
import { caseStep, chose } from './step.ts';

type Matched = Extract<Finding, { kind: 'match-number' }>;

export const link = caseStep({
  ask: (s) => {
    const { link: live } = s.live;
    // none may be made this hour: there is nothing to type and nothing to choose
    if (live.kind !== 'code') return { template: 'link-none', data: {}, options: [] };
    return {
      template: 'link',
      data: {
        /** Work on the key has begun, and the computer is gone. */
        again: s.case.computer !== 'none',
        code: null,
      },
      options: [option('1', 'new-code')],
      example: 'link',
      brief: brief('link'),
      secret: { kind: 'link-code', codeId: live.codeId },
    };
  },
  answer: (s, said) => {
    if (!chose(said, 'new-code')) return 'miss';
    const isLast = s.linkCodes === 'too-many' && s.live.link.kind === 'code';
    return isLast ? { after: s, remark: remark('link-code-kept') } : { after: unlinked(s) };
  },
});

export const match = caseStep({
  ask: (s) => ({
    template: 'match',
    data: { computer: s.live.link.kind === 'asking' ? s.live.link.computer : { name: '', os: '' } },
    options: [option('1', 'not-mine')],
    example: 'match',
  }),
  answer: () => 'miss',
  check: (s, said) => {
    if (s.live.link.kind !== 'asking') return { kind: 'none' };
    const { linkId } = s.live.link;
    if (chose(said, 'not-mine')) return { kind: 'refuse-computer', linkId };
    const digits = said.kind === 'text' ? matchDigitsIn(said.text) : undefined;
    return digits ? { kind: 'match-number', linkId, digits } : { kind: 'none' };
  },
});

/**
 * Whoever tried the number told the case of a computer that joined. A code serves once: after a wrong number, a late
 * one or a refusal there is a new one.
 */
export function matched(s: TurnInput, { verdict }: Matched): Reaction {
  return verdict === 'joined' ? { after: s } : { after: unlinked(s), remark: problem(`link/${verdict}`) };
}

export function computerRefused(s: TurnInput): Reaction {
  return { after: unlinked(s), remark: problem('link/not-mine') };
}

function unlinked<S extends TurnInput>(s: S): S {
  return { ...s, live: { ...s.live, link: { kind: 'none' } } };
}
