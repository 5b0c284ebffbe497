/**
 * What follows from a fact. Total: a fact that no longer fits leaves the case as it is, so that every history
 * replays, also one written by an older release.
 */
import type { Instant } from './calendar.ts';
import type { Bid, Case, CaseFact, Look } from './case.ts';

export interface RecordedFact {
  readonly fact: CaseFact;
  readonly at: Instant;
}

/** The case that a history gives; undefined before it was opened. */
export function replay(history: readonly RecordedFact[]): Case | undefined {
  return history.reduce<Case | undefined>((theCase, { fact, at }) => evolve(theCase, fact, at), undefined);
}

/** @param at when the fact was recorded */
export function evolve(theCase: Case, fact: CaseFact, at: Instant): Case;
export function evolve(theCase: Case | undefined, fact: CaseFact, at: Instant): Case | undefined;
export function evolve(theCase: Case | undefined, fact: CaseFact, at: Instant): Case | undefined {
  if (fact.type === 'case-opened') return theCase ?? opened(fact, at);
  return theCase && next(theCase, fact, at);
}

type Opened = Extract<CaseFact, { type: 'case-opened' }>;
type Later = Exclude<CaseFact, { type: 'case-opened' }>;

function opened(fact: Opened, at: Instant): Case {
  return {
    id: fact.caseId,
    handlerId: fact.handlerId,
    handlerMobile: fact.handlerMobile,
    certificate: fact.certificate,
    project: fact.project,
    policyVersion: fact.policyVersion,
    keptUntil: fact.keptUntil,
    openedAt: at,
    bid: { kind: 'unanswered' },
    reopened: 'none',
    changeDeclared: false,
    computer: 'none',
    joined: [],
    look: { kind: 'none' },
    looks: 0,
    promised: 'none',
    rekey: { kind: 'none' },
    issuance: { kind: 'none' },
    writing: { kind: 'none' },
    verifying: { kind: 'none' },
    confirmed: false,
    unwanted: [],
    revoked: [],
    ended: 'no',
  };
}

function next(c: Case, fact: Later, at: Instant): Case {
  switch (fact.type) {
    case 'bid-question-answered':
      return { ...c, bid: { kind: fact.answer }, reopened: 'none' };
    case 'bid-opening-told':
      return { ...c, bid: { kind: 'unopened-until', opensAt: fact.opensAt } };
    case 'bid-risk-accepted':
      return { ...c, bid: riskAccepted(c.bid) };
    case 'question-reopened':
      return { ...c, reopened: fact.question };
    case 'change-declared':
      return { ...c, changeDeclared: true };
    case 'change-withdrawn':
      return { ...c, changeDeclared: false };

    case 'computer-joined': {
      const { linkId, os } = fact;
      const here = { ...c, computer: { linkId, os }, joined: [...c.joined, linkId] };
      if (c.promised !== 'none') return here;
      return { ...here, look: { kind: 'asked', linkId }, looks: c.looks + 1 };
    }
    case 'look-asked-again':
      return { ...c, look: { kind: 'asked', linkId: fact.linkId }, looks: c.looks + 1 };
    case 'token-looked':
      return looked(c, { kind: 'seen', linkId: fact.linkId, token: fact.token });
    case 'token-look-failed':
      return looked(c, { kind: 'failed', linkId: fact.linkId, problem: fact.problem });

    case 'details-confirmed': {
      const { years, promisedDay, writeUntil, keptUntil } = fact;
      return { ...c, promised: { years, promisedDay, writeUntil }, keptUntil };
    }
    case 'rekey-started': {
      const { txnId, attempt, nonce } = fact;
      return { ...c, rekey: { kind: 'started', txnId, attempt, nonce, consented: false } };
    }
    case 'rekey-consented':
      return c.rekey.kind === 'started' ? { ...c, rekey: { ...c.rekey, consented: true } } : c;
    case 'rekey-stopped': {
      const { txnId, attempt, problem } = fact;
      return { ...c, rekey: { kind: 'stopped', txnId, attempt, problem } };
    }
    case 'key-made': {
      if (c.rekey.kind !== 'started' && c.rekey.kind !== 'stopped') return c;
      return { ...c, rekey: { kind: 'key-made', txnId: fact.txnId, attempt: c.rekey.attempt, spki: fact.spki } };
    }

    case 'issue-requested':
      return { ...c, issuance: { kind: 'requested', requestId: fact.requestId, txnId: fact.txnId, spki: fact.spki } };
    case 'issue-rejected': {
      const { issuance } = c;
      if (issuance.kind !== 'requested') return c;
      return { ...c, issuance: { ...issuance, kind: 'rejected', problem: fact.problem } };
    }
    case 'certificate-issued': {
      const { issuance } = c;
      if (issuance.kind !== 'requested' && issuance.kind !== 'rejected') return c;
      const { requestId, txnId, spki } = issuance;
      const { serial, sha256, notBefore, notAfter, certificate } = fact;
      return {
        ...c,
        issuance: { kind: 'issued', requestId, txnId, spki, serial, sha256, notBefore, notAfter, certificate },
        writing: { kind: 'asked', attempt: 1 },
      };
    }
    case 'certificate-unwanted': {
      const { issuance } = c;
      const sentBack = { ...c, unwanted: [...c.unwanted, fact.serial] };
      if (fact.why === 'not-asked-for' || fact.why === 'second-for-key') return sentBack;
      if (issuance.kind !== 'requested' && issuance.kind !== 'rejected') return sentBack;
      const { requestId, txnId, spki } = issuance;
      return { ...sentBack, issuance: { kind: 'unusable', requestId, txnId, spki, serial: fact.serial } };
    }
    case 'certificate-revoked': {
      const { issuance } = c;
      const gone = { ...c, revoked: [...c.revoked, fact.serial] };
      if (issuance.kind !== 'issued' || issuance.serial !== fact.serial) return gone;
      const { requestId, txnId, spki, serial } = issuance;
      return { ...gone, issuance: { kind: 'unusable', requestId, txnId, spki, serial } };
    }
    case 'issuance-confirmed':
      return { ...c, confirmed: true };

    case 'writing-asked-again':
      return { ...c, writing: { kind: 'asked', attempt: fact.attempt } };
    case 'write-failed':
      return { ...c, writing: { kind: 'failed', attempt: fact.attempt, problem: fact.problem } };
    case 'certificate-written':
      return { ...c, writing: { kind: 'written', sha256: fact.sha256 }, verifying: { kind: 'asked', attempt: 1 } };

    case 'verification-asked-again':
      return { ...c, verifying: { kind: 'asked', attempt: fact.attempt } };
    case 'verify-failed':
      return { ...c, verifying: { kind: 'failed', attempt: fact.attempt, problem: fact.problem } };
    case 'verified':
      return { ...c, verifying: { kind: 'verified', checks: fact.checks, at } };

    case 'case-extended':
      return { ...c, keptUntil: fact.keptUntil };
    case 'case-cancelled':
      return { ...c, ended: 'cancelled' };
    case 'case-lapsed':
      return { ...c, ended: 'lapsed' };

    case 'staff-asked-for':
      return c;
  }
}

function riskAccepted(bid: Bid): Bid {
  return bid.kind === 'unopened-until' ? { kind: 'risk-accepted', opensAt: bid.opensAt } : bid;
}

/** News of a computer that is no longer the one that was asked is history only. */
function looked(c: Case, look: Look & { linkId: string }): Case {
  return c.look.kind === 'none' || c.look.linkId !== look.linkId ? c : { ...c, look };
}
