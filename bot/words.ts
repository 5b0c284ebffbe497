/**
 * The words that belong to answers and problems, read from `templates/`, where all that a customer reads stands.
 */
import words from '../templates/chat/words.json' with { type: 'json' };
import problems from '../templates/problems.json' with { type: 'json' };
import type { Chapter } from '../renewal/agenda.ts';
import type { ProblemCode, ProblemFacts } from '../renewal/problem.ts';
import type { Bubble, Option } from './talk.ts';

export type OptionName = keyof typeof words.options;

export interface ProblemWords {
  readonly code: ProblemCode;
  /** What happened. */
  readonly zh: string;
  /** What to do. */
  readonly hint: string;
}

/** As a customer reads where a case stands: 第4/7步 · 核对. */
export function chapterName(chapter: Chapter): string {
  return words.chapters[chapter];
}

/** @param name of the words; the option itself may be named closer, e.g. after one certificate */
export function option(key: string, name: OptionName, about: ProblemFacts = {}, as: string = name): Option {
  return { key, name: as, label: filled(words.options[name], about) };
}

/** @param about fills `{placeholders}`; each code's places are filled by whoever raises it */
export function problemWords(code: ProblemCode, about: ProblemFacts = {}): ProblemWords {
  const { zh, hint } = problems[code];
  return { code, zh: filled(zh, about), hint: filled(hint, about) };
}

/** What a customer must type to take a risk that cannot be undone. */
export function phrase(name: keyof typeof words.phrases): string {
  return words.phrases[name];
}

/** How an answer may look, for the question that was not understood. */
export function example(question: string): string {
  const examples: Readonly<Record<string, string>> = words.examples;
  return examples[question] ?? '';
}

/** A question in one line, below a remark: its card stands above. */
export function brief(question: keyof typeof words.brief): Pick<Bubble, 'template' | 'data'> {
  return { template: 'brief', data: { line: words.brief[question] } };
}

function filled(text: string, about: ProblemFacts): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(about[name] ?? place));
}
