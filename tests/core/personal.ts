/**
 * What no fact may say (design §9): facts are kept for ever and sealed into a log, so whoever is named in one can never
 * be forgotten. Every fact may have the fields below and no others, and nothing in them may look like a person's.
 */
import assert from 'node:assert/strict';
import type { CaseFact, Certificate, TokenView, Verification } from '../../renewal/case.ts';
import type { HandlerFact } from '../../renewal/handler.ts';

type Fact = CaseFact | HandlerFact;
type FieldOf<T extends Fact['type']> = Exclude<keyof Extract<Fact, { type: T }>, 'type'>;

/** Stands wherever a command of the tests can name somebody. */
export const PERSON = 'ZHANGWEI-PC';

/** A new field is written here by somebody who has asked whether it is about a person. */
export const FACT_FIELDS: { readonly [T in CaseFact['type']]: readonly FieldOf<T>[] } = {
  'case-opened': ['caseId', 'handlerId', 'handlerMobile', 'certificate', 'project', 'policyVersion', 'keptUntil'],
  'bid-question-answered': ['answer'],
  'bid-opening-told': ['opensAt'],
  'bid-risk-accepted': [],
  'computer-joined': ['linkId', 'os'],
  'token-looked': ['linkId', 'token'],
  'token-look-failed': ['linkId', 'problem'],
  'look-asked-again': ['linkId'],
  'change-declared': [],
  'change-withdrawn': [],
  'details-confirmed': ['years', 'promisedDay', 'writeUntil', 'keptUntil'],
  'rekey-started': ['txnId', 'attempt', 'nonce'],
  'rekey-consented': ['txnId'],
  'rekey-stopped': ['txnId', 'attempt', 'problem'],
  'key-made': ['txnId', 'spki'],
  'issue-requested': ['requestId', 'txnId', 'spki'],
  'certificate-issued': ['requestId', 'serial', 'sha256', 'notBefore', 'notAfter', 'certificate'],
  'issue-rejected': ['requestId', 'problem'],
  'certificate-unwanted': ['serial', 'why'],
  'certificate-revoked': ['serial'],
  'writing-asked-again': ['attempt'],
  'certificate-written': ['sha256'],
  'write-failed': ['attempt', 'problem'],
  'verification-asked-again': ['attempt'],
  'verify-failed': ['attempt', 'problem'],
  verified: ['checks'],
  'issuance-confirmed': ['serial'],
  'question-reopened': ['question'],
  'staff-asked-for': [],
  'case-extended': ['keptUntil'],
  'case-cancelled': [],
  'case-lapsed': [],
};

const HANDLER_FIELDS: { readonly [T in HandlerFact['type']]: readonly FieldOf<T>[] } = {
  'handler-registered': ['handlerId', 'mobile'],
  'identity-verified': ['until'],
};

/** Of what stands in a field and has fields of its own. */
const PART_FIELDS: {
  readonly certificate: readonly (keyof Certificate)[];
  readonly token: readonly (keyof TokenView)[];
  readonly checks: readonly (keyof Verification)[];
} = {
  certificate: ['id', 'serial', 'sha256', 'unit', 'uscc', 'notBefore', 'notAfter'],
  token: ['model', 'serialTail', 'algorithm', 'pin', 'certificates'],
  checks: ['dates', 'chain', 'keyPair', 'testSignature', 'oldObjects', 'tokenSerialTail'],
};

const FIELDS: Readonly<Record<string, readonly string[]>> = { ...FACT_FIELDS, ...HANDLER_FIELDS, ...PART_FIELDS };

const MOBILE = /(?<![0-9A-Za-z])1[3-9]\d{9}(?![0-9A-Za-z])/;
const MASKED_MOBILE = /^1[3-9]\d\*{4}\d{4}$/;
const ID_NUMBER = /(?<![0-9A-Za-z])[1-9]\d{16}[\dXx](?![0-9A-Za-z])/;
/** A PIN, an SMS code or a match number: digits alone. Ends of serials and serials may be nothing else. */
const DIGITS = /^\d{2,8}$/;
const NUMBERED = new Set(['serial', 'serialTail', 'tokenSerialTail', 'attempt']);
/** A unit's code, which may have the form of an ID number. */
const UNITS_OWN = new Set(['uscc']);
const MASKED = new Set(['handlerMobile', 'mobile']);

/** @throws AssertionError that names the fact and the field */
export function assertNobodyIsNamed({ type, ...fields }: Fact): void {
  lookThrough(type, fields);
}

function lookThrough(of: string, fields: object): void {
  for (const [field, value] of Object.entries(fields) as [string, unknown][]) {
    const at = `${of}.${field}`;
    assert.ok(FIELDS[of]?.includes(field), `${at} is not on the list of what a fact may say`);
    if (typeof value === 'object' && value !== null) lookThrough(field, value);
    else if (typeof value === 'string') lookAt(at, field, value);
  }
}

function lookAt(at: string, field: string, value: string): void {
  assert.ok(!value.includes(PERSON), `${at} names somebody`);
  assert.doesNotMatch(value, MOBILE, `${at} holds a mobile number`);
  if (MASKED.has(field)) assert.match(value, MASKED_MOBILE, `${at} is masked`);
  if (!UNITS_OWN.has(field)) assert.doesNotMatch(value, ID_NUMBER, `${at} holds a number of an identity card`);
  if (!NUMBERED.has(field)) assert.doesNotMatch(value, DIGITS, `${at} holds a PIN or a code`);
}
