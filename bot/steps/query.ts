/** 先查能不能办: a USCC or a serial in; whether, from when and until when it can be done out. No names, no sign-in. */
import { countersOf } from '../counters.ts';
import { problem, withTalk, type Reaction } from '../reaction.ts';
import { mayRenew, standingOf } from '../standing.ts';
import type { Finding, TurnInput } from '../turn-contract.ts';
import { mobileIn, soughtIn } from '../understand/values.ts';
import { option } from '../words.ts';
import { chose, type ChatStep } from './step.ts';

type Answered = Extract<Finding, { kind: 'query' }>;

/** A card longer than this is not read. */
const MOST_SHOWN = 9;

export const query: ChatStep = {
  ask: () => ({ template: 'query', data: {}, options: [option('0', 'back')], example: 'query' }),
  answer: (s, said) => (chose(said, 'start-now') ? { after: atMobile(s) } : 'miss'),
  check: (_s, said) => {
    if (said.kind === 'option') return { kind: 'none' };
    const mobile = mobileIn(said.text);
    if (mobile) return { kind: 'send-code', mobile };
    const sought = soughtIn(said.text);
    return sought ? { kind: 'query', ...sought } : { kind: 'none' };
  },
  freeText: () => true,
};

/** Whoever may renew can start at once; everybody else is told the day or the place. Another may be asked about. */
export function queryAnswered(s: TurnInput, finding: Answered): Reaction {
  if (finding.verdict === 'too-many') return { after: atMobile(s), remark: problem('query/too-many') };
  const asking = withTalk(s, { querying: true, signIn: { kind: 'mobile' } });
  if (finding.answers.length === 0) return { after: asking, remark: problem('certificate/unknown') };
  const found = finding.answers.slice(0, MOST_SHOWN).map(({ policy, serialTail: tail, ...answer }) => ({
    tail,
    policy,
    standing: standingOf({ policy, ...answer }, s.now),
  }));
  const may = found.some(({ standing }) => mayRenew(standing));
  const data = {
    answers: found.map(({ tail, standing }) => ({ tail, ...standing })),
    counters: countersOf(found),
    more: finding.answers.length > MOST_SHOWN,
    may,
  };
  const options = may ? [option('1', 'start-now'), option('0', 'back')] : [option('0', 'back')];
  return { after: asking, instead: { template: 'query-answers', data, options } };
}

function atMobile(s: TurnInput): TurnInput {
  return withTalk(s, { querying: false, signIn: { kind: 'mobile' } });
}
