/**
 * How secrets look that are typed into the chat. Nobody asks for a PIN there, so whatever looks like one and answers
 * nothing is taken for one: a warning too many costs a line, a PIN kept cannot be taken back (design §4).
 */
import { isLinkCode } from '../bridge-agent/protocol.ts';
import type { Question } from '../bot/talk.ts';
import { soughtIn } from '../bot/understand/values.ts';

export type OpenStep = Question['step'];

/** A word for a secret and what may be one behind it: anything after 是 or a colon, otherwise something with a digit. */
export const TOLD_SECRET =
  /((?:密码|口令|pin|password|passwd|pwd|mima)(?:码|code)?)(?:\s*(?:是|为|:|：|=)+\s*[\x21-\x7e]{4,32}|\s*(?=[\x21-\x7e]*\d)[\x21-\x7e]{4,32})/giu;
/** Named anywhere in the message, with what may be one anywhere else in it: 12345678是密码. */
const SECRET_WORD = /密码|口令|(?<![a-z])(?:pin|password|passwd|pwd|mima)(?![a-z])/iu;
/** Six to eight digits beside these are hardly anything else: 我的UKey 12345678. */
const KEY_WORD = /u ?key|u盾|锁/iu;
/** Resident identity card, GB 11643-1999: region, birth date, order, check character; spaces as people group it. */
export const ID_NUMBER =
  /(?<![0-9A-Za-z])[1-9]\d{5}[ -]?(?:19|20)\d{2}[ -]?(?:0[1-9]|1[0-2])[ -]?(?:0[1-9]|[12]\d|3[01])[ -]?\d{3}[\dXx](?![0-9A-Za-z])/g;

/** Nothing else in the message, as a PIN is typed when somebody thinks that it is asked for; a digit is in it. */
const LONE = /^(?=.*\d)[\x21-\x7e]{4,32}$/;
/** Blanks and signs around it. */
const AROUND = /^[\s。、…“”‘’「」【】]+|[\s。、…“”‘’「」【】]+$/gu;
/** Six to eight digits in a sentence: 输入12345678不行. */
const DIGITS_INSIDE = /(?<![\dA-Za-z-])\d{6,8}(?![\dA-Za-z-])/u;
/** Shorter ones are taken for a PIN only where the computer may just have asked for one. */
const SHORTEST_ELSEWHERE = 6;

/** Steps at which the customer sits before the key and its PIN. */
const AT_THE_KEY: ReadonlySet<OpenStep> = new Set<OpenStep>([
  ...(['link', 'match', 'look', 'look-again', 'details', 'rekey', 'rekey-again', 'issue', 'with-staff'] as const),
  ...(['write-certificate', 'write-again', 'verify', 'verify-again', 'done'] as const),
]);

const MOBILE = /^(?:\+?86-?)?1[3-9]\d-?\d{4}-?\d{4}$/;
/** With a digit too few or too many: told that it is no mobile number. */
const NEARLY_MOBILE = /^(?:\+?86)?1[3-9]\d{7,11}$/;
const CASE_NUMBER = /^XQ\d{6}-[0-9A-F]{6}$/i;
const WINDOWS = /^win(?:dows)?(?:xp|7|8|10|11)$/i;
/** A day of these years, which people type without signs too: 20261203, 202612030930. */
const DAY = /^20[2-4]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{4})?$/;
/** 2026-12-03, 12/3, 9:30, 2026-12-03T09:30 */
const DAY_OR_TIME = /^\d{1,4}(?:[-/.:T]\d{1,4})+$/;
const TAIL = /^[0-9A-F]{4}$/i;
/** Hex digits: no CA gives shorter serials, and PINs are. */
const SHORTEST_SERIAL = 10;

/** Is this a PIN, as far as can be told, and no answer to the open question? */
export function isPin(text: string, open: OpenStep): boolean {
  const atTheKey = AT_THE_KEY.has(open);
  if (atTheKey && DIGITS_INSIDE.test(text)) return true;
  const words = text.normalize('NFKC').match(/[\x21-\x7e]{4,32}/g) ?? [];
  if (SECRET_WORD.test(text) && words.some((one) => LONE.test(one) && !isHarmless(one))) return true;
  if (KEY_WORD.test(text) && DIGITS_INSIDE.test(text)) return true;
  const word = wordOf(text);
  const long = word.length >= SHORTEST_ELSEWHERE || atTheKey;
  return long && LONE.test(word) && !isHarmless(word) && !isAnswer(word, open);
}

/** Digits are put together however they are grouped: 1234 5678. */
function wordOf(text: string): string {
  const word = text.normalize('NFKC').replaceAll(AROUND, '');
  return /^[\d\s-]+$/.test(word) && !DAY_OR_TIME.test(word) ? word.replace(/[\s-]/g, '') : word;
}

/** What has a shape of its own; a USCC also with a slip in it. */
function isHarmless(word: string): boolean {
  if (MOBILE.test(word) || CASE_NUMBER.test(word) || WINDOWS.test(word)) return true;
  return isLinkCode(word) || soughtIn(word)?.by === 'uscc';
}

function isAnswer(word: string, open: OpenStep): boolean {
  const sought = soughtIn(word);
  const isSerial = sought?.by === 'serial' && sought.value.length >= SHORTEST_SERIAL;
  switch (open) {
    case 'sign-in':
      return /^\d{6}$/.test(word) || NEARLY_MOBILE.test(word);
    case 'query':
      return isSerial;
    case 'choose-certificate':
      return isSerial || TAIL.test(word);
    case 'bid-guard':
    case 'bid-opening':
    case 'bid-risk':
      return DAY.test(word) || DAY_OR_TIME.test(word);
    default:
      return false;
  }
}
