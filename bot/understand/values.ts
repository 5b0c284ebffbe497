/**
 * Typed values: a mobile number, a code from an SMS, the two digits on a computer, a USCC or a serial. Each is found
 * in what was typed, however it is spaced, or it is not there.
 */
import { isUscc, looksLikeUscc } from '../../renewal/uscc.ts';

/** Mainland mobile, 11 digits, without country code. */
export function mobileIn(text: string): string | undefined {
  const found = /(?<!\d)(?:\+?86|0086)?(1[3-9]\d{9})(?!\d)/.exec(joined(text));
  return found?.[1];
}

/** Digits that look like an attempt at a mobile number. */
export function looksLikeMobile(text: string): boolean {
  return /\d{8,}/.test(joined(text));
}

/** Exactly six digits, alone among digits. */
export function smsCodeIn(text: string): string | undefined {
  return /^\D*(\d{6})\D*$/.exec(joined(text))?.[1];
}

/** Exactly two digits, alone among digits. */
export function matchDigitsIn(text: string): string | undefined {
  return /^\D*(\d{2})\D*$/.exec(joined(text))?.[1];
}

export type Sought = { readonly by: 'uscc' | 'serial'; readonly value: string };

/**
 * A USCC or a certificate serial in hex. Eighteen characters
 * that could be both are a USCC when the check character fits.
 */
export function soughtIn(text: string): Sought | undefined {
  const plain = joined(text).toUpperCase().replaceAll(':', '').replace(/^0X/, '');
  const isSerial = /^[0-9A-F]{8,64}$/.test(plain);
  if (isSerial ? isUscc(plain) : looksLikeUscc(plain)) return { by: 'uscc', value: plain };
  return isSerial ? { by: 'serial', value: plain } : undefined;
}

function joined(text: string): string {
  return text.normalize('NFKC').replace(/[\s\-‐-―·]/gu, '');
}
