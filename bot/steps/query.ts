/** 先查能不能办: a USCC or a serial in; whether, from when and until when it can be done out. No names, no sign-in. */
import { problem, remark, withTalk, type Reaction } from '../reaction.ts';
import { standingOf } from '../standing.ts';
import type { Finding, TurnInput } from '../turn-contract.ts';
import { mobileIn, soughtIn } from '../understand/values.ts';
import { option } from '../words.ts';
import type { ChatStep } from './step.ts';

type Answered = Extract<Finding, { kind: 'query' }>;

/** A card longer than this is not read. */
const MOST_SHOWN = 9;

export const query: ChatStep = {
  ask: () => ({ template: 'query', data: {}, options: [option('0', 'back')], example: 'query' }),
  answer: () => 'miss',
  check: (_s, said) => {
    if (said.kind === 'option') return { kind: 'none' };
    const mobile = mobileIn(said.text);
    if (mobile) return { kind: 'send-code', mobile };
    const sought = soughtIn(said.text);
    return sought ? { kind: 'query', ...sought } : { kind: 'none' };
  },
  freeText: () => true,
};

/** The answer is followed by the first question: whoever may renew can start at once. */
export function queryAnswered(s: TurnInput, finding: Answered): Reaction {
  const atMobile = withTalk(s, { querying: false, signIn: { kind: 'mobile' } });
  if (finding.verdict === 'too-many') return { after: atMobile, remark: problem('query/too-many') };
  if (finding.answers.length === 0) return { after: s, remark: problem('certificate/unknown') };
  const answers = finding.answers
    .slice(0, MOST_SHOWN)
    .map((answer) => ({ tail: answer.serialTail, ...standingOf(answer, s.now) }));
  return {
    after: atMobile,
    remark: remark('query-answers', { answers, more: finding.answers.length > MOST_SHOWN }),
  };
}
