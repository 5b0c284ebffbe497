/** Signing in by SMS: a mobile number, then the code that was sent to it. */
import { problem, withTalk, type Reaction } from '../reaction.ts';
import type { Check, Finding, TurnInput } from '../turn-contract.ts';
import { looksLikeMobile, mobileIn, smsCodeIn, soughtIn } from '../understand/values.ts';
import { option } from '../words.ts';
import { chose, type ChatStep, type Said } from './step.ts';

type CodeSent = Extract<Finding, { kind: 'send-code' }>;
type CodeTried = Extract<Finding, { kind: 'sms-code' }>;

export const signIn: ChatStep = {
  ask: (s) => (s.talk.signIn.kind === 'code' ? askCode(s.talk.signIn.mobileMasked) : askMobile(s)),
  answer: (s, said) => {
    const atCode = s.talk.signIn.kind === 'code';
    if (chose(said, 'check-first')) return { after: withTalk(s, { querying: true }) };
    if (chose(said, 'other-mobile')) return { after: withTalk(s, { signIn: { kind: 'mobile' } }) };
    if (said.kind === 'text' && !atCode && looksLikeMobile(said.text))
      return { after: s, remark: problem('mobile/not-a-mobile') };
    return 'miss';
  },
  check: (s, said) => (s.talk.signIn.kind === 'code' ? checkAtCode(s.talk.signIn.codeId, said) : checkAtMobile(said)),
};

function askMobile(s: TurnInput) {
  return {
    template: 'ask-mobile',
    data: { greeting: s.talk.question === undefined },
    options: [option('1', 'check-first')],
    example: 'sign-in/mobile',
  };
}

function askCode(mobile: string) {
  return {
    template: 'ask-code',
    data: { mobile },
    options: [option('1', 'resend'), option('2', 'other-mobile')],
    example: 'sign-in/code',
  };
}

function checkAtMobile(said: Said): Check {
  if (said.kind === 'option') return { kind: 'none' };
  const mobile = mobileIn(said.text);
  if (mobile) return { kind: 'send-code', mobile };
  const sought = soughtIn(said.text);
  return sought?.by === 'uscc' ? { kind: 'query', ...sought } : { kind: 'none' };
}

/** Another mobile number at this question is a correction. */
function checkAtCode(codeId: string, said: Said): Check {
  if (chose(said, 'resend')) return { kind: 'resend-code', codeId };
  if (said.kind === 'option') return { kind: 'none' };
  const mobile = mobileIn(said.text);
  if (mobile) return { kind: 'send-code', mobile };
  const digits = smsCodeIn(said.text);
  return digits ? { kind: 'sms-code', codeId, digits } : { kind: 'none' };
}

export function codeSent(s: TurnInput, finding: CodeSent): Reaction {
  if (finding.verdict === 'too-soon')
    return { after: s, remark: problem('code/too-soon', { waitSeconds: finding.waitSeconds }) };
  if (finding.verdict === 'too-many') return { after: s, remark: problem('code/too-many') };
  const { mobileMasked, expiresAt } = finding;
  const { codeId } = s.draw;
  return {
    after: withTalk(s, { querying: false, signIn: { kind: 'code', codeId, mobileMasked, sentAt: s.now, expiresAt } }),
    changes: { smsCode: { codeId } },
  };
}

/** With exactly one case going on, the conversation goes straight to it. */
export function codeTried(s: TurnInput, finding: CodeTried): Reaction {
  if (finding.verdict === 'wrong')
    return finding.triesLeft > 0
      ? { after: s, remark: problem('code/wrong', { triesLeft: finding.triesLeft }) }
      : { after: s, remark: problem('code/no-tries') };
  if (finding.verdict !== 'right') return { after: s, remark: problem(`code/${finding.verdict}`) };
  const { handlerId, openCaseIds } = finding;
  const { question: _question, ...talk } = s.talk;
  const [caseId, ...others] = openCaseIds;
  return {
    after: {
      ...s,
      talk: {
        ...talk,
        handlerId,
        signIn: { kind: 'mobile' },
        misses: 0,
        ...(caseId !== undefined && others.length === 0 && { caseId }),
      },
    },
    changes: { signedIn: true, again: true },
    audit: [{ act: 'sign-in', subject: handlerId, detail: { conversation: s.talk.id } }],
  };
}

/** Nobody is signed in here any more. */
export function signOut(s: TurnInput): TurnInput {
  const { handlerId: _handlerId, caseId: _caseId, ...talk } = s.talk;
  return {
    ...s,
    handler: undefined,
    case: undefined,
    policy: undefined,
    certificates: [],
    live: { signedIn: false, link: { kind: 'none' } },
    talk: { ...talk, signIn: { kind: 'mobile' }, querying: false },
  };
}
