/** Signing in by SMS: a mobile number, then the code that was sent to it. */
import type { Instant } from '../../renewal/calendar.ts';
import type { ProblemCode } from '../../renewal/problem.ts';
import { problem, withTalk, type Reaction } from '../reaction.ts';
import { screenOf } from '../screen.ts';
import type { Incoming, SignIn } from '../talk.ts';
import type { Check, Finding, TurnInput } from '../turn-contract.ts';
import { looksLikeMobile, mobileIn, smsCodeIn, soughtIn } from '../understand/values.ts';
import { option, problemWords } from '../words.ts';
import { chose, type ChatStep, type Prompt, type Said } from './step.ts';

/** Between two codes to one mobile (design §9). */
export const RESEND_AFTER_MS = 60_000;

type CodeSent = Extract<Finding, { kind: 'send-code' }>;
type CodeOut = Extract<SignIn, { kind: 'code' }>;
type CodeTried = Extract<Finding, { kind: 'sms-code' }>;
type CodeFailed = Extract<Incoming, { kind: 'code-failed' }>;

/** After these another code helps, as soon as one may be sent; after the others their own advice does. */
const NEEDS_ANOTHER: ReadonlySet<ProblemCode> = new Set<ProblemCode>(['code/expired', 'code/no-tries']);

export const signIn: ChatStep = {
  ask: (s) => (s.talk.signIn.kind === 'code' ? askCode(s.talk.signIn, s.now) : askMobile(s)),
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

function askCode(signIn: CodeOut, now: Instant): Prompt {
  const options = [option('1', 'resend'), option('2', 'other-mobile')];
  const why = whyVoid(signIn, now);
  if (!why) return { template: 'ask-code', data: { mobile: signIn.mobileMasked }, options, example: 'sign-in/code' };
  const data = { problem: problemWords(why), waitSeconds: toldSeconds(signIn, now) };
  return { template: 'code-void', data, options, example: 'sign-in/void' };
}

function whyVoid(signIn: CodeOut, now: Instant): CodeOut['void'] {
  return signIn.void ?? (now >= signIn.expiresAt ? 'code/expired' : undefined);
}

/** Until another code may be sent, where the question says so; 0 when it may. */
function toldSeconds(signIn: CodeOut, now: Instant): number {
  const why = whyVoid(signIn, now);
  if (!why || !NEEDS_ANOTHER.has(why)) return 0;
  const { sentAt } = signIn;
  return Math.max(0, Math.ceil((sentAt + RESEND_AFTER_MS - now) / 1000));
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
  const { signIn } = s.talk;
  // the question itself says how long to wait
  const isTold = signIn.kind === 'code' && toldSeconds(signIn, s.now) > 0;
  if (finding.verdict === 'too-soon' && isTold) return { after: s };
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
      : { after: voided(s, 'code/no-tries') };
  if (finding.verdict !== 'right') return { after: voided(s, `code/${finding.verdict}`) };
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

/** A code that is not waited for any more is nobody's concern. */
export function codeFailed(s: TurnInput, { codeId, problem: why }: CodeFailed): Reaction {
  return screenOf(s).shows === `sign-in/code/${codeId}` ? { after: voided(s, why), news: true } : { after: s };
}

function voided(s: TurnInput, why: ProblemCode): TurnInput {
  const { signIn } = s.talk;
  return signIn.kind === 'code' ? withTalk(s, { signIn: { ...signIn, void: why } }) : s;
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
