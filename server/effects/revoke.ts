/** Has a certificate revoked that nobody wants (`revoke/<serial>`), and marks it in the registry. */
import type { Effect } from '../../renewal/effects.ts';
import { ProblemError } from '../../renewal/problem.ts';
import type { Database } from '../db.ts';
import type { CertificateAuthority } from '../providers/ca/port.ts';
import type { EffectHandler, EffectRow, Outcome } from './port.ts';

type Revoke = Extract<Effect, { type: 'revoke' }>;

const RETRY_MS = 30_000;

export function revokeHandler({ ca, db }: { readonly ca: CertificateAuthority; readonly db: Database }): EffectHandler {
  async function send(row: EffectRow): Promise<Outcome> {
    const { serial, reason } = row.body as Revoke;
    try {
      await ca.revoke(serial, reason);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return { kind: 'later', problem: error.code, pauseMs: RETRY_MS };
    }
    await db.certificate.updateMany({ where: { serial }, data: { status: 'revoked' } });
    return { kind: 'done', report: { type: 'report-certificate-revoked', serial } };
  }
  // a revocation that was heard twice is one: asking is sending again
  return { type: 'revoke', send, ask: send };
}
