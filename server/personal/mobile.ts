/** Mobile numbers of mainland China: eleven digits, the first 1, the second 3…9. */
import type { Vault } from './vault.ts';

/** `138****6027`: as facts, logs and transcripts carry it. */
export function maskMobile(mobile: string): string {
  return `${mobile.slice(0, 3)}****${mobile.slice(-4)}`;
}

/** By which a mobile is found without being readable: certificates' contacts, handlers and codes share it. */
export function mobileIndex(vault: Vault, mobile: string): string {
  return vault.blindIndex('mobile', mobile);
}
