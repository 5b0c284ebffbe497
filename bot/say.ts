/**
 * After a message: the remark, then the open question. Never more than two bubbles a turn, never more than three
 * between two messages of the customer; nobody is told twice what has not changed (design §4).
 */
import { CHAPTERS } from '../renewal/agenda.ts';
import { askBack, confirmingOf } from './confirm.ts';
import { remark, withTalk, type Reaction } from './reaction.ts';
import { AT_WORK, screenOf, type Screen } from './screen.ts';
import { serviceOf } from './service.ts';
import type { Prompt } from './steps/step.ts';
import { STEPS } from './steps/steps.ts';
import type { Bubble, Question, Talk } from './talk.ts';
import type { TurnInput, TurnOutput } from './turn-contract.ts';
import { example } from './words.ts';

/** Bubbles between two messages of the customer, whatever happens meanwhile. */
const MOST_BUBBLES = 3;
/** Misses in a row after which a person is offered. */
const LAST_MISS = 3;

const LINK_CODE_LIFE_MS = 10 * 60_000;

export function say(reaction: Reaction): TurnOutput {
  const { after, changes = {}, audit = [] } = reaction;
  const asked = after.incoming.kind !== 'look-again' && after.incoming.kind !== 'opened';
  if (changes.again) return spoken(after.talk, reaction.remark ? [reaction.remark] : [], asked, { ...changes, audit });

  const silent = asked ? undefined : silence(after);
  if (silent) return { talk: silent, says: [], ...changes, audit };

  // what was asked back is forgotten when something else has happened
  const { s, linkCode } = withLinkCode(asked ? after : withTalk(after, { confirming: 'none' }));
  const screen = screenOf(s);
  const prompt = promptOf(s, screen);
  const question: Question = { id: s.draw.questionId, step: screen.name, shows: screen.shows, options: prompt.options };
  const lead = reaction.missed ? missRemark(s, prompt) : reaction.remark;
  const { template, data } =
    reaction.missed && s.talk.misses === 2 ? onlyOptions(prompt) : (reaction.instead ?? prompt);
  const ask: Bubble = {
    template,
    data: { ...data, progress: { chapter: screen.chapter, name: CHAPTERS[screen.chapter] } },
    question,
    ...(template === prompt.template && prompt.secret && { secret: prompt.secret }),
  };
  const misses = s.talk.misses >= LAST_MISS ? 0 : s.talk.misses;
  const talk = { ...settled(s, screen).talk, question, misses };
  const linkAudit = linkCode
    ? [{ act: 'link-code', subject: linkCode.caseId, detail: { codeId: linkCode.codeId } }]
    : [];
  return spoken(talk, lead ? [lead, ask] : [ask], asked, {
    ...changes,
    ...(linkCode && { linkCode }),
    audit: [...audit, ...linkAudit],
  });
}

function spoken(
  talk: Talk,
  says: readonly Bubble[],
  asked: boolean,
  rest: Omit<TurnOutput, 'talk' | 'says'>,
): TurnOutput {
  return { talk: { ...talk, said: (asked ? 0 : talk.said) + says.length }, says, ...rest };
}

/** Nobody spoke: is there anything new to tell? The talk as it goes on, or undefined when there is. */
function silence(s: TurnInput): Talk | undefined {
  const { question } = s.talk;
  const screen = screenOf(s);
  if (question?.step === screen.name && question.shows === screen.shows) return s.talk;
  if (question && AT_WORK.has(question.step) && AT_WORK.has(screen.name))
    return { ...s.talk, question: { ...question, step: screen.name, shows: screen.shows } };
  return s.incoming.kind === 'look-again' && s.talk.said >= MOST_BUBBLES ? s.talk : undefined;
}

/** A computer is to be joined and no code can be used: a new one is made with the question. */
function withLinkCode(s: TurnInput): { s: TurnInput; linkCode?: NonNullable<TurnOutput['linkCode']> } {
  if (screenOf(s).name !== 'link' || s.live.link.kind === 'code' || s.linkCodes === 'too-many' || !s.case) return { s };
  const { codeId } = s.draw;
  const link = { kind: 'code', codeId, expiresAt: s.now + LINK_CODE_LIFE_MS } as const;
  return { s: { ...s, live: { ...s.live, link } }, linkCode: { codeId, caseId: s.case.id } };
}

function promptOf(s: TurnInput, screen: Screen): Prompt {
  const confirming = confirmingOf(s);
  return confirming && s.case ? askBack(confirming, s) : STEPS[screen.name].ask(s);
}

/** A risk is confirmed where it was shown, or not at all. */
function settled(s: TurnInput, screen: Screen): TurnInput {
  return s.talk.confirming === 'bid-risk' && screen.name !== 'bid-risk' ? withTalk(s, { confirming: 'none' }) : s;
}

/** First miss: an example. Second: only the options. Third: a person. */
function missRemark(s: TurnInput, prompt: Prompt): Bubble | undefined {
  if (prompt.example === undefined || s.talk.misses === 2) return undefined;
  return s.talk.misses >= LAST_MISS
    ? remark('miss-staff', { service: serviceOf(s) })
    : remark('miss-example', { example: example(prompt.example) });
}

function onlyOptions(prompt: Prompt): Pick<Bubble, 'template' | 'data'> {
  return { template: 'miss-options', data: { example: example(prompt.example ?? '') } };
}
