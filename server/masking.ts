/**
 * What of a message is kept. A PIN, a password or a number of an identity card that can be told from an answer to the
 * open question is not stored anywhere, not even sealed (`secrets-in-chat.ts` tells a PIN); transcripts show mobile
 * numbers masked and codes not at all (design §4).
 */
import { isUscc } from '../renewal/uscc.ts';
import type { Incoming } from '../bot/talk.ts';
import { maskMobile } from './personal/mobile.ts';
import { ID_NUMBER, isPin, TOLD_SECRET, type OpenStep } from './secrets-in-chat.ts';

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

/** What people put between digits: as much as understanding takes out (`bot/understand/values.ts`). */
const GAP = String.raw`[\s\-‐-―·.]*`;
const MOBILE = new RegExp(
  String.raw`(?<!\d)(?:(?:\+|0${GAP}0)?${GAP}8${GAP}6${GAP})?(1${GAP}[3-9](?:${GAP}\d){9})(?!\d)`,
  'gu',
);
const CODE = /(?<![0-9A-Za-z])(?:\d{6}|\d{3}[ -]?\d{4}[ -]?\d{4})(?![0-9A-Za-z])/g;
/** However it is grouped, alone among digits. */
const SMS_CODE = new RegExp(String.raw`(?<![0-9A-Za-z])\d(?:${GAP}\d){5}(?![0-9A-Za-z])`, 'gu');
/** A code of these steps with slips: a digit too few or too many. */
const SLIP: Partial<Record<OpenStep, RegExp>> = { 'sign-in': /^\d{4,12}$/, match: /^\d{2,3}$/, link: /^\d{2,3}$/ };

/** @param open the step of the question that is open; before anything was asked it is the first one */
export function keep(incoming: Incoming, open: OpenStep = 'sign-in'): Kept {
  switch (incoming.kind) {
    case 'text':
      // full-width digits and blanks are what they look like
      return keepText(incoming.text.normalize('NFKC'), incoming, open);
    case 'choice':
    case 'picture':
      return { incoming, shown: incoming };
    case 'masked':
      return { incoming, shown: { kind: 'text', text: GONE } };
    case 'opened':
    case 'look-again':
    case 'code-failed':
      return { incoming, shown: undefined };
  }
}

function keepText(text: string, incoming: Incoming, open: OpenStep): Kept {
  const withoutIds = text.replace(ID_NUMBER, (found) => (isUnits(found) ? found : GONE));
  if (withoutIds !== text) return masked('id-number', withoutIds.replace(TOLD_SECRET, `$1 ${GONE}`), open);
  const withoutSecrets = text.replace(TOLD_SECRET, `$1 ${GONE}`);
  if (withoutSecrets !== text) return masked('pin', withoutSecrets, open);
  if (isPin(text, open)) return masked('pin', GONE, open);
  return { incoming, shown: { kind: 'text', text: shownText(text, open) } };
}

/** The code of a unit may be all digits; the check character tells it from an identity card. */
function isUnits(found: string): boolean {
  return isUscc(found.replace(/[ -]/g, '').toUpperCase());
}

function masked(what: 'pin' | 'id-number', rest: string, open: OpenStep): Kept {
  return { incoming: { kind: 'masked', what }, shown: { kind: 'text', text: shownText(rest, open) } };
}

function shownText(text: string, open: OpenStep): string {
  const shown = text.replace(MOBILE, (_, mobile: string) => maskMobile(mobile.replace(/\D/g, '')));
  if (SLIP[open]?.test(shown.replace(new RegExp(GAP, 'gu'), ''))) return GONE;
  return shown.replace(open === 'sign-in' ? SMS_CODE : CODE, GONE);
}
