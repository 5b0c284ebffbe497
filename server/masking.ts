/**
 * What of a message is kept. A PIN, a password or a number of an identity card that can be told from an answer to the
 * open question is not stored anywhere, not even sealed (`secrets-in-chat.ts` tells a PIN); transcripts show mobile
 * numbers masked and codes not at all (design §4).
 */
import type { Incoming } from '../bot/talk.ts';
import { maskMobile } from './personal/mobile.ts';
import { ID_NUMBER, isPin, isUscc, TOLD_SECRET, type OpenStep } from './secrets-in-chat.ts';

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

const GONE = '●●●';

const MOBILE = /(?<!\d)(?:\+?86[ -]?)?(1[3-9]\d(?:[ -]?\d){8})(?!\d)/g;
const CODE = /(?<!\d)(?:\d{6}|\d{3}[ -]?\d{4}[ -]?\d{4})(?!\d)/g;

/** @param open the step of the question that is open; before anything was asked it is the first one */
export function keep(incoming: Incoming, open: OpenStep = 'sign-in'): Kept {
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
  if (isPin(text, open)) return masked('pin', GONE, open);
  return { incoming, shown: { kind: 'text', text: shownText(text, open) } };
}

function masked(what: 'pin' | 'id-number', rest: string, open: OpenStep): Kept {
  return { incoming: { kind: 'masked', what }, shown: { kind: 'text', text: shownText(rest, open) } };
}

function shownText(text: string, open: OpenStep): string {
  const shown = text.replace(MOBILE, (_, mobile: string) => maskMobile(mobile.replace(/\D/g, ''))).replace(CODE, GONE);
  // a code of these steps however it is spaced, and with slips: too few digits or too many
  return open === 'match' || open === 'sign-in' ? shown.replace(/^[\d\s-]*\d[\d\s-]*$/, GONE) : shown;
}

/** １２３ typed with a full-width keyboard. */
function plainDigits(text: string): string {
  return text.replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0));
}
