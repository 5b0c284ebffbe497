/**
 * 办理编号: what a customer reads out on the telephone, e.g. `XQ260520-1A2B3C`. Day of opening and the first six hex
 * digits of the case id: short enough to dictate, and staff find the case by the day and those digits.
 */
import { shanghaiDate } from '../renewal/calendar.ts';
import type { Case } from '../renewal/case.ts';

export function caseNumber(theCase: Pick<Case, 'id' | 'openedAt'>): string {
  const day = shanghaiDate(theCase.openedAt).replaceAll('-', '').slice(2);
  return `XQ${day}-${theCase.id.replaceAll('-', '').slice(0, 6).toUpperCase()}`;
}
