/**
 * What a message is to the open question: an answer, a word that works everywhere, or something else. An answer
 * counts only for the question it was shown under, and only while that still shows the same (design §4).
 */
import { screenOf } from './screen.ts';
import type { Said } from './steps/step.ts';
import { STEPS } from './steps/steps.ts';
import type { Incoming, Question } from './talk.ts';
import type { TurnInput } from './turn-contract.ts';
import { normalise } from './understand/normalise.ts';
import { understandOption } from './understand/options.ts';
import type { Word } from './understand/vocabulary.ts';
import { understandWord } from './understand/words.ts';

export type Heard =
  | { readonly kind: 'answer'; readonly said: Said }
  | { readonly kind: 'word'; readonly word: Word }
  /** A tapped option of a question that is no longer open. */
  | { readonly kind: 'stale' }
  /** The question was open, but what it asked about has changed since. */
  | { readonly kind: 'moved-on' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'too-long' }
  | { readonly kind: 'picture' }
  | { readonly kind: 'masked'; readonly what: 'pin' | 'id-number' }
  /** Nobody spoke. */
  | { readonly kind: 'look-again' }
  | Extract<Incoming, { kind: 'code-failed' }>
  | { readonly kind: 'opened' };

/** Longer than any answer; nothing of it is read. */
const LONGEST_TEXT = 500;

export function listen(s: TurnInput): Heard {
  const { incoming } = s;
  switch (incoming.kind) {
    case 'text':
      return listenToText(s, incoming.text);
    case 'choice': {
      const { question } = s.talk;
      if (question?.id !== incoming.questionId) return { kind: 'stale' };
      const chosen = question.options.find(({ key }) => key === incoming.key);
      return fits(s, chosen ? { kind: 'option', name: chosen.name } : { kind: 'text', text: '' });
    }
    default:
      return incoming;
  }
}

function listenToText(s: TurnInput, text: string): Heard {
  if (text.length > LONGEST_TEXT) return { kind: 'too-long' };
  if (text.trim() === '') return { kind: 'nothing' };
  const plain = normalise(text);
  const chosen = understandOption(plain, openQuestion(s)?.options ?? []);
  if (chosen) return fits(s, { kind: 'option', name: chosen.name });
  if (plain === '0') return { kind: 'word', word: 'back' };
  const freeText = STEPS[screenOf(s).name].freeText?.(s) ?? false;
  const word = understandWord(plain, freeText);
  return word ? { kind: 'word', word } : fits(s, { kind: 'text', text });
}

function fits(s: TurnInput, said: Said): Heard {
  // 0 返回 is the word, also where it stands among the options
  if (said.kind === 'option' && said.name === 'back') return { kind: 'word', word: 'back' };
  const question = openQuestion(s);
  const screen = screenOf(s);
  return question?.step === screen.name && question.shows === screen.shows
    ? { kind: 'answer', said }
    : { kind: 'moved-on' };
}

/** Before anything was asked, the first question counts as asked: it is the same for everybody. */
function openQuestion(s: TurnInput): Question | undefined {
  if (s.talk.question) return s.talk.question;
  const { name, shows } = screenOf(s);
  return name === 'sign-in' ? { id: '', step: name, shows, options: STEPS[name].ask(s).options } : undefined;
}
