/**
 * The rules of one project as data. Stored with a version; a case freezes what it was promised (the offer), the
 * rest is read current. Defaults are the manual's (domain R2, R3).
 */
export interface Policy {
  readonly project: string;
  readonly version: number;
  /** As customers know it, e.g. 德州公共资源项目. */
  readonly projectName: string;
  readonly window: WindowPolicy;
  /** Years that one renewal adds. */
  readonly years: number;
  /** Who bears the fee; the customer pays nothing. */
  readonly sponsor: string;
  /** Does the bot ask about unopened bid files (domain §3.0)? */
  readonly bidGuard: 'ask' | 'off';
  /** Profile that the CA is asked for. */
  readonly caProfile: string;
  readonly service: { readonly hotline: string; readonly hours: string };
  readonly counter: { readonly name: string; readonly address: string; readonly papers: readonly string[] };
  /** Platforms on which the new certificate has to be bound again. */
  readonly rebindOn: readonly string[];
}

export interface WindowPolicy {
  /** Days before the expiry date on which renewal opens, that day included. */
  readonly opensDaysBefore: number;
  /** Days after the expiry date on which renewal closes, that day included. */
  readonly closesDaysAfter: number;
  /** What was confirmed in the window may still be written so many days after it. */
  readonly writeGraceDays: number;
}

/** 到期日前30天内至后730天内 (domain R2); written up to 7 days later (design §3, promise 9). */
export const MANUAL_WINDOW: WindowPolicy = { opensDaysBefore: 30, closesDaysAfter: 730, writeGraceDays: 7 };
