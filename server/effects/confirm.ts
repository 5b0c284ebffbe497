/** Tells the CA that a certificate is in use (`confirm/<serial>`; RFC 9810 §5.3.18 certConf). */
import type { Effect } from '../../renewal/effects.ts';
import { ProblemError } from '../../renewal/problem.ts';
import type { CertificateAuthority } from '../providers/ca/port.ts';
import type { EffectHandler, EffectRow, Outcome } from './port.ts';

type Confirm = Extract<Effect, { type: 'confirm' }>;

const RETRY_MS = 30_000;

export function confirmHandler({ ca }: { readonly ca: CertificateAuthority }): EffectHandler {
  async function send(row: EffectRow): Promise<Outcome> {
    const { requestId, serial } = row.body as Confirm;
    try {
      await ca.confirm(requestId);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return { kind: 'later', problem: error.code, pauseMs: RETRY_MS };
    }
    return { kind: 'done', report: { type: 'report-issuance-confirmed', serial } };
  }
  // a confirmation that was heard twice is one: asking is sending again
  return { type: 'confirm', send, ask: send };
}
