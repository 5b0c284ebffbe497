/**
 * Every expected failure, one row each: who can act and whether trying again helps. The words are in
 * `templates/problems.json` under the same code (a test holds the two together); HTTP status and log level follow
 * from the row.
 */
export interface Problem {
  readonly actor: 'customer' | 'staff' | 'provider';
  readonly retry: 'now' | 'later' | 'never';
}

export const PROBLEMS = {
  // sign-in
  'mobile/not-a-mobile': { actor: 'customer', retry: 'now' },
  'mobile/unknown': { actor: 'customer', retry: 'now' },
  'code/wrong': { actor: 'customer', retry: 'now' },
  'code/no-tries': { actor: 'customer', retry: 'now' },
  'code/expired': { actor: 'customer', retry: 'now' },
  'code/too-soon': { actor: 'customer', retry: 'later' },
  'code/too-many': { actor: 'customer', retry: 'later' },
  'sms/unreachable': { actor: 'provider', retry: 'later' },
  'sms/refused': { actor: 'provider', retry: 'later' },
  // choosing and opening
  'handler/not-verified': { actor: 'customer', retry: 'never' },
  'certificate/unknown': { actor: 'customer', retry: 'now' },
  'certificate/not-yours': { actor: 'customer', retry: 'never' },
  'certificate/busy': { actor: 'customer', retry: 'later' },
  'certificate/revoked': { actor: 'customer', retry: 'never' },
  'certificate/suspended': { actor: 'staff', retry: 'later' },
  'window/too-early': { actor: 'customer', retry: 'later' },
  'window/too-late': { actor: 'customer', retry: 'never' },
  'query/too-many': { actor: 'customer', retry: 'later' },
  // the case
  'case/ended': { actor: 'customer', retry: 'never' },
  'case/not-now': { actor: 'customer', retry: 'never' },
  'case/too-late-to-go-back': { actor: 'customer', retry: 'never' },
  'case/too-late-to-cancel': { actor: 'customer', retry: 'never' },
  'details/outdated': { actor: 'customer', retry: 'now' },
  'bid/opening-passed': { actor: 'customer', retry: 'now' },
  // joining the computer
  'link/wrong-number': { actor: 'customer', retry: 'now' },
  'link/expired': { actor: 'customer', retry: 'now' },
  'link/not-mine': { actor: 'customer', retry: 'now' },
  'link/lost': { actor: 'customer', retry: 'now' },
  // the key on the desk; CKR_* are PKCS#11 v3.1 §6.1
  'token/none': { actor: 'customer', retry: 'now' },
  'token/other-certificate': { actor: 'customer', retry: 'now' },
  'token/several': { actor: 'customer', retry: 'now' },
  'token/removed': { actor: 'customer', retry: 'now' },
  'token/no-private-key': { actor: 'staff', retry: 'never' },
  'token/write-protected': { actor: 'staff', retry: 'never' },
  'token/full': { actor: 'staff', retry: 'never' },
  'token/unsupported': { actor: 'staff', retry: 'never' },
  'token/driver-missing': { actor: 'customer', retry: 'now' },
  'token/driver-failed': { actor: 'customer', retry: 'now' },
  'token/changed-outside': { actor: 'staff', retry: 'never' },
  'pin/refused': { actor: 'customer', retry: 'now' },
  'pin/timeout': { actor: 'customer', retry: 'now' },
  'pin/incorrect': { actor: 'customer', retry: 'now' },
  'pin/locked': { actor: 'staff', retry: 'never' },
  // proof, issuance, certificate
  'proof/invalid': { actor: 'staff', retry: 'never' },
  'proof/expired': { actor: 'customer', retry: 'now' },
  'csr/invalid': { actor: 'staff', retry: 'never' },
  'ca/unreachable': { actor: 'provider', retry: 'later' },
  'ca/rejected': { actor: 'staff', retry: 'never' },
  'certificate/not-acceptable': { actor: 'staff', retry: 'never' },
  'verify/failed': { actor: 'staff', retry: 'now' },
  // the house
  'service/busy': { actor: 'provider', retry: 'later' },
  'agent/too-old': { actor: 'customer', retry: 'now' },
} as const satisfies Record<string, Problem>;

export type ProblemCode = keyof typeof PROBLEMS;

/** Values that the words of a problem may name, e.g. `{ opensOn: '2026-05-16' }`. */
export type ProblemFacts = Readonly<Record<string, string | number>>;

/** An expected failure at a border (provider, bridge, token). Anything else that is thrown is a defect. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: ProblemCode;
  readonly facts: ProblemFacts;

  /** @param options.cause the vendor's own error: to the log, never to a customer */
  constructor(code: ProblemCode, facts: ProblemFacts = {}, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
    this.facts = facts;
  }
}
