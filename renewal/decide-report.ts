/**
 * What is reported from outside: computer, key, CA, clock. News whatever the state of the case; what fits gives
 * facts, what comes twice gives none, what nobody wanted asks for its undoing.
 */
import { shanghaiDate, startOfDay, type Instant } from './calendar.ts';
import { isOver, type Case, type CaseFact, type Issuance, type Look, type Rekey } from './case.ts';
import type { Report } from './commands.ts';
import { decided, NOTHING, type Decided, type Decision } from './decision.ts';
import { issueEffect, lookEffect, renewCsr, renewVerify, renewWrite } from './effects.ts';
import { KEPT_MS, lapseTimer, mayLapse } from './keeping.ts';
import type { Policy } from './policy.ts';

type Issued = Extract<Report, { type: 'report-certificate-issued' }>;
type Why = Extract<CaseFact, { type: 'certificate-unwanted' }>['why'];
type KeyMade = Extract<Report, { type: 'report-key-made' }>;

export function decideReport(c: Case, report: Report, policy: Policy, now: Instant): Decision {
  switch (report.type) {
    case 'report-computer-joined': {
      const { linkId, computer } = report;
      // people name computers after themselves: the name is no fact
      const { os } = computer;
      if (c.joined.includes(linkId)) return NOTHING;
      const look = c.promised === 'none' && !isOver(c) ? [lookEffect(c, linkId)] : [];
      return decided([{ type: 'computer-joined', linkId, os }], look);
    }
    case 'report-token-looked':
      // also after a failure that was reported twice: what was seen was seen
      return isLookOf(c.look, report.linkId) && c.look.kind !== 'seen'
        ? decided([{ type: 'token-looked', linkId: report.linkId, token: report.token }])
        : NOTHING;
    case 'report-look-failed':
      return isLookOf(c.look, report.linkId) && c.look.kind === 'asked'
        ? decided([{ type: 'token-look-failed', linkId: report.linkId, problem: report.problem }])
        : NOTHING;

    case 'report-consented': {
      const { rekey } = c;
      if (!isRunning(rekey, report) || rekey.consented || c.promised === 'none') return NOTHING;
      const csr = isOver(c) ? [] : [renewCsr(c, rekey, c.promised.promisedDay)];
      return decided([{ type: 'rekey-consented', txnId: report.txnId }], csr);
    }
    case 'report-rekey-stopped': {
      const { txnId, attempt, problem } = report;
      if (!isRunning(c.rekey, report)) return NOTHING;
      return decided([{ type: 'rekey-stopped', txnId, attempt, problem }]);
    }
    case 'report-key-made':
      return keyMade(c, report, policy, now);

    case 'report-certificate-issued':
      return certificateIssued(c, report, now);
    case 'report-issue-rejected': {
      const { requestId, problem } = report;
      if (c.issuance.kind !== 'requested' || c.issuance.requestId !== requestId) return NOTHING;
      return leftToStaff(c, decided([{ type: 'issue-rejected', requestId, problem }]), 'rejected', now);
    }
    case 'report-certificate-revoked':
      if (c.revoked.includes(report.serial)) return NOTHING;
      return certificateRevoked(c, report.serial, now);
    case 'report-issuance-confirmed':
      if (c.confirmed || c.issuance.kind !== 'issued' || c.issuance.serial !== report.serial) return NOTHING;
      return decided([{ type: 'issuance-confirmed', serial: report.serial }]);

    case 'report-certificate-written': {
      const { issuance, writing } = c;
      if (issuance.kind !== 'issued' || writing.kind === 'written' || issuance.txnId !== report.txnId) return NOTHING;
      if (issuance.sha256 !== report.sha256) return NOTHING;
      return decided(
        [{ type: 'certificate-written', sha256: report.sha256 }],
        [renewVerify(report.txnId, 1, issuance)],
      );
    }
    case 'report-write-failed': {
      const { attempt, problem, txnId } = report;
      if (c.writing.kind !== 'asked' || c.writing.attempt !== attempt || !isOf(c.issuance, txnId)) return NOTHING;
      return decided([{ type: 'write-failed', attempt, problem }]);
    }
    case 'report-verified': {
      const { issuance, verifying } = c;
      if (issuance.kind !== 'issued' || verifying.kind === 'none' || issuance.txnId !== report.txnId) return NOTHING;
      if (verifying.kind === 'verified') return NOTHING;
      const { requestId, serial } = issuance;
      return decided(
        [{ type: 'verified', checks: report.checks }],
        [{ key: `confirm/${serial}`, type: 'confirm', requestId, serial }],
      );
    }
    case 'report-verify-failed': {
      const { attempt, problem, txnId } = report;
      if (c.verifying.kind !== 'asked' || c.verifying.attempt !== attempt || !isOf(c.issuance, txnId)) return NOTHING;
      return decided([{ type: 'verify-failed', attempt, problem }]);
    }

    case 'report-time':
      return mayLapse(c, now) ? decided([{ type: 'case-lapsed' }]) : NOTHING;
  }
}

/**
 * The first public key of a transaction is the one that is certified. A second one, a key of a case that is over,
 * or one that came after the last day is history only: nothing is asked of the CA.
 */
function keyMade(c: Case, report: KeyMade, policy: Policy, now: Instant): Decision {
  const { txnId, spki, csr, proof } = report;
  const { rekey, promised } = c;
  if ((rekey.kind !== 'started' && rekey.kind !== 'stopped') || rekey.txnId !== txnId) return NOTHING;
  const made = { type: 'key-made', txnId, spki } as const;
  if (isOver(c) || promised === 'none' || shanghaiDate(now) > promised.writeUntil) return decided([made]);
  const requested = { type: 'issue-requested', requestId: `issue/${spki}`, txnId, spki } as const;
  return decided([made, requested], [issueEffect(c, requested, csr, proof, promised.years, policy.caProfile)]);
}

function certificateIssued(c: Case, report: Issued, now: Instant): Decision {
  const { issuance } = c;
  const { requestId, serial, sha256, notBefore, notAfter, certificate } = report;
  if (c.unwanted.includes(serial) || ('serial' in issuance && issuance.serial === serial)) return NOTHING;
  // a case that was given up after the CA had refused wants nothing any more
  if (issuance.kind === 'none' || c.ended !== 'no') return unwanted(c, serial, 'not-asked-for');
  if (issuance.kind === 'issued' || issuance.kind === 'unusable') return unwanted(c, serial, 'second-for-key');
  if (issuance.requestId !== requestId) return unwanted(c, serial, 'not-asked-for');
  if (issuance.spki !== report.spki) return unusable(c, serial, 'other-key', now);
  if (c.promised !== 'none' && notAfter < startOfDay(c.promised.promisedDay))
    return unusable(c, serial, 'ends-too-early', now);
  if (report.faults.length > 0) return unusable(c, serial, 'not-acceptable', now);
  const issued = { type: 'certificate-issued', requestId, serial, sha256, notBefore, notAfter, certificate } as const;
  return decided([issued], [renewWrite(issuance.txnId, 1, issued)]);
}

function certificateRevoked(c: Case, serial: string, now: Instant): Decision {
  const revoked = decided([{ type: 'certificate-revoked', serial }]);
  const isOurs = c.issuance.kind === 'issued' && c.issuance.serial === serial && !isOver(c);
  return isOurs ? leftToStaff(c, revoked, 'unusable', now) : revoked;
}

/** The answer to what was asked for, and of no use. */
function unusable(c: Case, serial: string, why: Why, now: Instant): Decision {
  return leftToStaff(c, unwanted(c, serial, why), 'unusable', now);
}

/** Nothing came of the issuance: staff have as long again, then the certificate is free for another case. */
function leftToStaff(c: Case, { facts, work }: Decided, since: 'rejected' | 'unusable', now: Instant): Decision {
  const keptUntil = now + KEPT_MS;
  return decided([...facts, { type: 'case-extended', keptUntil }], work.effects, [lapseTimer(c.id, since, keptUntil)]);
}

/**
 * A certificate that must go back, and why (design §3, promises 2 and 5). A CA that answers with the old certificate
 * does not have it revoked: the customer works with it.
 */
function unwanted(c: Case, serial: string, why: Why): Decided {
  const revoke = { key: `revoke/${serial}`, type: 'revoke', serial, reason: 'cessationOfOperation' } as const;
  return decided([{ type: 'certificate-unwanted', serial, why }], serial === c.certificate.serial ? [] : [revoke]);
}

function isLookOf(look: Look, linkId: string): boolean {
  return look.kind !== 'none' && look.linkId === linkId;
}

function isOf(issuance: Issuance, txnId: string): boolean {
  return issuance.kind === 'issued' && issuance.txnId === txnId;
}

function isRunning(
  rekey: Rekey,
  of: { readonly txnId: string; readonly attempt: number },
): rekey is Extract<Rekey, { kind: 'started' }> {
  return rekey.kind === 'started' && rekey.txnId === of.txnId && rekey.attempt === of.attempt;
}
