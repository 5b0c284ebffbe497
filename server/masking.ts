/**
 * What of a message is kept. A PIN, a password or a number of an identity card typed into the chat is not stored
 * anywhere, not even sealed; transcripts show mobile numbers masked and codes not at all (design §4).
 */
import type { Incoming, Question } from '../bot/talk.ts';
import { maskMobile } from './personal/mobile.ts';

export type Shown =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'choice'; readonly questionId: string; readonly key: string }
  | { readonly kind: 'picture' };

export interface Kept {
  /** For the turn. */
  readonly incoming: Incoming;
  /** For transcripts; undefined when nothing is shown. */
  readonly shown: Shown | undefined;
}

type OpenStep = Question['step'] | undefined;

const GONE = '●●●';

/** Questions that are answered with digits of their own. */
const ASKS_FOR_DIGITS: ReadonlySet<OpenStep> = new Set(['sign-in', 'match', 'query', 'bid-opening']);

/** A word for a secret and what may be one behind it: anything after 是 or a colon, otherwise something with a digit. */
const TOLD_SECRET =
  /((?:密码|口令|pin|password|passwd|pwd|mima)(?:码|code)?)(?:\s*(?:是|为|:|：|=)+\s*[\x21-\x7e]{4,32}|\s*(?=[\x21-\x7e]*\d)[\x21-\x7e]{4,32})/giu;
/** As a PIN is typed when somebody asks for it: nothing else in the message. */
const BARE_PIN = /^\s*\d{6,8}\s*$/;
/** A day of these years, which people type too: 20261203. */
const DAY = /^\s*20[2-4]\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\s*$/;
/** Resident identity card, GB 11643-1999: region, birth date, order, check character; spaces as people group it. */
const ID_NUMBER =
  /(?<![0-9A-Za-z])[1-9]\d{5}[ -]?(?:19|20)\d{2}[ -]?(?:0[1-9]|1[0-2])[ -]?(?:0[1-9]|[12]\d|3[01])[ -]?\d{3}[\dXx](?![0-9A-Za-z])/g;
const MOBILE = /(?<!\d)(?:\+?86[ -]?)?(1[3-9]\d(?:[ -]?\d){8})(?!\d)/g;
const CODE = /(?<!\d)(?:\d{6}|\d{3}[ -]?\d{4}[ -]?\d{4})(?!\d)/g;

/** @param open the step of the question that is open, if one is */
export function keep(incoming: Incoming, open: OpenStep): Kept {
  switch (incoming.kind) {
    case 'text':
      return keepText(plainDigits(incoming.text), incoming, open);
    case 'choice':
    case 'picture':
      return { incoming, shown: incoming };
    case 'masked':
      return { incoming, shown: { kind: 'text', text: GONE } };
    case 'opened':
    case 'look-again':
      return { incoming, shown: undefined };
  }
}

function keepText(text: string, incoming: Incoming, open: OpenStep): Kept {
  const withoutIds = text.replace(ID_NUMBER, (found) => (isUscc(found) ? found : GONE));
  if (withoutIds !== text) return masked('id-number', withoutIds.replace(TOLD_SECRET, `$1 ${GONE}`), open);
  const withoutSecrets = text.replace(TOLD_SECRET, `$1 ${GONE}`);
  if (withoutSecrets !== text) return masked('pin', withoutSecrets, open);
  if (BARE_PIN.test(text) && !DAY.test(text) && open !== undefined && !ASKS_FOR_DIGITS.has(open))
    return masked('pin', GONE, open);
  return { incoming, shown: { kind: 'text', text: shownText(text, open) } };
}

function masked(what: 'pin' | 'id-number', rest: string, open: OpenStep): Kept {
  return { incoming: { kind: 'masked', what }, shown: { kind: 'text', text: shownText(rest, open) } };
}

function shownText(text: string, open: OpenStep): string {
  const shown = text.replace(MOBILE, (_, mobile: string) => maskMobile(mobile.replace(/\D/g, ''))).replace(CODE, GONE);
  // the match number has two digits, and slips have one or three
  return open === 'match' || open === 'sign-in' ? shown.replace(/^\s*\d{1,8}\s*$/, GONE) : shown;
}

const USCC_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';

/** A unified social credit code of digits only looks the same; its check character does not (GB 32100-2015). */
function isUscc(text: string): boolean {
  const code = text.replace(/[ -]/g, '').toUpperCase();
  let weight = 1;
  let sum = 0;
  for (const character of code.slice(0, 17)) {
    sum += USCC_ALPHABET.indexOf(character) * weight;
    weight = (weight * 3) % 31;
  }
  return USCC_ALPHABET[(31 - (sum % 31)) % 31] === code[17];
}

/** １２３ typed with a full-width keyboard. */
function plainDigits(text: string): string {
  return text.replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0));
}
