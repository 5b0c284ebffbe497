/**
 * After a message: the remark, then the open question. Never more than two bubbles a turn, never more than three
 * between two messages of the customer; nobody is told twice what has not changed (design §4).
 */
import { askBack, confirmingOf } from './confirm.ts';
import { remark, withoutDay, withTalk, type Reaction } from './reaction.ts';
import { AT_WORK, screenOf, type Screen } from './screen.ts';
import { servicesOf } from './service.ts';
import { tailOf } from './standing.ts';
import type { Prompt, Words } from './steps/step.ts';
import { STEPS } from './steps/steps.ts';
import type { Bubble, Incoming, Question, Talk } from './talk.ts';
import type { TurnInput, TurnOutput } from './turn-contract.ts';
import { chapterName, example } from './words.ts';

/** Bubbles between two messages of the customer, whatever happens meanwhile. */
const MOST_BUBBLES = 3;
/** Misses in a row after which a person is offered. */
const LAST_MISS = 3;
/** Nobody spoke. */
const UNASKED: ReadonlySet<Incoming['kind']> = new Set<Incoming['kind']>(['look-again', 'opened', 'code-failed']);
/** Of 返回, which chooses nothing. */
const BACK_KEY = '0';

export function say(reaction: Reaction): TurnOutput {
  const { after, changes = {}, audit = [] } = reaction;
  const asked = !UNASKED.has(after.incoming.kind);
  if (changes.again) return spoken(after.talk, reaction.remark ? [reaction.remark] : [], asked, { ...changes, audit });

  const news = reaction.news === true && after.talk.said < MOST_BUBBLES;
  const silent = asked || news ? undefined : silence(after);
  if (silent) return { talk: silent, says: [], ...changes, audit };

  // what was asked back is forgotten when something else has happened
  const { s, linkCode } = withLinkCode(asked ? after : withTalk(after, { confirming: 'none' }));
  const screen = screenOf(s);
  const prompt = promptOf(s, screen);
  const { lead, asking } = reaction.missed ? missed(s, prompt) : told(reaction, s, screen, prompt);
  const options = reaction.instead?.options ?? prompt.options;
  const question: Question = { id: s.draw.questionId, step: screen.name, shows: screen.shows, options };
  const ask: Bubble = {
    template: asking.template,
    data: { ...asking.data, progress: { chapter: screen.chapter, name: chapterName(screen.chapter) } },
    question,
    ...(asking === prompt && prompt.secret && { secret: prompt.secret }),
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
    return { ...s.talk, question: { ...question, ...whatIsOpen(s, screen) } };
  return s.incoming.kind === 'look-again' && s.talk.said >= mostBefore(screen) ? s.talk : undefined;
}

/** That somebody is at work gives way to a question that may still come; the end is told whatever was said before. */
function mostBefore({ name }: Screen): number {
  if (name === 'done') return Infinity;
  return AT_WORK.has(name) ? MOST_BUBBLES - 1 : MOST_BUBBLES;
}

/** The question goes on under its id, with the options of the step that is open now. */
function whatIsOpen(s: TurnInput, screen: Screen): Omit<Question, 'id'> {
  return { step: screen.name, shows: screen.shows, options: STEPS[screen.name].ask(s).options };
}

/** A computer is to be joined and no code can be used: a new one is made with the question. */
function withLinkCode(s: TurnInput): { s: TurnInput; linkCode?: NonNullable<TurnOutput['linkCode']> } {
  if (screenOf(s).name !== 'link' || s.live.link.kind === 'code' || s.linkCodes === 'too-many' || !s.case) return { s };
  const { codeId } = s.draw;
  return { s: { ...s, live: { ...s.live, link: { kind: 'code', codeId } } }, linkCode: { codeId, caseId: s.case.id } };
}

function promptOf(s: TurnInput, screen: Screen): Prompt {
  const confirming = confirmingOf(s);
  return confirming && s.case ? askBack(confirming, s) : STEPS[screen.name].ask(s);
}

/** A risk is confirmed where it was shown, and an hour told where it was asked for, or not at all. */
function settled(s: TurnInput, screen: Screen): TurnInput {
  const calm = s.talk.confirming === 'bid-risk' && screen.name !== 'bid-risk' ? withTalk(s, { confirming: 'none' }) : s;
  return screen.name === 'bid-opening' ? calm : withoutDay(calm);
}

interface Told {
  readonly lead: Bubble | undefined;
  readonly asking: Words;
}

/** A card that was shown before the remark is not shown again below it. */
function told({ remark: lead, instead, brief }: Reaction, s: TurnInput, screen: Screen, prompt: Prompt): Told {
  const { question } = s.talk;
  const isShown = question?.step === screen.name && question.shows === screen.shows;
  const line = brief || (lead && isShown) ? prompt.brief : undefined;
  return { lead: lead ?? goingOn(s), asking: instead ?? line ?? prompt };
}

/** Whoever signs in comes to a case of before: which one, is said first. */
function goingOn(s: TurnInput): Bubble | undefined {
  if (s.incoming.kind !== 'look-again' || s.talk.question || !s.case) return undefined;
  const { unit, serial } = s.case.certificate;
  return remark('going-on', { unit, tail: tailOf(serial) });
}

/** First miss: how an answer looks. Second: the options. Third: a person. */
function missed(s: TurnInput, prompt: Prompt): Told {
  if (prompt.example === undefined) return { lead: undefined, asking: prompt };
  if (s.talk.misses >= LAST_MISS)
    return { lead: remark('miss-staff', { services: servicesOf(s) }), asking: prompt.brief ?? prompt };
  const data = { example: example(prompt.example) };
  if (s.talk.misses === 1) return { lead: undefined, asking: { template: 'miss-example', data } };
  const several = prompt.options.filter(({ key }) => key !== BACK_KEY).length > 1;
  return { lead: undefined, asking: { template: 'miss-options', data: { ...data, several } } };
}
