/**
 * A conversation for tests: keeps what the store would keep between turns and plays the outside (SMS, computer, key,
 * CA) by handing in findings and reports. The bot, the case and its rules are the real ones.
 */
import { checkNeeded, turn } from '../bot/turn.ts';
import type { Check, Finding, KnownHandler, RegisteredCertificate, TurnInput, TurnOutput } from '../bot/turn.ts';
import { FIRST_TALK, type Bubble, type Incoming, type Talk } from '../bot/talk.ts';
import type { LiveLink } from '../renewal/agenda.ts';
import { DAY_MS, type Instant } from '../renewal/calendar.ts';
import { isOver, type Case } from '../renewal/case.ts';
import type { Report } from '../renewal/commands.ts';
import { decide } from '../renewal/decide.ts';
import { evolve } from '../renewal/evolve.ts';
import { MANUAL_WINDOW, type Policy } from '../renewal/policy.ts';

/** 2026年5月20日（周三）10:00 */
export const NOW: Instant = Date.parse('2026-05-20T10:00:00+08:00');

export const POLICY: Policy = {
  project: 'dezhou',
  version: 1,
  projectName: '德州公共资源项目',
  window: MANUAL_WINDOW,
  years: 1,
  sponsor: '德州公共资源交易中心',
  bidGuard: 'ask',
  caProfile: 'organisation',
  service: { hotline: '0534-0000000', hours: '工作日 8:30–17:30' },
  counter: { name: '德州服务网点', address: '德州市示例路 1 号', papers: ['营业执照副本', '经办人身份证'] },
  rebindOn: ['德州公共资源交易平台'],
};

export const HANDLER: KnownHandler = { id: 'handler-1', mobile: '138****8000', verified: true };

export function certificate(about: Partial<RegisteredCertificate> = {}): RegisteredCertificate {
  return {
    id: 'certificate-1',
    serial: '10C4A90B52E67F3A',
    sha256: 'ab'.repeat(32),
    unit: '德州恒信建筑工程有限公司',
    uscc: '91350100M000100Y43',
    notBefore: Date.parse('2025-06-15T23:59:59+08:00'),
    notAfter: Date.parse('2026-06-15T23:59:59+08:00'),
    status: 'good',
    policy: POLICY,
    liveCase: 'none',
    ...about,
  };
}

const COMPUTER = { os: 'Windows 11', name: 'DESK-4F2K' };

export class Conversation {
  talk: Talk = { id: 'talk-1', channel: 'web', ...FIRST_TALK };
  handler: KnownHandler | undefined;
  case: Case | undefined;
  policy: Policy = POLICY;
  link: LiveLink = { kind: 'none' };
  now = NOW;
  certificates: readonly RegisteredCertificate[] = [certificate()];
  openCases: readonly Case[] = [];
  linkCodes: TurnInput['linkCodes'] = 'allowed';
  /** Everything that was said, oldest first. */
  readonly said: Bubble[] = [];
  last: TurnOutput | undefined;
  #drawn = 0;

  input(incoming: Incoming): TurnInput {
    const n = ++this.#drawn;
    return {
      talk: this.talk,
      handler: this.handler,
      case: this.case,
      policy: this.case && this.policy,
      certificates: this.handler && !this.case ? this.certificates : [],
      live: { signedIn: this.handler !== undefined, link: this.link },
      now: this.now,
      incoming,
      draw: {
        questionId: `question-${n}`,
        codeId: `code-${n}`,
        caseId: `ca5e0000-0000-4000-8000-${String(n).padStart(12, '0')}`,
        txnId: String(n).padStart(32, '0'),
        nonce: String(n).padStart(64, '0'),
      },
      linkCodes: this.linkCodes,
    };
  }

  /** @param found answers what the message asks to be found out */
  hear(incoming: Incoming, found: (check: Check) => Finding = outside): readonly Bubble[] {
    const input = this.input(incoming);
    const check = checkNeeded(input);
    const finding = check.kind === 'none' ? check : found(check);
    if (check.kind === 'match-number' && finding.kind === 'match-number') this.#try(check.linkId, finding.verdict);
    const output = turn({ ...input, case: this.case, live: { ...input.live, link: this.link } }, finding);
    if (check.kind === 'leave-computer' && !output.linkCode) this.link = { kind: 'none' };
    this.#keep(output);
    return output.again ? [...output.says, ...this.hear({ kind: 'look-again' })] : output.says;
  }

  text(text: string, found?: (check: Check) => Finding): readonly Bubble[] {
    return this.hear({ kind: 'text', text }, found);
  }

  /** Taps an option of the open question. */
  tap(key: string): readonly Bubble[] {
    return this.hear({ kind: 'choice', questionId: this.talk.question?.id ?? '', key });
  }

  /** News of the case, and the look-again that follows it. */
  report(command: Report): readonly Bubble[] {
    this.#decide(command);
    return this.hear({ kind: 'look-again' });
  }

  computerAsks(linkId = 'link-1'): readonly Bubble[] {
    this.link = { kind: 'asking', linkId, computer: COMPUTER };
    return this.hear({ kind: 'look-again' });
  }

  get options(): readonly string[] {
    return this.talk.question?.options.map(({ key, label }) => `${key} ${label}`) ?? [];
  }

  /** As the bridge does before the turn goes on: the case hears of a computer that joined, the link is what it became. */
  #try(linkId: string, verdict: 'joined' | 'wrong-number' | 'expired'): void {
    this.link = verdict === 'joined' ? { kind: 'linked', linkId } : { kind: 'none' };
    if (verdict === 'joined') this.#decide({ type: 'report-computer-joined', linkId, computer: COMPUTER });
  }

  #decide(command: Report): void {
    const decision = decide(this.case, command, this.policy, this.now);
    if (decision.kind !== 'decided' || !this.case) return;
    this.case = decision.facts.reduce((theCase, fact) => evolve(theCase, fact, this.now), this.case);
  }

  #keep(output: TurnOutput): void {
    this.last = output;
    this.said.push(...output.says);
    this.talk = output.talk;
    if (output.signedIn) this.handler = HANDLER;
    if (this.talk.handlerId === undefined) this.handler = undefined;
    for (const fact of output.caseChange?.facts ?? [])
      this.case = evolve(this.case?.id === output.caseChange?.id ? this.case : undefined, fact, this.now);
    if (output.linkCode) {
      const { codeId } = output.linkCode;
      this.link = { kind: 'code', codeId };
    }
    if (this.case && isOver(this.case) && this.talk.caseId === undefined) this.case = undefined;
    if (this.talk.caseId === undefined) this.case = undefined;
    else this.case ??= this.openCases.find(({ id }) => id === this.talk.caseId);
  }
}

/** Everything goes well outside. */
export function outside(check: Check): Finding {
  switch (check.kind) {
    case 'send-code':
    case 'resend-code':
      return { kind: 'send-code', verdict: 'allowed', mobileMasked: '138****8000', expiresAt: NOW + 300_000 };
    case 'sms-code':
      return { kind: 'sms-code', verdict: 'right', handlerId: HANDLER.id, openCaseIds: [] };
    case 'match-number':
      return { kind: 'match-number', verdict: 'joined' };
    case 'refuse-computer':
      return { kind: 'refuse-computer' };
    case 'leave-computer':
      return check;
    case 'query':
      return {
        kind: 'query',
        verdict: 'answered',
        answers: [{ serialTail: '7F3A', status: 'good', notAfter: certificate().notAfter, policy: POLICY }],
      };
    case 'none':
      return { kind: 'none' };
  }
}

export const TOKEN = {
  model: 'mToken K5',
  serialTail: '5182',
  algorithm: 'EC P-256',
  pin: 'ok',
  certificates: 1,
} as const;

/** Walks a conversation from its first question to where a step is open; each entry goes on from the one before. */
export const WAY = {
  'sign-in': (c: Conversation) => void c.hear({ kind: 'opened' }),
  'sign-in-code': (c: Conversation) => void c.text('13800138000'),
  'choose-certificate': (c: Conversation) => void c.text('123456'),
  'bid-guard': (c: Conversation) => void c.text('1'),
  link: (c: Conversation) => void c.text('1 没有'),
  match: (c: Conversation) => void c.computerAsks(),
  look: (c: Conversation) => void c.text('47'),
  details: (c: Conversation) => void c.report({ type: 'report-token-looked', linkId: 'link-1', token: TOKEN }),
  rekey: (c: Conversation) => void c.text('1 都对，继续'),
  issue: (c: Conversation) =>
    void c.report({ type: 'report-key-made', txnId: txnOf(c), spki: 'cd'.repeat(32), csr: 'AA==', proof: 'AA==' }),
  'write-certificate': (c: Conversation) => void c.report(issued(c)),
  verify: (c: Conversation) =>
    void c.report({ type: 'report-certificate-written', txnId: txnOf(c), sha256: 'ef'.repeat(32) }),
  done: (c: Conversation) =>
    void c.report({
      type: 'report-verified',
      txnId: txnOf(c),
      checks: {
        dates: true,
        chain: true,
        keyPair: true,
        testSignature: true,
        oldObjects: true,
        tokenSerialTail: '5182',
      },
    }),
} as const;

export type WayPoint = keyof typeof WAY;

export function arrivedAt(point: WayPoint, prepare: (c: Conversation) => void = () => undefined): Conversation {
  const c = new Conversation();
  prepare(c);
  for (const [name, go] of Object.entries(WAY)) {
    go(c);
    if (name === point) return c;
  }
  return c;
}

export function txnOf(c: Conversation): string {
  return c.case && c.case.rekey.kind !== 'none' ? c.case.rekey.txnId : '';
}

export function issued(c: Conversation): Report {
  return {
    type: 'report-certificate-issued',
    requestId: `issue/${'cd'.repeat(32)}`,
    spki: 'cd'.repeat(32),
    serial: '5E11A0C2D3B49921',
    sha256: 'ef'.repeat(32),
    notBefore: c.now,
    notAfter: Date.parse('2027-06-15T23:59:59+08:00'),
    certificate: 'AA==',
    faults: [],
  };
}

/** The detours, each from the point of the way where it begins. */
export const DETOURS: Readonly<Record<string, () => Conversation>> = {
  query: () => after('sign-in', (c) => void c.tap('1')),
  'code failed': () =>
    after('sign-in-code', (c) => {
      const { signIn } = c.talk;
      const codeId = signIn.kind === 'code' ? signIn.codeId : '';
      c.hear({ kind: 'code-failed', codeId, problem: 'sms/refused' });
    }),
  'bid-guard unsure': () => after('bid-guard', (c) => void c.text('不确定')),
  'bid-opening': () => after('bid-guard', (c) => void c.text('2')),
  'bid-risk wait': () => after('bid-guard', (c) => void (c.text('2'), c.text('明天上午9点'))),
  'bid-risk now': () => after('bid-guard', (c) => void (c.text('2'), c.text('7月3日上午9点'))),
  'bid-risk confirm': () => after('bid-guard', (c) => void (c.text('2'), c.text('明天上午9点'), c.text('2'))),
  'look-again': () =>
    after('look', (c) => void c.report({ type: 'report-look-failed', linkId: 'link-1', problem: 'token/none' })),
  change: () => after('details', (c) => void c.text('2')),
  'rekey-again': () =>
    after(
      'rekey',
      (c) => void c.report({ type: 'report-rekey-stopped', txnId: txnOf(c), attempt: 1, problem: 'pin/incorrect' }),
    ),
  'with-staff': () =>
    after(
      'issue',
      (c) =>
        void c.report({
          type: 'report-issue-rejected',
          requestId: `issue/${'cd'.repeat(32)}`,
          problem: 'ca/rejected',
        }),
    ),
  'write-again': () =>
    after(
      'write-certificate',
      (c) => void c.report({ type: 'report-write-failed', txnId: txnOf(c), attempt: 1, problem: 'token/removed' }),
    ),
  'verify-again': () =>
    after(
      'verify',
      (c) => void c.report({ type: 'report-verify-failed', txnId: txnOf(c), attempt: 1, problem: 'verify/failed' }),
    ),
  'too-early': () =>
    after('bid-guard', (c) => {
      c.policy = { ...POLICY, window: { ...MANUAL_WINDOW, opensDaysBefore: 3 } };
      c.hear({ kind: 'look-again' });
    }),
  'too-late': () =>
    after('bid-guard', (c) => {
      c.now += 800 * DAY_MS;
      c.hear({ kind: 'look-again' });
    }),
  cancelled: () => after('bid-guard', (c) => void (c.text('取消'), c.text('1'))),
  lapsed: () =>
    after('bid-guard', (c) => {
      c.now += 31 * DAY_MS;
      c.report({ type: 'report-time' });
    }),
  'confirming cancel': () => after('details', (c) => void c.text('取消')),
  'confirming restart': () => after('details', (c) => void c.text('重新开始')),
  'no certificate': () =>
    arrivedAt('choose-certificate', (c) => {
      c.certificates = [];
    }),
  'link again': () =>
    after('rekey', (c) => {
      c.link = { kind: 'none' };
      c.hear({ kind: 'look-again' });
    }),
  'too many link codes': () =>
    after('link', (c) => {
      c.linkCodes = 'too-many';
      c.link = { kind: 'none' };
      c.hear({ kind: 'look-again' });
    }),
};

function after(point: WayPoint, go: (c: Conversation) => void): Conversation {
  const c = arrivedAt(point);
  go(c);
  return c;
}

export const EVERYWHERE: Readonly<Record<string, () => Conversation>> = {
  ...Object.fromEntries(Object.keys(WAY).map((point) => [point, () => arrivedAt(point as WayPoint)])),
  ...DETOURS,
};
