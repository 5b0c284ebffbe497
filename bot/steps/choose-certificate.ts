/** The certificates of this mobile with their states; only those that can be renewed get a number. */
import { decide } from '../../renewal/decide.ts';
import { evolve } from '../../renewal/evolve.ts';
import type { Case } from '../../renewal/case.ts';
import { problem, withTalk, type Reaction } from '../reaction.ts';
import { mayRenew, standingOf, tailOf } from '../standing.ts';
import type { Option } from '../talk.ts';
import type { RegisteredCertificate, TurnInput } from '../turn-contract.ts';
import { normalise } from '../understand/normalise.ts';
import { brief, option } from '../words.ts';
import { signOut } from './sign-in.ts';
import { chose, type ChatStep, type Said } from './step.ts';

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
    const certificates = listed.map((certificate) => ({
      key: choices.get(certificate.id)?.key ?? null,
      unit: certificate.unit,
      tail: tailOf(certificate.serial),
      mine: isMine(certificate),
      busy: certificate.liveCase === 'others',
      ...standingOf(certificate, s.now),
    }));
    return {
      template: 'choose-certificate',
      data: {
        certificates,
        any: certificates.length > 0,
        choices: choices.size > 0,
        mobile: s.handler?.mobile ?? null,
      },
      options: [...choices.values(), option('0', 'other-mobile')],
      example: choices.size > 0 ? 'choose-certificate' : 'choose-certificate/none',
      ...(certificates.length > 0 && {
        brief: brief(choices.size > 0 ? 'choose-certificate' : 'choose-certificate/none'),
      }),
    };
  },
  answer: (s, said) => {
    if (chose(said, 'other-mobile')) return { after: signOut(s) };
    const certificate = chosen(s, said);
    return certificate ? pick(s, certificate) : 'miss';
  },
};

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
  const tail = normalise(said.text).toUpperCase();
  const named = s.certificates.filter((c) => tail.length >= 4 && c.serial.endsWith(tail) && isChoice(c, s));
  return named.length === 1 ? named[0] : undefined;
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
