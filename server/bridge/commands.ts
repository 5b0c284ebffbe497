/** What an effect of a case is called on the wire, and with which arguments; and whether the case still wants it. */
import { createHmac } from 'node:crypto';
import { PROOF_LIFE_MS, type Args, type CommandName } from '../../bridge-agent/protocol.ts';
import { shanghaiDate, type Instant } from '../../renewal/calendar.ts';
import { isOver, type Case } from '../../renewal/case.ts';
import type { Effect } from '../../renewal/effects.ts';
import type { CertificateView } from '../pki/certificate.ts';
import type { ServerKeys } from './server-keys.ts';

export type BridgeEffect = Extract<Effect, { type: `bridge/${string}` }>;

export interface Ground {
  readonly linkId: string;
  readonly keys: ServerKeys;
  /** CA certificates that the agent may take a certificate from. */
  readonly pinned: readonly CertificateView[];
  readonly now: Instant;
}

export type Command = {
  readonly [N in CommandName]: { readonly name: N; readonly args: Args<N> };
}[CommandName];

/**
 * `moot`: the case has ended or moved on, it is never sent. `elsewhere`: for the computer that is joined by another
 * link.
 */
export function commandOf(effect: BridgeEffect, theCase: Case, ground: Ground): Command | 'moot' | 'elsewhere' {
  const { certificate, promised } = theCase;
  if (!isWanted(effect, theCase)) return 'moot';
  const expected = { certificateSha256: certificate.sha256 };
  if (effect.type === 'bridge/cert.read')
    return effect.linkId === ground.linkId ? { name: 'cert.read', args: expected } : 'elsewhere';
  if (promised === 'none') return 'moot';
  const { txnId } = effect;
  const { promisedDay } = promised;
  switch (effect.type) {
    case 'bridge/renew.begin': {
      const who = { caseId: theCase.id, unit: certificate.unit, askedBy: theCase.handlerMobile };
      const days = { oldEndDay: shanghaiDate(certificate.notAfter), promisedDay };
      return { name: 'renew.begin', args: { ...expected, ...who, ...days, txnId } };
    }
    case 'bridge/renew.csr': {
      const bound = { caseId: theCase.id, serverId: ground.keys.keyId, nonce: effect.nonce, promisedDay };
      const proofExpiresAt = ground.now + PROOF_LIFE_MS;
      return { name: 'renew.csr', args: { ...expected, ...bound, txnId, proofExpiresAt } };
    }
    case 'bridge/renew.write': {
      const issuers = ground.pinned.map(({ der }) => der.toString('base64'));
      return {
        name: 'renew.write',
        args: { ...expected, txnId, promisedDay, certificate: effect.certificate, issuers },
      };
    }
    case 'bridge/renew.verify': {
      const nonce = verifyNonce(effect.key, ground.keys);
      return { name: 'renew.verify', args: { ...expected, txnId, sha256: effect.sha256, nonce } };
    }
  }
}

/** The same for the same effect in every process and after a restart; nobody else can know it beforehand. */
export function verifyNonce(effectKey: string, keys: ServerKeys): string {
  return createHmac('sha256', keys.secret).update(`verify-nonce\0${effectKey}`).digest('hex');
}

/** The question that this effect answers is still the one that is open (design §3, promise 6: asked each time). */
function isWanted(effect: BridgeEffect, theCase: Case): boolean {
  if (isOver(theCase)) return false;
  const { look, rekey, issuance, writing, verifying } = theCase;
  switch (effect.type) {
    case 'bridge/cert.read':
      return look.kind === 'asked' && look.linkId === effect.linkId;
    case 'bridge/renew.begin':
      return rekey.kind === 'started' && isSame(rekey, effect) && !rekey.consented;
    case 'bridge/renew.csr':
      return rekey.kind === 'started' && isSame(rekey, effect) && rekey.consented && rekey.nonce === effect.nonce;
    case 'bridge/renew.write':
      return issuance.kind === 'issued' && issuance.sha256 === effect.sha256 && isAsked(writing, effect);
    case 'bridge/renew.verify':
      return issuance.kind === 'issued' && issuance.sha256 === effect.sha256 && isAsked(verifying, effect);
  }
}

interface Attempt {
  readonly attempt: number;
}

function isSame(started: Attempt & { txnId: string }, effect: Attempt & { txnId: string }): boolean {
  return started.txnId === effect.txnId && started.attempt === effect.attempt;
}

function isAsked(part: { readonly kind: string }, effect: Attempt): boolean {
  return part.kind === 'asked' && (part as Partial<Attempt>).attempt === effect.attempt;
}
