/**
 * A conversation as its customer sees it: lines in order, the open question with buttons, answered ones as one grey
 * line, codes only where they may be read. Everything is computed from the transcript and where the case stands, so
 * a reload, a second tab and the stream show the same.
 */
import { randomUUID } from 'node:crypto';
import { bubbleData } from '../../bot/bubble-data.ts';
import { clientMessageIdOf } from '../../bot/channels/web/receive.ts';
import { webChannel } from '../../bot/channels/web/channel.ts';
import type { Option } from '../../bot/talk.ts';
import { shanghaiDate, type Instant } from '../../renewal/calendar.ts';
import { overviewOf, progressOf, type Overview, type Progress } from './overview.ts';
import type { ChatHouse, Entry, Log, Standing } from './ports.ts';
import type { Templates } from './templates.ts';
import { problemTelling } from './words.ts';

export interface ViewDeps {
  readonly chat: Pick<ChatHouse, 'reveal'>;
  readonly templates: Templates;
  readonly log: Log;
}

export interface Choices {
  readonly seq: number;
  readonly live: boolean;
  readonly oob: boolean;
  readonly questionId: string;
  /** For the form of a browser without scripts. */
  readonly clientMessageId: string;
  readonly options: readonly {
    readonly key: string;
    readonly label: string;
    readonly back: boolean;
    readonly picked: boolean;
  }[];
}

interface Day {
  readonly iso: string;
  readonly words: string;
}

interface Saying {
  readonly seq: number;
  /** A new day begins with this line. */
  readonly day: Day | undefined;
}

export type Line =
  | (Saying & { readonly mine: true; readonly id: string; readonly text: string; readonly picture: boolean })
  | (Saying & {
      readonly mine: false;
      readonly template: string;
      /** First of several in a row: with the mark beside it. */
      readonly face: boolean;
      readonly html: string;
      readonly choices: Choices | undefined;
      /** Takes the place of the same line on a page that shows it already. */
      readonly oob: boolean;
    });

export interface StandingView {
  readonly oob: boolean;
  readonly progress: Progress;
  readonly overview: Overview;
}

export function standingView(standing: Standing, oob: boolean): StandingView {
  return { oob, progress: progressOf(standing.situation), overview: overviewOf(standing.situation) };
}

/** The lines after `afterSeq`; `entries` is the whole transcript, because a line may answer an older one. */
export function linesAfter(
  afterSeq: number,
  entries: readonly Entry[],
  standing: Standing,
  deps: ViewDeps,
): Promise<Line[]> {
  return Promise.all(
    entries.flatMap((entry, i) => {
      if (entry.seq <= afterSeq) return [];
      const before = entries[i - 1];
      const saying = { seq: entry.seq, day: dayLine(entry.at, before?.at) };
      return [
        entry.from === 'customer'
          ? Promise.resolve(ownLine(entry, saying, entries))
          : botLine(entry, before, saying, entries, standing, deps),
      ];
    }),
  );
}

/** The last question up to `seq`, when it has been answered: its buttons are to shrink wherever they still stand. */
export function answeredUpTo(seq: number, entries: readonly Entry[], standing: Standing): Choices | undefined {
  const entry = entries.findLast((one) => one.seq <= seq && one.from === 'bot' && one.bubble.question !== undefined);
  const choices = entry && choicesOf(entry, entries, standing);
  return choices && !choices.live ? { ...choices, oob: true } : undefined;
}

/** The last line up to `seq` with a code, when the code serves no more: wherever it still stands, it is to go. */
export async function spentCodeUpTo(
  seq: number,
  entries: readonly Entry[],
  standing: Standing,
  deps: ViewDeps,
): Promise<Line | undefined> {
  const entry = entries.findLast((one): one is BotEntry => one.seq <= seq && isSecret(one));
  if (!entry?.bubble.secret || (await deps.chat.reveal(entry.bubble.secret.codeId)) !== undefined) return undefined;
  const before = entries[entries.indexOf(entry) - 1];
  const line = await botLine(entry, before, { seq: entry.seq, day: undefined }, entries, standing, deps);
  return { ...line, oob: true };
}

function isSecret(entry: Entry): boolean {
  return entry.from === 'bot' && entry.bubble.secret !== undefined;
}

type CustomerEntry = Extract<Entry, { from: 'customer' }>;
type BotEntry = Extract<Entry, { from: 'bot' }>;

async function botLine(
  entry: BotEntry,
  before: Entry | undefined,
  saying: Saying,
  entries: readonly Entry[],
  standing: Standing,
  deps: ViewDeps,
): Promise<Extract<Line, { mine: false }>> {
  return {
    ...saying,
    mine: false,
    template: entry.bubble.template,
    face: before?.from !== 'bot' || saying.day !== undefined,
    html: await wordsOf(entry, deps),
    choices: choicesOf(entry, entries, standing),
    oob: false,
  };
}

/** One bubble that can't be shown must not take the whole conversation with it. */
async function wordsOf(entry: BotEntry, { chat, templates, log }: ViewDeps): Promise<string> {
  const { template, secretCodeId } = webChannel.render(entry.bubble);
  try {
    const digits = secretCodeId === undefined ? undefined : await chat.reveal(secretCodeId);
    return templates.bubble(template, bubbleData(entry.bubble, digits));
  } catch (error) {
    log.error({ err: error, template, seq: entry.seq }, 'a bubble cannot be shown');
    return templates.page('broken-bubble', { telling: problemTelling('service/busy') });
  }
}

function ownLine(entry: CustomerEntry, saying: Saying, entries: readonly Entry[]): Line {
  const { shown } = entry;
  const text = shown.kind === 'text' ? shown.text : shown.kind === 'choice' ? labelOf(shown, entries) : '';
  return { ...saying, mine: true, id: clientMessageIdOf(entry.messageId), text, picture: shown.kind === 'picture' };
}

function labelOf(choice: { questionId: string; key: string }, entries: readonly Entry[]): string {
  const asked = entries.find((one) => one.from === 'bot' && one.bubble.question?.id === choice.questionId);
  const options: readonly Option[] = asked?.from === 'bot' ? (asked.bubble.question?.options ?? []) : [];
  return options.find(({ key }) => key === choice.key)?.label ?? choice.key;
}

function choicesOf(entry: Entry, entries: readonly Entry[], standing: Standing): Choices | undefined {
  if (entry.from !== 'bot') return undefined;
  const { choices } = webChannel.render(entry.bubble);
  if (!choices) return undefined;
  const live = isLast(entry, choices.questionId, entries) && choices.questionId === standing.openQuestionId;
  const picked = live ? undefined : pickedKey(entry, entries);
  return {
    seq: entry.seq,
    live,
    oob: false,
    questionId: choices.questionId,
    clientMessageId: randomUUID(),
    options: choices.options.map(({ key, label }) => ({ key, label, back: key === '0', picked: key === picked })),
  };
}

/** The same question may have been asked again further down: only there it has buttons. */
function isLast(entry: BotEntry, questionId: string, entries: readonly Entry[]): boolean {
  return entries.findLast((one) => one.from === 'bot' && one.bubble.question?.id === questionId) === entry;
}

/** Which option the customer's next message was, tapped or typed. */
function pickedKey(entry: BotEntry, entries: readonly Entry[]): string | undefined {
  const next = entries.find((one) => one.seq > entry.seq && one.from === 'customer');
  const { question } = entry.bubble;
  if (next?.from !== 'customer' || !question) return undefined;
  const { shown } = next;
  if (shown.kind === 'choice') return shown.questionId === question.id ? shown.key : undefined;
  if (shown.kind !== 'text') return undefined;
  const typed = shown.text.trim();
  return question.options.find(({ key, label }) => typed === key || typed === label)?.key;
}

const DAY_LINE = new Intl.DateTimeFormat('zh-CN', {
  timeZone: 'Asia/Shanghai',
  month: 'long',
  day: 'numeric',
  weekday: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

function dayLine(at: Instant, before: Instant | undefined): Day | undefined {
  if (before !== undefined && shanghaiDate(before) === shanghaiDate(at)) return undefined;
  return { iso: new Date(at).toISOString(), words: DAY_LINE.format(at) };
}
