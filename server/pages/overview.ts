/**
 * Where a case stands, beside the conversation: chapters, old and new end, devices. A view on the facts; it decides
 * nothing.
 */
import { dayOf, writtenDay, type WrittenDay } from '../../bot/dates.ts';
import { chapterName } from '../../bot/words.ts';
import { caseNumber } from '../../bot/case-number.ts';
import { AGENDA, agenda, CHAPTERS, type Chapter, type Situation, type Step } from '../../renewal/agenda.ts';
import { checkWindow, promisedDay } from '../../renewal/window.ts';
import { standingWords } from './words.ts';

export interface Progress {
  readonly number: Chapter;
  readonly chapter: string;
  readonly standing: string;
}

export interface Overview {
  readonly caseNumber: string | undefined;
  readonly chapters: readonly {
    readonly number: number;
    readonly name: string;
    /** For the template: exactly one of them. */
    readonly done: boolean;
    readonly now: boolean;
    readonly skipped: boolean;
    readonly todo: boolean;
    readonly standing: string;
  }[];
  readonly dates: { readonly now: WrittenDay; readonly then: WrittenDay; readonly issued: boolean } | undefined;
  readonly computer: { readonly os: string | undefined; readonly joined: boolean; readonly asking: boolean };
  /** Last digits of the key's serial, once it was looked at. */
  readonly token: string | undefined;
}

/** The procedure passes over the others. */
const WITH_STEPS: ReadonlySet<Chapter> = new Set(AGENDA.map(({ chapter }) => chapter));

export function progressOf(situation: Situation): Progress {
  const step = agenda(situation);
  return { number: step.chapter, chapter: chapterName(step.chapter), standing: standingWords(step.name) };
}

export function overviewOf(situation: Situation): Overview {
  const step = agenda(situation);
  const { case: theCase, live } = situation;
  const joined = theCase && theCase.computer !== 'none' ? theCase.computer.os : undefined;
  return {
    caseNumber: theCase && caseNumber(theCase),
    chapters: CHAPTERS.map((chapter) => chapterOf(chapter, step)),
    dates: datesOf(situation),
    computer: {
      os: live.link.kind === 'asking' ? live.link.computer.os : joined,
      joined: live.link.kind === 'linked',
      asking: live.link.kind === 'asking',
    },
    token: theCase?.look.kind === 'seen' ? theCase.look.token.serialTail : undefined,
  };
}

function chapterOf(number: Chapter, step: Step): Overview['chapters'][number] {
  const over = step.name === 'done';
  const passed = over || number < step.chapter;
  const now = !over && number === step.chapter;
  const skipped = passed && !WITH_STEPS.has(number);
  return {
    number,
    name: chapterName(number),
    done: passed && !skipped,
    skipped,
    now,
    todo: !passed && !now,
    standing: now ? standingWords(step.name) : '',
  };
}

function datesOf({ case: theCase, policy, now }: Situation): Overview['dates'] {
  if (!theCase || !policy) return undefined;
  const ends = theCase.certificate.notAfter;
  if (theCase.issuance.kind === 'issued') {
    return { now: dayOf(ends), then: dayOf(theCase.issuance.notAfter), issued: true };
  }
  if (theCase.promised !== 'none') {
    return { now: dayOf(ends), then: writtenDay(theCase.promised.promisedDay), issued: false };
  }
  if (checkWindow(ends, now, policy.window).kind !== 'open') return undefined;
  return { now: dayOf(ends), then: writtenDay(promisedDay(ends, now, policy.years)), issued: false };
}
