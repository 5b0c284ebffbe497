/** A project, a certificate and an ordinary renewal, as the tables of the core use them. Nothing here is a real unit. */
import type { CaseCommand } from '../../renewal/commands.ts';
import type { Case, Certificate, TokenView, Verification } from '../../renewal/case.ts';
import type { Instant } from '../../renewal/calendar.ts';
import { decide, type Decision } from '../../renewal/decide.ts';
import { evolve } from '../../renewal/evolve.ts';
import { MANUAL_WINDOW, type Policy } from '../../renewal/policy.ts';
import { newEnd, promisedDay } from '../../renewal/window.ts';
import { PERSON } from './personal.ts';

export function policyOf(over: Partial<Policy> = {}): Policy {
  return {
    project: 'demo',
    version: 1,
    projectName: '示例公共资源项目',
    window: MANUAL_WINDOW,
    years: 1,
    sponsor: '示例交易平台',
    bidGuard: 'ask',
    caProfile: 'unit-signing',
    service: { hotline: '400-000-0000', hours: '9:00–17:00' },
    counter: { name: '示例大厅', address: '示例路 1 号', papers: ['营业执照'] },
    rebindOn: ['示例交易平台'],
    ...over,
  };
}

export const POLICY = policyOf();

/** An instant from Shanghai's wall clock, `2026-06-15 23:59:59` or a day alone (its midnight). */
export function at(wallClock: string): Instant {
  const [day = '', time = '00:00:00'] = wallClock.split(' ');
  return Date.parse(`${day}T${time}+08:00`);
}

/** Ends on 2026-06-15, a second before midnight. */
export const OLD: Certificate = {
  id: 'certificate-1',
  serial: '0A1B',
  sha256: 'a'.repeat(64),
  unit: '示例建设有限公司',
  uscc: '91370000000000000X',
  notBefore: at('2025-06-16'),
  notAfter: at('2026-06-15 23:59:59'),
};

export const TOKEN: TokenView = {
  model: 'SoftHSM v2',
  serialTail: '6027',
  algorithm: 'P-256',
  pin: 'ok',
  certificates: 1,
};

export const CHECKS: Verification = {
  dates: true,
  chain: true,
  keyPair: true,
  testSignature: true,
  oldObjects: true,
  tokenSerialTail: '6027',
};

/** A morning in the window, before the old end. */
export const NOW = at('2026-05-20 09:00:00');
export const NEW_END = newEnd(OLD.notAfter, NOW, 1);
export const PROMISED = promisedDay(OLD.notAfter, NOW, 1);

export const TXN = '1'.repeat(32);
export const NONCE = '2'.repeat(64);
export const SPKI = '3'.repeat(64);
export const REQUEST = `issue/${SPKI}`;
export const NEW_SERIAL = '0C2D';
export const NEW_SHA256 = 'b'.repeat(64);

/** One renewal without a slip, each command under the name of what has happened then. */
export const ORDINARY = {
  opened: {
    type: 'open-case',
    caseId: 'case-1',
    handlerId: 'handler-1',
    handlerMobile: '138****6027',
    verified: true,
    certificate: { ...OLD, status: 'good' },
  },
  bidAnswered: { type: 'answer-bid-question', answer: 'none' },
  joined: { type: 'report-computer-joined', linkId: 'link-1', computer: { os: 'Linux', name: PERSON } },
  looked: { type: 'report-token-looked', linkId: 'link-1', token: TOKEN },
  confirmed: { type: 'confirm-details', promisedDay: PROMISED, txnId: TXN, nonce: NONCE },
  consented: { type: 'report-consented', txnId: TXN, attempt: 1 },
  keyMade: { type: 'report-key-made', txnId: TXN, spki: SPKI, csr: 'csr', proof: 'proof' },
  issued: {
    type: 'report-certificate-issued',
    requestId: REQUEST,
    spki: SPKI,
    serial: NEW_SERIAL,
    sha256: NEW_SHA256,
    notBefore: NOW,
    notAfter: NEW_END,
    certificate: 'der',
    faults: [],
  },
  written: { type: 'report-certificate-written', txnId: TXN, sha256: NEW_SHA256 },
  verified: { type: 'report-verified', txnId: TXN, checks: CHECKS },
  confirmedByCa: { type: 'report-issuance-confirmed', serial: NEW_SERIAL },
} as const satisfies Record<string, CaseCommand>;

export type Stage = keyof typeof ORDINARY;
export const STAGES = Object.keys(ORDINARY) as readonly Stage[];

/** The case as it stands when this much of an ordinary renewal has happened. */
export function upTo(stage: Stage): Case {
  const commands = STAGES.slice(0, STAGES.indexOf(stage) + 1).map((name) => ORDINARY[name]);
  return andThen(undefined, ...commands);
}

/** The case after further commands, none of which may be refused. */
export function andThen(theCase: Case | undefined, ...commands: readonly CaseCommand[]): Case {
  let c = theCase;
  for (const command of commands) {
    const decision = decide(c, command, POLICY, NOW);
    if (decision.kind === 'refused') throw new Error(`${command.type} was refused: ${decision.problem}`);
    for (const fact of decision.facts) c = evolve(c, fact, NOW);
  }
  if (!c) throw new Error('no case was opened');
  return c;
}

/** A decision in one line: the refusal's code, or the types of the facts and the keys of the effects. */
export function gist(decision: Decision): string | { facts: readonly string[]; effects: readonly string[] } {
  if (decision.kind === 'refused') return decision.problem;
  return { facts: decision.facts.map(({ type }) => type), effects: decision.work.effects.map(({ key }) => key) };
}

export const NOTHING_NEW = { facts: [], effects: [] };
