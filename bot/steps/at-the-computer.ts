/**
 * Steps at which the computer works and the chat waits: whatever is said is answered with how things stand, and a
 * computer that answers no more can be left for another, or for itself started anew.
 */
import type { Reaction } from '../reaction.ts';
import type { Finding, TurnInput } from '../turn-contract.ts';
import { option } from '../words.ts';
import { caseStep, chose, type ChatStep } from './step.ts';

type Left = Extract<Finding, { kind: 'leave-computer' }>;

export function atTheComputer(template: 'look' | 'rekey' | 'write-certificate' | 'verify'): ChatStep {
  return caseStep({
    ask: () => ({ template, data: {}, options: [option('1', 'other-computer')] }),
    answer: (s) => ({ after: s }),
    check: (s, said) =>
      chose(said, 'other-computer') && s.live.link.kind === 'linked'
        ? { kind: 'leave-computer', linkId: s.live.link.linkId }
        : { kind: 'none' },
  });
}

/** What was under way goes on, under the same name, on the computer that joins next. */
export function computerLeft(s: TurnInput, { linkId }: Left): Reaction {
  const { link } = s.live;
  if (link.kind !== 'linked' || link.linkId !== linkId) return { after: s };
  return { after: { ...s, live: { ...s.live, link: { kind: 'none' } } } };
}
