/**
 * Work outside that facts ask for, as data. `key` names the deed: the same key is never done twice. Rows live as
 * long as the case (`server/effects/`); texts of the wire belong to whoever carries them out.
 */
import type { Instant } from './calendar.ts';
import type { Case } from './case.ts';

export type Effect =
  /** `bridge/<linkId>/cert.read/<n>`: look at the key, no change, no PIN. */
  | {
      readonly key: string;
      readonly type: 'bridge/cert.read';
      readonly linkId: string;
      readonly certificateSha256: string;
    }
  /** `bridge/<txnId>/renew.begin/<attempt>`: consent and PIN on the customer's computer. */
  | {
      readonly key: string;
      readonly type: 'bridge/renew.begin';
      readonly txnId: string;
      readonly attempt: number;
      readonly certificateSha256: string;
      readonly promisedDay: string;
    }
  /** `bridge/<txnId>/renew.csr/<attempt>`: new key pair, CSR and renewal proof. */
  | {
      readonly key: string;
      readonly type: 'bridge/renew.csr';
      readonly txnId: string;
      readonly attempt: number;
      readonly nonce: string;
      readonly certificateSha256: string;
      readonly promisedDay: string;
    }
  /** `issue/<spki>`: one certificate for this public key, ever. */
  | {
      readonly key: string;
      readonly type: 'issue';
      readonly requestId: string;
      readonly spki: string;
      readonly csr: string;
      readonly proof: string;
      readonly replacesSerial: string;
      readonly oldNotAfter: Instant;
      readonly years: number;
      readonly profile: string;
    }
  /** `revoke/<serial>` */
  | {
      readonly key: string;
      readonly type: 'revoke';
      readonly serial: string;
      readonly reason: 'superseded' | 'cessationOfOperation';
    }
  /** `bridge/<txnId>/renew.write/<attempt>` */
  | {
      readonly key: string;
      readonly type: 'bridge/renew.write';
      readonly txnId: string;
      readonly attempt: number;
      readonly certificate: string;
      readonly sha256: string;
    }
  /** `bridge/<txnId>/renew.verify/<attempt>`: PIN again, test signature with the new key. */
  | {
      readonly key: string;
      readonly type: 'bridge/renew.verify';
      readonly txnId: string;
      readonly attempt: number;
      readonly sha256: string;
    }
  /** `confirm/<serial>`: tell the CA that the certificate is in use (RFC 9810 certConf). */
  | { readonly key: string; readonly type: 'confirm'; readonly requestId: string; readonly serial: string };

/** A deadline that was promised with a fact; re-decided when it fires. */
export interface Timer {
  readonly key: string;
  readonly dueAt: Instant;
}

/** What a decision asks for beside its facts. */
export interface Work {
  readonly effects: readonly Effect[];
  readonly timers: readonly Timer[];
}

export function lookEffect(c: Case, linkId: string): Effect {
  const key = `bridge/${linkId}/cert.read/${c.looks + 1}`;
  return { key, type: 'bridge/cert.read', linkId, certificateSha256: c.certificate.sha256 };
}

export function renewBegin(c: Case, started: { txnId: string; attempt: number }, promisedDay: string): Effect {
  const { txnId, attempt } = started;
  const key = `bridge/${txnId}/renew.begin/${attempt}`;
  return { key, type: 'bridge/renew.begin', txnId, attempt, certificateSha256: c.certificate.sha256, promisedDay };
}

export function renewCsr(
  c: Case,
  started: { txnId: string; attempt: number; nonce: string },
  promisedDay: string,
): Effect {
  const { txnId, attempt, nonce } = started;
  const key = `bridge/${txnId}/renew.csr/${attempt}`;
  return { key, type: 'bridge/renew.csr', txnId, attempt, nonce, certificateSha256: c.certificate.sha256, promisedDay };
}

export function issueEffect(
  c: Case,
  requested: { requestId: string; spki: string },
  csr: string,
  proof: string,
  years: number,
  profile: string,
): Effect {
  const { requestId, spki } = requested;
  const { serial: replacesSerial, notAfter: oldNotAfter } = c.certificate;
  return { key: requestId, type: 'issue', requestId, spki, csr, proof, replacesSerial, oldNotAfter, years, profile };
}

export function renewWrite(txnId: string, attempt: number, issued: { certificate: string; sha256: string }): Effect {
  const { certificate, sha256 } = issued;
  return {
    key: `bridge/${txnId}/renew.write/${attempt}`,
    type: 'bridge/renew.write',
    txnId,
    attempt,
    certificate,
    sha256,
  };
}

export function renewVerify(txnId: string, attempt: number, issued: { sha256: string }): Effect {
  const key = `bridge/${txnId}/renew.verify/${attempt}`;
  return { key, type: 'bridge/renew.verify', txnId, attempt, sha256: issued.sha256 };
}
