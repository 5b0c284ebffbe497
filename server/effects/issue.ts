/**
 * Asks the CA for the certificate of one public key (`issue/<spki>`) and looks at what came back before anybody
 * else does. The CA gives one certificate per request id, so nothing here is ever issued twice.
 */
import { randomUUID } from 'node:crypto';
import type { Report } from '../../renewal/commands.ts';
import type { Effect } from '../../renewal/effects.ts';
import { ProblemError } from '../../renewal/problem.ts';
import { newEnd } from '../../renewal/window.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../db.ts';
import type { Log } from '../log.ts';
import { CertificateError, readCertificate, type CertificateView } from '../pki/certificate.ts';
import { faultsOf } from '../pki/issued-certificate.ts';
import type { CaAnswer, CertificateAuthority } from '../providers/ca/port.ts';
import type { EffectHandler, EffectRow, Outcome } from './port.ts';

type Issue = Extract<Effect, { type: 'issue' }>;

/** The registry's row of the certificate that is replaced. */
type Replaced = NonNullable<Awaited<ReturnType<Database['certificate']['findUnique']>>>;

export interface IssueDependencies {
  readonly ca: CertificateAuthority;
  readonly db: Database;
  /** CA certificates that we take certificates from. */
  readonly pinned: readonly CertificateView[];
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
}

const SURELY_NOT_ASKED = { kind: 'later', problem: 'ca/unreachable', pauseMs: 5_000 } as const;
const PERHAPS_ASKED = { kind: 'unknown', problem: 'ca/unreachable', pauseMs: 2_000 } as const;

export function issueHandler({ ca, db, pinned, clock, log }: IssueDependencies): EffectHandler {
  async function settle(row: EffectRow, effect: Issue, answer: CaAnswer): Promise<Outcome> {
    const { requestId, spki, years } = effect;
    switch (answer.kind) {
      case 'pending':
        return { kind: 'unknown', problem: 'ca/unreachable', pauseMs: answer.askAfterMs };
      case 'rejected': {
        const problem = 'ca/rejected';
        log.warn({ reason: answer.reason, effect: row.key, caseId: row.caseId }, 'the CA refused');
        return { kind: 'failed', problem, report: { type: 'report-issue-rejected', requestId, problem } };
      }
      case 'issued': {
        const certificate = read(answer.certificate);
        if (!certificate) {
          const problem = 'certificate/not-acceptable';
          return { kind: 'failed', problem, report: { type: 'report-issue-rejected', requestId, problem } };
        }
        const replaced = await replacedBy(db, row);
        const ordered = { spki, years, pinned, replaced: readCertificate(replaced.der) };
        const faults = faultsOf(certificate, ordered, clock.now());
        const report = issuedReport(requestId, certificate, faults);
        // the case has it revoked
        if (faults.length > 0) {
          log.warn({ faults, effect: row.key, caseId: row.caseId }, 'a certificate is not acceptable');
          return { kind: 'failed', problem: 'certificate/not-acceptable', report };
        }
        await register(db, certificate, replaced);
        return { kind: 'done', report };
      }
    }
  }

  async function send(row: EffectRow): Promise<Outcome> {
    const effect = row.body as Issue;
    const { requestId, csr, proof, profile, replacesSerial, oldNotAfter, years } = effect;
    // the issuance instant: certificates count in whole seconds
    const notBefore = Math.floor(clock.now() / 1000) * 1000;
    const notAfter = newEnd(oldNotAfter, notBefore, years);
    const order = { requestId, proof, profile, notBefore, notAfter, replaces: replacesSerial };
    const answer = await ca.request({ ...order, csr: Buffer.from(csr, 'base64') }).catch((error: unknown) => {
      log.warn({ err: error, effect: row.key, caseId: row.caseId }, 'the CA gave no answer');
      return error instanceof ProblemError ? SURELY_NOT_ASKED : PERHAPS_ASKED;
    });
    return 'pauseMs' in answer ? answer : settle(row, effect, answer);
  }

  return {
    type: 'issue',
    send,
    async ask(row) {
      const effect = row.body as Issue;
      const answer = await ca.ask(effect.requestId).catch((error: unknown) => {
        log.warn({ err: error, effect: row.key, caseId: row.caseId }, 'the CA could not be asked');
        return PERHAPS_ASKED;
      });
      if ('pauseMs' in answer) return answer;
      // it never arrived; the id keeps a second one from being issued should it still be on its way
      return answer.kind === 'unknown-request' ? send(row) : settle(row, effect, answer);
    },
  };
}

/** @returns undefined for what is no certificate */
function read(der: Buffer): CertificateView | undefined {
  try {
    return readCertificate(der);
  } catch (error) {
    if (error instanceof CertificateError) return undefined;
    throw error;
  }
}

function issuedReport(requestId: string, certificate: CertificateView, faults: readonly string[]): Report {
  const { spkiSha256: spki, serial, sha256, notBefore, notAfter, der } = certificate;
  const issued = { requestId, spki, serial, sha256, notBefore, notAfter, certificate: der.toString('base64') };
  return { type: 'report-certificate-issued', ...issued, faults };
}

async function replacedBy(db: Database, row: EffectRow): Promise<Replaced> {
  const found =
    row.caseId && (await db.renewalCase.findUnique({ where: { id: row.caseId }, include: { certificate: true } }));
  if (!found) throw new Error(`no case to issue for: ${row.key}`);
  return found.certificate;
}

/** The registration authority knows the new certificate from now on; the same one is entered once. */
async function register(db: Database, issued: CertificateView, replaced: Replaced): Promise<void> {
  const { sha256, serial, der, notBefore, notAfter } = issued;
  await db.certificate.upsert({
    where: { sha256 },
    update: {},
    create: {
      id: randomUUID(),
      projectId: replaced.projectId,
      serial,
      sha256,
      der: new Uint8Array(der),
      unit: replaced.unit,
      uscc: replaced.uscc,
      notBefore: new Date(notBefore),
      notAfter: new Date(notAfter),
      status: 'good',
      contactMobileIndex: replaced.contactMobileIndex,
      contactMobileSealed: replaced.contactMobileSealed,
      replacesId: replaced.id,
    },
  });
}
