/**
 * Every word that the terminal shows, from `templates/agent/`. A text and the facts that it needs belong together:
 * the compiler checks callers against this table, a test checks the templates against it.
 */
import problems from '../templates/agent/problems.json' with { type: 'json' };
import terminal from '../templates/agent/terminal.json' with { type: 'json' };
import type { AgentProblemCode } from './problem.ts';

const NONE = [] as const;

/** Names of the facts of each text. */
export const WORDS = {
  greeting: ['version'],
  'code-prompt': NONE,
  'code-malformed': NONE,
  'code-mistyped': NONE,
  'code-wrong': ['triesLeft'],
  'code-expired': NONE,
  'code-no-tries': NONE,
  connecting: NONE,
  unreachable: NONE,
  clock: ['minutes'],
  'not-our-server': NONE,
  'too-old': NONE,
  match: ['unit', 'askedBy', 'digits', 'spoken'],
  linked: NONE,
  resuming: ['unit'],
  reconnecting: NONE,
  reconnected: NONE,
  'plug-in': NONE,
  looking: NONE,
  looked: ['label', 'serialTail', 'unit', 'day'],
  consent: ['unit', 'askedBy', 'oldDay', 'newDay'],
  'consent-write': ['unit', 'askedBy', 'oldDay', 'newDay'],
  'consent-verify': ['unit', 'newDay'],
  'consent-prompt': NONE,
  'consent-unclear': NONE,
  'pin-prompt': NONE,
  'pin-on-key': NONE,
  'pin-too-short': ['min'],
  'pin-too-long': ['max'],
  'pin-wrong': NONE,
  'pin-low': NONE,
  'pin-final': NONE,
  'pin-final-prompt': NONE,
  'making-key': NONE,
  'key-made': NONE,
  'waiting-for-ca': NONE,
  issued: ['day'],
  'issued-soon': NONE,
  writing: NONE,
  written: NONE,
  verifying: NONE,
  proved: NONE,
  verified: NONE,
  'verified-until': ['day'],
  closed: NONE,
  'closed-number': NONE,
  'closed-not-mine': NONE,
  'closed-expired': NONE,
  another: NONE,
  bye: NONE,
  'no-terminal': NONE,
  'already-open': NONE,
  'not-set-up': NONE,
  'as-root': NONE,
  'as-administrator': NONE,
  'node-options': NONE,
  /** The buttons of the chat that go on after a problem: at the look, and after it. */
  'look-again': NONE,
  'try-again': NONE,
  day: ['year', 'month', 'date'],
  unexpected: NONE,
} as const satisfies Record<string, readonly string[]>;

export type WordKey = keyof typeof WORDS;
export type WordFacts<K extends WordKey> = Readonly<Record<(typeof WORDS)[K][number], string | number>>;

/** Arguments after the key: none where the text needs none. */
export type FactsOf<K extends WordKey> = (typeof WORDS)[K] extends readonly [] ? [] : [facts: WordFacts<K>];

export function words<K extends WordKey>(key: K, ...[facts]: FactsOf<K>): string {
  const values: Readonly<Record<string, string | number>> = facts ?? {};
  return filled(terminal[key], values);
}

/** @param again the button in the chat that goes on */
export function problemWords(code: AgentProblemCode, again: 'look-again' | 'try-again'): string {
  return filled(problems[code], { again: words(again) });
}

function filled(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => printable(written(String(values[name]))));
}

/** A day crosses the wire as 2026-12-13 and is read as in the chat: 2026年12月13日. */
function written(value: string): string {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value) ?? [];
  return year === undefined ? value : words('day', { year, month: Number(month), date: Number(date) });
}

/** Facts come from a certificate or the wire: nothing in them may steer the terminal. Line ends stay (big digits). */
function printable(value: string): string {
  return value.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => (character === '\n' ? '\n' : ''));
}
