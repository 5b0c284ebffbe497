/** The certificates of this mobile with their states; only those that can be renewed get a number. */
import { decide } from '../../renewal/decide.ts';
import { evolve } from '../../renewal/evolve.ts';
import type { Case } from '../../renewal/case.ts';
import { counterOf } from '../counters.ts';
import { problem, remark, withTalk, type Reaction } from '../reaction.ts';
import { mayRenew, standingOf, tailOf } from '../standing.ts';
import type { Option } from '../talk.ts';
import type { RegisteredCertificate, TurnInput } from '../turn-contract.ts';
import { normalise } from '../understand/normalise.ts';
import { brief, option } from '../words.ts';
import { signOut } from './sign-in.ts';
import { chose, type ChatStep, type Prompt, type Said } from './step.ts';

const CHOICE = 'certificate/';
/** What can be typed with one digit; `0` changes the mobile. */
const MOST_CHOICES = 9;

export const chooseCertificate: ChatStep = {
  ask: (s) => {
    const listed = inOrder(s);
    const choices = new Map(
      listed
        .filter((c) => isChoice(c, s))
        .slice(0, MOST_CHOICES)
        .map((c, i) => [c.id, choice(c, i)]),
    );
    const rows = (of: readonly RegisteredCertificate[]) =>
      of.map((c) => ({ ...about(c, s), key: choices.get(c.id)?.key ?? null, mine: isMine(c) }));
    const unavailable = rows(listed.filter((c) => !isChoice(c, s)));
    return {
      template: 'choose-certificate',
      data: {
        available: rows(listed.filter((c) => isChoice(c, s))),
        unavailable,
        any: listed.length > 0,
        choices: choices.size > 0,
        sample: unavailable[0]?.tail ?? null,
        mobile: s.handler?.mobile ?? null,
      },
      options: [...choices.values(), option('0', 'other-mobile')],
      ...askedAgain(listed.length, choices.size),
    };
  },
  answer: (s, said) => {
    if (chose(said, 'other-mobile')) return { after: signOut(s) };
    const certificate = chosen(s, said);
    if (!certificate) return 'miss';
    return said.kind === 'text' && !isChoice(certificate, s) ? whyNot(s, certificate) : pick(s, certificate);
  },
};

function askedAgain(listed: number, choices: number): Pick<Prompt, 'example' | 'brief'> {
  if (listed === 0) return { example: 'choose-certificate/empty' };
  const name = choices > 0 ? 'choose-certificate' : 'choose-certificate/none';
  return { example: name, brief: brief(name) };
}

function about(certificate: RegisteredCertificate, s: TurnInput) {
  const { unit, serial, liveCase } = certificate;
  return { unit, tail: tailOf(serial), busy: liveCase === 'others', ...standingOf(certificate, s.now) };
}

/** Those that go on first, then by their end. */
function inOrder(s: TurnInput): readonly RegisteredCertificate[] {
  return [...s.certificates].sort((a, b) => Number(isMine(b)) - Number(isMine(a)) || a.notAfter - b.notAfter);
}

function isMine(certificate: RegisteredCertificate): boolean {
  return typeof certificate.liveCase === 'object';
}

function isChoice(certificate: RegisteredCertificate, s: TurnInput): boolean {
  if (certificate.liveCase !== 'none') return isMine(certificate);
  return mayRenew(standingOf(certificate, s.now));
}

function choice(certificate: RegisteredCertificate, index: number): Option {
  const { id, unit, serial } = certificate;
  const name = isMine(certificate) ? 'own-case' : 'certificate';
  return option(String(index + 1), name, { unit, tail: tailOf(serial) }, CHOICE + id);
}

/** By its number, or by the end of its serial. */
function chosen(s: TurnInput, said: Said): RegisteredCertificate | undefined {
  if (said.kind === 'option') return s.certificates.find(({ id }) => said.name === CHOICE + id);
  const tail = normalise(said.text)
    .replace(/^(?:证书)?尾号/, '')
    .toUpperCase();
  const named = s.certificates.filter((c) => tail.length >= 4 && c.serial.endsWith(tail));
  const choices = named.filter((c) => isChoice(c, s));
  const [one, ...others] = choices.length > 0 ? choices : named;
  return others.length > 0 ? undefined : one;
}

/** One that cannot be renewed here now: why, and the day or the place. */
function whyNot(s: TurnInput, certificate: RegisteredCertificate): Reaction {
  return {
    after: s,
    remark: remark('unavailable', { ...about(certificate, s), counter: counterOf(certificate.policy) }),
  };
}

function pick(s: TurnInput, certificate: RegisteredCertificate): Reaction {
  const { liveCase, policy, status, ...rest } = certificate;
  if (liveCase === 'others') return { after: s, remark: problem('certificate/busy') };
  if (liveCase !== 'none') {
    return { after: withTalk(s, { caseId: liveCase.caseId }), changes: { again: true } };
  }
  if (!s.handler) return { after: s, remark: problem('case/not-now') };

  const { id: handlerId, mobile: handlerMobile, verified } = s.handler;
  const { caseId } = s.draw;
  const open = {
    type: 'open-case',
    caseId,
    handlerId,
    handlerMobile,
    verified,
    certificate: { ...rest, status },
  } as const;
  const decision = decide(undefined, open, policy, s.now);
  if (decision.kind === 'refused') return { after: s, remark: problem(decision.problem, decision.about) };
  const { facts, work } = decision;
  return {
    after: {
      ...s,
      policy,
      case: facts.reduce<Case | undefined>((theCase, fact) => evolve(theCase, fact, s.now), undefined),
      talk: { ...s.talk, caseId },
    },
    changes: { caseChange: { id: caseId, opened: { certificateId: certificate.id, handlerId }, facts, work } },
  };
}
