/**
 * How long a case is kept while nobody brings it on: an end that never comes would keep its certificate from every
 * other handler. Each deadline is a fact, and a timer is written with it.
 */
import { DAY_MS, type Instant } from './calendar.ts';
import { isOver, mayHaveCertificate, type Case } from './case.ts';
import type { Timer } from './effects.ts';

/** Counted from the opening, from the confirmation, and from the day on which nothing came of the issuance. */
export const KEPT_MS = 30 * DAY_MS;

/** @param since each is given once a case: the key names the timer */
export function lapseTimer(
  caseId: string,
  since: 'opened' | 'confirmed' | 'rejected' | 'unusable',
  dueAt: Instant,
): Timer {
  return { key: `lapse/${caseId}/${since}`, dueAt };
}

/** What the CA was asked for goes on whatever the day. */
export function mayLapse(c: Case, now: Instant): boolean {
  return !isOver(c) && !mayHaveCertificate(c) && c.keptUntil <= now;
}
