/** How a certificate stands today, as the lists and the query show it: one of these holds, the others are null. */
import { writtenDay, dayOf, type WrittenDay } from './dates.ts';
import { checkWindow, hasExpired } from '../renewal/window.ts';
import type { Instant } from '../renewal/calendar.ts';
import type { RegisteredCertificate, QueryAnswer } from './turn-contract.ts';

export interface Standing {
  readonly ends: WrittenDay;
  /** May be renewed, and hasn't ended. */
  readonly open: { readonly until: WrittenDay } | null;
  /** Has ended, and may still be renewed. */
  readonly expired: { readonly until: WrittenDay } | null;
  readonly early: { readonly opens: WrittenDay } | null;
  readonly late: { readonly closed: WrittenDay } | null;
  readonly revoked: boolean;
  readonly suspended: boolean;
}

export function standingOf(
  { notAfter, status, policy }: Pick<QueryAnswer | RegisteredCertificate, 'notAfter' | 'status' | 'policy'>,
  now: Instant,
): Standing {
  const window = checkWindow(notAfter, now, policy.window);
  const good = status === 'good';
  const inWindow = good && window.kind === 'open';
  const expired = hasExpired(notAfter, now);
  const until = { until: writtenDay(window.closesOn) };
  return {
    ends: dayOf(notAfter),
    open: inWindow && !expired ? until : null,
    expired: inWindow && expired ? until : null,
    early: good && window.kind === 'too-early' ? { opens: writtenDay(window.opensOn) } : null,
    late: good && window.kind === 'too-late' ? { closed: writtenDay(window.closesOn) } : null,
    revoked: status === 'revoked',
    suspended: status === 'suspended',
  };
}

export function mayRenew(standing: Standing): boolean {
  return standing.open !== null || standing.expired !== null;
}

/** The last four characters of a serial: enough to tell one's certificates apart. */
export function tailOf(serial: string): string {
  return serial.slice(-4);
}
