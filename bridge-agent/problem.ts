/**
 * What can go wrong on the customer's PC, by code. The same spelling as the server's problem list, so that a code
 * crosses the wire as it is; the words for the terminal are in `templates/agent/terminal.json`.
 */
export const AGENT_PROBLEMS = [
  'token/none',
  'token/other-certificate',
  'token/several',
  'token/removed',
  'token/no-private-key',
  'token/write-protected',
  'token/full',
  'token/unsupported',
  'token/driver-missing',
  'token/driver-failed',
  'token/changed-outside',
  'pin/refused',
  'pin/timeout',
  'pin/incorrect',
  'pin/locked',
  'proof/expired',
  'certificate/not-acceptable',
  'verify/failed',
] as const;

export type AgentProblemCode = (typeof AGENT_PROBLEMS)[number];

/** An expected failure. `message` and `cause` are for the log on this PC and never leave it. */
export class AgentProblem extends Error {
  override readonly name = 'AgentProblem';
  readonly code: AgentProblemCode;

  constructor(code: AgentProblemCode, detail: string = code, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
  }
}
