/** Where a case ends or cannot go on, each with the way to another: done, cancelled, lapsed, too early, too late. */
import { isOver } from '../../renewal/case.ts';
import { checkWindow } from '../../renewal/window.ts';
import { caseNumber } from '../case-number.ts';
import { dayOf, writtenDay, type WrittenDay } from '../dates.ts';
import { leaveCase, wish } from '../reaction.ts';
import { tailOf } from '../standing.ts';
import { normalise } from '../understand/normalise.ts';
import { SMALL_TALK } from '../understand/vocabulary.ts';
import { brief, option, type OptionName } from '../words.ts';
import { caseStep, chose, type ChatStep, type Underway, type Words } from './step.ts';

const doneCard = end(
  'done',
  'another',
  (s) => {
    const { issuance, verifying } = s.case;
    const on = verifying.kind === 'verified' ? verifying.at : s.now;
    return {
      ends: endOf(s),
      tail: issuance.kind === 'issued' ? tailOf(issuance.serial) : '',
      unit: s.case.certificate.unit,
      number: caseNumber(s.case),
      stamp: dayOf(on).iso.replaceAll('-', '.'),
      rebindOn: s.policy.rebindOn,
    };
  },
  (s) => ({ template: 'done-brief', data: { ends: endOf(s) } }),
);

/** Small talk after the end is answered with the end. */
export const done: ChatStep = {
  ...doneCard,
  answer: (s, said) =>
    said.kind === 'text' && SMALL_TALK.test(normalise(said.text))
      ? { after: s, brief: true }
      : doneCard.answer(s, said),
};

function endOf({ case: { issuance, certificate } }: Underway): WrittenDay {
  return dayOf(issuance.kind === 'issued' ? issuance.notAfter : certificate.notAfter);
}

export const cancelled = end('cancelled', 'start-over', (s) => ({ unit: s.case.certificate.unit }));
export const lapsed = end('lapsed', 'start-over', (s) => ({ unit: s.case.certificate.unit }));

export const tooEarly = end('too-early', 'other-certificate', (s) => ({
  ends: dayOf(s.case.certificate.notAfter),
  opens: writtenDay(windowOf(s).opensOn),
}));

export const tooLate = end(
  'too-late',
  'other-certificate',
  (s) => ({
    ends: dayOf(s.case.certificate.notAfter),
    closed: writtenDay(s.case.promised === 'none' ? windowOf(s).closesOn : s.case.promised.writeUntil),
    counter: s.policy.counter,
    service: s.policy.service,
  }),
  () => brief('too-late'),
);

function windowOf(s: Underway) {
  return checkWindow(s.case.certificate.notAfter, s.now, s.policy.window);
}

/** A case that cannot go on is given up when another certificate is chosen, so that it holds nobody up. */
function end(
  name: 'done' | 'cancelled' | 'lapsed' | 'too-early' | 'too-late',
  next: OptionName,
  data: (s: Underway) => object,
  briefly?: (s: Underway) => Words,
) {
  return caseStep({
    ask: (s) => ({
      template: name,
      data: { ...data(s) },
      options: [option('1', next)],
      example: name,
      ...(briefly && { brief: briefly(s) }),
    }),
    answer: (s, said) => {
      if (!chose(said, next)) return 'miss';
      return leaveCase(isOver(s.case) ? { after: s } : wish(s, { type: 'cancel-case' }));
    },
  });
}
